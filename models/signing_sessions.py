"""Phiên ký số (Quy chế 6, 12.1): one press of «Ký», whatever makes the signature — our agent, another program, a person
who signs elsewhere and brings the file back.

A session goes prepared → handed → done; or it ends failed, cancelled or expired. Its files go waiting → signed → done,
or failed: with several documents each has an outcome of its own. Secrets (the agent's nonce, the addresses at which
another program fetches and brings files) are given out once and only their hashes are kept.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from models import clock, db, documents, errors, failpoints, files, journal, tokens, users, workdays

LIFE = timedelta(minutes=10)  # from the page's click to the token's answer
OPEN = ("prepared", "handed")
MOST_ITEMS = 100  # files under one PIN
STALE = (
    "Phiên ký này đã dùng, đã hết hạn hoặc có người mở phiên khác. Chưa ký gì; hãy tải lại trang rồi ký lại."
)
CHANGED = (
    "Văn bản đã đổi so với bản bạn đang xem, nên chưa ký được và không ghi chữ ký nào. "
    "Hãy tải lại trang, đọc bản mới rồi ký."
)


class SigningSession(db.Base):
    """One act of signing: who, for what, by which way, with which certificate (None: known when the file is back)."""

    purpose = db.CharField()  # leader | seal | copy
    provider = db.CharField(default="agent")
    post = db.ForeignKeyField(users.Post)
    certificate = db.ForeignKeyField(tokens.Certificate, null=True)
    nonce_hash = db.CharField(max_length=64, unique=True)
    upload_hash = db.CharField(max_length=64, unique=True, null=True)
    state = db.CharField()  # prepared | handed | done | failed | cancelled | expired
    opened_at = db.MomentField()
    expires_at = db.MomentField()
    handed_at = db.MomentField(null=True)
    ended_at = db.MomentField(null=True)
    failure = db.TextField(default="")
    machine = db.CharField(default="")
    out_of_hours = db.BooleanField(default=False)

    @property
    def is_open(self) -> bool:
        """True while an answer may still come."""
        return self.state in OPEN and self.expires_at > clock.now()


class SigningItem(db.Base):
    """One file of a session, of one document; `base_sha256` is the file people were shown, `work` what is signed."""

    session = db.ForeignKeyField(SigningSession, backref="items", on_delete="CASCADE")
    ordinal = db.IntegerField()
    name = db.CharField()
    document = db.ForeignKeyField(documents.Document, backref="signing_items")
    attachment = db.ForeignKeyField(
        documents.Attachment, null=True, on_delete="SET NULL"
    )  # None: the main file
    base_sha256 = db.CharField(max_length=64)
    pages = db.IntegerField(default=0)
    work = db.ForeignKeyField(files.File)
    digest = db.CharField(default="")  # hex; empty where the file is handed over whole
    mechanism = db.CharField(default="")
    hash = db.CharField(default="")
    half = db.TextField(default="{}")  # JSON that signing.finish_signature takes
    source_hash = db.CharField(max_length=64, unique=True, null=True)
    signed = db.ForeignKeyField(files.File, null=True, backref="+")
    state = db.CharField(default="waiting")  # waiting | signed | done | failed
    failure = db.TextField(default="")


class SigningChoice(db.Base):
    """What a person signs with, as last chosen on the page."""

    person = db.ForeignKeyField(users.Person, unique=True)
    provider = db.CharField()


TABLES = (SigningSession, SigningItem, SigningChoice)


@dataclass(frozen=True)
class Item:
    """A file made ready for signing; `work` is stored already."""

    name: str
    document: documents.Document
    base_sha256: str
    work: files.Stored
    digest: bytes = b""
    mechanism: str = ""
    hash: str = ""
    half: dict | None = None
    attachment: documents.Attachment | None = None
    pages: int = 0


class Opened(NamedTuple):
    """A session with its secrets, told once: the nonce, the address secret for bringing files, one for each source."""

    session: SigningSession
    nonce: str
    upload: str
    sources: list[str]


# ---- opening ---------------------------------------------------------------------------------------------------


def open_session(
    actor, purpose: str, provider: str, certificate, items: list[Item], *, life: timedelta = LIFE, whole=False
) -> Opened:
    """Mở phiên ký. Earlier open sessions of these documents end; their answers would no longer count.

    `whole`: the files themselves are fetched and brought back by another program. Raises Refused for too many at once.
    """
    if len(items) > MOST_ITEMS:
        raise errors.Refused(f"Mỗi lần ký tối đa {MOST_ITEMS} tệp. Hãy bỏ bớt văn bản đã chọn rồi ký tiếp.")
    now, nonce = clock.now(), secrets.token_urlsafe(32)
    upload = secrets.token_urlsafe(32) if whole else ""
    sources = [secrets.token_urlsafe(32) for _ in items] if whole else []
    docs = list({item.document.id: item.document for item in items}.values())
    with db.write():
        for doc in docs:
            supersede(doc, now)
        session = SigningSession.create(
            purpose=purpose, provider=provider, post=actor.post, certificate=certificate, nonce_hash=_hash(nonce),
            upload_hash=_hash(upload) if whole else None, state="prepared", opened_at=now, expires_at=now + life,
            out_of_hours=is_out_of_hours(actor.agency_id, now),
        )  # fmt: skip
        for ordinal, item in enumerate(items):
            _add(session, ordinal, item, _hash(sources[ordinal]) if whole else None)
        failpoints.reach("sign.session")
        facts = {"session": session.id, "purpose": purpose, "provider": provider}
        facts["certificate"] = certificate.sha256 if certificate else ""
        for doc in docs:
            name = certificate.name if certificate else ""
            journal.record("prepare_signature", actor, doc, doc.state, doc.state, name, facts)
    return Opened(session, nonce, upload, sources)


def _add(session, ordinal, item: Item, source_hash) -> None:
    SigningItem.create(
        session=session, ordinal=ordinal, name=item.name[:255], document=item.document, attachment=item.attachment,
        base_sha256=item.base_sha256, pages=item.pages, digest=item.digest.hex(), mechanism=item.mechanism,
        hash=item.hash, half=json.dumps(item.half or {}), source_hash=source_hash,
        work=files.record(item.work, item.name, "application/pdf"),
    )  # fmt: skip


def supersede(doc, now) -> None:
    """End the open sessions of a document, inside the write() of a newer one."""
    older = SigningItem.select(SigningItem.session).where(SigningItem.document == doc)
    SigningSession.update(state="expired", ended_at=now).where(
        SigningSession.id.in_(older), SigningSession.state.in_(OPEN)
    ).execute()


def is_out_of_hours(agency_id: int, moment) -> bool:
    """True when the moment lies outside the agency's office hours (a signature then is flagged)."""
    return workdays.calendar(agency_id).received_at(moment) != moment


# ---- handing over ----------------------------------------------------------------------------------------------


def hand_out(nonce: str) -> dict:
    """The ticket for the agent, once a nonce. Raises NotFound for a nonce that is used, over, or nobody's."""
    with db.write():
        session = SigningSession.get_or_none(SigningSession.nonce_hash == _hash(nonce))
        if session is None or not _hand(session):
            raise errors.NotFound(STALE)
    rows = items_of(session)
    titles = list({row.document_id: row.document.subject for row in rows}.values())
    return {
        "purpose": session.purpose if len(titles) == 1 else "batch",
        "title": titles[0][:500] if len(titles) == 1 else f"{len(titles)} văn bản",
        "person": session.post.label[:200],
        "agency": session.post.agency.name[:200],
        "certificate": session.certificate.sha256,
        "items": [
            {
                "name": row.name[:200], "document": row.document.subject[:300], "pages": row.pages,
                "mechanism": row.mechanism, "hash": row.hash, "digest": row.digest,
            }
            for row in rows
        ],
    }  # fmt: skip


def _hand(session) -> bool:
    """Prepared → handed, once."""
    now = clock.now()
    mine = (SigningSession.state == "prepared") & (SigningSession.expires_at > now)
    changed = (
        SigningSession.update(state="handed", handed_at=now)
        .where(SigningSession.id == session.id, mine)
        .execute()
    )
    if changed:
        session.state, session.handed_at = "handed", now
    return bool(changed)


def source(secret: str) -> SigningItem:
    """The file that another program fetches by this address. Raises NotFound when the session is over."""
    item = SigningItem.get_or_none(SigningItem.source_hash == _hash(secret))
    if item is None or not item.session.is_open:
        raise errors.NotFound(STALE)
    hand_whole(item.session)
    return item


def hand_whole(session) -> None:
    """A file of the session was taken to be signed elsewhere."""
    if session.state == "prepared":
        with db.write():
            _hand(session)


def brought(secret: str) -> SigningSession:
    """The session to which a signed file is brought by this address. Raises Refused when it is over."""
    session = SigningSession.get_or_none(SigningSession.upload_hash == _hash(secret))
    if session is None or not session.is_open:
        raise errors.Refused(STALE)
    return session


def answered(session_id: int, actor, nonce: str) -> SigningSession:
    """The session whose answer comes now: of this person, with its nonce; also one that is settled already.

    Raises Refused when it is over or was never handed out, NotFound for somebody else's.
    """
    session = mine(session_id, actor)
    if not secrets.compare_digest(session.nonce_hash, _hash(nonce)):
        raise errors.Refused(STALE)
    handed = (
        session.state == "handed" or session.upload_hash
    )  # a program may say no before it fetched anything
    if session.state != "done" and not (session.is_open and handed):
        raise errors.Refused(STALE)
    return session


def mine(session_id: int, actor) -> SigningSession:
    """A session of this person in this post. Raises NotFound."""
    session = SigningSession.get_or_none(SigningSession.id == session_id)
    if session is None or session.post_id != actor.post.id:
        raise errors.NotFound()
    return session


def signer_of(session) -> users.Actor:
    """Who signs, when no page of his is there to say so. Raises Refused when the post or the account has ended."""
    post = session.post
    held = {one.id: one for one in users.posts_of(post.person)}
    if post.id not in held or post.person.disabled_at:
        raise errors.Refused("Tài khoản hoặc chức danh của người ký không còn hiệu lực. Chưa ghi chữ ký nào.")
    return users.Actor(post.person, held[post.id], list(held.values()))


# ---- whose certificate ------------------------------------------------------------------------------------------------


def certificates_of(actor, purpose: str) -> list[str]:
    """SHA-256 of the certificates this person may use for this purpose now (5.2, 5.3, 6.1)."""
    return [row.sha256 for row in tokens.usable(actor, purpose)]


def certificate_for(actor, purpose: str, sha256: str) -> tokens.Certificate:
    """The certificate, if this person may use it for this purpose. Raises Refused with the article."""
    if purpose == "leader":
        return tokens.personal(actor, sha256)
    return tokens.organisational(actor, sha256)


# ---- queries ---------------------------------------------------------------------------------------------------


def items_of(session) -> list[SigningItem]:
    """The files of a session in order, with their documents and stored work files."""
    return list(
        SigningItem.select(SigningItem, files.File, documents.Document)
        .join(files.File, on=SigningItem.work)
        .switch(SigningItem)
        .join(documents.Document)
        .where(SigningItem.session == session)
        .order_by(SigningItem.ordinal)
    )


def by_document(items: list[SigningItem]) -> list[list[SigningItem]]:
    """The files grouped by document, in order."""
    found: dict[int, list] = {}
    for item in items:
        found.setdefault(item.document_id, []).append(item)
    return list(found.values())


def open_of(doc, actor) -> SigningSession | None:
    """The session this person has open for a document, where another program or he himself brings the file back."""
    return (
        SigningSession.select()
        .join(SigningItem)
        .where(
            SigningItem.document == doc, SigningItem.state == "waiting", SigningSession.state.in_(OPEN),
            SigningSession.post == actor.post.id, SigningSession.expires_at > clock.now(),
            SigningSession.upload_hash.is_null(False),
        )
        .order_by(SigningSession.id.desc())
        .first()
    )  # fmt: skip


def chosen(actor) -> str:
    """The way of signing this person chose last, "" for none."""
    row = SigningChoice.get_or_none(SigningChoice.person == actor.id)
    return row.provider if row else ""


def choose(actor, provider: str) -> None:
    """Remember the way of signing of a person; "" lets the page look what answers."""
    if chosen(actor) == provider:
        return
    with db.write():
        SigningChoice.delete().where(SigningChoice.person == actor.id).execute()
        if provider:
            SigningChoice.create(person=actor.id, provider=provider)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
