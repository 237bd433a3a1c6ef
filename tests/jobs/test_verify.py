"""The order "verify": the child checks, this process fetches, the verdict lands on the document; done twice it is the same."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs import checking, revocation, verify
from models import clock, db, documents, files, outbox, signatures
from signing import begin, embed, prepare, trust
from tests.signing import office_keys
from tests.signing.conftest import letter, raw


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    with office_keys.served(tmp_path_factory.mktemp("ca")) as found:
        yield found


@pytest.fixture(scope="module")
def sealed(ca):
    """A report of A, signed by Hoa and sealed, number 5 of today."""
    now = datetime.now(UTC)
    draft = prepare.prepare_draft(letter("report")).pdf
    pending = begin.begin_signature(draft, ca.certificate("hoa"), ca.chain, now)
    led = embed.finish_signature(pending.work, pending.state, raw(ca.key("hoa"), pending), ca.tsa_url).pdf
    day = now.astimezone(begin.VIETNAM).date()
    pending = begin.begin_seal(led, 5, "BC-SKT", day, ca.certificate("seal"), ca.chain, now)
    return embed.finish_signature(pending.work, pending.state, raw(ca.key("seal"), pending), ca.tsa_url).pdf


@pytest.fixture
def keys(office, ca):
    office_keys.bind(office, ca)
    return ca


def arrived(office, content, annex=None, **fields):
    """An incoming document of B from A with this main file, and the order to check it."""
    values = {
        "agency": office.b, "flow": "incoming", "state": "arrived", "source": "local", "created_at": clock.now(),
        "organ_id": office.a.code, "organ_name": office.a.name, "code_number": "5", "code_notation": "BC-SKT",
        "issued_date": clock.today(), "subject": "Báo cáo",
    }  # fmt: skip
    main = files.put(content, "bao-cao.pdf", "application/pdf")
    extra = files.put(annex, "phu-luc.xlsx", "application/vnd.ms-excel") if annex else None
    with db.write():
        doc = documents.Document.create(**(values | fields))
        documents.attach(doc, main, "main")
        if extra:
            documents.attach(doc, extra, "annex")
        return doc, outbox.place("verify", doc.id, f"verify:{doc.id}")


def carried_out(order):
    """The document after the order, once or as often as it asks to be done again."""
    verify.verify(order)
    return documents.Document.get_by_id(order.subject_id)


def test_a_valid_letter(office, keys, sealed):
    with db.connection():
        _, order = arrived(office, sealed)
        doc = carried_out(order)
        assert (doc.verdict, "tự động tiếp nhận" in doc.verdict_note) == ("valid", True), doc.verdict_note
        check = signatures.newest_check(doc)
        assert json.loads(check.evidence.read())
        carried_out(order)
        assert len(signatures.of(doc)) == 2


def test_a_tampered_letter(office, keys, sealed):
    with db.connection():
        _, order = arrived(office, sealed.replace(b"/Widget", b"/WidgeT", 1))
        doc = carried_out(order)
    assert doc.verdict == "invalid"


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", letter("report")])
def test_what_carries_no_signature(office, keys, content):
    with db.connection():
        doc = carried_out(arrived(office, content)[1])
    assert doc.verdict == "invalid"
    assert doc.verdict_note.endswith(".")


def test_an_annex_without_a_seal(office, keys, sealed):
    with db.connection():
        doc = carried_out(arrived(office, sealed, annex=b"PK bang tinh")[1])
    assert doc.verdict == "look"
    assert "phu-luc.xlsx chưa có chữ ký số" in doc.verdict_note


def test_another_sender(office, keys, sealed):
    with db.connection():
        doc = carried_out(arrived(office, sealed, organ_id=office.b.code, organ_name=office.b.name)[1])
    assert doc.verdict == "look"
    assert "nhưng chữ ký số của" in doc.verdict_note


def test_another_number_in_the_packet(office, keys, sealed):
    with db.connection():
        doc = carried_out(arrived(office, sealed, code_number="6")[1])
    assert doc.verdict == "look"


def test_another_issue_date(office, keys, sealed):
    with db.connection():
        doc = carried_out(arrived(office, sealed, issued_date=clock.today() - timedelta(days=3))[1])
    assert doc.verdict == "look"
    assert "12.2" in doc.verdict_note


def test_unreachable_revocation_is_tried_again(office, keys, sealed, monkeypatch):
    with db.connection():
        _, order = arrived(office, sealed)
        revocation.forget()
        monkeypatch.setattr(trust, "SECONDS", 0.000001)
        with pytest.raises(outbox.Retry) as again:
            verify.verify(order)
        doc = documents.Document.get_by_id(order.subject_id)
        assert (doc.verdict, again.value.for_ever) == ("unchecked", True)
        monkeypatch.undo()
        revocation.forget()
        assert carried_out(order).verdict == "valid"


def test_paper_is_not_checked(office):
    with db.connection():
        assert carried_out(arrived(office, b"x", source="paper")[1]).verdict == ""


def test_a_child_that_breaks_off_is_no_acceptance(office, keys, sealed, monkeypatch):
    monkeypatch.setattr(checking, "MEGABYTES", 40)
    checking.stop()
    with db.connection():
        doc = carried_out(arrived(office, sealed)[1])
    checking.stop()
    assert doc.verdict == "invalid"
    assert "Không kiểm tra được tệp" in doc.verdict_note


def test_hostile_files_end_in_a_verdict(office, keys, shared):
    folder = shared / "corpus" / "hostile" / "made"
    with db.connection():
        for name in (
            "pdf_pagetree_loop.pdf",
            "pdf_xref_prev_loop.pdf",
            "pdf_flate_twice_10GiB.pdf",
            "pdf_needs_password.pdf",
        ):
            doc = carried_out(arrived(office, (folder / name).read_bytes())[1])
            assert doc.verdict == "invalid", name
