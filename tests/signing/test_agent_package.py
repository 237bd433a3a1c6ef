"""The agent as it is installed: one file and three libraries, nothing of the web part; its unit files."""

import configparser
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib

import pytest
from websockets.sync.client import connect

from signing import protocol
from signing.agent import settings
from signing.demo.tokens import SOFTHSM
from tests.signing.conftest import ROOT

FOLDER = ROOT / "packaging" / "agent"
ORIGIN = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """(interpreter with no package, environment with the agent's requirements alone, the program)."""
    folder = tmp_path_factory.mktemp("agent")
    program = folder / "vanthu-agent.pyz"
    subprocess.run(
        [sys.executable, FOLDER / "build.py", program], check=True, capture_output=True, cwd=folder
    )
    site, installed = folder / "site", sysconfig.get_path("purelib")
    site.mkdir()
    for line in (FOLDER / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name = {"python-pkcs11": "pkcs11"}.get(line.split("==")[0], line.split("==")[0])
            (site / name).symlink_to(f"{installed}/{name}")
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    return getattr(sys, "_base_executable", sys.executable), clean | {"PYTHONPATH": str(site)}, program


def test_the_requirements_are_the_products_own_versions():
    ours = (ROOT / "requirements.txt").read_text()
    for line in (FOLDER / "requirements.txt").read_text().splitlines():
        if line and not line.startswith(("#", "python-pkcs11")):
            assert f"{line}\n" in ours, line


@pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")
def test_one_file_and_its_requirements_list_a_token(alone, demo):
    interpreter, environment, program = alone
    process = subprocess.Popen(
        [interpreter, "-S", program, "--origin", ORIGIN, "--port", "0", "--ask", "console"],
        env=environment | {"SOFTHSM2_CONF": demo.facts["softhsm2_conf"]}, cwd=program.parent,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    url = process.stdout.readline().split()[1]
    with connect(url, origin=ORIGIN, proxy=None) as socket:
        socket.send(protocol.encode(do="list"))
        listed = json.loads(socket.recv(timeout=30))
    process.terminate()
    assert process.wait(10) == 0
    assert "lanh-dao" in {one["token"] for one in listed["certificates"]}


def test_nothing_of_the_web_part_is_loaded(alone):
    """Every module that the program loads is the agent's, one of its three libraries', or the standard library's."""
    interpreter, environment, program = alone
    code = (
        f"import sys; sys.path.insert(0, {str(program)!r}); import signing.agent.__main__, json; "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [interpreter, "-S", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout)) - sys.stdlib_module_names
    assert {name for name in loaded if not name.startswith("_")} == {
        "signing",
        "pkcs11",
        "asn1crypto",
        "websockets",
    }


def test_the_unit_file_is_hardened():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(FOLDER / "vanthu-agent.service")
    service = unit["Service"]
    wanted = {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "LimitCORE": "0",
        "UMask": "0077",
        "Restart": "on-failure",
    }
    assert {name: service[name] for name in wanted} == wanted
    socket = configparser.ConfigParser(interpolation=None)
    socket.read(FOLDER / "vanthu-agent.socket")
    assert socket["Socket"]["ListenStream"] == f"127.0.0.1:{protocol.PORTS[0]}"


def test_the_example_of_the_configuration_is_taken(tmp_path):
    example = (FOLDER / "agent.toml.example").read_text()
    whole = re.sub(r"^# (?=[a-z]+ = )", "", example, flags=re.MULTILINE)
    assert set(tomllib.loads(whole)) == {"origins", "modules", "search", "contact", "ask", "seconds", "idle"}
    file = tmp_path / "agent.toml"
    file.write_text(whole)
    assert settings.read(["--config", str(file)]).contact
