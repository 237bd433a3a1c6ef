"""All tables, and the numbered migrations that make them.

One file in `migrations/` = one step = one transaction. The start takes a snapshot before it migrates and refuses a
database that is newer than this program.
"""

from pathlib import Path

from playhouse.migrations import Runner

from models import clock, config, db

FOLDER = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The data was written by a newer release; the old program must not touch it."""


def migrate() -> list[str]:
    """Bring the database to this program's schema; returns the names of the steps taken."""
    with db.connection():
        runner = Runner(db.database, str(FOLDER))
        done, known = applied(), {path.stem for path in FOLDER.glob("[0-9]*.py")}
        newer = sorted(done - known)
        if newer:
            raise NewerSchema(
                f"Dữ liệu thuộc phiên bản mới hơn ({newer[-1]}). Hãy cài lại phiên bản mới, "
                "hoặc khôi phục bản sao lưu trước khi nâng cấp."
            )
        missing = sorted(known - done)
        if missing and done:
            snapshot("truoc-nang-cap")
        if missing:
            runner.up()
    return missing


def applied() -> set[str]:
    """Names of the steps this database has had."""
    if "schema_migration" not in db.database.get_tables():
        return set()
    return {row[0] for row in db.database.execute_sql("SELECT name FROM schema_migration").fetchall()}


def snapshot(label: str) -> Path:
    """A consistent copy of the live database beside it (VACUUM INTO); returns its path."""
    folder = config.current().data / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{clock.local(clock.now()):%Y%m%d-%H%M%S}-{label}.db"
    db.database.execute_sql("VACUUM INTO ?", (str(target),))
    return target
