"""Each sub-indication of EN 319 102-1 brought about by a file, and what follows from it (V3, Quy chế 102 Điều 10.2)."""

import dataclasses
import functools
from datetime import timedelta

import pytest

from signing import verdict, verify
from signing.reasons import ACTIONS, REASONS
from signing.records import WHOLE, Trust
from tests.signing import authority, workshop
from tests.signing.authority import AGENCY, MOMENT, YEAR, issue, key
from tests.signing.hostile import containers, people
from tests.signing.hostile.containers import stamped, token
from tests.signing.hostile.ranges import signature_number
from tests.signing.revisions import append, body

DAY = timedelta(days=1)


def trust(lists=None, **more):
    """The usual root and issuer with other revocation data."""
    cast = authority.usual()
    return Trust(
        (cast.root.der,), (cast.issuer.der,), crls=cast.lists() if lists is None else tuple(lists), **more
    )


def by(seal):
    return workshop.dishonest(workshop.unsealed(), seal, workshop.plain)


@functools.cache
def party(name=AGENCY, **shape):
    return authority.usual().issue(name, secret=key("p256", "v3"), **dict(shape))


def revoked(who, at):
    return trust(authority.usual().lists([(who.serial, at)]))


def weak(hash_name):
    return containers.sealed_with(containers._of(hash_name), party())


def flipped():
    """One byte of the page."""
    pdf = workshop.sealed()
    place = pdf.index(b"stream", 2000) + 60
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def forged():
    return containers.sealed_with(containers._stranger_inside)


def without_contents():
    pdf = workshop.sealed()
    number = signature_number(pdf)
    return append(pdf, {number: body(pdf, number).split(b"/Contents")[0] + b" >>"})


def of_issuer_revoked():
    cast = authority.usual()
    made = {"made": MOMENT + timedelta(hours=1), "until": MOMENT + 9 * DAY}
    of_root = authority.revocation_list(
        cast.root, [(cast.issuer.serial, MOMENT + timedelta(minutes=40))], **made
    )
    return trust([of_root, authority.revocation_list(cast.issuer, **made)])


def unsigned_by_list(years):
    """Lists that ended long before the signature."""
    return trust(authority.usual().lists(made=MOMENT - years * YEAR, until=MOMENT - years * YEAR + 7 * DAY))


def no_time():
    """Nothing says when the seal was made."""
    work = workshop.unsealed().work
    place = work.rindex(b"/M (D")
    pdf = work[:place] + b"/X" + work[place + 2 :]
    party_ = authority.usual().seal
    return workshop.put(
        pdf, workshop.plain(None, workshop.hashlib.sha256(workshop.covered(pdf)).digest(), party_)
    )


def stamped_late():
    pdf = workshop.sealed()
    return stamped(pdf, token(pdf, MOMENT + 2 * DAY))


SEALED = workshop.sealed
# sub-indication → (what happened, the file, the trust); the check is made on the day itself
CASES = {
    "FORMAT_FAILURE": ("contents are not there", without_contents, trust),
    "HASH_FAILURE": ("a byte of the page is another", flipped, trust),
    "SIG_CRYPTO_FAILURE": ("made by another key", forged, trust),
    "SIGNED_DATA_NOT_FOUND": ("nothing is signed", lambda: workshop.letter("report"), trust),
    "REVOKED": ("revoked before", SEALED, lambda: revoked(authority.usual().seal, MOMENT - 20 * DAY)),
    "EXPIRED": ("ended before", lambda: by(party(end=MOMENT - DAY, start=MOMENT - YEAR)), trust),
    "NOT_YET_VALID": ("begins later", lambda: by(party(start=MOMENT + DAY, end=MOMENT + YEAR)), trust),
    "CHAIN_CONSTRAINTS_FAILURE": ("name outside the authority's province", lambda: people._with_certificates(*people._constrained()), trust),
    "SIG_CONSTRAINTS_FAILURE": ("key that may not sign", lambda: by(party(usage=("key_encipherment",))), trust),
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": ("SHA-1", lambda: weak("sha1"), trust),
    "TRY_LATER": ("no list to be had", SEALED, lambda: trust([])),
    "NO_POE": ("no time of signing", no_time, trust),
    "REVOKED_NO_POE": ("revoked afterwards, time not proven", SEALED, lambda: revoked(authority.usual().seal, MOMENT + timedelta(minutes=50))),
    "REVOKED_CA_NO_POE": ("authority revoked afterwards", SEALED, of_issuer_revoked),
    "NO_CERTIFICATE_CHAIN_FOUND": ("authority nobody named", SEALED, lambda: Trust((issue("CA lạ", ca=True).der,))),
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": ("path too odd", lambda: by(authority.usual().issue(AGENCY, secret=key("p256", "v3"), more=_odd_names())), trust),
    "NO_SIGNING_CERTIFICATE_FOUND": ("certificate not in the signature", lambda: containers.sealed_with(containers._no_certificate), trust),
    "TIMESTAMP_ORDER_FAILURE": ("stamp two days after the claimed time", stamped_late, trust),
    "SIGNATURE_POLICY_NOT_AVAILABLE": ("certificate not named in the signature", lambda: containers.sealed_with(containers._with(containers._dropped("signing_certificate_v2"))), trust),
    "POLICY_PROCESSING_ERROR": ("other bytes behind the container", lambda: containers.sealed_with(lambda *all_: workshop.plain(*all_) + b"\x04\x02hi"), trust),
}  # fmt: skip
# What the engine says more coarsely: the situation, the file, the trust, and the sub-indication that stands for it here
COARSER = {
    "OUT_OF_BOUNDS_NO_POE": ("lists of the year before", SEALED, lambda: unsigned_by_list(1)),
    "CRYPTO_CONSTRAINTS_FAILURE": ("SHA-1 with its time proven", lambda: _timed(weak("sha1")), trust),
    "OUT_OF_BOUNDS_NOT_REVOKED": ("certificate ended, list made afterwards", SEALED, lambda: trust(authority.usual().lists(made=MOMENT + 3 * YEAR))),
    "REVOCATION_OUT_OF_BOUNDS_NO_POE": ("list signed by nobody known", SEALED, lambda: trust([_strange_list()])),
    "NO_CERTIFICATE_CHAIN_FOUND_NO_POE": ("time stamp of an authority nobody named", lambda: _strange_stamp(), lambda: Trust((issue("CA lạ", ca=True).der,))),
}  # fmt: skip


def _odd_names():
    """An extension whose name says one thing and whose bytes another."""
    return [("2.5.29.17", False, authority.core.ParsableOctetString(b"\x30\x02\x05\x00"))]


def _timed(pdf):
    return stamped(pdf, token(pdf, MOMENT + workshop.SEALED_AFTER + timedelta(seconds=5)))


def _strange_list():
    return authority.revocation_list(authority.usual().issuer, secret=key("rsa2048", "stranger"))


def _strange_stamp():
    pdf = workshop.sealed()
    return stamped(pdf, token(pdf, MOMENT, party=issue("TSA lạ", purposes=["time_stamping"])))


def found(case, moment=workshop.MOMENT_OF_CHECK):
    _, file, believed = case
    expect = dataclasses.replace(workshop.EXPECTED, issued=False)
    return verify.examine(file(), believed(), moment=moment, answers={}, expect=expect).report


def indications(report):
    own = {item.sub_indication for item in report.signatures}
    return own | {REASONS[reason.code].sub for reason in report.reasons}


@pytest.mark.parametrize("name", list(CASES))
def test_v3_a_file_of_each_sub_indication_and_what_follows(name):
    report = found(CASES[name])
    assert name in indications(report), [reason.code for reason in report.reasons]
    assert report.verdict != "valid"
    if ACTIONS[name] == "invalid":
        assert report.verdict == "invalid"
    else:
        assert report.verdict in ("look", "unchecked"), "nothing that may still change is returned by itself"


@pytest.mark.parametrize("name", list(COARSER))
def test_v3_situations_told_more_coarsely_are_not_accepted_either(name):
    report = found(COARSER[name])
    assert report.verdict in ("look", "unchecked")
    assert report.integrity in WHOLE


def test_v3_all_sub_indications_are_covered():
    assert set(CASES) | set(COARSER) == set(ACTIONS)
    assert len(ACTIONS) == 25


@pytest.mark.parametrize(
    "case", [CASES["TRY_LATER"], COARSER["OUT_OF_BOUNDS_NO_POE"]], ids=lambda case: case[0]
)
def test_v3_what_was_undecided_is_decided_when_the_data_arrive(case):
    what, file, _ = case
    assert found(case).retry
    assert found((what, file, trust)).verdict == "valid"


COMBINATIONS = [
    ("HASH_FAILURE", "TRY_LATER"), ("HASH_FAILURE", "REVOKED"), ("SIG_CRYPTO_FAILURE", "TRY_LATER"), ("EXPIRED", "TRY_LATER"),
    ("TIMESTAMP_ORDER_FAILURE", "TRY_LATER"), ("NO_POE", "TRY_LATER"), ("NO_POE", "REVOKED"), ("FORMAT_FAILURE", "TRY_LATER"),
    ("SIG_CONSTRAINTS_FAILURE", "NO_CERTIFICATE_CHAIN_FOUND"), ("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "TRY_LATER"),
    ("NO_SIGNING_CERTIFICATE_FOUND", "TRY_LATER"), ("POLICY_PROCESSING_ERROR", "REVOKED"), ("POLICY_PROCESSING_ERROR", "TRY_LATER"),
    ("TIMESTAMP_ORDER_FAILURE", "NO_CERTIFICATE_CHAIN_FOUND"), ("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "REVOKED_CA_NO_POE"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), COMBINATIONS)
def test_v3_of_two_findings_the_graver_one_decides(first, second):
    """The file of the first under the trust of the second."""
    what, file, _ = CASES[first]
    report = found((what, file, CASES[second][2]))
    assert report.verdict != "valid"
    if "invalid" in (ACTIONS[first],):
        assert report.verdict == "invalid"
    assert report.verdict == verdict.verdict_of(report.reasons)
