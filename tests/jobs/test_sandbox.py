"""The sandbox: every limit bites, nothing is left behind, nothing is seen that was not named."""

import os
import socket
import sys
import time

import pytest

from jobs import sandbox
from models import files

PY = sandbox.PYTHON


@pytest.fixture(autouse=True)
def _folder(data):
    """Each test has a data folder, so that leftovers can be counted."""
    yield
    assert list(files.spool().glob("box-*")) == []


def python(code, **limits):
    return sandbox.run([*PY, "-c", code], **limits)


def test_output_and_input_come_and_go_whole():
    letter = os.urandom(3 << 20)
    result = python(
        "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.stderr.write('xong')", stdin=letter
    )
    assert result.ok and result.stdout == letter and result.stderr == b"xong"


def test_own_exit_code_is_failed():
    result = python("raise SystemExit(3)")
    assert (result.reason, result.code, result.ok) == ("failed", 3, False)


def test_program_that_is_not_there():
    result = sandbox.run(["khong-co-chuong-trinh-nay"])
    assert (result.reason, result.code) == ("failed", 127)


def test_input_nobody_reads_is_no_fault():
    assert python("pass", stdin=b"x" * (5 << 20)).ok


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", "while True: pass"])
def test_time_is_bounded(code):
    before = time.monotonic()
    assert python(code, seconds=1).reason == "timeout"
    assert time.monotonic() - before < 30  # instead of the 60 it asked for, on a loaded machine too


def test_memory_is_bounded():
    assert python("x = bytearray(900 << 20)", megabytes=400).reason == "memory"


def test_file_size_is_bounded(tmp_path):
    result = python("open('to', 'wb').write(bytes(5 << 20))", writable=tmp_path, file_megabytes=1)
    assert result.reason == "output"
    assert (tmp_path / "to").stat().st_size <= 1 << 20


def test_output_is_bounded():
    result = python("while True: print('x' * 1000)", output_cap=100_000)
    assert result.reason == "output" and len(result.stdout) == 100_000


def test_children_die_with_it(tmp_path):
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', "
        "\"import time; time.sleep(2); open('song', 'w').write('x')\"])\n"
        "time.sleep(60)"
    )
    assert python(code, writable=tmp_path, seconds=1).reason == "timeout"
    time.sleep(2.5)
    assert not (tmp_path / "song").exists()


def test_progress_hears_each_line():
    heard = []
    result = python("print('trang 1'); print('trang 2', flush=True)", progress=heard.append)
    assert result.ok and heard == ["trang 1", "trang 2"]


def test_progress_may_stop_it():
    class Stop(Exception):
        pass

    def stop(line):
        raise Stop(line)

    before = time.monotonic()
    with pytest.raises(Stop):
        python("print('a', flush=True); import time; time.sleep(60)", progress=stop)
    assert time.monotonic() - before < 30  # instead of the 60 it asked for, on a loaded machine too


def test_temporary_files_go_away():
    result = python("import tempfile; print(tempfile.mkdtemp()); open(tempfile.mkdtemp() + '/a', 'w')")
    folder = result.stdout.decode().strip()
    assert result.ok and str(files.spool().resolve()) in folder and not os.path.exists(folder)


def test_environment_of_the_server_is_not_seen(monkeypatch):
    monkeypatch.setenv("VANTHU_SECRET", "bi-mat")
    assert b"bi-mat" not in python("import os; print(dict(os.environ))").stdout


def test_leftovers_of_a_killed_server_are_cleared():
    left = files.spool() / "box-cu"
    left.mkdir()
    (left / "a").write_text("x")
    sandbox.clear_leftovers()
    assert not left.exists()


walls = pytest.mark.skipif(not sandbox.has_bubblewrap(), reason="bubblewrap does not work on this machine")


@walls
def test_files_not_named_do_not_exist(tmp_path):
    secret, named = tmp_path / "kin", tmp_path / "mo"
    secret.write_text("kin")
    named.write_text("mo")
    code = f"import os; print(os.path.exists({str(secret)!r}), open({str(named)!r}).read())"
    assert python(code, readable=[named]).stdout == b"False mo\n"


@walls
def test_what_is_readable_cannot_be_written(tmp_path):
    result = python(f"open({str(tmp_path)!r} + '/a', 'w')", readable=[tmp_path])
    assert result.reason == "failed" and not (tmp_path / "a").exists()


@walls
def test_network_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        assert python(code).reason == "failed"
        assert python(code, network=True).ok


def test_limits_alone_when_there_are_no_walls(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "has_bubblewrap", lambda: False)
    assert python("print(1)").stdout == b"1\n"
    assert python("x = bytearray(900 << 20)", megabytes=400).reason == "memory"
    assert python("import time; time.sleep(60)", seconds=1).reason == "timeout"
    assert sandbox.run([sys.executable, "-c", "import os; print(os.nice(0))"]).stdout == b"15\n"
