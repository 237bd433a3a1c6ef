"""The address book (ID-1…9, feature I12; Quy chế 14.2): codes lead to whoever answers for them now, closed ones get nothing."""

import dispatches
import pytest

from models import (
    agencies,
    agencies_mergers,
    agencies_search,
    clock,
    documents,
    edxml,
    errors,
    exchange,
    exchange_matching,
    issuing,
    paper,
    registers,
    setup,
)


@pytest.fixture
def morning(office):
    with dispatches.morning():
        yield office


def partner(name, code, connection="axis", **details):
    return agencies.create(name, code=code, connection=connection, **details)


def sealed(office, *recipients, **fields):
    return dispatches.advance(
        office, dispatches.draft(office, recipients=list(recipients), **fields), "sealed"
    )


def test_q14_2_b_a_closed_recipient_is_refused_before_a_number_goes_and_redirected(morning):
    old, new = partner("Sở Cũ", "H98.41"), partner("Sở Mới", "H98.42")
    doc = dispatches.advance(morning, dispatches.draft(morning, recipients=[old]), "signed")
    agencies_mergers.merge(old, new, "NQ 1/NQ-HĐND", clock.today(), morning.quantri)
    with pytest.raises(errors.Refused, match="Sở Cũ đã sáp nhập vào Sở Mới từ 02/03/2026; gửi tới Sở Mới"):
        issuing.number(doc, morning.lan)
    assert registers.Entry.select().count() == 0
    paper.redirect(doc, morning.lan, doc.recipients.get().id)
    assert [(row.agency_id, row.name) for row in doc.recipients] == [(new.id, "Sở Mới")]
    assert issuing.number(doc, morning.lan) == 1


def test_q14_2_b_a_dissolved_recipient_is_left_out_with_a_reason(morning):
    gone = partner("Ban Đã Giải Thể", "H98.43")
    doc = sealed(morning, morning.b, gone)
    dispatches.amend(gone, closed_on=clock.today())
    with pytest.raises(errors.Refused, match="đã giải thể"):
        issuing.issue(doc, morning.lan)
    row = doc.recipients.where(documents.Recipient.agency == gone).get()
    with pytest.raises(errors.Invalid):
        paper.leave_out(doc, morning.lan, row.id, "")
    with pytest.raises(errors.Refused, match="Chỉ bỏ được"):
        paper.leave_out(
            doc,
            morning.lan,
            doc.recipients.where(documents.Recipient.agency == morning.b).get().id,
            "Không gửi",
        )
    paper.leave_out(doc, morning.lan, row.id, "Ban đã giải thể")
    assert len(issuing.issue(doc, morning.lan)) == 1


def test_q14_2_b_an_issuer_without_a_code_in_force_releases_nothing(morning):
    doc = sealed(morning, morning.b)
    for row in list(morning.a.codes):
        if row.valid_to is None:
            agencies.close_code(row, "QĐ 5")
    with pytest.raises(errors.Refused, match="14.2"):
        issuing.issue(documents.Document.get_by_id(doc.id), morning.lan)


# ---- mergers, I12 ----------------------------------------------------------------------------------------------


def test_i12_old_codes_lead_to_the_successor_and_it_can_be_undone(morning):
    old, mid, new = partner("Xã Một", "H98.51"), partner("Xã Hai", "H98.52"), partner("Xã Ba", "H98.53")
    first = agencies_mergers.merge(old, mid, "NQ 1", clock.today(), morning.quantri)
    agencies_mergers.merge(mid, new, "NQ 2", clock.today(), morning.quantri)
    assert agencies.by_code("H98.51").id == new.id and agencies.holder("H98.51").id == old.id
    with pytest.raises(errors.Refused):
        agencies_mergers.merge(new, agencies.Agency.get_by_id(old.id), "NQ 3", clock.today(), morning.quantri)
    with pytest.raises(errors.Refused, match="Mọi cơ quan"):
        agencies_mergers.merge(morning.b, new, "NQ 3", clock.today(), morning.quantri)
    agencies_mergers.undo(first, morning.quantri, "Ghi nhầm xã")
    again = agencies.Agency.get_by_id(old.id)
    assert (again.closed_on, again.successor_id, again.code) == (None, None, "H98.51")
    with pytest.raises(errors.Refused):
        agencies_mergers.undo(first, morning.quantri, "Lần nữa")


def test_i12_a_closed_agency_is_not_chosen_for_a_draft(morning):
    old, new = partner("Xã Một", "H98.51"), partner("Xã Hai", "H98.52")
    agencies_mergers.merge(old, new, "NQ 1", clock.today(), morning.quantri)
    with pytest.raises(errors.Invalid, match="sáp nhập vào Xã Hai"):
        dispatches.draft(morning, recipients=[agencies.Agency.get_by_id(old.id)])


def test_i12_the_book_is_searched_by_words_abbreviation_and_code(office):
    commune, one = partner("UBND xã Bản Thử", "H98.60"), partner("Sở Kế hoạch và Đầu tư Mẫu", "H98.61")
    agencies.add_code(one, "000.00.61.H98")
    for typed, wanted in (
        ("uy ban nhan dan xa ban", commune), ("ubndxbt", commune), ("ubnd xa thu", commune), ("skhdt", one),
        ("SỞ KẾ", one), ("h98.61", one), ("000.00.61", one),
    ):  # fmt: skip
        assert wanted.id in [row.id for row in agencies_search.find(typed)], typed
    assert agencies_search.find("khong co co quan nay") == [] and agencies_search.find("  ") == []


def test_i12_a_new_name_and_a_near_province_are_followed(office):
    far, near = partner("Sở Nội vụ", "H97.10"), partner("Sở Nội vụ", "H98.10")
    assert [row.id for row in agencies_search.find("so noi vu", near="H98")][:2] == [near.id, far.id]
    agencies.change(near, name="Sở Ngoại vụ")
    assert [row.id for row in agencies_search.find("so noi vu")] == [far.id]
    assert [row.id for row in agencies_search.find("ngoai vu", near="H98")] == [near.id]


def test_i12_a_letter_under_an_old_code_keeps_its_sender_and_its_answers_are_matched(morning):
    old, new = partner("Sở Cũ", "H98.41"), partner("Sở Mới", "H98.42")
    doc = sealed(morning, old)
    issuing.issue(doc, morning.lan)
    agencies_mergers.merge(old, new, "NQ 1", clock.today(), morning.quantri)
    assert agencies.partner("H98.41", "Sở Cũ").id == old.id
    about = edxml.Answered("H99.10", exchange.doc_code(doc), exchange.wire_id(doc), doc.issued_date)
    status = edxml.Status(
        sender=edxml.Organ(organ_id="H98.42", name="Sở Mới"), about=about, status="accepted"
    )
    assert exchange_matching.match(morning.a, status, "out").partner_id == old.id


def test_i12_a_message_to_a_dissolved_agency_of_ours_reaches_its_successor(morning):
    setup.close_agency(morning.b, morning.lan, "NQ 5/NQ-HĐND")
    agencies_mergers.merge(
        agencies.Agency.get_by_id(morning.b.id), morning.a, "NQ 5/NQ-HĐND", clock.today(), morning.quantri
    )
    assert agencies.by_code("H99.20.01").id == morning.a.id
    assert agencies.by_code("000.01.20.H99").hosted
