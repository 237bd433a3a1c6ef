"""Thời hạn: working days, words, and the same-day clock (Quy chế 10.3, 12.3; Bộ luật Dân sự 147)."""

from datetime import date

from models import clock, deadlines, workdays


def calendar(office):
    return workdays.calendar(office.a.id)


def test_a_deadline_of_three_working_days_skips_the_weekend(office):
    with clock.freeze("2026-07-16 09:00"):  # a Thursday
        assert deadlines.in_working_days(office.a.id, 3) == date(2026, 7, 21)


def test_urgent_documents_get_a_shorter_proposal(office):
    with clock.freeze("2026-07-13 09:00"):
        usual, express = deadlines.propose(office.a.id, 0), deadlines.propose(office.a.id, 3)
    assert usual == date(2026, 7, 22)
    assert express == date(2026, 7, 14)


def test_the_senders_deadline_is_proposed_while_it_lies_ahead(office):
    with clock.freeze("2026-07-13 09:00"):
        assert deadlines.propose(office.a.id, 0, date(2026, 7, 18)) == date(2026, 7, 18)
        assert deadlines.propose(office.a.id, 0, date(2026, 7, 1)) == date(2026, 7, 22)


def test_words_of_a_deadline(office):
    with clock.freeze("2026-07-13 09:00"):
        told = [deadlines.tell(day, calendar(office)) for day in
                (date(2026, 7, 15), date(2026, 7, 14), date(2026, 7, 13), date(2026, 7, 10), date(2026, 7, 11), None)]  # fmt: skip
    assert told[0] == ("còn 2 ngày LV", "")
    assert told[1] == ("còn 1 ngày LV", "soon")
    assert told[2] == ("hết hạn hôm nay", "soon")
    assert told[3] == ("quá hạn 1 ngày LV", "late")
    assert told[4] == ("quá hạn 1 ngày LV", "late")
    assert told[5] is None


def test_a_finished_deadline_tells_whether_it_was_kept(office):
    assert deadlines.tell(date(2026, 7, 15), calendar(office), date(2026, 7, 15)).kind == "done"
    assert deadlines.tell(date(2026, 7, 15), calendar(office), date(2026, 7, 17)) == (
        "xong muộn 2 ngày LV",
        "late",
    )


def test_10_3_an_arrival_is_presented_on_the_day_of_legal_reception(office):
    arrived = clock.at("2026-07-13 09:00")
    with clock.freeze("2026-07-13 16:59"):
        assert deadlines.tell_presentation(arrived, 0, calendar(office)).kind == "soon"
    with clock.freeze("2026-07-13 17:01"):
        assert deadlines.tell_presentation(arrived, 0, calendar(office)).kind == "late"


def test_12_3_an_arrival_after_hours_has_the_whole_next_office_day(office):
    received = calendar(office).received_at(clock.at("2026-07-10 17:05"))  # Friday evening
    assert clock.local(received).isoformat()[:16] == "2026-07-13T07:30"
    with clock.freeze("2026-07-11 10:00"):
        assert deadlines.tell_presentation(received, 0, calendar(office)).words == "trình trong ngày 13/07"


def test_10_3_urgent_ones_are_presented_at_once(office):
    arrived = clock.at("2026-07-13 09:00")
    with clock.freeze("2026-07-13 09:10"):
        assert deadlines.tell_presentation(arrived, 3, calendar(office)).words == "trình ngay"
    with clock.freeze("2026-07-13 09:31"):
        assert deadlines.tell_presentation(arrived, 3, calendar(office)).kind == "late"
