"""Nhật ký gửi nhận: every try to send a packet and every packet fetched, with the answer in the axis's words.

The packet's bytes lie in the file store under the SHA-256 named here, so both sides can compare what was sent. Of a
packet tried very often the first tries and the latest ones are kept.
"""

from models import clock, db

MOST, FIRST = 30, 10
UNTOLD = "untold"
OUTCOMES = {
    "ok": "Đã nhận",
    "later": "Chưa được, sẽ thử lại",
    "no_line": "Không có đường truyền, gói chưa đi",
    "refused": "Bị từ chối",
    UNTOLD: "Đã nhận đủ, chưa báo được cho trục",
}


class Attempt(db.Base):
    """One try: of sending (out) or fetching (in) the packet with this hash."""

    direction = db.CharField()  # out | in
    kind = db.CharField()  # edoc | status
    sha256 = db.CharField(max_length=64)
    axis_id = db.CharField(default="")
    n = db.IntegerField(default=1)
    started_at = db.MomentField()
    ended_at = db.MomentField()
    outcome = db.CharField()
    words = db.TextField(default="")

    class Meta:
        indexes = ((("sha256", "id"), False),)

    @property
    def label(self) -> str:
        """The outcome in words."""
        return OUTCOMES[self.outcome]


TABLES = (Attempt,)


def note(
    direction: str, kind: str, sha256: str, started_at, outcome: str, words: str = "", axis_id: str = ""
) -> None:
    """Write down a try that has ended now, with the other side's answer."""
    with db.write():
        earlier = list(
            Attempt.select(Attempt.id, Attempt.n).where(Attempt.sha256 == sha256).order_by(Attempt.id)
        )
        if len(earlier) >= MOST:
            Attempt.delete_by_id(earlier[FIRST].id)
        Attempt.create(
            direction=direction, kind=kind, sha256=sha256, axis_id=axis_id, started_at=started_at,
            n=earlier[-1].n + 1 if earlier else 1, ended_at=clock.now(), outcome=outcome, words=words[:500],
        )  # fmt: skip


def untold(axis_id: str, sha256: str) -> Attempt | None:
    """The fetching of exactly this packet, which was taken, when all that is missing is that the axis hears of it."""
    if not sha256:
        return None  # an axis that says no hash: only the bytes tell whether it is the same packet
    last = Attempt.select().where(
        Attempt.sha256 == sha256, Attempt.axis_id == axis_id, Attempt.direction == "in"
    )
    found = last.order_by(Attempt.id.desc()).first()
    return found if found and found.outcome == UNTOLD else None


def of(row) -> list[Attempt]:
    """The tries of a consignment or a status message (anything with a packet), the oldest first."""
    if row.packet is None:
        return []
    return list(Attempt.select().where(Attempt.sha256 == row.packet.sha256).order_by(Attempt.id))
