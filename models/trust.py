"""Danh sách tin cậy: authorities whose certificates are accepted here (QĐ 28; NĐ 68: chuyên dùng công vụ).

By the provincial administrator alone. Demonstration roots are never trusted by a real installation.
"""

from models import clock, config, db, journal, lookups, permissions


class TrustRoot(db.Base):
    """A certificate authority whose certificates are accepted (QĐ 28; NĐ 68: chuyên dùng công vụ)."""

    sha256 = db.CharField(max_length=64, unique=True)
    der = db.BlobField()
    name = db.CharField()
    role = db.CharField(default="root")  # root | intermediate | tsa
    demo = db.BooleanField(default=False)
    decision = db.CharField(default="")
    added_at = db.MomentField()
    removed_at = db.MomentField(null=True)


TABLES = (TrustRoot,)


def trust(actor, der: bytes, info, role: str = "root", decision: str = "", demo: bool = False) -> TrustRoot:
    """Thêm nơi cấp vào danh sách tin cậy; by the provincial administrator, with the decision behind it."""
    if actor is not None:
        permissions.require(actor, lookups.PROVINCE_ADMIN)
    with db.write():
        row = TrustRoot.get_or_none(TrustRoot.sha256 == info.sha256)
        if row:
            row.set(removed_at=None, role=role, decision=decision)
        else:
            row = TrustRoot.create(sha256=info.sha256, der=der, name=info.name, role=role, demo=demo,
                                   decision=decision, added_at=clock.now())  # fmt: skip
        journal.record("trust", actor, row, note=info.name)
    return row


def distrust(actor, root: TrustRoot) -> None:
    """Bỏ một nơi cấp khỏi danh sách tin cậy."""
    permissions.require(actor, lookups.PROVINCE_ADMIN)
    with db.write():
        root.set(removed_at=clock.now())
        journal.record("distrust", actor, root, note=root.name)


def trusted(with_demo: bool | None = None) -> list[TrustRoot]:
    """Authorities in force; demonstration ones only where the installation is a demonstration."""
    if with_demo is None:
        with_demo = config.current().mode == "demo"
    query = TrustRoot.select().where(TrustRoot.removed_at.is_null())
    return list(query if with_demo else query.where(~TrustRoot.demo))
