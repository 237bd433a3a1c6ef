"""Files nobody here has made: limited children that stand warm, a verdict for whatever breaks, no address not allowed."""

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from jobs import checking, child_check, revocation
from models import clock, trust_hosts
from signing import check, trust
from signing.records import Trust
from tests.signing import authority, workshop

AT = workshop.MOMENT_OF_CHECK


@pytest.fixture(scope="module", autouse=True)
def ended():
    yield
    checking.stop()


def examined(pdf, trusted=None, **how):
    return checking.examine(pdf, trusted or workshop.trusted(), moment=AT, **how)


def test_v4_the_child_says_what_we_would_say_ourselves():
    found = examined(workshop.sealed(), expect=workshop.EXPECTED)
    assert found.report.verdict == "valid", found.report.reasons
    assert {kind for kind, _ in found.evidence} == {"crl", "certificate"}
    assert found.report.engine.startswith("Văn Thư")


def test_paths_and_bytes(tmp_path):
    place = tmp_path / "a.pdf"
    place.write_bytes(workshop.sealed())
    assert examined(place).report.to_dict() == examined(workshop.sealed()).report.to_dict()
    with pytest.raises(OSError):
        examined(tmp_path / "missing.pdf")


def test_a_child_is_used_again_and_the_same_question_is_asked_once():
    examined(workshop.led())
    places = [place for place in checking._made if place.process is not None]
    done = [place.done for place in places]
    for _ in range(20):
        examined(workshop.led())
    assert [place.done for place in places] == done
    assert len(checking._made) <= (os.cpu_count() or 1)


def test_another_moment_is_another_question():
    early = checking.examine(workshop.led(), workshop.trusted(), moment=AT)
    late = checking.examine(workshop.led(), workshop.trusted(), moment=AT + timedelta(days=1))
    assert early.report.checked_at != late.report.checked_at


@pytest.fixture
def small(monkeypatch):
    """Children with limits a file soon meets."""

    def make(seconds=checking.SECONDS, megabytes=checking.MEGABYTES):
        checking.stop()
        monkeypatch.setattr(checking, "SECONDS", seconds)
        monkeypatch.setattr(checking, "MEGABYTES", megabytes)

    yield make
    checking.stop()


def test_u5_too_little_memory_is_a_verdict(small):
    small(megabytes=40)
    report = examined(workshop.sealed()).report
    assert (report.verdict, report.reasons[0].code) == ("invalid", "too_costly")


def test_u5_bombs_end_in_a_verdict(shared, small):
    small(seconds=8)
    made = shared / "corpus" / "hostile" / "made"
    for name in ("pdf_flate_twice_10GiB.pdf", "pdf_pagetree_loop.pdf", "pdf_xref_prev_loop.pdf"):
        start = time.monotonic()
        report = examined((made / name).read_bytes()).report
        assert report.verdict == "invalid" and report.reasons, name
        assert time.monotonic() - start < 90, name  # without its limit it never ends
    assert examined(workshop.sealed()).report.verdict == "valid"  # and the next file is checked as ever


def test_a_child_that_was_killed_is_replaced():
    examined(workshop.led())
    [place, *_] = [one for one in checking._made if one.process is not None]
    place.process.kill()
    place.process.wait()
    assert examined(workshop.long_sealed(2)).report.verdict == "valid"


def test_an_answer_that_is_none_is_no_acceptance(monkeypatch):
    checking.stop()
    monkeypatch.setattr(checking._Place, "carry_out", lambda self, job: b"{}\nrubbish")
    assert examined(workshop.sealed()).report.reasons[0].code == "too_costly"


def test_several_at_once():
    files = [workshop.long_sealed(pages) for pages in (2, 3, 4)]
    found = [None] * len(files)

    def run(number):
        found[number] = examined(files[number]).report.verdict

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(files))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == ["valid"] * len(files)


def test_frames_and_jobs_keep_what_they_carry():
    trusted = Trust(roots=(b"r",), crls=(b"c1", b"c2"), periods=(("ab", "2026-01-01T00:00:00+00:00", ""),))
    job = check.job_of(b"%PDF", trusted, moment=AT, answers={"crl:x": b"y"}, expect=workshop.EXPECTED)
    header, blobs = check.unpacked(job)
    assert header["expect"]["issued_day"] == workshop.DAY.isoformat()
    assert blobs[0] == b"%PDF" and blobs[header["answers"]["crl:x"]] == b"y"
    for wrong in (b"", b"[]\n", b'{"lengths": [5], "header": {}}\nabc', json.dumps({"header": 1}).encode()):
        with pytest.raises((ValueError, KeyError, TypeError)):
            check.unpacked(wrong)


def test_a_fork_that_dies_says_so():
    kind, body = child_check.in_a_fork(b"no job", 5, 1024)
    assert (kind, body) == (b"b", b"")


# ---- addresses -------------------------------------------------------------------------------------------------


def test_v6_nothing_is_asked_that_is_not_allowed(monkeypatch):
    asked = []
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: asked.append(wish.url))
    bare = Trust(workshop.trusted().roots, workshop.trusted().intermediates)
    found = examined(workshop.sealed(), bare)
    assert found.report.verdict == "unchecked" and found.report.retry
    examined(workshop.sealed(), bare, allowed=frozenset({"khac.example"}))
    assert asked == []
    host = authority.SITE.removeprefix("http://")
    examined(workshop.sealed(), bare, allowed=frozenset({host}))
    assert asked and all(host in url for url in asked)
    revocation.forget()


def test_v6_untrusted_certificates_name_no_address(monkeypatch):
    asked = []
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: asked.append(wish.url))
    examined(workshop.sealed(), Trust(), ask=revocation.ask_named)
    assert asked == []


def test_v6_a_list_is_kept_until_the_next_is_due(monkeypatch, tmp_path):
    calls, wish = [], trust.Wish("crl", "http://ca.example/a.crl")
    cast = authority.usual()
    now = datetime.now(UTC)
    fresh = authority.revocation_list(cast.root, made=now - timedelta(hours=1), until=now + timedelta(days=1))
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: calls.append(wish.url) or fresh)
    allowed = frozenset({"ca.example"})
    for _ in range(3):
        assert revocation.ask([wish], {}, allowed, folder=tmp_path) == {wish.key: fresh}
    assert len(calls) == 1
    stale = authority.revocation_list(cast.root, made=now - timedelta(days=3), until=now - timedelta(days=1))
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: calls.append(wish.url) or stale)
    other = trust.Wish("crl", "http://ca.example/b.crl")
    for _ in range(2):
        assert revocation.ask([other], {}, allowed, folder=tmp_path) == {other.key: stale}
    assert len(calls) == 3


def test_v6_a_dead_address_is_not_asked_for_every_file(monkeypatch, tmp_path):
    calls, wish = [], trust.Wish("crl", "http://dead.example/a.crl")
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: calls.append(wish.url))
    for _ in range(5):
        assert revocation.ask([wish], {}, frozenset({"dead.example"}), folder=tmp_path) == {wish.key: b""}
    assert len(calls) == 1
    revocation.forget()


def test_what_the_last_letter_needed_is_at_hand_for_the_next(data, monkeypatch, tmp_path):
    """Two hundred letters of one authority are checked once each, not once for every place that is asked."""
    revocation.forget()
    now, allowed = clock.now(), frozenset({"ca.example", "dead.example"})
    fresh = authority.revocation_list(
        authority.usual().root, made=now - timedelta(hours=1), until=now + timedelta(days=1)
    )
    good, dead, foreign = (trust.Wish("crl", f"http://{host}.example/a.crl") for host in ("ca", "dead", "la"))
    monkeypatch.setattr(trust, "fetch", lambda wish, *_: fresh if wish == good else None)
    revocation.ask([good, dead, foreign], {}, allowed, folder=tmp_path)
    assert revocation.here().known == {good.key: fresh, dead.key: b"", foreign.key: b""}
    monkeypatch.setattr(trust_hosts, "allowed", lambda: frozenset({"la.example"}))
    assert foreign.key not in revocation.here().known, "an address that was approved is asked at once"
    with clock.freeze(f"{clock.local(now + timedelta(days=2)):%Y-%m-%d %H:%M}"):
        assert good.key not in revocation.here().known, "a list that is due is fetched again"
    revocation.forget()


@pytest.mark.parametrize(
    ("url", "allowed", "expected"),
    [
        ("http://ca.example/x", {"ca.example"}, True),
        ("https://ca.example/x", {"ca.example"}, True),
        ("http://ca.example:8080/x", {"ca.example"}, False),
        ("http://ca.example:8080/x", {"ca.example:8080"}, True),
        ("http://127.0.0.1:9/x", {"127.0.0.1:*"}, True),
        ("http://ca.example.evil/x", {"ca.example"}, False),
        ("http://ca.example@evil/x", {"ca.example"}, False),
        ("ftp://ca.example/x", {"ca.example"}, False),
        ("http://[bad/x", {"ca.example"}, False),
        ("file:///etc/passwd", {""}, False),
        ("http://ca.example/x", set(), False),
    ],
)
def test_v6_addresses(url, allowed, expected):
    assert trust.may_ask(url, frozenset(allowed)) is expected


def test_v6_a_name_that_leads_inside_is_not_asked(monkeypatch):
    monkeypatch.setattr(trust.httpx, "Client", None)  # asking would fail loudly
    wish = trust.Wish("crl", "http://localhost:9/a.crl")
    assert trust.fetch(wish, frozenset({"localhost:9"}), inside=frozenset()) is None
