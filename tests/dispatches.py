"""Outgoing documents for tests: a complete draft of Tuấn to xã Suối Mây, and the way to any later state."""

from contextlib import contextmanager
from datetime import date

from models import clock, db, documents, drafts, files, issuing, outgoing, users

PDF = b"%PDF-1.7\n% du thao mau\n%%EOF\n"
FIELDS = {
    "type_code": "CV", "subject": "V/v báo cáo kết quả thực hiện kế hoạch quý III", "urgency": 0, "due_date": None,
    "capacity": "", "to_places": "", "description": "",
}  # fmt: skip


@contextmanager
def morning(at="2026-03-02 09:00"):
    """A connection on a working morning on which everybody of the cast already holds his post."""
    with db.connection(), clock.freeze(at):
        with db.write():
            users.Post.update(starts_on=date(2026, 1, 1)).execute()
        yield


def amend(row, **fields):
    """Change a row past the verbs, to set a scene."""
    with db.write():
        return row.set(**fields)


def arrival(office, **fields) -> documents.Document:
    """An incoming document of A, from xã Suối Mây, in work."""
    values = {
        "agency": office.a, "flow": "incoming", "state": "in_progress", "source": "local", "created_at": clock.now(),
        "organ_id": office.b.code, "organ_name": office.b.name, "code_number": "7", "code_notation": "UBND-VP",
        "issued_date": clock.today(), "subject": "V/v hỏi", "urgency": 1,
    }  # fmt: skip
    with db.write():
        return documents.Document.create(**(values | fields))


def paper(name="du-thao.docx", content=PDF, words="") -> drafts.Paper:
    """An accepted upload."""
    stored = files.store(content)
    return drafts.Paper(name, "application/octet-stream", stored, stored, 2, words)


def draft(office, writer=None, signer=None, recipients=None, **fields):
    """A complete draft; by Tuấn, to be signed by Hoa, to xã Suối Mây."""
    values = FIELDS | {"signer": (signer or office.hoa).post} | fields
    return drafts.create(writer or office.tuan, values, recipients or [office.b], (), paper())


def advance(office, doc, state: str):
    """Take Tuấn's draft from where it is to a later state through the verbs."""
    steps = (
        ("content_review", lambda: outgoing.submit(doc, office.tuan, files.store(PDF + b"% o trong"))),
        ("form_review", lambda: outgoing.approve(doc, office.thao)),
        ("awaiting_signature", lambda: outgoing.check_form(doc, office.khoa)),
        ("signed", lambda: outgoing.sign(doc, office.hoa, files.store(PDF + b"% da ky"), clock.now())),
        ("numbered", lambda: issuing.number(doc, office.lan)),
        (
            "sealed",
            lambda: issuing.seal(doc, office.lan, files.store(PDF + b"% da dong dau"), _sealed(doc), "valid"),
        ),
        ("issued", lambda: issuing.issue(doc, office.lan)),
    )
    vars(doc)["__data__"].update(vars(documents.Document.get_by_id(doc.id))["__data__"])
    names = ["draft", *(reached for reached, _ in steps)]
    for _, act in steps[names.index(doc.state) : names.index(state)]:
        act()
    assert doc.state == state
    return doc


def _sealed(doc):
    return {row.id: files.store(row.file.read() + b"% dau") for row in drafts.unsealed(doc)}
