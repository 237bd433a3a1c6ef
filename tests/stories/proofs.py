"""At the end: journals whole, files whole, numbers without gaps, statuses equal on both sides."""

from models import config, db, files, journal, registers


class Proofs:
    """The last look at all three installations, after their servers stopped."""

    def __init__(self, world, timeline):
        self.world, self.timeline = world, timeline

    def check_everything(self, letter) -> None:
        """Raises StoryFailed at the first wrong fact."""
        with self.timeline.step("Soát lại cả ba hệ thống", "Quản trị", "Quy chế 14.2, 16, 17") as line:
            at_a = self.world.a.fact(
                "SELECT state FROM consignment WHERE document_id = ? AND direction = 'out'", letter.id
            )
            at_b = self.world.b.fact("SELECT state FROM consignment WHERE direction = 'in' AND document_id = (SELECT "
                                     "document_id FROM attachment t JOIN file f ON f.id = t.file_id WHERE f.sha256 = ? "
                                     "LIMIT 1)", letter.sha256)  # fmt: skip
            line.check(at_a == at_b == "completed", f"trạng thái hai phía bằng nhau: {at_a} = {at_b}")
            for one in (self.world.hub, self.world.a, self.world.b):
                one.stop()
                self._check_one(one, line)

    def _check_one(self, installation, line) -> None:
        config.use(config.Config(data=installation.data, mode="demo"))
        db.open_database(installation.data / "vanthu.db")
        with db.connection():
            events = journal.Event.select().count()
            line.check(journal.verify() == [], f"{installation.name}: nhật ký {events} dòng nguyên vẹn")
            line.check(list(files.check()) == [], f"{installation.name}: mọi tệp đúng mã băm")
            books = [
                (book, year.year)
                for book in registers.Register.select()
                for year in registers.Counter.select().where(registers.Counter.register == book)
            ]
            line.check(
                all(registers.gaps(*one) == [] for one in books),
                f"{installation.name}: {len(books)} sổ không hở số",
            )
        db.database.close()
