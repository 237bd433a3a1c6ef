"""Chờ lưu trữ: the one queue; undoing within a minute, cancelling afterwards; the book stays whole whatever two clerks do."""

import random
from datetime import date, timedelta

import pytest
from arrivals import arrive, consigned, morning, statuses  # noqa: F401

from jobs import runner
from models import (
    acceptance,
    clock,
    db,
    desk,
    documents,
    errors,
    files,
    incoming,
    notifications,
    outbox,
    registers,
    scans,
    users,
)

pytestmark = pytest.mark.usefixtures("morning")


def now(doc):
    return documents.Document.get_by_id(doc.id)


def later(seconds):
    return clock.freeze(f"{clock.local(clock.now()) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}")


def tell():
    """What is due is carried out, but for the wire."""
    done = 0
    for order in list(
        outbox.Order.select().where(outbox.Order.kind == "acceptance", outbox.Order.state == "due")
    ):
        if order.due_at <= clock.now():
            runner._handlers["acceptance"](order)
            done += 1
    return done


def notices(post):
    notifications.spread()
    return [row.words for row in notifications.Notice.select().where(notifications.Notice.post == post)]


def register(office, doc, actor=None):
    return incoming.register_and_forward(
        doc, actor or office.lan, office.minh.post, {"subject": "V/v thử"}, held=True
    )


def test_q10_2_c_the_sender_hears_accepted_within_the_minute_of_a_registration_on_the_desk(office):
    doc = consigned(office)
    assert register(office, doc) == 1
    assert statuses(doc) == [] and tell() == 0
    assert "Văn bản trình bạn phân công" not in notices(office.minh.post)
    assert now(doc).state == "forwarded" and [
        row.id for row in incoming.awaiting_assignment(office.minh)
    ] == [doc.id]
    with later(31):
        assert tell() == 1
        assert statuses(doc) == ["accepted"]
        assert notices(office.minh.post) == ["Văn bản trình bạn phân công"]
        assert tell() == 0


def test_q10_3_b_an_urgent_document_is_told_at_once(office):
    doc = consigned(office, urgency=1)
    register(office, doc)
    assert statuses(doc) == ["accepted"] and notices(office.minh.post) == ["Văn bản trình bạn phân công"]
    with pytest.raises(errors.Refused, match="60 giây"):
        incoming.undo(doc, office.lan)


def test_undone_within_the_minute_nobody_hears_and_the_number_stays_bound(office):
    doc, other = consigned(office), consigned(office, code_number="13")
    register(office, doc)
    incoming.undo(doc, office.lan)
    assert (now(doc).state, now(doc).arrival_number, now(doc).holder) == ("arrived", 1, None)
    assert incoming.awaiting_assignment(office.minh) == []
    assert register(office, other) == 2
    with later(15):
        assert register(office, now(doc)) == 1
        with later(20):  # the order of the first registration, undone since: it tells nothing
            tell()
            assert statuses(doc) == []
        with later(31):
            tell()
            assert statuses(doc) == ["accepted"]


def test_undone_after_the_sender_heard_it_is_told_of_a_return_and_nothing_twice(office):
    doc = consigned(office)
    register(office, doc)
    with later(40):
        tell()
        incoming.undo(now(doc), office.lan)
        assert register(office, now(doc)) == 1
        assert statuses(doc) == ["accepted"]
        incoming.undo(now(doc), office.lan)
        incoming.refuse(now(doc), office.lan, "Gửi nhầm nơi nhận")
    assert statuses(doc) == ["accepted", "refused"]


def test_undone_and_then_refused_the_number_is_void_with_the_reason(office):
    doc = consigned(office)
    register(office, doc)
    incoming.undo(doc, office.lan)
    incoming.refuse(now(doc), office.lan, "Gửi nhầm nơi nhận")
    book = registers.of(office.a.id, "incoming")
    assert [entry.void_reason for entry in registers.voided(book, 2026)] == [
        "Trả lại nơi gửi: Gửi nhầm nơi nhận"
    ]
    assert registers.gaps(book, 2026) == [] and statuses(doc) == ["refused"]


def test_too_late_another_person_or_already_assigned_is_not_undone(office):
    doc = consigned(office)
    register(office, doc)
    thao = users.Actor(
        office.thao.person,
        users.appoint(office.thao.person, office.a, "Văn thư 2", "clerk", starts_on=date(2026, 1, 1)),
    )
    with pytest.raises(errors.Refused, match="người vừa vào sổ"):
        incoming.undo(now(doc), thao)
    with later(61), pytest.raises(errors.Refused, match="60 giây"):
        incoming.undo(now(doc), office.lan)
    with pytest.raises(errors.NotAllowed):
        incoming.undo(now(doc), office.minh)


def test_c15_cancelling_keeps_the_number_void_and_tells_the_sender(office):
    doc = consigned(office)
    register(office, doc)
    with pytest.raises(errors.Invalid):
        incoming.cancel_registration(doc, office.lan, " ")
    with later(90):
        tell()
        incoming.cancel_registration(now(doc), office.lan, "Vào sổ nhầm")
        assert statuses(doc) == ["accepted", "refused"]
    book = registers.of(office.a.id, "incoming")
    assert [entry.void_reason for entry in registers.voided(book, 2026)] == ["Hủy đăng ký: Vào sổ nhầm"]
    assert now(doc).state == "cancelled" and incoming.awaiting_assignment(office.minh) == []
    assert register(office, consigned(office, code_number="14")) == 2


def test_what_is_said_later_never_comes_before_accepted(office):
    doc = consigned(office)
    register(office, doc)
    with db.write():
        acceptance.tell(now(doc))
    assert statuses(doc) == ["accepted"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_c2_whatever_two_clerks_do_the_book_has_no_gap_no_double_no_reuse(office, seed):
    dice = random.Random(seed)
    second = users.Actor(
        office.thao.person,
        users.appoint(office.thao.person, office.a, "Văn thư 2", "clerk", starts_on=date(2026, 1, 1)),
    )
    docs = [arrive(office, code_number=str(n)) for n in range(12)]
    copies = {
        clerk: {doc.id: documents.Document.get_by_id(doc.id) for doc in docs}
        for clerk in (office.lan, second)
    }
    bound = {}
    for _ in range(110):
        clerk, key = dice.choice((office.lan, second)), dice.choice(docs).id
        doc = (
            copies[clerk][key] if dice.random() < 0.3 else documents.Document.get_by_id(key)
        )  # some pages are old
        act = dice.choice(("register", "register", "undo", "undo", "refuse", "cancel"))
        try:
            if act == "register":
                number = incoming.register_and_forward(doc, clerk, office.minh.post, held=True)
                assert bound.setdefault(key, number) == number
            elif act == "undo":
                incoming.undo(doc, clerk)
            elif act == "refuse":
                incoming.refuse(doc, clerk, "thử")
            else:
                incoming.cancel_registration(doc, clerk, "thử")
        except (errors.Refused, errors.Conflict):
            pass
        copies[clerk][key] = documents.Document.get_by_id(key)
    book = registers.of(office.a.id, "incoming")
    entries = list(
        registers.Entry.select().where(registers.Entry.register == book).order_by(registers.Entry.number)
    )
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1)) and registers.gaps(
        book, 2026
    ) == []
    assert {entry.document_id: entry.number for entry in entries} == bound and len(
        set(bound.values())
    ) == len(bound)
    for entry in entries:
        state = documents.Document.get_by_id(entry.document_id).state
        assert (entry.voided_at is not None) == (state in ("refused", "cancelled"))


# ---- the queue ---------------------------------------------------------------------------------------------------


def scan(office, name="a.pdf", state="read"):
    with db.write():
        row = files.record(files.store(name.encode()), name, "application/pdf")
        return scans.Scan.create(
            agency=office.a, file=row, name=name, sha256=row.sha256, state=state, uploaded_at=clock.now()
        )


def test_a1_one_queue_of_electronic_arrivals_and_scans_urgent_on_top(office):
    first, urgent = arrive(office), arrive(office, code_number="13", urgency=3)
    paper, unread = scan(office), scan(office, "b.pdf", "waiting")
    rows = desk.queue(office.lan)
    assert [row.key for row in rows] == [
        f"doc-{urgent.id}",
        f"doc-{first.id}",
        f"scan-{paper.id}",
        f"scan-{unread.id}",
    ]
    assert [row.key for row in desk.queue(office.lan, "paper")] == [f"scan-{paper.id}", f"scan-{unread.id}"]
    assert [row.key for row in desk.queue(office.lan, "urgent")] == [f"doc-{urgent.id}"]
    counts = desk.counts(office.lan)
    assert (counts["all"], counts["electronic"], counts["paper"], counts["urgent"]) == (4, 2, 2, 1)
    assert desk.following(rows, rows[0].key).key == f"doc-{first.id}"
    assert desk.following(rows, rows[2].key).key == f"doc-{urgent.id}"  # the unread one is passed over


def test_a_scan_of_another_agency_is_not_on_the_desk(office):
    paper = scan(office)
    assert desk.find(office.mai, desk.queue(office.mai), desk.SCAN, paper.id) is None
