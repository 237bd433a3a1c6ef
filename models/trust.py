"""Danh sách tin cậy: authorities whose certificates are accepted here, and for which time (QĐ 28; NĐ 68 Điều 31–32).

By the provincial administrator alone, with the decision behind each. A signature is judged with the authorities trusted
at its signing time, so ending the trust in one does not undo what was signed before. Taking one out that was entered by
mistake does: it then never counted. Demonstration roots are never trusted by a real installation.
"""

import hashlib

from models import clock, config, db, errors, files, journal, lookups, permissions, text

ROLES = {"root": "Gốc", "intermediate": "Cấp dưới", "tsa": "Dấu thời gian"}
PURPOSES = {"official": "Chuyên dùng công vụ", "public": "Công cộng", "time": "Dấu thời gian"}


class TrustRoot(db.Base):
    """A certificate authority that is accepted between `valid_from` and `valid_until` (None: without limit)."""

    sha256 = db.CharField(max_length=64, unique=True)
    der = db.BlobField()
    name = db.CharField()
    role = db.CharField(default="root")  # root | intermediate | tsa
    demo = db.BooleanField(default=False)
    decision = db.CharField(default="")
    added_at = db.MomentField()
    removed_at = db.MomentField(null=True)
    purpose = db.CharField(default="official")  # official | public | time
    valid_from = db.MomentField(null=True)
    valid_until = db.MomentField(null=True)
    added_by = db.CharField(default="")
    ended_by = db.CharField(default="")
    ended_why = db.CharField(default="")
    statement = db.ForeignKeyField(files.File, null=True)  # the authority's quy chế chứng thực (SIG-23)

    @property
    def role_label(self) -> str:
        """Gốc, cấp dưới, or dấu thời gian."""
        return ROLES.get(self.role, self.role)

    @property
    def purpose_label(self) -> str:
        """What its certificates are for."""
        return PURPOSES.get(self.purpose, self.purpose)

    @property
    def fingerprint(self) -> str:
        """SHA-256 in groups as authorities publish it."""
        digits = self.sha256.upper()
        return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))

    def is_trusted(self, moment) -> bool:
        """True when the authority counts for a signature made at `moment`."""
        begun = self.valid_from is None or self.valid_from <= moment
        return self.removed_at is None and begun and (self.valid_until is None or moment < self.valid_until)


class CheckRule(db.Base):
    """How the province treats an electronic document without a signature (QĐ 28 Điều 4.2); one row."""

    guard = db.IntegerField(unique=True, default=1)
    unsigned = db.CharField(default="return")  # return | reference
    changed_by = db.CharField(default="")
    changed_at = db.MomentField(null=True)


TABLES = (TrustRoot, CheckRule)
UNSIGNED = {
    "return": "Trả lại nơi gửi",
    "reference": "Được nhận để biết, tham khảo, khi văn thư ghi lý do",
}


# ---- authorities -----------------------------------------------------------------------------------------------


def trust(
    actor, der: bytes, info, role: str = "root", decision: str = "", demo: bool = False, *,
    purpose: str = "official", valid_from=None, valid_until=None,
) -> TrustRoot:  # fmt: skip
    """Thêm nơi cấp vào danh sách tin cậy; by the provincial administrator, with the decision behind it.

    `actor` is None for a demonstration's own authorities. One that was taken out comes in again as a new entry would;
    one that is there already raises Invalid.
    """
    if actor is not None:
        permissions.require(actor, lookups.PROVINCE_ADMIN)
    _require_period(valid_from, valid_until)
    known = TrustRoot.get_or_none(TrustRoot.sha256 == info.sha256)
    if known and known.removed_at is None and actor is not None:
        raise errors.Invalid(
            {"authority": f"«{known.name}» đã có trong danh sách; hãy sửa thời gian tin cậy của mục đó."}
        )
    values = {
        "role": role, "decision": text.clean(decision), "demo": demo, "purpose": "time" if role == "tsa" else purpose,
        "valid_from": valid_from, "valid_until": valid_until, "added_by": _who(actor), "added_at": clock.now(),
        "removed_at": None, "ended_by": "", "ended_why": "",
    }  # fmt: skip
    with db.write():
        if known:
            row = known.set(**values)
        else:
            row = TrustRoot.create(sha256=info.sha256, der=der, name=text.harmless(info.name), **values)
        journal.record("trust", actor, row, note=f"{row.name}, SHA-256 {row.sha256[:16]}…, {row.decision}")
    return row


def set_period(actor, root: TrustRoot, valid_from, valid_until, why: str = "") -> None:
    """Đổi thời gian tin cậy: signatures made outside it no longer count, those within stay as they are. Raises Invalid."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    _require_period(valid_from, valid_until)
    why = text.clean(why)
    if not why:
        raise errors.Invalid({"why": "Hãy ghi căn cứ đổi thời gian tin cậy (số, ngày văn bản)."})
    with db.write():
        root.set(valid_from=valid_from, valid_until=valid_until, ended_why=why, ended_by=_who(actor))
        period = f"từ {_day(valid_from) or '…'} đến {_day(valid_until) or '…'}"
        journal.record("trust_period", actor, root, note=f"{root.name}: {period}. {why}")


def distrust(actor, root: TrustRoot, why: str = "") -> None:
    """Gỡ một nơi cấp khỏi danh sách: it never counted; the line stays to be read, with who and why."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    why = text.clean(why)
    if not why:
        raise errors.Invalid({"why": "Hãy ghi lý do gỡ khỏi danh sách."})
    with db.write():
        root.set(removed_at=clock.now(), ended_by=_who(actor), ended_why=why)
        journal.record("distrust", actor, root, note=f"{root.name}. {why}")


def attach_statement(actor, root: TrustRoot, file: files.File) -> None:
    """Gắn quy chế chứng thực của nơi cấp (TT 41 Điều 9): what its certificates promise, kept beside it."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    with db.write():
        root.set(statement=file)
        journal.record("trust_statement", actor, root, note=f"{root.name}: {file.name}")


def trusted(with_demo: bool | None = None) -> list[TrustRoot]:
    """Authorities not taken out, each with its period; demonstration ones only where the installation is one."""
    if with_demo is None:
        with_demo = config.current().mode == "demo"
    query = TrustRoot.select().where(TrustRoot.removed_at.is_null()).order_by(TrustRoot.role, TrustRoot.id)
    return list(query if with_demo else query.where(~TrustRoot.demo))


def removed() -> list[TrustRoot]:
    """Authorities taken out of the list, the newest first: what was trusted once stays to be seen."""
    return list(
        TrustRoot.select().where(TrustRoot.removed_at.is_null(False)).order_by(TrustRoot.removed_at.desc())
    )


def load(root_id: int) -> TrustRoot:
    """An authority by its id. Raises NotFound."""
    row = TrustRoot.get_or_none(TrustRoot.id == root_id)
    if row is None:
        raise errors.NotFound()
    return row


def fingerprint(rows) -> str:
    """SHA-256 over a list of authorities with their periods: which list a check was made with."""
    lines = sorted(
        f"{row.sha256} {row.role} {_stamp(row.valid_from)} {_stamp(row.valid_until)}" for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# ---- the rule for unsigned documents ---------------------------------------------------------------------------


def unsigned_rule() -> CheckRule:
    """The rule in force; a fresh installation returns unsigned documents."""
    return CheckRule.get_or_none() or CheckRule()


def set_unsigned_rule(actor, unsigned: str) -> None:
    """Đặt cách xử lý văn bản điện tử đến không ký số (QĐ 28 Điều 4.2)."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    with db.write():
        row = CheckRule.get_or_none() or CheckRule.create()
        row.set(unsigned=unsigned, changed_by=_who(actor), changed_at=clock.now())
        journal.record("unsigned_rule", actor, row, note=UNSIGNED[unsigned])


# ---- inner -----------------------------------------------------------------------------------------------------


def _require_period(valid_from, valid_until):
    if valid_from and valid_until and valid_until <= valid_from:
        raise errors.Invalid({"valid_until": "Ngày hết tin cậy phải sau ngày bắt đầu."})


def _who(actor) -> str:
    return f"{actor.name} – {actor.title}" if actor else "Hệ thống"


def _day(moment) -> str:
    return f"{clock.local(moment):%d/%m/%Y}" if moment else ""


def _stamp(moment) -> str:
    return moment.isoformat() if moment else ""
