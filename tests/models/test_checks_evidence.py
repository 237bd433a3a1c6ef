"""Chứng cứ kiểm tra ký số (TT 41 Điều 9; Q16.4): one file that says everything, and reads decades later."""

import json
from datetime import date

import pytest
from arrivals import arrive

from models import checks_evidence, clock, db, files, signatures, trust

REPORT = {"verdict": "valid", "sentence": "ok", "sha256": "a" * 64, "retry": False, "signatures": [], "engine": "Máy 1",
          "checked_at": "2026-07-14T02:00:00+00:00"}  # fmt: skip
PROOFS = [("certificate", b"chung thu"), ("crl", b"L" * 40_000), ("ocsp", b"tra loi"), ("ocsp", b"tra loi")]


@pytest.fixture
def check(office):
    with db.connection():
        with db.write():
            trust.TrustRoot.create(
                sha256="f" * 64,
                der=b"goc",
                name="Gốc",
                added_at=clock.now(),
                valid_from=clock.at("2026-01-01 00:00"),
            )
        doc = arrive(office)
        stored = checks_evidence.pack(doc, REPORT, PROOFS, {"number": 5, "issued_day": date(2026, 7, 14)})
        return signatures.checked(doc, REPORT, stored)


def test_q16_4_everything_the_result_rests_on_is_in_the_file(office, check):
    with db.connection():
        kept = checks_evidence.of(check)
        assert (kept.engine, kept.verdict, kept.checked_at.isoformat()) == (
            "Máy 1",
            "valid",
            REPORT["checked_at"],
        )
        assert [row.der for row in kept.authorities] == [b"goc"]
        assert kept.authorities[0].valid_from == clock.at("2026-01-01 00:00")
        assert kept.of_kind("ocsp") == (b"tra loi",) and kept.of_kind("crl") == (b"L" * 40_000,)
        assert (
            kept.expected == {"number": 5, "issued_day": "2026-07-13"}
            or kept.expected["issued_day"] == "2026-07-14"
        )
        assert kept.trust_sha256 == trust.fingerprint(trust.trusted())


def test_a_long_list_lies_once_in_the_store(office, check):
    with db.connection():
        doc = check.document
        for _ in range(3):
            checks_evidence.pack(doc, REPORT, PROOFS)
        assert files.File.select().where(files.File.size == 40_000).count() == 1
        assert check.evidence.size < 5_000


def test_evidence_of_older_releases_reads(office):
    old = json.dumps([["crl", "TEw="], ["ocsp", "T08="]]).encode()
    kept = checks_evidence.read(old)
    assert kept.of_kind("crl") == (b"LL",) and kept.checked_at is None


@pytest.mark.parametrize("content", [b"{}", b"nothing", b'{"format": 1}', b"[[1]]", b"[1]"])
def test_what_is_no_evidence_is_none(office, check, content):
    with db.connection():
        stored = files.store(content)
        found = signatures.checked(check.document, REPORT, stored)
        assert checks_evidence.of(found) is None


def test_names_of_strangers_are_fit_to_be_shown():
    evil = {"a": ["x\u202ey\u0000", {"b": "z" * 5000}], "n": 3, "t": None}
    shown = checks_evidence.harmless(evil)
    assert (
        shown["a"][0] == "x y" and len(shown["a"][1]["b"]) == 1000 and shown["n"] == 3 and shown["t"] is None
    )
