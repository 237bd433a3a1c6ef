"""Hạn chứng thư (feature H13): told 60, 30, 7 days before and at the end, once each, to who can do something."""

from datetime import UTC, datetime

import pytest
from custody import Said, give

from models import agenda, clock, db, notifications, tokens, tokens_entry, tokens_expiry, tokens_loss

END = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def token(office):
    with clock.freeze("2026-03-02 09:00"):
        row = tokens_entry.bind(office.quantri, b"der", Said("organisation", "c0", not_after=END))
        token = give(office.minh, row, office.lan)
        notifications.spread()
        notifications.mark_seen(office.minh)
        return token


def told(actor):
    notifications.spread()
    return [
        notice.words for notice in notifications.newest(actor) if notice.words.startswith("Chứng thư của")
    ]


def test_each_step_is_told_once_to_keeper_head_and_administrator(office, token):
    found = []
    for day in (
        "06-01",
        "07-03",
        "07-04",
        "08-01",
        "08-02",
        "08-03",
        "08-24",
        "08-25",
        "08-26",
        "08-31",
        "09-01",
        "09-02",
    ):
        with clock.freeze(f"2026-{day} 10:00"):
            found.append(tokens_expiry.warn())
            assert tokens_expiry.warn() == 0
            told(office.lan)
    assert sum(found) == 4 and found[0] == 0
    for actor in (office.lan, office.minh, office.quantri):
        assert len(told(actor)) == 4
    assert "đã hết hạn" in told(office.lan)[0] and "còn" in told(office.lan)[-1]
    for stranger in (office.tuan, office.hoa, office.binh, office.khoa):
        assert told(stranger) == []


def test_a_certificate_recorded_late_is_told_once(office):
    with clock.freeze("2026-08-28 09:00"):
        tokens_entry.bind(office.quantri, b"der", Said("person", "aa", not_after=END), office.hoa.person)
        assert (tokens_expiry.warn(), tokens_expiry.warn()) == (1, 0)
        assert len(told(office.hoa)) == 1


def test_what_is_revoked_is_not_told(office, token):
    with clock.freeze("2026-08-28 09:00"):
        tokens_loss.revoke(office.minh, token, "retired")
        assert tokens_expiry.warn() == 0 and tokens_expiry.expiring(office.a.id) == []


def test_the_first_page_counts_it_for_who_it_concerns(office, token):
    with clock.freeze("2026-08-28 09:00"):
        for actor, url in (
            (office.lan, "/tokens/mine"),
            (office.minh, "/tokens"),
            (office.quantri, "/notifications"),
        ):
            assert ("Chứng thư sắp hết hạn", 1, url, "late") in [tuple(one) for one in agenda.numbers(actor)]
        assert "Chứng thư sắp hết hạn" not in [one.label for one in agenda.numbers(office.tuan)]


def test_a_leavers_device_is_found(office):
    row = tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    assert tokens_expiry.left_behind(office.a.id) == []
    with db.write():
        office.hoa.post.set(ends_on=clock.today())
    assert [one.certificate_id for one in tokens_expiry.left_behind(office.a.id)] == [row.id]
    assert tokens.usable(office.hoa, "leader") == [row]  # and the account's own closing keeps him out
