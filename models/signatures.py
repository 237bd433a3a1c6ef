"""Chữ ký đã có trong tệp, kết quả kiểm tra (Quy chế 6, 10.2; TT 41 Điều 9: the result is kept with the file).

Sessions of signing are in signing_sessions.py.
"""

import json
from datetime import datetime

from models import clock, db, documents, failpoints, files, journal


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


TABLES = (Signature, SignatureCheck)


def checked(doc, report: dict, evidence: files.Stored | None = None) -> SignatureCheck:
    """Ghi kết quả kiểm tra (10.2, TT 41 Điều 9): the verdict on the document, the report and its proofs beside it.

    A document that was taken in with a result keeps it when a later check cannot be finished (Q16.4).
    """
    kept = (
        doc.state != "arrived" and report["verdict"] == "unchecked" and doc.verdict not in ("", "unchecked")
    )
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
        changed = (doc.verdict, doc.verdict_note) != (report["verdict"], report["sentence"]) and not kept
        if not kept:
            doc.set(verdict=report["verdict"], verdict_note=report["sentence"])
        failpoints.reach("verify.commit")
        if changed:
            journal.record("check_signatures", None, doc, doc.state, doc.state, _nameless(doc, report["sentence"]),
                           {"verdict": report["verdict"], "check": row.id})  # fmt: skip
    return row


def _nameless(doc, sentence: str) -> str:
    """The sentence for the journal, which is for good: a received file's name must be able to go (recall, 12.6)."""
    if doc.flow != "incoming":
        return sentence
    for number, row in enumerate(documents.attachments(doc), 1):
        sentence = sentence.replace(row.file.name, f"tệp {number}")
    return sentence


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
