"""How the agent is told what to do, where it looks for libraries, whom it lets in: the parts that need no token."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from signing.agent import keys, modules, peers, settings
from signing.agent.door import Door
from signing.demo.tokens import SOFTHSM
from signing.protocol import PORTS
from tests.signing.conftest import ROOT

ORIGIN = "https://vanthu.songlam.example"


@pytest.fixture(autouse=True)
def nobody_configured(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "places", lambda: [tmp_path / "none.toml"])


# ---- settings ----------------------------------------------------------------------------------------------------


def test_defaults():
    found = settings.read(["--origin", ORIGIN])
    assert (found.origins, found.modules, found.search, found.ports) == ((ORIGIN,), (), True, PORTS)
    assert (found.idle, found.ask) == (0, "auto")


def test_a_module_named_by_hand_ends_the_search_unless_asked_for():
    assert settings.read(["--origin", ORIGIN, "--module", "/a.so", "--module", "/b.so"]).search is False
    assert settings.read(["--origin", ORIGIN, "--module", "/a.so", "--search"]).search is True


def test_the_configuration_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(
        f'origins = ["{ORIGIN}", "http://127.0.0.1:8000"]\nmodules = [\'C:\\Windows\\System32\\x.dll\']\nport = 9448\n'
        'ask = "window"\nseconds = 60\nidle = 30\ncontact = "0222 000 000"\n'
    )
    found = settings.read(["--config", str(file), "--port", "0"])
    assert found.origins == (ORIGIN, "http://127.0.0.1:8000")
    assert found.modules == ("C:\\Windows\\System32\\x.dll",)
    assert (found.ports, found.ask, found.seconds, found.idle, found.contact) == (
        (0,),
        "window",
        60,
        30,
        "0222 000 000",
    )
    assert found.search is True


@pytest.mark.parametrize("text", [
    "origins = 3", "origin = []", "seconds = true", "ask = 'loud'\norigins = ['http://x']", "origins = ['*']", "= =",
    "origins = []", "port = 70000\norigins = ['http://x']", "origins = ['http://x']\nseconds = 0", "origins = [1]",
])  # fmt: skip
def test_a_wrong_configuration_is_told(tmp_path, text):
    file = tmp_path / "agent.toml"
    file.write_text(text)
    with pytest.raises(settings.BadSettings) as wrong:
        settings.read(["--config", str(file)])
    assert str(wrong.value).endswith((".", "*", "1"))


@pytest.mark.parametrize(
    "origin", ["*", "http://", "https://x/", "https://x/path", "ftp://x", "null", "https://a@x", "HTTPS://X"]
)
def test_an_origin_is_exact(origin):
    with pytest.raises(settings.BadSettings):
        settings.read(["--origin", origin])


def test_no_origin_at_all():
    with pytest.raises(settings.BadSettings, match="--origin"):
        settings.read([])


def test_a_page_starts_it_with_a_link_that_carries_nothing():
    found = settings.read(["--origin", ORIGIN, "vanthu-ky:mo?origin=http://evil.example"])
    assert (found.origins, found.idle) == ((ORIGIN,), settings.IDLE_BY_LINK)
    for smuggled in (["--origin", "http://evil.example"], ["--module=/evil.so"], [""]):
        with pytest.raises(settings.BadSettings):
            settings.read(["--origin", ORIGIN, "vanthu-ky:x", *smuggled])
    with pytest.raises(settings.BadSettings):
        settings.read(["--origin", ORIGIN, "http://evil.example"])


# ---- libraries ---------------------------------------------------------------------------------------------------


def test_every_line_of_the_list_has_a_source():
    known = modules.known()
    assert len(known) > 80
    for one in known:
        assert one.system in ("linux", "windows")
        assert one.file.endswith((".dll", ".so", ".so.1.0.0"))
        assert one.device
        assert one.source.startswith("[")
    devices = " ".join(one.device for one in known)
    for name in (
        "VGCA",
        "Viettel",
        "VNPT",
        "Bkav",
        "FPT",
        "NewTel",
        "SmartSign",
        "CA2",
        "eToken",
        "ePass2003",
        "Bit4id",
        "OpenSC",
    ):
        assert name in devices


def test_it_finds_what_is_installed_once(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "libcastle.so").write_bytes(b"")
    (tmp_path / "a" / "libeToken.so").symlink_to(tmp_path / "a" / "libcastle.so")
    registered = tmp_path / "p11"
    registered.mkdir()
    (registered / "own.module").write_text("# x\nmodule: own.so\n")
    (registered / "same.module").write_text("module: libcastle.so\n")
    (registered / "proxy.module").write_text("module: p11-kit-proxy.so\n")
    (tmp_path / "a" / "own.so").write_bytes(b"")
    (tmp_path / "a" / "p11-kit-proxy.so").write_bytes(b"")
    found = modules.find(folders=[tmp_path / "a"], registered=[registered, tmp_path / "nowhere"])
    found = {Path(path).name: device for path, device in found.items() if path.startswith(str(tmp_path))}
    assert set(found) == {"libcastle.so", "own.so"}


def test_one_named_by_hand_is_kept_though_it_is_missing():
    assert modules.find(False, ("/nowhere.so",)) == {"/nowhere.so": "nowhere.so"}


def test_windows_places(monkeypatch):
    monkeypatch.setattr(modules, "SYSTEM", "windows")
    monkeypatch.setenv("SystemRoot", "/windows")
    monkeypatch.setenv("ProgramFiles", "/programs")
    assert [str(path) for path in modules._places("bit4xpki.dll", None)] == ["/windows/System32/bit4xpki.dll"]
    assert (
        str(modules._places("OpenSC Project\\OpenSC\\x.dll", None)[0])
        == "/programs/OpenSC Project/OpenSC/x.dll"
    )


def test_a_32_bit_library_alone_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(modules, "SYSTEM", "windows")
    monkeypatch.setenv("SystemRoot", str(tmp_path))
    for folder, name in [
        ("SysWOW64", "viettel-ca_v6.dll"),
        ("SysWOW64", "eTPKCS11.dll"),
        ("System32", "eTPKCS11.dll"),
    ]:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"")
    assert list(modules.of_other_width()) == [str(tmp_path / "SysWOW64" / "viettel-ca_v6.dll")]
    _, bad = keys.load({})
    assert "64 bit" in next(iter(bad.values()))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A library that takes its program down when it is loaded, and one that is none."""
    folder = tmp_path_factory.mktemp("broken")
    source = folder / "x.c"
    source.write_text("__attribute__((constructor)) static void f(void) { *(volatile int *)0 = 1; }\n")
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "crash.so", source], check=True)
    (folder / "text.so").write_text("no library")
    return folder


@pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")
def test_a_library_that_crashes_is_left_out_and_the_good_one_stays(broken, demo, monkeypatch):
    monkeypatch.setenv("SOFTHSM2_CONF", demo.facts["softhsm2_conf"])
    paths = {str(broken / "crash.so"): "Hỏng", str(broken / "text.so"): "Không phải", SOFTHSM: "SoftHSM"}
    libraries, bad = keys.load(paths)
    assert [library.path for library in libraries] == [SOFTHSM]
    assert "làm hỏng chương trình" in bad[str(broken / "crash.so")]
    assert bad[str(broken / "text.so")]


def test_a_library_that_never_answers(monkeypatch):
    monkeypatch.setattr(modules, "PROBE_SECONDS", 0.3)
    monkeypatch.setattr(
        modules, "_this_program", lambda: [sys.executable, "-c", "import time; time.sleep(9)"]
    )
    assert "không trả lời" in modules.sound(["/x.so"])["/x.so"]


# ---- same user ---------------------------------------------------------------------------------------------------

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.mark.parametrize(
    ("uid", "same"), [(os.getuid() if hasattr(os, "getuid") else 0, True), (54321, False)]
)
def test_linux_tells_whose_connection_it_is(tmp_path, uid, same):
    table = tmp_path / "tcp"
    table.write_text(
        HEADING
        + f"   0: 0100007F:D431 0100007F:24E7 01 00000000:00000000 00:00000000 00000000  {uid}  0 1 1 0\n"
    )
    assert peers.is_same_user(("127.0.0.1", 0xD431), ("127.0.0.1", 0x24E7), tables=[table]) is same
    assert peers.is_same_user(("127.0.0.1", 1), ("127.0.0.1", 0x24E7), tables=[table])


def test_an_ipv4_connection_in_the_table_of_ipv6(tmp_path):
    table = tmp_path / "tcp6"
    table.write_text(
        HEADING
        + "   0: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:24E7 01 0:0 0:0 0 777 0 1\n"
    )
    assert peers.owner_uid([table], ("127.0.0.1", 0xD431), ("127.0.0.1", 0x24E7)) == 777


def test_a_real_connection_of_this_user():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, peer = listener.accept()
        assert peers.owner_uid(peers.TABLES, peer, served.getsockname()) in (os.getuid(), None)
        client.close()
        served.close()


class WindowsDouble:
    """What Windows would tell: one connection of process 77."""

    def __init__(self, owner, me=b"me"):
        self.users = {77: owner, os.getpid(): me}

    def table(self):
        row = struct.pack("<6I", 5, 0x0100007F, 0x31D4, 0x0100007F, 0xE724, 77)
        return struct.pack("<I", 1) + row + b"\0" * 40

    def user(self, pid):
        return self.users[pid]


@pytest.mark.parametrize(("owner", "same"), [(b"me", True), (b"somebody", False), (b"", False), (None, True)])
def test_windows_tells_whose_connection_it_is(owner, same):
    peer, own = ("127.0.0.1", 0xD431), ("127.0.0.1", 0x24E7)
    assert peers.is_same_user(peer, own, windows=WindowsDouble(owner)) is same
    assert peers.is_same_user(("127.0.0.1", 5), own, windows=WindowsDouble(b"somebody"))
    assert peers.owner_pid(b"", peer, own) is None


# ---- starting ----------------------------------------------------------------------------------------------------


def started(*options, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "signing.agent", "--origin", ORIGIN, "--module", "/nowhere.so", "--ask", "console", *options],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def test_it_leaves_by_itself_when_nobody_asks():
    process = started("--port", "0", "--idle", "0.01")
    assert process.stdout.readline().startswith("ready ws://127.0.0.1:")
    assert process.wait(15) == 0


def test_a_second_one_of_the_same_user_is_not_needed():
    first = started("--port", "0")
    port = first.stdout.readline().rsplit(":", 1)[1].strip()
    second = started("--port", port)
    assert second.wait(15) == 0
    assert "đã chạy" in second.stderr.read()
    first.terminate()
    assert first.wait(15) == 0


def test_a_port_of_another_program_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=lambda: [other.accept()[0].close() for _ in range(2)], daemon=True).start()
        process = started("--port", str(other.getsockname()[1]))
        assert process.wait(20) == 2
        assert "Không mở được cổng" in process.stderr.read()


def test_the_next_port_is_taken_when_the_first_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
        probe.close()
        server = Door([ORIGIN], keys.Keys([]), None).open((other.getsockname()[1], free))
        assert server.socket.getsockname() == ("127.0.0.1", free)
        server.socket.close()


def test_systemd_hands_the_socket_over():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        code = (
            f"import os, sys\nos.dup2({number}, 3)\nos.set_inheritable(3, True)\n"
            "os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'}\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'signing.agent', '--origin', 'http://x', '--module', '/n.so', "
            "'--ask', 'console'])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, pass_fds=[number], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout.readline().strip() == f"ready ws://127.0.0.1:{port}"
        process.terminate()
        process.wait(15)
