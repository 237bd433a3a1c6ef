"""Revoked before or after, by list or answer, with and without a time stamp, clocks off by a day; and who is asked (V6)."""

import functools
import itertools
import socket
from datetime import timedelta

import pytest

from jobs import revocation
from signing import verify
from signing.records import WHOLE, Trust
from tests.signing import authority, services, workshop
from tests.signing.authority import MOMENT, issue, key
from tests.signing.hostile.containers import stamped, token

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEVER, BEFORE, AFTER = None, MOMENT - 20 * DAY, MOMENT + 2 * HOUR
CHECK = MOMENT + 2 * DAY


@functools.cache
def paper(with_stamps):
    """The letter; `with_stamps`: both signatures bear a trusted time stamp of the hour they were made."""
    if not with_stamps:
        return workshop.sealed()
    led = stamped(workshop.led(), token(workshop.led(), MOMENT + timedelta(seconds=5)))
    sealed = workshop.seal(led)
    return stamped(sealed, token(sealed, MOMENT + workshop.SEALED_AFTER + timedelta(seconds=5)))


def believed(revoked_at, by):
    """The usual trust; the leader revoked at that moment, said by a list or by an answer."""
    cast, made, until = authority.usual(), CHECK - HOUR, CHECK + 9 * DAY
    revoked = [(cast.leader.serial, revoked_at)] if revoked_at else []
    root_list = authority.revocation_list(cast.root, made=made, until=until)
    if by == "list":
        lists = (root_list, authority.revocation_list(cast.issuer, revoked, made=made, until=until))
        return Trust((cast.root.der,), (cast.issuer.der,), crls=lists)
    status = {"made": made, "until": until} | (
        {"status": "revoked", "revoked_at": revoked_at} if revoked_at else {}
    )
    told = [authority.answer(cast.leader, cast.responder, **status)]
    told += [authority.answer(who, cast.responder, made=made, until=until) for who in (cast.seal, cast.tsa)]
    return Trust((cast.root.der,), (cast.issuer.der,), crls=(root_list,), ocsps=tuple(told))


MATRIX = list(itertools.product((NEVER, BEFORE, AFTER), ("list", "answer"), (False, True), (-1, 0, 1)))


@pytest.mark.parametrize(("revoked_at", "by", "with_stamps", "days_off"), MATRIX)
def test_v6_revoked_before_is_refused_and_after_is_told_apart(revoked_at, by, with_stamps, days_off):
    moment = CHECK + days_off * DAY
    report = verify.examine(
        paper(with_stamps), believed(revoked_at, by), moment=moment, answers={}, expect=workshop.EXPECTED
    ).report
    codes = {reason.code for reason in report.reasons}
    assert report.integrity in WHOLE
    if revoked_at == BEFORE:
        assert report.verdict == "invalid"
        assert "certificate_revoked" in codes
    elif revoked_at == AFTER and not with_stamps:
        assert report.verdict == "look"
        assert "revoked_later" in codes
    else:
        assert report.verdict == "valid", codes


@pytest.mark.parametrize("days_off", [-2, -1])
def test_v6_a_clock_that_stands_before_the_signature_accepts_nothing(days_off):
    """This machine's clock a day behind: nobody is told that the file is bad, and nobody that it is good."""
    moment = MOMENT + days_off * DAY
    report = verify.examine(workshop.sealed(), workshop.trusted(), moment=moment, answers={}).report
    assert report.verdict in ("look", "unchecked")
    assert report.integrity in WHOLE


class World:
    """The recording sink: every name looked up and every connection made, none of them leaving this machine."""

    def __init__(self, patch):
        self.names, self.connected = [], []
        lookup, connect = socket.getaddrinfo, socket.socket.connect

        def look_up(host, port, *given, **named):
            self.names.append(host)
            if host in ("127.0.0.1", "localhost", "::1"):
                return lookup(host, port, *given, **named)
            raise socket.gaierror(f"no name {host}")

        def connect_to(one, address):
            self.connected.append(address[:2] if isinstance(address, tuple) else address)
            return connect(one, address)

        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(socket.socket, "connect", connect_to)


@pytest.fixture
def world(monkeypatch):
    revocation.forget()
    yield World(monkeypatch)
    revocation.forget()


@pytest.fixture(scope="module")
def served():
    with services.serving() as found:
        yield found


def sealed_by(**places):
    """The letter under a seal whose certificate names these places, and trust that knows nothing of revocation."""
    cast = authority.usual()
    shape = {"lists": [], "answers": [], "issuers": []} | places
    seal = issue(authority.AGENCY, cast.issuer, secret=key("p256", "places"), **shape)
    pdf = workshop.dishonest(workshop.unsealed(), seal, workshop.plain)
    return seal, pdf


def checked(pdf, allowed, inside=None, moment=CHECK):
    """As the verify order does it, with everything known about the root and the leader."""
    cast, answers = authority.usual(), {}
    made = {"made": CHECK - HOUR, "until": CHECK + 9 * DAY}
    told = (authority.answer(cast.leader, cast.responder, **made),)
    trust = Trust(
        (cast.root.der,), (cast.issuer.der,), crls=(authority.revocation_list(cast.root, **made),), ocsps=told
    )
    for _ in range(6):
        found = verify.examine(pdf, trust, moment=moment, answers=answers, expect=workshop.EXPECTED)
        news = revocation.ask(found.wishes, answers, frozenset(allowed), inside=inside)
        if not news:
            return found.report
        answers |= news
    raise AssertionError("asks for ever")


FORBIDDEN = [
    "http://127.0.0.1:{port}/secret.crl", "http://localhost:{port}/secret.crl", "http://[::1]:{port}/secret.crl",
    "http://10.0.0.1/a.crl", "http://192.168.1.1/admin", "http://169.254.169.254/latest/meta-data/", "http://evil.example/a.crl",
    "https://evil.example/a.crl", "http://evil.example:22/a.crl", "ldap://evil.example/cn=a", "file:///etc/passwd",
    "ftp://evil.example/a.crl", "gopher://evil.example/", "http://user:pass@evil.example/a.crl", "http://allowed.example@evil.example/",
    "http://allowed.example.evil.example/a.crl", "http://0x7f000001:{port}/a.crl", "http://2130706433:{port}/a.crl",
    "//evil.example/a.crl", "http:///a.crl", "javascript:alert(1)", "http://evil.example/" + "a" * 600,
]  # fmt: skip


@pytest.mark.parametrize("place", ["lists", "answers", "issuers"])
def test_v6_no_address_outside_the_list_is_asked(world, served, place):
    """All of them at once in one certificate: no connection, no name looked up, and the verdict waits."""
    urls = [url.format(port=served.server.server_port) for url in FORBIDDEN]
    _, pdf = sealed_by(**{place: urls})
    served.seen.clear()
    report = checked(pdf, {"allowed.example"})
    assert (world.names, world.connected, served.seen) == ([], [], [])
    assert report.verdict == "unchecked"
    assert report.integrity in WHOLE


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_v6_an_allowed_name_that_leads_inside_is_not_asked(world, served, name):
    port = served.server.server_port
    _, pdf = sealed_by(lists=[f"http://{name}:{port}/inside.crl"])
    served.seen.clear()
    report = checked(pdf, {f"{name}:{port}"}, inside=frozenset())
    assert (world.connected, served.seen) == ([], [])
    assert report.verdict == "unchecked"


def _bodies(seal):
    cast = authority.usual()
    fresh = {"made": CHECK - HOUR, "until": CHECK + 9 * DAY}
    stranger = key("rsa2048", "stranger")
    return {
        "good list": (authority.revocation_list(cast.issuer, **fresh), "valid"),
        "revoked list": (authority.revocation_list(cast.issuer, [(seal.serial, BEFORE)], **fresh), "invalid"),
        "revoked afterwards": (authority.revocation_list(cast.issuer, [(seal.serial, AFTER)], **fresh), "look"),
        "list of a year ago": (authority.revocation_list(cast.issuer, made=MOMENT - 365 * DAY), "unchecked"),
        "list that ended before the signature": (authority.revocation_list(cast.issuer, made=MOMENT - 30 * DAY), "unchecked"),
        "list of a stranger": (authority.revocation_list(cast.issuer, secret=stranger, **fresh), "unchecked"),
        "list of the root": (authority.revocation_list(cast.root, **fresh), "unchecked"),
        "nothing": (b"", "unchecked"), "web page": (b"<html>Sign in</html>", "unchecked"), "not there": (None, "unchecked"),
        "cut": (authority.revocation_list(cast.issuer, **fresh)[:100], "unchecked"),
        "an answer instead": (authority.answer(seal, cast.responder, **fresh), "unchecked"),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(_bodies(authority.usual().seal)))
def test_v6_what_the_allowed_address_answers_decides(world, served, name):
    port = served.server.server_port
    seal, pdf = sealed_by(lists=[f"{served.address}/{name.replace(' ', '-')}.crl"])
    body, verdict = _bodies(seal)[name]
    served.bodies.clear()
    if body is not None:
        served.bodies[f"/{name.replace(' ', '-')}.crl"] = body
    host = f"127.0.0.1:{port}"
    report = checked(pdf, {host}, inside=frozenset({host}))
    assert report.verdict == verdict, [reason.code for reason in report.reasons]
    assert set(world.connected) <= {("127.0.0.1", port)}
    assert report.retry is (verdict == "unchecked")


def test_v6_an_address_nobody_answers_makes_the_verdict_wait(world):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _, pdf = sealed_by(lists=[f"http://127.0.0.1:{port}/a.crl"])
    report = checked(pdf, {f"127.0.0.1:{port}"}, inside=frozenset({f"127.0.0.1:{port}"}))
    assert (report.verdict, report.retry) == ("unchecked", True)


def test_v6_a_second_place_is_asked_when_the_first_fails(world, served):
    port, cast = served.server.server_port, authority.usual()
    seal, pdf = sealed_by(lists=[f"{served.address}/gone.crl"], answers=[f"{served.address}/ocsp"])
    served.bodies = {"/ocsp": authority.answer(seal, cast.responder, made=CHECK - HOUR, until=CHECK + DAY)}
    host = f"127.0.0.1:{port}"
    assert checked(pdf, {host}, inside=frozenset({host})).verdict == "valid"


@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
def test_v6_answers(world, served, status):
    port, cast = served.server.server_port, authority.usual()
    seal, pdf = sealed_by(answers=[f"{served.address}/ocsp"])
    served.bodies = {
        "/ocsp": authority.answer(
            seal, cast.responder, status, made=CHECK - HOUR, until=CHECK + DAY, revoked_at=BEFORE
        )
    }
    host = f"127.0.0.1:{port}"
    expected = {"good": "valid", "revoked": "invalid", "unknown": "unchecked"}[status]
    assert checked(pdf, {host}, inside=frozenset({host})).verdict == expected


@pytest.mark.parametrize("who", ["attacker", "unpurposed", "leader"])
def test_v6_a_time_stamp_of_nobody_we_trust_proves_no_time(who):
    """Neither accepted for it nor dated by it."""
    cast, pdf = authority.usual(), workshop.sealed()
    party = {
        "attacker": lambda: issue("TSA lạ", purposes=["time_stamping"]),
        "unpurposed": lambda: cast.issue("Không phải TSA"), "leader": lambda: cast.leader,
    }[who]()  # fmt: skip
    false = stamped(pdf, token(pdf, MOMENT - 3 * DAY, party=party))
    report = verify.examine(false, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}).report
    assert report.signatures[-1].stamped_at == ""
    assert report.signatures[-1].signed_at[:10] == f"{workshop.DAY:%Y-%m-%d}"
