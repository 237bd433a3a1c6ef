"""What the axis says otherwise is found in one run and becomes a task, and an honest day raises no alarm (I7, X11)."""

import json
from datetime import timedelta

import letters
import pytest
from faults import tier

from jobs import deliver
from models import agencies, clock, db, errors, exchange, journal, notifications, outbox, reconciliation

assert deliver
CLEAN, PLANTED = 10_000, 200
Found = reconciliation.Difference


@pytest.fixture
def partner(office):
    return agencies.create("Viện Mẫu", code="H98.77", connection="axis")


def acknowledged(office, partner, count, days=3):
    """`count` lines the axis has acknowledged; ids ax0 …; copied in the database for their number."""
    doc = letters.issued(office.lan, [partner])
    one = exchange.sent(doc)[0]
    at = clock.now() - timedelta(days=days)
    with db.write():
        one.set(state="on_axis", attempted_at=at, acknowledged_at=at, sent_at=at, queued_at=at)
        own = {"key": "'n' || i", "axis_id": "'ax' || i", "code": "i || '/SKH'"}
        columns = [
            field.column_name for field in exchange.Consignment._meta.sorted_fields if field.name != "id"
        ]
        db.database.execute_sql(
            "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < ?) "
            f"INSERT INTO consignment ({', '.join(columns)}) "
            f"SELECT {', '.join(own.get(name, name) for name in columns)} FROM s, consignment",
            (count - 1,),
        )
        exchange.Consignment.update(acknowledged_at=None, state="queued").where(
            exchange.Consignment.id == one.id
        ).execute()
    return list(
        exchange.Consignment.select()
        .where(exchange.Consignment.axis_id != "")
        .order_by(exchange.Consignment.id)
    )


def receipts(lines, proved_by="signed"):
    now = clock.now()
    with db.write():
        first = exchange.StatusMessage.create(
            key="r",
            agency=lines[0].agency_id,
            direction="in",
            status="arrived",
            at=now,
            taken_at=now,
            proved_by=proved_by,
        )
        columns = [
            field.column_name for field in exchange.StatusMessage._meta.sorted_fields if field.name != "id"
        ]
        own = {"key": "'r' || value", "consignment_id": "value"}
        ids = json.dumps([one.id for one in lines])
        db.database.execute_sql(
            f"INSERT INTO status_message ({', '.join(columns)}) "
            f"SELECT {', '.join(own.get(name, name) for name in columns)} FROM (SELECT value FROM json_each(?)), status_message WHERE status_message.id = ?",
            (ids, first.id),
        )
        first.delete_instance()
        db.database.execute_sql(
            "UPDATE consignment SET state = 'arrived' WHERE id IN (SELECT value FROM json_each(?))", (ids,)
        )


def axis_row(one, state="done", **more):
    return {
        "senderDocId": one.axis_id,
        "toCode": one.partner_code,
        "fromCode": "H99.10",
        "receiveStatus": state,
    } | more


@pytest.mark.parametrize("turn", range(tier.TIMES))
def test_x11_every_planted_loss_and_forgery_is_found_in_one_run_and_nothing_else(office, partner, turn):
    lines = acknowledged(office, partner, CLEAN + PLANTED)
    chance = tier.chance(f"x11 {turn}")
    planted = chance.sample(lines, PLANTED)
    kinds = {one.id: ("lost", "unreceipted", "forged", "unread")[n % 4] for n, one in enumerate(planted)}
    honest = [one for one in lines if one.id not in kinds]
    receipts(
        honest[: CLEAN // 2] + [one for one in planted if kinds[one.id] == "forged"] + honest[CLEAN // 2 :]
    )
    forged = [one.id for one in planted if kinds[one.id] == "forged"]
    with db.write():
        exchange.StatusMessage.update(proved_by="by_axis").where(
            exchange.StatusMessage.consignment.in_(forged)
        ).execute()
    states = {"unreceipted": "done", "forged": "initial", "unread": "fail", None: "done"}
    rows = [axis_row(one, states[kinds.get(one.id)]) for one in lines if kinds.get(one.id) != "lost"]
    chance.shuffle(rows)
    shown = rows[: len(rows) // 2]  # the axis's list is cut off: what it leaves out is asked about one by one
    asked = set(reconciliation.to_ask(shown))
    run = reconciliation.compare(
        shown + [row for row in rows[len(rows) // 2 :] if row["senderDocId"] in asked]
    )
    assert {row.consignment_id: row.kind for row in Found.select()} == kinds
    assert (run.compared, run.found) == (CLEAN + PLANTED, PLANTED)
    tier.counted("X11", PLANTED)


def test_x11_a_second_run_finds_the_same_and_doubles_nothing(office, partner):
    lines = acknowledged(office, partner, 3)
    rows = [axis_row(lines[0], "initial"), axis_row(lines[1], "initial")]
    for _ in range(2):
        reconciliation.compare(rows)
    (row,) = Found.select()
    assert (row.kind, row.state) == ("lost", "open") and "1 điểm khác" in journal.Event.select().where(
        journal.Event.verb == "difference"
    ).get().note
    reconciliation.compare([*rows, axis_row(lines[2], "initial")])
    assert Found.get().state == "gone"


def test_x11_one_press_sends_what_the_axis_lost_again(office, partner):
    (one,) = acknowledged(office, partner, 1)
    other = axis_row(one, senderDocId="ax-other", fromCode="H97")
    reconciliation.compare([other])
    row = reconciliation.load(office.lan, Found.get().id)
    assert row.may_send_again and "Gửi lại" in row.advice
    reconciliation.send_again(row, office.lan)
    one = exchange.load(one.id)
    assert (one.state, one.acknowledged_at, one.sent_at) == ("queued", None, None)
    assert outbox.Order.select().where(outbox.Order.kind == "deliver", outbox.Order.state == "due").count()
    assert Found.get().state == "closed"
    with pytest.raises(errors.Refused):
        reconciliation.send_again(Found.get(), office.lan)


def test_x11_a_packet_in_our_name_that_we_never_sent_is_an_alarm(office, partner):
    (one,) = acknowledged(office, partner, 1)
    stolen = axis_row(one, senderDocId="zz1", toCode="H77", notation="33/GIA")
    reconciliation.compare(
        [axis_row(one, "initial"), stolen, axis_row(one, senderDocId="zz2", fromCode="H50")]
    )
    (row,) = Found.select()
    assert row.kind == "stranger" and "33/GIA" in row.sentence and row.agency_id == office.a.id
    notifications.spread()
    assert notifications.Notice.get().post_id == office.lan.post.id and notifications.Notice.get().urgent


@pytest.mark.parametrize("days, proved_by", [(0.1, "signed"), (3, "signed"), (20, "by_axis")])
def test_x11_no_false_alarm_for_receipts_that_hold(office, partner, days, proved_by):
    """Receipted within the day; proved by its signature though the axis forgot it; forgotten after weeks."""
    lines = acknowledged(office, partner, 2, days)
    receipts(lines, proved_by)
    reconciliation.compare([axis_row(lines[0], "done")])
    assert not Found.select().count()


def test_x11_an_axis_that_keeps_no_list_accuses_nobody(office, partner):
    acknowledged(office, partner, 5)
    run = reconciliation.compare([])
    assert not Found.select().count() and "trống" in run.trouble
    assert reconciliation.failed("Trục không trả lời").trouble and not Found.select().count()
    incomplete = reconciliation.compare([{"senderDocId": "x", "fromCode": "H1"}], complete=False)
    assert not Found.select().count() and not incomplete.complete


def test_x11_what_travelled_on_a_stick_is_not_the_axis_s_to_know(office, partner):
    lines = acknowledged(office, partner, 2)
    with db.write():
        lines[0].set(axis_id="usb-H99.10-260302-ab")
    assert [one.id for one in reconciliation.sent_here()] == [lines[1].id]


def test_x11_closing_a_difference_needs_a_note_and_lasts(office, partner):
    lines = acknowledged(office, partner, 2)
    rows = [axis_row(lines[0], "initial")]
    reconciliation.compare(rows)
    with pytest.raises(errors.Invalid):
        reconciliation.close(Found.get(), office.lan, "")
    reconciliation.close(Found.get(), office.lan, "Đã gọi, nơi nhận có văn bản")
    reconciliation.compare(rows)
    assert Found.get().state == "closed" and not reconciliation.count(office.a.id)
    with pytest.raises(errors.NotFound):
        reconciliation.load(office.mai, Found.get().id)


def test_the_comparison_is_made_once_a_night(office):
    with clock.freeze("2026-03-02 10:00"):
        assert reconciliation.is_due()
        reconciliation.compare([])
        assert not reconciliation.is_due()
    with clock.freeze("2026-03-03 05:00"):
        assert not reconciliation.is_due()  # nineteen hours
    with clock.freeze("2026-03-03 09:00"):
        assert not reconciliation.is_due()  # by day
    with clock.freeze("2026-03-04 01:00"):
        assert reconciliation.is_due()
    with clock.freeze("2026-03-04 17:00"):
        assert reconciliation.is_due()  # the night was missed
