"""Danh sách thu hồi nạp bằng tay, và nhật ký lấy dữ liệu thu hồi: how fresh what the checks rest on is.

An installation without a way out lives on lists brought in as files. Of each authority the newest list is kept, for a
newer one says everything the older one said; what a check rested on lies with the document (models/checks_evidence.py).
"""

from datetime import datetime, timedelta

from models import clock, db, errors, files, journal, lookups, permissions, trust


class RevocationList(db.Base):
    """The newest list of revoked certificates of an authority that was brought in as a file."""

    issuer = db.ForeignKeyField(trust.TrustRoot, unique=True)
    file = db.ForeignKeyField(files.File)
    number = db.CharField(default="")
    entries = db.IntegerField(default=0)
    made_at = db.MomentField()
    next_at = db.MomentField(null=True)
    added_at = db.MomentField()
    added_by = db.CharField(default="")

    @property
    def is_stale(self) -> bool:
        """True once the authority should have published the next one."""
        return self.next_at is not None and self.next_at < clock.now()

    @property
    def age_days(self) -> int:
        """Days since the authority made it."""
        return max(0, (clock.now() - self.made_at).days)


class Fetch(db.Base):
    """The last attempts to fetch from one address: a list, an answer, a certificate or a time stamp."""

    url = db.CharField(unique=True)
    kind = db.CharField()  # crl | ocsp | certificate | tsa
    tried_at = db.MomentField()
    ok_at = db.MomentField(null=True)
    size = db.IntegerField(default=0)
    note = db.CharField(default="")

    @property
    def is_ok(self) -> bool:
        """True when the last attempt brought something."""
        return self.ok_at is not None and self.ok_at >= self.tried_at


TABLES = (RevocationList, Fetch)
QUIET = timedelta(minutes=1)
KINDS = {
    "crl": "Danh sách thu hồi",
    "ocsp": "Trả lời OCSP",
    "certificate": "Chứng thư nơi cấp",
    "tsa": "Dấu thời gian",
}


def bring_in(actor, issuer: trust.TrustRoot, info, stored: files.Stored) -> RevocationList:
    """Nạp danh sách thu hồi của một nơi cấp, already checked against its signature; the newest is kept.

    `info`: number, made_at, next_at, entries (signing.list_files.read_list). Raises Invalid for one older than what is there.
    """
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    before = RevocationList.get_or_none(RevocationList.issuer == issuer)
    if before and info.made_at <= before.made_at:
        raise errors.Invalid(
            {
                "list": f"Danh sách này ký lúc {_moment(info.made_at)}, không mới hơn bản đang có của «{issuer.name}» "
                f"({_moment(before.made_at)}). Bản đang có được giữ nguyên."
            }
        )
    values = {
        "number": info.number, "entries": info.entries, "made_at": info.made_at, "next_at": info.next_at,
        "added_at": clock.now(), "added_by": f"{actor.name} – {actor.title}",
    }  # fmt: skip
    unused = []
    with db.write():
        file = files.record(stored, f"{issuer.name[:60]}.crl", "application/pkix-crl")
        if before:
            old = before.file
            row = before.set(file=file, **values)
            unused = files.release([old])
        else:
            row = RevocationList.create(issuer=issuer, file=file, **values)
        journal.record(
            "revocation_list", actor, row, note=f"{issuer.name}, số {info.number}, {info.entries} mục"
        )
    files.erase(unused)
    return row


def kept() -> list[RevocationList]:
    """The lists brought in, of authorities still in the list."""
    return list(
        RevocationList.select(RevocationList, trust.TrustRoot, files.File)
        .join(trust.TrustRoot)
        .switch(RevocationList)
        .join(files.File)
        .where(trust.TrustRoot.removed_at.is_null())
        .order_by(RevocationList.id)
    )


def contents() -> tuple[bytes, ...]:
    """The lists themselves (DER), for a check."""
    return tuple(row.file.read() for row in kept())


def stale() -> list[RevocationList]:
    """Lists whose successor is overdue: revocation after their day is not known."""
    return [row for row in kept() if row.is_stale]


def note_fetch(url: str, kind: str, ok: bool, size: int = 0, note: str = "") -> None:
    """Ghi lại một lần lấy dữ liệu: when each address was asked last, when it answered last, and why not."""
    now, url = clock.now(), url[:500]
    known = Fetch.get_or_none(Fetch.url == url)
    if known and not ok and not known.is_ok and now - known.tried_at < QUIET:
        return  # two hundred waiting files say the same of one dead address
    with db.write():
        row = Fetch.get_or_none(Fetch.url == url) or Fetch.create(url=url, kind=kind, tried_at=now)
        values: dict = {"kind": kind, "tried_at": now, "note": note[:200]}
        if ok:
            values |= {"ok_at": now, "size": size}
        row.set(**values)


def fetches(limit: int = 100) -> list[Fetch]:
    """Addresses asked, the last asked first."""
    return list(Fetch.select().order_by(Fetch.tried_at.desc()).limit(limit))


def _moment(moment: datetime) -> str:
    return f"{clock.local(moment):%d/%m/%Y %H:%M}"
