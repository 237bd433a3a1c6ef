"""Outgoing documents up to the signature: the grid state × verb × person, each guard by its article, versions, returns."""

import dispatches
import pytest

from models import (
    db,
    documents,
    drafts,
    errors,
    files,
    issuing,
    journal,
    outgoing,
    permissions,
    registers,
    workflow,
)

# By hand, not from the table: who may do what in which state with Tuấn's draft for Hoa's signature.
ALLOWED = {
    ("draft", "submit"): {"tuan"},
    ("draft", "discard"): {"tuan"},
    ("content_review", "approve"): {"thao"},
    ("content_review", "return"): {"thao"},
    ("content_review", "pull_back"): {"tuan"},
    ("form_review", "check_form"): {"khoa"},
    ("form_review", "return"): {"khoa"},
    ("form_review", "pull_back"): {"tuan"},
    ("awaiting_signature", "sign"): {"hoa"},
    ("awaiting_signature", "return"): {"hoa"},
    ("awaiting_signature", "pull_back"): {"tuan"},
    ("signed", "number"): {"lan"},
    ("signed", "return"): {"lan"},
    ("signed", "ask_again"): {"lan"},
    ("numbered", "seal"): {"lan"},
    ("numbered", "return"): {"lan"},
    ("numbered", "ask_again"): {"lan"},
    ("sealed", "issue"): {"lan"},
    ("sealed", "return"): {"lan"},
    ("issued", "recall"): {"lan", "minh", "hoa"},
}
VERBS = {verb for _, verb in ALLOWED} | {
    "seal_copy",
    "rescan",
    "void_paper",
}  # the last for papers alone (test_copies.py)
STATES = (
    "draft",
    "content_review",
    "form_review",
    "awaiting_signature",
    "signed",
    "numbered",
    "sealed",
    "issued",
)
PEOPLE = ("lan", "minh", "hoa", "thao", "tuan", "khoa", "dung", "son", "quantri", "binh", "mai", "nam")


class Undone(Exception):
    """Takes a trial back."""


@pytest.fixture
def open_office(office):
    """The cast, with a connection and office hours of a working day."""
    with dispatches.morning():
        yield office


def may(doc, verb, actor) -> bool:
    """True when the step can be taken; the trial is taken back."""
    state = doc.state
    try:
        with db.write():
            workflow.step(doc, verb, actor)
            raise Undone
    except Undone:
        return True
    except (errors.NotAllowed, errors.Refused):
        return False
    finally:
        doc.state = state


@pytest.mark.parametrize("state", STATES)
def test_grid(open_office, state):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), state)
    for verb in VERBS:
        allowed = {name for name in PEOPLE if may(doc, verb, getattr(open_office, name))}
        assert allowed == ALLOWED.get((state, verb), set()), (state, verb)


def test_the_table_has_no_other_verb(open_office):
    assert {step.verb for step in workflow.steps("outgoing")} == VERBS


def test_whole_way_keeps_every_version_and_both_approvals(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "issued")
    assert [v.kind for v in documents.versions(doc)] == ["source", "draft", "draft", "signed", "sealed"]
    assert all(v.file.read() for v in documents.versions(doc))
    who = {event.verb: event.who for event in journal.of(doc)}
    assert (
        "Thảo" in who["approve"]
        and "Khoa" in who["check_form"]
        and "Hoa" in who["sign"]
        and "Lan" in who["issue"]
    )
    assert journal.verify() == []


def test_notation_is_composed_by_type(open_office):
    assert dispatches.draft(open_office).code_notation == "SKH-KH"
    assert dispatches.draft(open_office, type_code="QD").code_notation == "QĐ-SKH"
    assert dispatches.draft(open_office, code_notation="QĐ-X").code_notation == "QĐ-X"


def test_a_draft_without_file_or_signer_is_not_submitted_and_says_what_lacks(open_office):
    doc = drafts.create(open_office.tuan, dispatches.FIELDS)
    with pytest.raises(errors.Refused) as refused:
        outgoing.submit(doc, open_office.tuan, files.store(b"x"))
    for words in ("tệp dự thảo", "người ký", "nơi nhận"):
        assert words in str(refused.value)
    assert doc.state == "draft"


def test_wrong_descriptions_are_refused_at_the_field(open_office):
    with pytest.raises(errors.Invalid) as wrong:
        drafts.create(open_office.tuan, {"type_code": "??", "subject": " "})
    assert set(wrong.value.fields) == {"type_code", "subject"}
    with pytest.raises(errors.Invalid) as wrong:
        dispatches.draft(open_office, signer=open_office.tuan)
    assert "signer" in wrong.value.fields
    with pytest.raises(errors.Invalid) as wrong:
        dispatches.draft(open_office, signer=open_office.thao)
    assert "capacity" in wrong.value.fields  # a unit head signs by order only (ND30 Điều 13)
    assert (
        dispatches.draft(open_office, signer=open_office.thao, capacity="by_order").signer_name
        == "Vũ Thị Thảo"
    )
    with pytest.raises(errors.Invalid) as wrong:
        dispatches.draft(open_office, recipients=[open_office.a])
    assert "recipients" in wrong.value.fields


def test_a_secrecy_mark_stops_the_paper_at_the_door(open_office):
    marked = dispatches.paper(words="UBND TỈNH\nTỐI MẬT\nSố: /KH")
    before = documents.Document.select().count()
    with pytest.raises(errors.Invalid, match="1.2"):
        drafts.create(open_office.tuan, dispatches.FIELDS, [open_office.b], (), marked)
    assert documents.Document.select().count() == before
    doc = dispatches.draft(open_office)
    for act in (drafts.replace_file, drafts.add_annex):
        with pytest.raises(errors.Invalid, match="1.2"):
            act(doc, open_office.tuan, marked)
    with pytest.raises(errors.Invalid, match="1.2"):
        drafts.describe(doc, open_office.tuan, dispatches.FIELDS | {"subject": "TUYỆT MẬT"}, [open_office.b])
    assert len(documents.versions(doc)) == 2


def test_return_needs_a_reason_and_shows_it_to_the_drafter(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "content_review")
    with pytest.raises(errors.Invalid) as wrong:
        outgoing.give_back(doc, open_office.thao, "  ")
    assert "reason" in wrong.value.fields
    outgoing.give_back(doc, open_office.thao, "Thiếu số liệu quý II")
    assert doc.state == "draft" and doc.holder_id == open_office.tuan.post.id
    assert "Thiếu số liệu quý II" in outgoing.return_reason(doc)
    assert outgoing.my_drafts(open_office.tuan).first() == doc


def test_a_changed_draft_is_reviewed_again(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "awaiting_signature")
    with pytest.raises(errors.Refused):
        drafts.replace_file(doc, open_office.tuan, dispatches.paper())
    outgoing.pull_back(doc, open_office.tuan)
    drafts.replace_file(
        doc, open_office.tuan, dispatches.paper(content=dispatches.PDF + b"% lan 2"), "Sửa số liệu"
    )
    dispatches.advance(open_office, doc, "awaiting_signature")
    assert [event.verb for event in journal.of(doc)].count("approve") == 2
    kinds = [v.kind for v in documents.versions(doc)]
    assert kinds == ["source", "draft", "draft", "source", "draft", "draft"]
    assert drafts.draft_pdf(doc).read() == dispatches.PDF + b"% lan 2"


def test_a_submitted_draft_is_not_changed_through_an_old_page(open_office):
    doc = dispatches.draft(open_office)
    stale = documents.Document.get_by_id(doc.id)
    dispatches.advance(open_office, doc, "content_review")
    with pytest.raises(errors.Refused):
        drafts.describe(stale, open_office.tuan, dispatches.FIELDS | {"subject": "khác"}, [open_office.b])
    assert documents.Document.get_by_id(doc.id).subject == doc.subject


def test_in_a_commune_one_person_holds_several_roles(open_office):
    values = dispatches.FIELDS | {"signer": open_office.binh.post}
    doc = drafts.create(open_office.mai, values, [open_office.a], (), dispatches.paper())
    outgoing.submit(doc, open_office.mai, files.store(b"%PDF-1.7 o trong"))
    assert doc.state == "content_review" and doc.holder_id == open_office.binh.post.id
    outgoing.approve(doc, open_office.binh)
    assert doc.state == "form_review" and doc.holder_id == open_office.mai.post.id
    outgoing.check_form(doc, open_office.mai)
    assert doc.state == "awaiting_signature" and doc.holder_id == open_office.binh.post.id


def test_a_head_who_drafts_approves_his_own_and_each_approval_is_a_line(open_office):
    doc = dispatches.draft(open_office, writer=open_office.thao)
    outgoing.submit(doc, open_office.thao, files.store(b"%PDF-1.7 o trong"))
    assert doc.state == "form_review"
    assert [event.verb for event in journal.of(doc)][-2:] == ["submit", "approve"]


def test_queues(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "content_review")
    assert list(outgoing.to_review(open_office.thao)) == [doc]
    assert list(outgoing.to_review(open_office.son)) == []
    outgoing.approve(doc, open_office.thao)
    assert list(outgoing.to_review(open_office.khoa)) == [doc]
    outgoing.check_form(doc, open_office.khoa)
    assert list(outgoing.awaiting_signature(open_office.hoa)) == [doc]
    assert list(outgoing.awaiting_signature(open_office.minh)) == []
    assert list(outgoing.running(open_office.dung)) == []


def test_strangers_do_not_know_it_exists(open_office):
    doc = dispatches.draft(open_office)
    for name in ("dung", "son", "binh", "mai", "quantri"):
        with pytest.raises(errors.NotFound):
            permissions.get(getattr(open_office, name), doc.id, "outgoing")


def test_reply_is_prefilled_and_tied(open_office):
    arrival = dispatches.arrival(open_office)
    prepared = drafts.reply_values(arrival)
    doc = drafts.create(
        open_office.tuan, prepared["fields"], prepared["recipients"], prepared["paper_names"], answers=arrival
    )
    assert doc.subject.startswith("V/v trả lời văn bản số 07/UBND-VP ngày 02/03/2026 của UBND xã Suối Mây")
    assert [row.agency for row in doc.recipients] == [open_office.b] and doc.urgency == 1
    assert documents.Link.get(documents.Link.source == doc).target == arrival


def test_an_agency_without_connection_gets_paper(open_office):
    dispatches.amend(open_office.b, connection="none", hosted=False)
    doc = dispatches.draft(open_office)
    assert [(row.electronic, row.paper_copies) for row in doc.recipients] == [(False, 1)]


def test_returning_a_numbered_document_voids_its_number_for_good(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "numbered")
    outgoing.give_back(doc, open_office.lan, "Sai trích yếu")
    assert (doc.state, doc.code_number, doc.document_id, doc.issued_date) == ("draft", "", "", None)
    entry = registers.Entry.get(registers.Entry.document_id == doc.id)
    assert entry.number == 1 and entry.void_reason == "Sai trích yếu"
    dispatches.advance(open_office, doc, "numbered")
    assert doc.code_number == "2"
    assert registers.gaps(registers.of(open_office.a.id, "outgoing"), 2026) == []


def test_signed_is_what_the_clerk_reads(open_office):
    doc = dispatches.advance(open_office, dispatches.draft(open_office), "signed")
    assert documents.main_file(doc).read().endswith(b"% da ky")
    assert doc.holder_id == open_office.lan.post.id and [d.id for d in issuing.waiting(open_office.lan)] == [
        doc.id
    ]
