"""Nobody waits in silence longer than four office hours (I13, X20): told once, to the right people, without a flood."""

import letters
import pytest

from models import agencies, clock, db, errors, exchange, exchange_follow, exchange_ledger, notifications


@pytest.fixture
def far(office):
    """Three recipients over the axis; the letter released on Tuesday 14/07/2026 at ten."""
    with clock.freeze("2026-07-14 10:00"):
        partners = [
            agencies.create(f"Xã Xa {n}", code=f"H98.40.{n:02d}", connection="axis") for n in range(3)
        ]
        return letters.issued(office.lan, partners)


def words(actor):
    notifications.spread()
    return [
        notice.words
        for notice in notifications.newest(actor)
        if "làm việc" in notice.words or "hết ngày" in notice.words
    ]


def at(moment):
    with clock.freeze(moment):
        return exchange_follow.press()


def test_i13_what_has_not_come_after_four_office_hours_is_told_once(office, far):
    assert at("2026-07-14 15:25") == 0
    assert at("2026-07-14 15:35") == 3
    assert words(office.lan) == [
        "3 nơi chưa nhận được 12/SKH-KH sau 4 giờ làm việc: nên gọi văn thư nơi nhận"
    ]
    assert words(office.tuan) == words(office.mai) == []
    assert at("2026-07-14 15:40") == at("2026-07-15 09:00") == at("2026-07-20 09:00") == 0
    assert len(words(office.lan)) == 1
    row = exchange_ledger.of_document(far).rows[0]
    assert exchange_follow.of([row])[row.id].not_arrived_at


def test_i13_one_notice_a_document_and_day(office, far):
    late = agencies.create("Xã Bổ Sung", code="H98.41", connection="axis")
    assert at("2026-07-14 15:35") == 3
    with clock.freeze("2026-07-14 10:30"), db.write():
        first = exchange.sent(far)[0]
        exchange.Consignment.create(key="later", agency=office.a, direction="out", document=far, partner=late,
                                    partner_name=late.name, transport="axis", state="queued", queued_at=clock.now(),
                                    own_code=first.own_code)  # fmt: skip
    assert at("2026-07-14 16:10") == 0  # this document has had its notice today
    assert at("2026-07-15 08:00") == 1
    assert len(words(office.lan)) == 2


def test_i13_the_night_and_the_holiday_do_not_count(office):
    with clock.freeze("2026-07-17 16:00"):  # Friday
        letters.issued(office.lan, [agencies.create("Xã Xa", code="H98.42", connection="axis")])
    assert at("2026-07-19 22:00") == at("2026-07-20 10:25") == 0
    assert at("2026-07-20 10:35") == 1


def test_i13_who_came_and_is_not_accepted_that_day_is_told(office, far):
    with clock.freeze("2026-07-14 10:05"), db.write():
        for one in exchange.sent(far):
            one.set(state="arrived", arrived_at=clock.now())
    assert at("2026-07-14 16:55") == 0
    assert at("2026-07-14 17:05") == 3
    assert "hết ngày chưa tiếp nhận" in words(office.lan)[0]
    assert at("2026-07-15 10:00") == 0


def test_i13_a_neighbour_of_this_installation_is_reminded_itself(office):
    with clock.freeze("2026-07-14 10:00"), db.write():
        exchange.Consignment.create(
            key="in/1", agency=office.b, direction="in", partner=office.a, partner_name=office.a.name, code="12/SKH-KH",
            transport="local", state="arrived", arrived_at=clock.now(), received_at=clock.now(),
            document=letters.issued(office.lan, []),
        )  # fmt: skip
    assert at("2026-07-14 15:25") == 0
    assert at("2026-07-14 15:35") == 1
    assert "Văn bản 12/SKH-KH của" in words(office.mai)[0] and not words(office.lan) and not words(office.nam)
    assert at("2026-07-14 16:35") == 0


def test_i13_who_was_called_for_already_is_not_told_again(office, far):
    with db.write():
        for one in exchange.sent(far):
            one.set(called_at=clock.now())
    assert at("2026-07-14 15:35") == 0


def test_x20_no_silent_state_older_than_four_office_hours(office, far):
    """Every recipient that has not answered stands on the list of problems from that moment on."""
    with clock.freeze("2026-07-14 15:31"):
        for state in ("queued", "on_axis"):
            with db.write():
                exchange.Consignment.update(state=state).execute()
            assert exchange_ledger.troubled(office.a.id).count() == 3


def test_closing_needs_a_clerk_words_and_a_problem(office, far):
    line = exchange.sent(far)[0]
    with clock.freeze("2026-07-14 11:00"), pytest.raises(errors.Refused):
        exchange_follow.close(line, office.lan, "Đã gọi")
    with clock.freeze("2026-07-14 15:35"):
        with pytest.raises(errors.NotAllowed):
            exchange_follow.close(line, office.minh, "Đã gọi")
        with pytest.raises(errors.Invalid):
            exchange_follow.close(line, office.lan, "  ")
        exchange_follow.close(line, office.lan, "Đã gọi, nhận bằng bản giấy")
        assert exchange_ledger.troubled(office.a.id).count() == 2
