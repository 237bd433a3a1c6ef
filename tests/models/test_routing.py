"""Proposals of routes: rules before what was decided, each with its reason; straight on only by a rule (B10; ND30 23.1)."""

import pytest
from arrivals import arrive, consigned, morning, statuses  # noqa: F401

from models import assignments, documents, errors, incoming, incoming_straight, receivers, routing, workflow

pytestmark = pytest.mark.usefixtures("morning")
FINANCE = "Sở Tài chính"


def decided(office, unit, leader, number, name=FINANCE, kind="CV"):
    doc = arrive(office, organ_name=name, code_number=str(number), type_code=kind)
    incoming.register_and_forward(doc, office.lan, leader.post)
    assignments.assign(doc, leader, receivers.Target(None, unit))


def shown(office, name=FINANCE, kind="CV", subject="Về dự toán"):
    return [(one.name, one.why) for one in routing.propose(office.lan, name, kind, subject)]


def test_b10_what_was_decided_for_letters_of_this_sender_is_proposed_with_its_share(office):
    first, second = [receivers.of(office.lan)[at].unit for at in (0, 1)]
    for number in range(4):
        decided(office, first if number else second, office.minh if number < 3 else office.hoa, number)
    found = shown(office, "SỞ TÀI CHÍNH")
    assert (office.minh.name, f"3/4 văn bản của SỞ TÀI CHÍNH → {office.minh.name}") in found
    assert (first.name, f"3/4 văn bản của SỞ TÀI CHÍNH → {first.name}") in found
    assert found[0][1].startswith("3/4")
    by_type = shown(office, "Nơi chưa từng gửi")
    assert f"3/4 công văn → {first.name}" in [why for _, why in by_type]
    assert shown(office, "Nơi chưa từng gửi", "QD") == []


def test_b10_a_rule_of_the_agency_comes_before_and_says_so(office):
    first, second = [receivers.of(office.lan)[at].unit for at in (0, 1)]
    decided(office, second, office.minh, 1)
    routing.open_rule(office.a, office.quantri, sender_name="Sở Tài chính tỉnh Mẫu", unit=first)
    routing.open_rule(
        office.a, office.quantri, words="dự toán; quyết toán", type_code="CV", post=office.hoa.post
    )
    names = [name for name, _ in shown(office)]
    assert names[:2] == [office.hoa.name, first.name]  # the one that says more first
    assert shown(office)[1][1] == "theo quy định: văn bản của Sở Tài chính tỉnh Mẫu"
    assert office.hoa.name not in [name for name, _ in shown(office, subject="Việc khác")][:1]
    routing.end_rule(routing.rules(office.a.id)[0], office.quantri)
    assert [name for name, _ in shown(office)][0] == first.name


@pytest.mark.parametrize(
    "values, field",
    [({}, "sender_name"), ({"sender_name": "X", "post": None}, "target"), ({"sender_name": "X", "straight": True}, "straight"),
     ({"sender_name": "X", "straight": True}, "decision")],
)  # fmt: skip
def test_b10_a_rule_says_what_whom_and_by_which_decision(office, values, field):
    with pytest.raises(errors.Invalid) as wrong:
        routing.open_rule(office.a, office.quantri, **{"post": office.minh.post} | values)
    assert field in wrong.value.fields


def test_b10_only_a_rule_lets_the_clerk_pass_a_letter_straight_on(office):
    unit = receivers.of(office.lan)[0].unit
    doc, target = consigned(office, organ_name=FINANCE), f"unit:{unit.id}"
    with pytest.raises(errors.Refused, match="trình lãnh đạo"):
        incoming_straight.pass_straight(doc, office.lan, target)
    doc = documents.Document.get_by_id(doc.id)
    assert doc.state == "arrived" and doc.arrival_number is None  # all or nothing
    routing.open_rule(
        office.a, office.quantri, sender_name=FINANCE, unit=unit, straight=True, decision="QĐ 5/QĐ-SKH"
    )
    with pytest.raises(errors.Refused):
        incoming_straight.pass_straight(doc, office.lan, f"post:{office.tuan.post.id}")
    doc = documents.Document.get_by_id(doc.id)
    assert incoming_straight.pass_straight(doc, office.lan, target) == 1
    assert (doc.state, doc.unit) == ("assigned", unit) and statuses(doc) == ["accepted", "assigned"]
    assert workflow.label(doc) == "Đã phân công"
    head = next(one for one in (office.thao, office.son) if one.unit_id == unit.id)
    assignments.give_back(doc, head, "Không thuộc việc của phòng")
    assert incoming.awaiting_assignment(office.minh) == [doc]  # a leader decides after all
