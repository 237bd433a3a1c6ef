"""Paper beside the electronic document (Quy chế 7–9, 12.4.b, 14.2; ND30 15.1, 18.4): each rule with its article."""

from datetime import date

import dispatches
import pytest

from models import (
    agencies,
    assignments,
    clock,
    db,
    documents,
    errors,
    exchange,
    incoming,
    issuing,
    lookups,
    paper,
    paper_arrivals,
    paper_dispatch,
    paper_rules,
    receivers,
    registers,
    setup,
    users,
    workflow,
)
from models.paper_rows import PaperCopy


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


def proposed(doc) -> dict[str, int]:
    return {line.recipient.name: line.copies for line in paper.plan(doc)}


def way_of(doc) -> dict[str, bool]:
    return {row.name: row.electronic for row in doc.recipients}


# ---- Điều 7 ----------------------------------------------------------------------------------------------------


def test_q7_1_the_office_of_the_committee_issues_from_the_committees_register(morning):
    """One clerk, a post in each issuer: UBND tỉnh's document takes UBND tỉnh's number and code."""
    committee = (
        setup.open_agency("UBND tỉnh Minh Sơn", "H99", notation="UBND", place="Minh Sơn")
        if (agencies.by_code("H99") is None)
        else agencies.by_code("H99")
    )
    with db.write():
        committee.set(notation="UBND", contact_agency=morning.a)
    post = users.appoint(morning.lan.person, committee, "Văn thư", "clerk", starts_on=date(2026, 1, 1))
    clerk = users.Actor(morning.lan.person, post)
    with db.write():
        doc = workflow.begin(
            "outgoing", "signed", clerk, agency=committee, source="draft", created_at=clock.now(), type_code="QD",
            code_notation="QĐ-UBND", organ_name=committee.name, signed_at=clock.now(),
        )  # fmt: skip
    before = registers.coming(registers.of(morning.a.id, "outgoing"))
    assert issuing.number(doc, clerk) == 1
    assert doc.register_id == registers.of(committee.id, "outgoing", "QD").id
    assert doc.document_id.startswith(f"{committee.code},")
    assert registers.coming(registers.of(morning.a.id, "outgoing")) == before


def test_q7_2_one_contact_unit_and_only_its_clerk_releases(morning):
    units = agencies.units_of(morning.a.id)
    assert [unit.name for unit in units if unit.is_contact_point] == ["Văn phòng"]
    agencies.make_contact_point(next(unit for unit in units if unit.name == "Phòng Kế hoạch"))
    assert [unit.name for unit in agencies.units_of(morning.a.id) if unit.is_contact_point] == [
        "Phòng Kế hoạch"
    ]
    doc = sealed(morning, morning.b)
    assert "issue" not in [offer.step.verb for offer in workflow.offers(doc, morning.tuan)]
    with pytest.raises(errors.NotAllowed):
        issuing.issue(doc, morning.tuan)


def test_q7_3_a_commune_has_its_contact_point(morning):
    unit = agencies.open_unit(morning.b, "Văn phòng HĐND và UBND xã", by=morning.mai)
    assert unit.is_contact_point
    assert sum(one.is_contact_point for one in agencies.units_of(morning.b.id)) == 1


# ---- Điều 8, 9.1 -----------------------------------------------------------------------------------------------


def test_q8_1_electronic_by_default_and_without_it_only_with_a_reason(morning):
    doc = sealed(morning, morning.b)
    row = doc.recipients.get()
    with pytest.raises(errors.Invalid, match="lý do"):
        paper.choose(doc, morning.lan, {row.id: (False, 1)}, "")
    paper.choose(doc, morning.lan, {row.id: (False, 1)}, "Hệ thống nơi nhận đang bảo trì")
    assert issuing.issue(doc, morning.lan) == []
    found = paper_dispatch.not_electronic(morning.lan, clock.today(), clock.today())
    assert [(one.name, one.unsent_kind, one.unsent_reason) for one in found] == [
        (morning.b.name, "decided", "Hệ thống nơi nhận đang bảo trì")
    ]


def test_q8_1_what_is_as_proposed_again_needs_no_reason(morning):
    doc = sealed(morning, morning.b)
    row = doc.recipients.get()
    paper.choose(doc, morning.lan, {row.id: (False, 1)}, "Nơi nhận mất điện")
    assert paper.choose(doc, morning.lan, {row.id: (True, 0)}, "") == 0
    assert proposed(doc) == {morning.b.name: 0} and len(issuing.issue(doc, morning.lan)) == 1


def test_q9_1_who_is_not_connected_gets_paper_and_is_listed_apart(morning):
    far = partner(
        "Hợp tác xã Thử Nghiệm", "", "none", connection_note="Chưa có máy", unconnected_since=date(2026, 1, 5)
    )
    doc = sealed(morning, morning.b, far)
    lines = {line.recipient.name: line for line in paper.plan(doc)}
    assert not lines[far.name].reachable and lines[far.name].copies == 1
    assert "từ 05/01/2026: Chưa có máy" in lines[far.name].why and lines[far.name].law == "Điều 9.1"
    with pytest.raises(errors.Invalid, match="chưa kết nối"):
        paper.choose(doc, morning.lan, {lines[far.name].recipient.id: (True, 1)}, "Thử gửi điện tử")
    sent = issuing.issue(doc, morning.lan)
    assert [one.partner_name for one in sent] == [morning.b.name]
    assert [(row.name, row.unsent_kind) for row in paper.of(doc)] == [(far.name, "not_connected")]


def test_q9_1_who_gained_a_connection_since_the_draft_gets_the_electronic_one(morning):
    far = partner("Sở Mới Nối", "H98.33", "none", connection_note="Đang nối")
    doc = sealed(morning, far)
    dispatches.amend(far, connection="axis")
    assert len(issuing.issue(doc, morning.lan)) == 1 and way_of(doc) == {far.name: True}
    assert paper.of(doc) == []


def test_q9_1_who_lost_the_connection_since_the_draft_gets_paper(morning):
    far = partner("Sở Vừa Mất Kết Nối", "H98.34")
    doc = sealed(morning, far)
    assert proposed(doc) == {far.name: 0}
    dispatches.amend(far, connection="none", connection_note="Đứt cáp")
    assert proposed(doc) == {far.name: 1}
    assert issuing.issue(doc, morning.lan) == [] and paper.of(doc)[0].copies == 1


# ---- Điều 9.2 --------------------------------------------------------------------------------------------------


def test_q9_2_a_inside_an_agency_nothing_is_printed(morning):
    doc = dispatches.arrival(morning, state="registered")
    incoming.forward(doc, morning.lan, morning.minh.post)
    assignments.assign(doc, morning.minh, receivers.Target(morning.tuan.post, None))
    assert doc.printed_copies == 0 and paper.of(doc) == [] and paper.reminder(doc) == ""


def test_q9_2_a_what_is_kept_for_good_tells_that_a_main_copy_is_due(morning):
    doc = sealed(morning, morning.b, retention="permanent")
    assert "bản chính giấy" in paper.reminder(doc) and "9.2.a" in paper.reminder(doc)
    assert any("bản chính giấy" in check.words for check in issuing.checklist(doc, morning.lan))


ONLY_ELECTRONIC = (
    "notice", "communique", "telegram", "guidance", "coordination", "opinions", "information", "periodic_report",
    "statistics", "invitation", "online_procedure",
)  # fmt: skip


def test_q9_2_b_each_kind_can_be_chosen_and_goes_electronically_only(office):
    rules = paper_rules.on(date(2026, 3, 2))
    for nature in ONLY_ELECTRONIC:
        rule = paper_rules.decide(rules, paper_rules.Facts(nature=nature))
        assert nature in lookups.NATURES and rule and not rule.with_paper and rule.article == "9.2.b", nature


def test_q9_2_b_an_invitation_to_a_department_needs_no_paper_and_paper_a_reason(morning):
    doc = sealed(morning, morning.b, type_code="GM")
    assert proposed(doc) == {morning.b.name: 0} and paper.plan(doc)[0].law == "Điều 9.2.b"
    row = doc.recipients.get()
    with pytest.raises(errors.Invalid, match="lý do"):
        paper.choose(doc, morning.lan, {row.id: (True, 1)}, "")
    paper.choose(doc, morning.lan, {row.id: (True, 1)}, "Nơi nhận xin bản giấy")
    issuing.issue(doc, morning.lan)
    assert [(one.copies, one.reason, one.unsent_kind) for one in paper.of(doc)] == [
        (1, "Nơi nhận xin bản giấy", "")
    ]


# ---- Điều 9.3 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "law"),
    [("Văn phòng Chính phủ", "government", "9.3.a"), ("Thủ tướng Chính phủ", "government", "9.3.a")],
)
def test_q9_3_a_to_the_government_with_paper(morning, name, kind, law):
    far = partner(name, "H98.70")
    assert far.recipient_class == kind
    doc = sealed(morning, far)
    assert proposed(doc) == {name: 1} and paper.plan(doc)[0].law == f"Điều {law}"
    assert len(issuing.issue(doc, morning.lan)) == 1, "the electronic version goes too"


def test_q9_3_b_legal_documents_and_bodies_outside_with_paper(morning):
    justice, court, union = (
        partner("Sở Tư pháp", "H98.71"),
        partner("Tòa án nhân dân khu vực", "H98.72"),
        partner("Sở Y", "H98.73"),
    )
    assert (justice.recipient_class, court.recipient_class, union.recipient_class) == (
        "legal_review",
        "outside",
        "",
    )
    assert proposed(sealed(morning, justice, court, union)) == {justice.name: 1, court.name: 1, union.name: 0}
    assert proposed(sealed(morning, union, nature="legal")) == {union.name: 1}


def test_q9_3_c_to_the_party_committee_and_the_council_with_paper(morning):
    party, council = partner("Tỉnh ủy Minh Sơn", "A99"), partner("Hội đồng nhân dân tỉnh Minh Sơn", "H98.74")
    both = partner("Văn phòng HĐND và UBND xã Thử", "H98.75")
    assert both.recipient_class == "", "an office of the administration"
    assert proposed(sealed(morning, party, council, type_code="TTR")) == {party.name: 1, council.name: 1}


def test_q9_3_d_what_is_kept_for_good_with_paper(morning):
    assert proposed(sealed(morning, morning.b, retention="permanent")) == {morning.b.name: 1}
    assert proposed(sealed(morning, morning.b, retention="timed")) == {morning.b.name: 0}


def test_q9_3_e_a_line_of_the_list_applies_from_its_day_only(morning):
    admin = users.Actor(
        users.Person.get(users.Person.login == "admin"),
        users.posts_of(users.Person.get(users.Person.login == "admin"))[0],
    )
    fields = {
        "type_code": "BC",
        "with_paper": True,
        "copies": 2,
        "decision": "QĐ 7/QĐ-UBND",
        "valid_from": date(2026, 3, 4),
    }
    rule = paper_rules.enter(admin, fields)
    doc = dispatches.draft(morning, type_code="BC")
    assert proposed(doc) == {morning.b.name: 0}
    with clock.freeze("2026-03-04 08:00"):
        assert proposed(doc) == {morning.b.name: 2} and paper.plan(doc)[0].law == "QĐ 7/QĐ-UBND"
    newer = paper_rules.enter(
        admin, fields | {"copies": 3, "valid_from": date(2026, 3, 6), "decision": "QĐ 8"}, rule
    )
    days = {}
    for day in ("2026-03-05", "2026-03-06"):
        with clock.freeze(f"{day} 08:00"):
            days[day] = proposed(doc)[morning.b.name]
    assert days == {"2026-03-05": 2, "2026-03-06": 3}
    kept = paper_rules.load(rule.id)
    assert (kept.valid_to, kept.copies, kept.ending) == (date(2026, 3, 5), 2, "QĐ 8"), "history is kept"
    paper_rules.end(admin, newer, date(2026, 3, 7), "QĐ 9")
    with clock.freeze("2026-03-08 08:00"):
        assert proposed(doc) == {morning.b.name: 0}
    with pytest.raises(errors.Refused):
        paper_rules.enter(admin, fields | {"valid_from": date(2026, 4, 1)}, kept)
    with pytest.raises(errors.NotAllowed):
        paper_rules.enter(morning.lan, fields)


def test_q9_3_e_more_conditions_decide_before_fewer(office):
    rules = [
        paper_rules.PaperRule(with_paper=True, copies=1, recipient_class="party", decision="A", valid_from=date(2020, 1, 1)),
        paper_rules.PaperRule(with_paper=False, copies=0, nature="invitation", decision="B", valid_from=date(2019, 1, 1)),
        paper_rules.PaperRule(with_paper=False, copies=0, nature="invitation", recipient_class="party", decision="C",
                              valid_from=date(2018, 1, 1)),
    ]  # fmt: skip
    with db.write():
        paper_rules.PaperRule.delete().execute()
        for rule in rules:
            rule.save()
    found = paper_rules.decide(
        paper_rules.on(date(2026, 1, 1)), paper_rules.Facts("invitation", "GM", "party")
    )
    assert found.decision == "C"


def test_q9_3_f_one_number_and_two_ways_of_sending(morning):
    party = partner("Tỉnh ủy Minh Sơn", "A99", address="Số 2 đường Mẫu")
    doc = sealed(morning, morning.b, party)
    issuing.issue(doc, morning.lan)
    assert paper.summaries([doc]) == {doc.id: "Bản giấy: 0/1 đã gửi"}
    assert len(exchange.sent(doc)) == 2
    issuing.record_print(doc, morning.lan, 2)
    copy = PaperCopy.get()
    paper_dispatch.send([copy], morning.lan, "registered", clock.today(), {copy.id: "RR1"}, {copy.id: 1})
    (line,) = paper_dispatch.book(morning.lan, clock.today(), clock.today())
    assert (line.document.number_text, line.name, line.envelopes, line.postal_number) == (
        "01/SKH-KH",
        party.name,
        1,
        "RR1",
    )
    assert paper.summaries([doc]) == {doc.id: "Bản giấy: 1/1 đã gửi"}
    assert {one.code for one in exchange.sent(doc)} == {"1/SKH-KH"}


# ---- Điều 12.4 -------------------------------------------------------------------------------------------


def test_q12_4_b2_a_legal_document_to_three_paper_recipients_is_four_copies(morning):
    some = [partner(f"Sở Thử {number}", f"H98.8{number}") for number in range(3)]
    doc = sealed(morning, *some, nature="legal")
    assert paper.to_print(paper.plan(doc)) == 4
    assert any("1 bản lưu + 3 bản" in check.words for check in issuing.checklist(doc, morning.lan))
    issuing.issue(doc, morning.lan)
    issuing.record_print(doc, morning.lan, 2)
    assert [row.state for row in paper.of(doc)] == ["printed", "to_print", "to_print"], (
        "the first one is the clerk's"
    )
    issuing.record_print(doc, morning.lan, 2)
    assert {row.state for row in paper.of(doc)} == {"printed"}


def test_q12_4_b2_nothing_leaves_that_is_not_printed(morning):
    doc = sealed(morning, partner("Tỉnh ủy Minh Sơn", "A99"))
    issuing.issue(doc, morning.lan)
    with pytest.raises(errors.Refused, match="Cần in"):
        paper_dispatch.send(paper.of(doc), morning.lan, "post", clock.today())


# ---- recall, A9 ------------------------------------------------------------------------------------------------


def test_paper_copies_are_given_back_after_a_recall(morning):
    doc = sealed(morning, partner("Tỉnh ủy Minh Sơn", "A99"), partner("Thủ tướng Chính phủ", "G99"))
    issuing.issue(doc, morning.lan)
    issuing.record_print(doc, morning.lan, 2)
    (first, second) = paper.of(doc)
    paper_dispatch.send([first], morning.lan, "hand", clock.today())
    assert [row.id for row in paper.given(doc)] == [first.id]
    with db.write():
        assert paper.stop(doc, morning.lan) == 1
    with pytest.raises(errors.Refused):
        paper.give_back(PaperCopy.get_by_id(second.id), morning.lan)
    paper.give_back(PaperCopy.get_by_id(first.id), morning.lan, note="Đủ trang")
    assert paper.given(doc) == []


def test_q11_1_b_paper_that_follows_is_a_side_note(morning):
    doc = dispatches.arrival(morning, code_number="7", code_notation="UBND-VP")
    assert [one.id for one in paper_arrivals.matching(morning.lan, "07/ubnd-vp")] == [doc.id]
    assert paper_arrivals.matching(morning.mai, "7") == []
    paper_arrivals.record(doc, morning.lan, clock.today(), 2, "Tủ 1")
    assert documents.Document.get_by_id(doc.id).state == doc.state
    assert paper_arrivals.of(doc).copies == 2
    paper_arrivals.record(doc, morning.lan, clock.today(), 1)
    assert paper_arrivals.of(doc).copies == 1
    with pytest.raises(errors.NotAllowed):
        paper_arrivals.record(doc, morning.tuan, clock.today())
