"""Phiên ký số, chữ ký đã có, kết quả kiểm tra (Quy chế 6, 10.2, 12.1; TT 41 Điều 9: the result is kept with the file).

A session goes prepared → handed → checked; or it ends failed, or expired. Bytes are worked on outside (`views/`,
`jobs/verify.py` with `signing/`); here is what was prepared, for whom, until when, and what came out. The nonce is
given to the page once, the agent trades it for the ticket once, and only its hash is kept.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import clock, db, documents, errors, failpoints, files, journal, tokens, users

LIFE = timedelta(minutes=10)  # from the page's click to the token's answer
PURPOSES = {"leader": "Ký số của người có thẩm quyền", "seal": "Ký số của cơ quan"}
OPEN = ("prepared", "handed")
STALE = (
    "Phiên ký này đã dùng, đã hết hạn hoặc có người mở phiên khác. Chưa ký gì; hãy tải lại trang rồi ký lại."
)


class SigningSession(db.Base):
    """One act of signing: who, which document, with which certificate, until when."""

    document = db.ForeignKeyField(documents.Document, backref="signing_sessions")
    purpose = db.CharField()  # leader | seal
    post = db.ForeignKeyField(users.Post)
    certificate = db.ForeignKeyField(tokens.Certificate)
    base_sha256 = db.CharField(max_length=64)  # the main file as it was when the session was prepared
    nonce_hash = db.CharField(max_length=64, unique=True)
    state = db.CharField()  # prepared | handed | checked | failed | expired
    opened_at = db.MomentField()
    expires_at = db.MomentField()
    handed_at = db.MomentField(null=True)
    ended_at = db.MomentField(null=True)
    failure = db.TextField(default="")


class SigningItem(db.Base):
    """One file of a session: the file with the hole, the digest the token signs, what is needed to fill the hole."""

    session = db.ForeignKeyField(SigningSession, backref="items", on_delete="CASCADE")
    ordinal = db.IntegerField()
    name = db.CharField()
    attachment = db.ForeignKeyField(
        documents.Attachment, null=True, on_delete="SET NULL"
    )  # None: the main file
    work = db.ForeignKeyField(files.File)
    digest = db.CharField()
    mechanism = db.CharField()
    hash = db.CharField()
    half = db.TextField()  # JSON that signing.finish_signature takes


class Signature(db.Base):
    """A signature found in a file by a check of ours."""

    document = db.ForeignKeyField(documents.Document, backref="signatures")
    file_sha256 = db.CharField(max_length=64, index=True)
    field_name = db.CharField(default="")
    kind = db.CharField()
    signer = db.CharField(default="")
    organisation = db.CharField(default="")
    certificate_sha256 = db.CharField(max_length=64, default="")
    signed_at = db.MomentField(null=True)
    stamped = db.BooleanField(default=False)
    verdict = db.CharField()


class SignatureCheck(db.Base):
    """The result of one check of a document's files, whole, with the revocation data it rests on."""

    document = db.ForeignKeyField(documents.Document, backref="checks")
    file_sha256 = db.CharField(max_length=64)
    verdict = db.CharField()
    sentence = db.TextField(default="")
    report = db.TextField()  # JSON of signing.Report
    evidence = db.ForeignKeyField(files.File, null=True)  # JSON: CRLs and OCSP answers, base64
    retry = db.BooleanField(default=False)
    checked_at = db.MomentField()

    @property
    def facts(self) -> dict:
        """The report as plain data."""
        return json.loads(self.report)


TABLES = (SigningSession, SigningItem, Signature, SignatureCheck)


@dataclass(frozen=True)
class Item:
    """A file made ready for the token; `work` is stored already."""

    name: str
    work: files.Stored
    digest: bytes
    mechanism: str
    hash: str
    half: dict
    attachment: documents.Attachment | None = None


# ---- sessions --------------------------------------------------------------------------------------------------


def certificates_of(actor, purpose: str) -> list[str]:
    """SHA-256 of the certificates this person may use for this purpose now (5.2, 5.3, 6.1)."""
    if purpose == "leader":
        found = [row for row in tokens.certificates(actor.agency_id) if row.person_id == actor.id]
    else:
        found = [d.certificate for d in tokens.devices(actor.agency_id) if d.keeper_id == actor.post.id]
    return [row.sha256 for row in found if row.ended_at is None]


def certificate_for(actor, purpose: str, sha256: str) -> tokens.Certificate:
    """The certificate, if this person may use it for this purpose. Raises Refused with the article."""
    if purpose == "leader":
        return tokens.personal(actor, sha256)
    return tokens.organisational(actor, sha256)


def open_session(doc, actor, purpose: str, certificate, base_sha256: str, items: list[Item]) -> tuple:
    """Mở phiên ký: (session, nonce). An earlier open session of the document ends; its answer would no longer count."""
    nonce, now = secrets.token_urlsafe(32), clock.now()
    with db.write():
        SigningSession.update(state="expired", ended_at=now).where(
            SigningSession.document == doc, SigningSession.state.in_(OPEN)
        ).execute()
        session = SigningSession.create(
            document=doc, purpose=purpose, post=actor.post, certificate=certificate, base_sha256=base_sha256,
            nonce_hash=_hash(nonce), state="prepared", opened_at=now, expires_at=now + LIFE,
        )  # fmt: skip
        for ordinal, item in enumerate(items):
            SigningItem.create(
                session=session, ordinal=ordinal, name=item.name, attachment=item.attachment,
                work=files.record(item.work, item.name, "application/pdf"), digest=item.digest.hex(),
                mechanism=item.mechanism, hash=item.hash, half=json.dumps(item.half),
            )  # fmt: skip
        failpoints.reach("sign.session")
        facts = {"session": session.id, "purpose": purpose, "certificate": certificate.sha256}
        journal.record("prepare_signature", actor, doc, doc.state, doc.state, certificate.name, facts)
    return session, nonce


def hand_out(nonce: str) -> dict:
    """The ticket for the agent, once a nonce. Raises NotFound for a nonce that is used, over, or nobody's."""
    now = clock.now()
    with db.write():
        session = SigningSession.get_or_none(SigningSession.nonce_hash == _hash(nonce))
        mine = (SigningSession.state == "prepared") & (SigningSession.expires_at > now)
        taken = session and (
            SigningSession.update(state="handed", handed_at=now)
            .where(SigningSession.id == session.id, mine)
            .execute()
        )
        if not taken:
            raise errors.NotFound(STALE)
    title = session.document.subject[:500]
    return {
        "purpose": session.purpose,
        "title": title,
        "person": session.post.label[:200],
        "agency": session.post.agency.name[:500],
        "certificate": session.certificate.sha256,
        "items": [
            {"name": row.name[:200], "document": title, "mechanism": row.mechanism, "hash": row.hash,
             "digest": row.digest, "pages": 0 if row.attachment_id else session.document.page_amount}
            for row in items_of(session)
        ],
    }  # fmt: skip


def handed(session_id: int, actor, nonce: str) -> SigningSession:
    """The session whose answer may come now: handed out, in time, of this person. Raises Refused, NotFound."""
    session = SigningSession.get_or_none(SigningSession.id == session_id)
    if session is None or session.post_id != actor.post.id:
        raise errors.NotFound()
    fresh = session.state == "handed" and session.expires_at > clock.now()
    if not fresh or not secrets.compare_digest(session.nonce_hash, _hash(nonce)):
        raise errors.Refused(STALE)
    return session


def items_of(session) -> list[SigningItem]:
    """The files of a session in order, with their stored work files."""
    return list(
        SigningItem.select(SigningItem, files.File)
        .join(files.File)
        .where(SigningItem.session == session)
        .order_by(SigningItem.ordinal)
    )


def close(session, current_sha256: str) -> None:
    """Phiên ký xong; inside the write() that takes the document on. Raises Conflict when the main file is another now."""
    if current_sha256 != session.base_sha256:
        raise errors.Conflict(
            "Văn bản đã đổi trong lúc chờ ký, nên chữ ký không được ghi. Hãy tải lại trang rồi ký lại."
        )
    changed = (
        SigningSession.update(state="checked", ended_at=clock.now())
        .where(SigningSession.id == session.id, SigningSession.state == "handed")
        .execute()
    )
    if not changed:
        raise errors.Conflict()


def fail(session, actor, reason: str) -> None:
    """Phiên ký hỏng: the reason is kept and the document stays as it was."""
    with db.write():
        session.set(state="failed", ended_at=clock.now(), failure=reason[:1000])
        doc = session.document
        journal.record(
            "signature_failed", actor, doc, doc.state, doc.state, reason[:500], {"session": session.id}
        )


def expire() -> int:
    """End the sessions whose time is over; returns how many. For the hourly tidying."""
    with db.write():
        return (
            SigningSession.update(state="expired", ended_at=clock.now())
            .where(SigningSession.state.in_(OPEN), SigningSession.expires_at < clock.now())
            .execute()
        )


# ---- checks ----------------------------------------------------------------------------------------------------


def checked(doc, report: dict, evidence: files.Stored | None = None) -> SignatureCheck:
    """Ghi kết quả kiểm tra (10.2, TT 41 Điều 9): the verdict on the document, the report and its proofs beside it."""
    with db.write():
        row = SignatureCheck.create(
            document=doc, file_sha256=report["sha256"], verdict=report["verdict"], sentence=report["sentence"],
            report=json.dumps(report, ensure_ascii=False), retry=report["retry"], checked_at=clock.now(),
            evidence=files.record(evidence, "chung-cu-kiem-tra.json", "application/json") if evidence else None,
        )  # fmt: skip
        Signature.delete().where(
            Signature.document == doc, Signature.file_sha256 == report["sha256"]
        ).execute()
        for found in report["signatures"]:
            _record_signature(doc, report["sha256"], found)
        changed = (doc.verdict, doc.verdict_note) != (report["verdict"], report["sentence"])
        doc.set(verdict=report["verdict"], verdict_note=report["sentence"])
        failpoints.reach("verify.commit")
        if changed:
            journal.record("check_signatures", None, doc, doc.state, doc.state, report["sentence"],
                           {"verdict": report["verdict"], "check": row.id})  # fmt: skip
    return row


def newest_check(doc) -> SignatureCheck | None:
    """The last check of a document."""
    return (
        SignatureCheck.select()
        .where(SignatureCheck.document == doc)
        .order_by(SignatureCheck.id.desc())
        .first()
    )


def of(doc) -> list[Signature]:
    """The signatures the last checks found, the earliest first."""
    return list(Signature.select().where(Signature.document == doc).order_by(Signature.id))


def _record_signature(doc, sha256, found) -> None:
    Signature.create(
        document=doc, file_sha256=sha256, field_name=found["field_name"][:200], kind=found["kind"],
        signer=found["signer"][:200], organisation=found["organisation"][:200],
        certificate_sha256=found["certificate_sha256"], stamped=bool(found["stamped_at"]), verdict=found["verdict"],
        signed_at=datetime.fromisoformat(found["signed_at"]) if found["signed_at"] else None,
    )  # fmt: skip


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
