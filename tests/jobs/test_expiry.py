"""Nhắc hạn chứng thư as the worker does it: once each, however often it looks."""

from datetime import UTC, datetime

from custody import Said

import jobs
from jobs import expiry, tidy
from models import clock, notifications, tokens_entry


def test_the_hourly_look_tells_once(office):
    said = Said("person", "aa", not_after=datetime(2026, 4, 1, tzinfo=UTC))
    with clock.freeze("2026-03-27 08:00"):
        tokens_entry.bind(office.quantri, b"der", said, office.hoa.person)
        for _ in range(3):
            expiry.warn()
            tidy.tell()
        assert [n.address for n in notifications.newest(office.hoa)] == ["/tokens/mine"]
    assert expiry in jobs.HANDLERS
