"""Health for watching programs: alive, ready, and no word about agencies or people (SEC-10)."""

from datetime import timedelta

import pytest

from models import clock, db, outbox, readiness


def test_alive(browser):
    assert browser().get("/healthz").json() == {"status": "ok"}


def test_ready_tells_only_figures(office, browser):
    answer = browser().get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "database", "schema", "disk_free_mb", "oldest_due_seconds"}
    assert (
        office.a.name not in answer.text and "lan" not in answer.text and "/" not in answer.json()["schema"]
    )


def test_not_ready_when_orders_wait_too_long(office, browser):
    with db.write():
        outbox.place("deliver", 1, "a").set(due_at=clock.now() - timedelta(hours=1))
    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")


@pytest.mark.parametrize("free", [0, readiness.TIGHT_DISK])
def test_not_ready_when_the_disk_is_full(office, browser, monkeypatch, free):
    monkeypatch.setattr(readiness, "free_disk", lambda: free)
    assert browser().get("/readyz").status_code == 503
