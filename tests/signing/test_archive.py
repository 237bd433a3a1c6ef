"""Long-term data: the file carries all that a later check needs; other programs agree; without a TSA it stands as it is."""

import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from asn1crypto import pem

from signing import archive, begin, verify
from signing.errors import UnreadablePdf
from tests.signing.conftest import letter


@pytest.fixture(scope="module")
def proven(sealed, demo, now):
    """What the check of the sealed letter rested on."""
    return verify.verify_with_proofs(sealed, demo.trust, moment=now + timedelta(minutes=1)).evidence


@pytest.fixture(scope="module")
def kept(sealed, demo, now, proven):
    """The sealed letter with its long-term data."""
    made = archive.extend(sealed, demo.trust, proven, demo.tsa_url, now)
    assert made.timestamped, made.note
    return made.pdf


def test_signatures_stay_valid_and_only_archive_data_follows_the_seal(kept, sealed, demo, now):
    assert kept.startswith(sealed)
    assert kept[len(sealed) :].count(b"%%EOF") == 1
    report = verify.verify(kept, demo.trust, moment=now + timedelta(minutes=1))
    assert report.verdict == "valid", report.reasons
    assert [item.changes for item in report.signatures] == ["filled", "archive", "none"]


def test_the_file_carries_chains_and_revocation_data(kept):
    store = archive.DocumentSecurityStore.read_dss(begin._open(kept).prev)
    assert len(store.certs) >= 4  # root, issuer, time stamps, both signers
    assert len(store.crls) + len(store.ocsps) >= 2


@pytest.mark.parametrize("strict", [("adesverify",), ("validate", "--force-revinfo")])
def test_pyhankos_own_command_says_valid(kept, demo, tmp_path, strict):
    pytest.importorskip("pyhanko.cli")
    for name, der in (("root", demo.ca.root_der), ("issuer", demo.ca.chain[0])):
        (tmp_path / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", der))
    (tmp_path / "kept.pdf").write_bytes(kept)
    run = subprocess.run(
        [sys.executable, "-m", "pyhanko", "sign", *strict, "--pretty-print", "--trust", "root.pem", "--trust-replace",
         "--other-certs", "issuer.pem", "kept.pdf"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    assert run.stdout.count("judged VALID") == 2
    assert "INVALID" not in run.stdout


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="needs poppler")
def test_poppler_says_intact(kept, tmp_path):
    (tmp_path / "kept.pdf").write_bytes(kept)
    said = subprocess.run(
        ["pdfsig", "-nocert", str(tmp_path / "kept.pdf")], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid") == 2


def test_a_further_stamp_before_the_last_ones_authority_ends(kept, demo, now, proven):
    renewed = archive.extend(kept, demo.trust, proven, demo.tsa_url, now)
    assert renewed.timestamped and renewed.pdf.startswith(kept)
    report = verify.verify(renewed.pdf, demo.trust, moment=now + timedelta(minutes=1))
    assert report.verdict == "valid", report.reasons
    assert [item.kind for item in report.signatures][2:] == ["stamp", "stamp"]


def test_without_an_authority_it_stands_as_it_is_and_says_so(sealed, demo, now, proven):
    for url, word in (("", "chưa khai"), ("http://127.0.0.1:1/tsa", "không trả lời")):
        made = archive.extend(sealed, demo.trust, proven, url, now)
        assert made.pdf == sealed and not made.timestamped
        assert word in made.note


def test_too_much_revocation_data_stays_beside_the_file(sealed, demo, now, proven, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_DATA", 100)
    made = archive.extend(sealed, demo.trust, proven, demo.tsa_url, now)
    assert made.pdf == sealed and "quá lớn" in made.note


def test_what_is_not_signed_is_not_archived(demo, now):
    with pytest.raises(UnreadablePdf):
        archive.extend(letter("report"), demo.trust, [], demo.tsa_url, now)
    with pytest.raises(UnreadablePdf):
        archive.extend(b"no pdf", demo.trust, [], demo.tsa_url, now)
