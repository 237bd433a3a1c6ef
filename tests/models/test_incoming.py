"""Văn bản đến: the rules of Quy chế 10 and of the arrival register (ND30 Điều 21–23)."""

import threading
from datetime import date

import pytest
from arrivals import arrive, consigned, morning, statuses  # noqa: F401

from models import (
    clock,
    db,
    documents,
    errors,
    exchange,
    incoming,
    incoming_book,
    journal,
    permissions,
    registers,
    workflow,
)

pytestmark = pytest.mark.usefixtures("morning")


# Who may do what in which state, written by hand apart from the table: verb → state → roles whose people may.
GRID = {
    "register": {"arrived": {"lan"}},
    "refuse": {"arrived": {"lan"}},
    "forward": {"registered": {"lan"}},
    "assign": {"forwarded": {"minh", "hoa"}},
    "answer": {},
    "recall": {},
    "join": {"arrived": {"lan"}},
    "pass_unregistered": {"arrived": {"lan"}},
    "pass_straight": {},  # by a rule of the agency alone: test_b10_only_a_rule_lets_the_clerk_pass_a_letter_straight_on
    "undo": {},
    "cancel_registration": {"registered": {"lan"}, "forwarded": {"lan"}},
}
STATES = (
    "arrived",
    "registered",
    "forwarded",
    "assigned",
    "in_progress",
    "completed",
    "refused",
    "joined",
    "unregistered",
    "recalled",
    "cancelled",
)
CAST = ("lan", "minh", "hoa", "thao", "tuan", "khoa", "dung", "son", "quantri", "mai", "binh")


@pytest.mark.parametrize("verb", GRID)
@pytest.mark.parametrize("state", STATES)
def test_state_by_verb_by_role(office, verb, state):
    for login in CAST:
        doc = arrive(office, state)
        allowed = login in GRID[verb].get(state, ())
        if allowed:
            workflow_step(doc, verb, getattr(office, login))
            assert documents.Document.get_by_id(doc.id).state != state
        else:
            with pytest.raises((errors.Refused, errors.NotAllowed)):
                workflow_step(doc, verb, getattr(office, login))
            assert documents.Document.get_by_id(doc.id).state == state


def workflow_step(doc, verb, actor):
    with db.write():
        workflow.step(doc, verb, actor)


@pytest.mark.parametrize(
    "state, recallable",
    [(state, state not in ("refused", "joined", "recalled")) for state in STATES],
)
def test_12_6_the_system_alone_recalls(office, state, recallable):
    doc = arrive(office, state)
    if recallable:
        workflow_step(doc, "recall", None)
        assert doc.state == "recalled"
    else:
        with pytest.raises(errors.Refused):
            workflow_step(doc, "recall", None)


def test_10_2_a_valid_document_is_registered_with_the_next_number_and_03(office):
    first, second = consigned(office), consigned(office, code_number="13")
    assert incoming.register(first, office.lan, {"subject": "V/v  kiểm tra"}) == 1
    assert incoming.register(second, office.lan) == 2
    first = documents.Document.get_by_id(first.id)
    assert (first.state, first.arrival_number, first.register_year) == ("registered", 1, 2026)
    assert first.subject == "V/v kiểm tra" and first.folded_subject == "v/v kiem tra"
    assert statuses(first) == ["accepted"]
    assert [event.verb for event in journal.of(first)] == ["begin", "register", "take_arrival_number"]


@pytest.mark.parametrize(
    "verdict, word", [("invalid", "không hợp lệ"), ("unchecked", "Chưa kiểm tra được"), ("", "Đang kiểm tra")]
)
def test_10_2_without_a_valid_check_no_number_is_taken(office, verdict, word):
    doc = consigned(office, verdict=verdict)
    with pytest.raises(errors.Refused, match=word):
        incoming.register(doc, office.lan)
    assert registers.coming(registers.of(office.a.id, "incoming")) == 1
    assert statuses(doc) == []


def test_10_2_one_to_look_at_needs_a_reason_which_is_kept(office):
    doc = arrive(office, verdict="look")
    with pytest.raises(errors.Invalid) as caught:
        incoming.register(doc, office.lan)
    assert "reason" in caught.value.fields
    incoming.register(doc, office.lan, reason="Đã gọi nơi gửi xác nhận")
    assert "Đã gọi nơi gửi xác nhận" in [event.note for event in journal.of(doc)]


def test_10_1_paper_has_no_signature_to_check(office):
    doc = arrive(office, source="paper", verdict="")
    assert incoming.register(doc, office.lan) == 1


def test_10_2_e_an_invalid_document_goes_back_with_the_reason_and_without_a_number(office):
    doc = consigned(office, verdict="invalid")
    with pytest.raises(errors.Invalid):
        incoming.refuse(doc, office.lan, "  ")
    incoming.refuse(doc, office.lan, "Nội dung bị đổi sau khi ký.")
    assert doc.state == "refused" and doc.arrival_number is None
    message = exchange.StatusMessage.get()
    assert (message.status, message.description) == ("refused", "Nội dung bị đổi sau khi ký.")
    assert registers.coming(registers.of(office.a.id, "incoming")) == 1
    assert incoming.waiting(office.lan, "refused") == [doc]


@pytest.mark.parametrize("verdict", ["", "unchecked"])
def test_10_2_f_what_could_not_be_checked_is_neither_taken_nor_returned(office, verdict):
    doc = arrive(office, verdict=verdict)
    with pytest.raises(errors.Refused):
        incoming.refuse(doc, office.lan, "Sai nơi nhận")
    assert all(offer.reason for offer in workflow.offers(doc, office.lan))


def test_10_2_register_and_present_are_one_act_or_none(office):
    doc = arrive(office)
    with pytest.raises(errors.Invalid):
        incoming.register_and_forward(doc, office.lan, office.tuan.post)  # Tuấn is no leader
    doc = documents.Document.get_by_id(doc.id)
    assert doc.state == "arrived" and registers.coming(registers.of(office.a.id, "incoming")) == 1
    assert incoming.register_and_forward(doc, office.lan, office.minh.post) == 1
    assert doc.state == "forwarded" and doc.holder == office.minh.post
    assert incoming.awaiting_assignment(office.minh) == [doc]
    assert incoming.awaiting_assignment(office.hoa) == []


def test_a_leader_of_another_agency_cannot_be_presented_to(office):
    doc = arrive(office)
    with pytest.raises(errors.Invalid):
        incoming.register_and_forward(doc, office.lan, office.binh.post)


def test_22_2_two_clerks_at_once_get_consecutive_numbers(office):
    docs = [arrive(office, code_number=str(n)) for n in range(24)]
    failures = []

    def work(mine):
        with db.connection():
            for doc in mine:
                try:
                    incoming.register(documents.Document.get_by_id(doc.id), office.lan)
                except errors.DomainError as error:
                    failures.append(error)

    threads = [threading.Thread(target=work, args=(docs[n::4],)) for n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    numbers = sorted(row.arrival_number for row in documents.Document.select())
    assert not failures and numbers == list(range(1, 25))


def test_a_second_registration_is_refused_and_takes_no_number(office):
    doc = arrive(office)
    stale = documents.Document.get_by_id(doc.id)
    incoming.register(doc, office.lan)
    with pytest.raises(errors.Conflict):
        incoming.register(stale, office.lan)
    assert registers.coming(registers.of(office.a.id, "incoming")) == 2


def test_12_3_the_register_shows_the_legal_day_of_reception(office):
    doc = arrive(office, received_at=clock.at("2026-07-13 07:30"), arrived_at=clock.at("2026-07-10 17:05"))
    incoming.register(doc, office.lan)
    assert doc.arrival_date == date(2026, 7, 13)


def test_10_2_a_urgent_arrivals_stand_on_top_then_the_newest(office):
    old = arrive(office, arrived_at=clock.at("2026-07-14 07:40"))
    new = arrive(office, arrived_at=clock.at("2026-07-14 08:40"))
    urgent = arrive(office, urgency=3, arrived_at=clock.at("2026-07-13 08:00"))
    paper = arrive(office, source="paper", verdict="", arrived_at=clock.at("2026-07-14 08:50"))
    assert incoming.waiting(office.lan) == [urgent, paper, new, old]
    assert incoming.waiting(office.lan, "paper") == [paper]
    assert incoming.waiting(office.lan, "urgent") == [urgent]
    counts = incoming.waiting_counts(office.lan)
    assert {name: counts[name] for name in ("all", "urgent", "electronic", "paper")} == {
        "all": 4, "urgent": 1, "electronic": 3, "paper": 1,
    }  # fmt: skip
    assert counts["valid"] == len(incoming.waiting(office.lan, "valid")) == 3 and counts["invalid"] == 0


def test_another_agency_sees_nothing(office):
    doc = arrive(office)
    assert incoming.waiting(office.mai) == [] and incoming.waiting_counts(office.mai)["all"] == 0
    with pytest.raises(errors.NotFound):
        permissions.get(office.mai, doc.id, "incoming")


def test_10_3_what_was_not_presented_on_its_day_is_listed(office):
    late = arrive(office, received_at=clock.at("2026-07-13 09:00"))
    arrive(office)
    assert incoming.not_presented(office.lan) == [late]


def test_iii_1_h_the_same_number_notation_and_issuer_warns(office):
    first = arrive(office)
    incoming.register(first, office.lan)
    second = arrive(office, organ_name="sở mẫu")
    other = arrive(office, code_number="13")
    elsewhere = arrive(office, organ_name="Sở Khác")
    assert incoming.duplicates(second) == [first]
    assert incoming.duplicates(other) == [] and incoming.duplicates(elsewhere) == []


def test_iii_1_h_the_same_document_id_warns(office):
    first = arrive(office, document_id="H99,2026,1")
    second = arrive(office, document_id="H99,2026,1", code_number="99")
    assert incoming.duplicates(second) == [first]


def test_the_register_pages_by_number_both_ways(office):
    for n in range(7):
        incoming.register(arrive(office, code_number=str(n)), office.lan)
    first = incoming_book.book(office.lan, 2026, size=3)
    assert [doc.arrival_number for doc in first.rows] == [7, 6, 5] and (first.older, first.newer) == (5, None)
    second = incoming_book.book(office.lan, 2026, before=first.older, size=3)
    assert [doc.arrival_number for doc in second.rows] == [4, 3, 2]
    last = incoming_book.book(office.lan, 2026, before=second.older, size=3)
    assert [doc.arrival_number for doc in last.rows] == [1] and last.older is None
    back = incoming_book.book(office.lan, 2026, after=last.newer, size=3)
    assert [doc.arrival_number for doc in back.rows] == [4, 3, 2] and back.newer == 4
    assert incoming_book.book(office.lan, 2025).rows == []


def test_the_register_finds_numbers_notations_and_words(office):
    incoming.register(
        arrive(office, code_number="125", code_notation="UBND-KT"), office.lan, {"subject": "Mưa lũ"}
    )
    incoming.register(arrive(office, code_number="07", code_notation="SM-VP", subject="Giấy mời"), office.lan)

    def found(words):
        return [doc.arrival_number for doc in incoming_book.book(office.lan, 2026, words=words).rows]

    assert found("125") == [1] and found("125/UBND") == [1] and found("7") == [2] and found("2") == [2]
    assert found("mua lu") == [1] and found("không có") == []
