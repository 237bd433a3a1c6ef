"""What was refused or failed is sent again in the same thread; every try is written down; a new secret is tried first."""

from datetime import timedelta

import axis_double
import letters
import outages
import pytest
from outages import DEAD, FAULT, at, line_to, work_until

from jobs import deliver, runner
from models import (
    agencies,
    clock,
    db,
    errors,
    exchange,
    exchange_attempts,
    exchange_axis,
    exchange_sending,
    journal,
    outbox,
    recalls,
    vault,
)

assert deliver
axis, far = outages.axis, outages.far


# ---- a refusal is an ending with a reason; what is sent again keeps its thread ----------------------------------


def test_a_refusal_at_the_door_can_be_answered_by_sending_again_in_the_same_thread(office):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b], subject="Về việc thử (MẬT)")
        while runner.run_one():
            pass
    one = exchange.sent(doc)[0]
    assert one.state == "refused"
    with clock.freeze("2026-03-02 10:00"):
        exchange.resend(one, office.lan)
        again = exchange.sent(doc)[0]
        assert (again.id, again.state, again.sent_at, again.queued_at) == (
            one.id,
            "queued",
            None,
            clock.now(),
        )
        with db.write():
            exchange.settle(again)
        assert exchange.sent(doc)[0].state == "queued"  # what was said before is history
    assert [event.verb for event in journal.of(one)].count("resend") == 1
    exchange.resend(exchange.sent(doc)[0], office.lan)  # pressed twice
    assert [event.verb for event in journal.of(one)].count("resend") == 1


def test_what_a_person_returned_is_answered_by_a_replacing_document(office):
    doc = letters.issued(office.lan, [office.b])
    runner.run_one()
    arrived = exchange.Consignment.get(exchange.Consignment.direction == "in")
    with db.write():
        exchange.tell(arrived, "refused", "Thiếu phụ lục")
    while runner.run_one():
        pass
    assert exchange.sent(doc)[0].state == "refused"
    with pytest.raises(errors.Refused, match="thay thế"):
        exchange.resend(exchange.sent(doc)[0], office.lan)


def test_the_same_packet_is_offered_once_more_and_what_waits_is_tried_now(office, axis, far):
    doc = letters.issued(office.lan, far[:1])
    with pytest.raises(errors.Refused):
        exchange_sending.offer_again(exchange.Consignment(state="failed", transport="axis"), office.lan)
    runner.run_due()
    one = exchange.sent(doc)[0]
    for _ in range(2):
        exchange_sending.offer_again(one, office.lan)
    runner.run_due()
    assert len(axis.bodies("sendEdoc")) == 2 and len(set(axis.bodies("sendEdoc"))) == 1
    assert letters.lines(doc) == {"xa 0": "on_axis"}
    axis.answers["sendEdoc"] = [FAULT, {"DocId": "a2"}]
    later = letters.issued(office.lan, far[:1], number="2")
    runner.run_due()
    waiting = exchange.sent(later)[0]
    assert exchange_sending.next_try_of([waiting])[waiting.id] > clock.now()
    exchange_sending.offer_again(waiting, office.lan)
    runner.run_due()
    assert letters.lines(later) == {"xa 0": "on_axis"} and exchange_sending.next_try_of([waiting]) == {}


def test_x1_an_answer_with_another_packet_s_id_is_none(office, axis, far):
    axis.answers["sendEdoc"] = [{"DocId": "a1"}]
    for number in ("1", "2"):
        letters.issued(office.lan, far[:1], number=number, document_id=f"vb{number}")
        runner.run_due()
    states = [one.state for one in exchange.Consignment.select().order_by(exchange.Consignment.id)]
    assert states == ["on_axis", "queued"]  # both were answered «a1»


def test_a_recipient_s_new_code_is_used_when_sent_again(office, axis, far):
    axis.answers["sendEdoc"] = [axis_double.failing("18", DocId=""), {"DocId": "a2"}]
    doc = letters.issued(office.lan, far[:1])
    runner.run_due()
    one = exchange.sent(doc)[0]
    assert one.state == "failed" and "không tồn tại" in one.failure
    agencies.add_code(far[0], "H98.0.1")
    exchange.resend(exchange.sent(doc)[0], office.lan)
    runner.run_due()
    assert b"H98.0.1<" in axis.bodies("sendEdoc")[-1] and exchange.sent(doc)[0].partner_code == "H98.0.1"
    assert exchange.sent(doc)[0].id == one.id


# ---- recalls, log, secrets --------------------------------------------------------------------------------------


def test_a_recall_of_what_waits_for_the_line_means_it_never_left(office, axis, far):
    line_to(DEAD)
    doc = letters.issued(office.lan, far[:1])
    runner.run_due()
    recalls.ask(doc, office.lan, "Sai", "Giám đốc")
    assert letters.lines(doc) == {"xa 0": "recalled"}


def test_every_try_is_written_down_with_the_answer_of_the_axis(office, axis, far):
    axis.answers["sendEdoc"] = [FAULT, {"DocId": "68edb8c8c2dcb14db773ce44"}]
    began = clock.at("2026-03-02 08:00")
    with at(began):
        doc = letters.issued(office.lan, far[:2])
    work_until(began, began + timedelta(minutes=1))
    one, other = exchange.sent(doc)
    rows = exchange_attempts.of(one)
    assert [(row.n, row.direction, row.kind, row.outcome, row.axis_id) for row in rows] == [
        (1, "out", "edoc", "later", ""), (2, "out", "edoc", "ok", "68edb8c8c2dcb14db773ce44"),
    ]  # fmt: skip
    assert rows[0].sha256 == one.packet.sha256 and one.packet.read() + b"\r\n" == axis.bodies("sendEdoc")[0]
    assert [row.id for row in exchange_attempts.of(other)] == [row.id for row in rows]
    assert all(row.label for row in rows)


def test_a_new_secret_is_tried_before_the_old_one_is_given_up(office, axis):
    def secret():
        row = exchange_axis.AxisConnection.get()
        return vault.unlock(row.locked_secret)

    def judge(handler):
        call = axis_double.vxp.Call({name.lower(): value for name, value in handler.headers.items()})
        known = call.is_signed_with("mới")
        axis_double.reply(handler, axis_double.vxp.success(count=0) if known else axis_double.failing("15"))

    axis.answers["countReceiveEdoc"] = [judge]
    exchange_axis.connect(office.quantri, axis.url, "H99.10", "sai")
    assert secret() == "khóa"
    runner.run_due()
    row = exchange_axis.AxisConnection.get()
    assert secret() == "khóa" and "khóa cũ" in row.trouble and not row.locked_next_secret
    exchange_axis.connect(office.quantri, axis.url, "H99.10", "mới")
    line_to(DEAD)
    runner.run_due()
    assert secret() == "khóa" and exchange_axis.AxisConnection.get().locked_next_secret
    line_to(axis.url)
    with db.write():
        outbox.Order.update(due_at=clock.now()).where(outbox.Order.state == "due").execute()
    runner.run_due()
    assert secret() == "mới" and not exchange_axis.AxisConnection.get().locked_next_secret
