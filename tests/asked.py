"""A letter asked back; more parties for tests of recall: a third agency of the installation, and a stranger who asks back what is not his."""

from datetime import date
from pathlib import Path

from jobs import runner
from models import agencies, documents, edxml, edxml_write, files, recalls, reception, users

HEAD = "Giám đốc Lê Văn Minh"


def recall(office, doc, **more):
    """Lan asks for the letter back; what that sets off is carried out."""
    runner.run_due()
    found = recalls.ask(doc, office.lan, "Sai số liệu", HEAD, **more)
    runner.run_due()
    return found


def fresh(doc):
    """The document as it is now."""
    return documents.Document.get_by_id(doc.id)


def third() -> agencies.Agency:
    """Phòng Mẫu, hosted here, with a clerk."""
    found = agencies.by_code("H99.30")
    if found:
        return found
    made = agencies.create("Phòng Mẫu", code="H99.30", hosted=True, short_name="Phòng Mẫu")
    person = users.create_person("hien", "Hà Thị Hiền")
    users.appoint(person, made, "Văn thư", "clerk", starts_on=date(2026, 1, 1))
    return made


def status_of_stranger(receiver, doc):
    """Another agency asks the receiver to give up a document that it did not send."""
    agencies.create("Cơ quan Lạ", code="H98.99", connection="axis")
    about = edxml.Answered(receiver.code, doc.number_text, doc.document_id, doc.issued_date)
    content = edxml.Status(
        edxml.Organ("H98.99", "Cơ quan Lạ"), about, "recall_asked", "Hủy đi", at=doc.created_at
    )
    path = edxml_write.encode(content, Path(files.spool()) / "la.edxml")
    try:
        return reception.receive_from_axis(path, "77")
    finally:
        path.unlink()
