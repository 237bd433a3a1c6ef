"""`python app.py sign`: an administrator tries a token; the agent is a real child, the token SoftHSM's."""

import contextlib
import io
import json
import os
import sys

import pytest

import app
from jobs import token_test
from models import config, errors
from signing.demo.tokens import PIN, SOFTHSM
from tests.signing.conftest import demo, letter, now  # noqa: F401 - the certificate authority and its tokens

pytestmark = pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")


class Person(io.StringIO):
    """Reads the agent's question where it appears, and types."""

    def __init__(self, typed):
        super().__init__()
        self.typed = typed

    def write(self, text):
        if "Nhập mã PIN" in text:
            os.write(self.keyboard, f"{self.typed}\n".encode())
        return super().write(text)


@pytest.fixture
def run(demo, monkeypatch, tmp_path, capsys):  # noqa: F811
    """run(*arguments, pin) → (exit code, what was printed)."""
    monkeypatch.setenv("SOFTHSM2_CONF", demo.facts["softhsm2_conf"])
    monkeypatch.setattr(config, "load", lambda: config.Config(data=tmp_path / "none"))

    def carried_out(*arguments, pin=PIN):
        person = Person(pin)
        reading, person.keyboard = os.pipe()
        kept = os.dup(0)
        os.dup2(reading, 0)
        try:
            with contextlib.redirect_stderr(person):
                code = app.main(["sign", "--module", SOFTHSM, *map(str, arguments)])
        finally:
            os.dup2(kept, 0)
            for number in (kept, reading, person.keyboard):
                os.close(number)
        return code, capsys.readouterr().out

    return carried_out


def test_it_lists_what_is_plugged_in(run):
    code, said = run("--list")
    assert code == 0
    assert "Trần Thử Nghiệm" in said
    assert "thiết bị lanh-dao" in said
    code, said = run("--list", "--json")
    assert {"lanh-dao", "co-quan"} <= {one["token"] for one in json.loads(said)["certificates"]}


def test_a_page_is_signed_and_judged(run, tmp_path, demo):  # noqa: F811
    trusted = tmp_path / "trust"
    trusted.mkdir()
    (trusted / "root.cer").write_bytes(demo.ca.root_der)
    out = tmp_path / "thu.pdf"
    code, said = run("-c", "lanh-dao-ec", "--out", out, "--trust", trusted)
    assert code == 0, said
    assert said.startswith("Thiết bị lanh-dao-ec ký được bằng chứng thư của Lê Thử Nghiệm")
    assert "tin cậy" in said
    assert out.read_bytes().startswith(b"%PDF-")
    code, said = run("-c", "lanh-dao-ec", "--out", out)
    assert (code, "không ghi đè" in said) == (1, True)


def test_a_file_of_ones_own_as_json(run, tmp_path):
    file = tmp_path / "bao-cao.pdf"
    file.write_bytes(letter("report"))
    code, said = run(file, "-c", "Sở Kiểm thử", "--json")
    found = json.loads(said)
    assert (code, found["ok"], found["integrity"]) == (0, True, "intact")
    assert found["certificate"]["token"] == "co-quan"
    assert found["trust"] == "unknown"


def test_a_wrong_pin_ends_with_its_sentence(run):
    code, said = run("-c", "lanh-dao-ec", pin="999999")
    assert code == 1
    assert "Mã PIN không đúng" in said
    assert run("-c", "lanh-dao-ec")[0] == 0


@pytest.mark.parametrize(("arguments", "words"), [
    ((), "Có nhiều chứng thư"), (("-c", "không có ai"), "Không có chứng thư"), (("/nowhere.pdf", "-c", "lanh-dao-ec"), "Không đọc được tệp"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(run, arguments, words):
    code, said = run(*arguments)
    assert (code, words in said) == (1, True), said


def test_an_agent_that_finds_nothing(run, monkeypatch):
    with pytest.raises(errors.Refused, match="trình điều khiển"):
        token_test.chosen(
            {"certificates": [], "problems": [{"message": "Máy này chưa có trình điều khiển."}]}, ""
        )


def test_the_module_of_this_command_makes_no_pkcs11_call():
    assert not [name for name in vars(token_test) if "pkcs11" in name.lower()]
    assert sys.modules["jobs.token_test"].__doc__.startswith("`python app.py sign`")
