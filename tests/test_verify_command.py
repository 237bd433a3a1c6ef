"""`python app.py verify`: one object a file, whatever the file is; with and without an installation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from asn1crypto import pem

import app
from jobs import checking, verify_files
from models import config
from tests.signing import authority, workshop

ROOT = Path(__file__).resolve().parents[1]
KEYS = {"file", "verdict", "integrity", "reasons", "signatures"}
SIGNATURE_KEYS = {
    "name", "kind", "signing_time", "intact", "covers_whole_file", "modification", "trust", "revocation",
}  # fmt: skip
INTEGRITIES = {"intact", "intact_later_allowed", "changed", "broken", "partial", "unverifiable", "unsigned"}
AT = (authority.MOMENT + authority.timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of all sorts, and a folder of trust in mixed forms."""
    place = tmp_path_factory.mktemp("verify")
    sealed = workshop.sealed()
    at = sealed.index(b"/BaseFont") + 11
    for name, content in {
        "sealed.pdf": sealed, "led.pdf": workshop.led(), "plain.pdf": workshop.letter("report"),
        "changed.pdf": sealed[:at] + b"X" + sealed[at + 1 :], "empty.pdf": b"", "words.pdf": b"khong phai PDF",
        "cut.pdf": sealed[: len(sealed) // 2], "annex.pdf": workshop.annex(), "tail.pdf": sealed + b"\n% more",
    }.items():  # fmt: skip
        (place / name).write_bytes(content)
    (place / "folder.pdf").mkdir()
    trust, trusted = place / "trust", workshop.trusted()
    trust.mkdir()
    (trust / "root.crt").write_bytes(pem.armor("CERTIFICATE", trusted.roots[0]))
    for number, der in enumerate(trusted.intermediates):
        (trust / f"issuer{number}.der").write_bytes(der)
    for number, der in enumerate(trusted.crls):
        body = pem.armor("X509 CRL", der) if number else der
        (trust / f"list{number}.crl").write_bytes(body)
    (trust / "note.txt").write_text("not a certificate")
    (trust / "broken.cer").write_bytes(b"\x30\x82nothing")
    return place


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No installation: an empty data folder."""
    before = config.current()
    monkeypatch.setenv("VANTHU_DATA", str(tmp_path / "none"))
    yield
    config.use(before)
    checking.stop()


def told(capsys, *arguments):
    """(exit code, the list) of the command with --json."""
    code = app.main(["verify", "--json", "--offline", "--at", AT, *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def test_q10_2_b_every_file_is_an_object(folder, nowhere, capsys):
    names = [
        "sealed.pdf", "led.pdf", "plain.pdf", "changed.pdf", "empty.pdf", "words.pdf", "cut.pdf", "tail.pdf",
        "folder.pdf", "missing.pdf",
    ]  # fmt: skip
    files = [folder / name for name in names]
    code, found = told(capsys, *files, "--trust", folder / "trust")
    assert code == 1
    assert [one["file"] for one in found] == [str(path) for path in files]
    by_name = {Path(one["file"]).name: one for one in found}
    for one in found:
        assert set(one) == KEYS and one["integrity"] in INTEGRITIES
        assert one["verdict"] in ("valid", "review", "invalid")
        assert one["verdict"] == "valid" or one["reasons"]
        assert all(set(reason) == {"code", "message"} for reason in one["reasons"])
        assert all(set(signature) == SIGNATURE_KEYS for signature in one["signatures"])
    outcomes = {name: (one["verdict"], one["integrity"]) for name, one in by_name.items()}
    assert outcomes["sealed.pdf"] == ("valid", "intact_later_allowed"), by_name["sealed.pdf"]["reasons"]
    assert outcomes["led.pdf"] == ("review", "intact")
    assert outcomes["plain.pdf"] == ("invalid", "unsigned")
    assert outcomes["changed.pdf"] == ("invalid", "broken")
    assert outcomes["tail.pdf"][0] != "valid"
    for name in ("empty.pdf", "words.pdf", "cut.pdf", "folder.pdf", "missing.pdf"):
        assert outcomes[name] == ("invalid", "unverifiable"), name


def test_what_a_signature_says(folder, nowhere, capsys):
    code, [found] = told(capsys, folder / "sealed.pdf", "--trust", folder / "trust")
    leader, seal = found["signatures"]
    assert code == 0
    assert (leader["kind"], seal["kind"]) == ("person", "organisation")
    assert (leader["name"], seal["name"]) == (authority.LEADER, authority.AGENCY)
    assert leader["signing_time"].startswith("2026-03-02T")
    assert (leader["covers_whole_file"], seal["covers_whole_file"]) == (False, True)
    assert (leader["modification"], seal["modification"]) == ("form_filling", "none")
    assert {one["trust"] for one in (leader, seal)} == {"trusted"}
    assert {one["revocation"] for one in (leader, seal)} == {"good"}


def test_without_trust_nobody_is_known(folder, nowhere, capsys):
    code, [found] = told(capsys, folder / "sealed.pdf")
    assert (code, found["verdict"], found["integrity"]) == (1, "review", "intact_later_allowed")
    assert "issuer_unknown" in {reason["code"] for reason in found["reasons"]}


def test_attachments_belong_to_one_main_file(folder, nowhere, capsys):
    trust = ("--trust", folder / "trust")
    code, found = told(capsys, folder / "sealed.pdf", "--attachment", folder / "annex.pdf", *trust)
    assert (code, [one["verdict"] for one in found]) == (0, ["valid", "valid"])
    code, found = told(capsys, folder / "sealed.pdf", "--attachment", folder / "plain.pdf", *trust)
    assert (code, found[0]["verdict"]) == (1, "review")
    assert "annex_unsigned" in {reason["code"] for reason in found[0]["reasons"]}
    twice = [folder / "sealed.pdf", folder / "led.pdf"]
    assert app.main(["verify", *map(str, twice), "--attachment", str(folder / "annex.pdf")]) == 2


def test_wrong_use_is_told(folder, nowhere, capsys):
    assert app.main(["verify", str(folder / "led.pdf"), "--at", "hôm qua"]) == 2
    assert "sai dạng" in capsys.readouterr().err
    assert app.main(["verify", str(folder / "led.pdf"), "--trust", str(folder / "nowhere")]) == 2
    with pytest.raises(SystemExit) as ended:
        app.main(["verify"])
    assert ended.value.code == 2


def test_people_read_vietnamese(folder, nowhere, capsys):
    app.main(["verify", str(folder / "plain.pdf"), str(folder / "sealed.pdf"), "--offline", "--at", AT])
    out = capsys.readouterr().out
    assert "✖ KHÔNG HỢP LỆ" in out and "! CẦN XEM" in out
    assert "[unsigned] Văn bản không có chữ ký số." in out
    assert "Cách xử lý: Đề nghị nơi gửi ký số rồi gửi lại." in out


def test_it_runs_where_nothing_is_installed(folder, tmp_path):
    """From a foreign folder, with an empty environment: the program as a person starts it."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "verify", "--json", "--offline", "--at", AT, "--trust",
         str(folder / "trust"), str(folder / "sealed.pdf")],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "VANTHU_DATA": str(tmp_path / "none")},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)[0]["verdict"] == "valid"
    assert not (tmp_path / "none").exists()


def test_every_word_has_its_vietnamese():
    assert set(verify_files.INTEGRITY) == INTEGRITIES
    assert set(verify_files.MODIFICATIONS) == {
        "none",
        "archive",
        "signature",
        "form_filling",
        "annotation",
        "other",
    }
