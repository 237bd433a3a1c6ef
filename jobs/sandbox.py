"""Hộp cát: the one way to run a program on a file we do not trust.

Every run has a session, a temporary folder and limits of its own (memory, processor time, file size, output), runs at
the lowest priority and dies with the server. Where bubblewrap works it also sees no network, no database and no file
but those named; where it does not, the limits alone hold.
"""

import functools
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from models import files

PYTHON = (
    sys.executable,
    "-I",
    "-B",
)  # a child program in our own environment, deaf to variables and user sites
NICE = 15
CHUNK = 1 << 16
SYSTEM_PATHS = (
    "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/libreoffice",
    "/etc/localtime", "/etc/papersize", "/etc/passwd", "/etc/group", "/var/cache/fontconfig", "/var/lib/libreoffice",
)  # fmt: skip
MEMORY_WORDS = re.compile(
    rb"MemoryError|bad_alloc|[Cc]annot allocate memory|[Oo]ut of memory|failed to map segment"
)
TOO_LARGE_WORDS = re.compile(rb"File too large|No space left on device")


@dataclass(frozen=True)
class Result:
    """What came of a run. `reason`: ok, failed (own exit code), timeout, memory, output (too much), killed."""

    code: int
    stdout: bytes
    stderr: bytes
    reason: str

    @property
    def ok(self) -> bool:
        """True when the program ended by itself with code 0 within its limits."""
        return self.reason == "ok"


def run(
    argv, *, stdin=b"", seconds=30, megabytes=1024, file_megabytes=200, readable=(), writable=None,
    network=False, progress=None, output_cap=8 << 20, environment=None,
) -> Result:  # fmt: skip
    """Run a program inside its limits and wait for it.

    `seconds` bounds wall and processor time, `megabytes` the address space of each process, `file_megabytes` each file
    it writes, `output_cap` the bytes of stdout and of stderr. `readable` are files and folders it may read besides the
    system's own, `writable` one folder it may change. `progress(line)` hears each line of stdout as text; when it
    raises, the program is killed and the exception goes on. A program that is not installed gives code 127.
    """
    if not shutil.which(str(argv[0])):
        return Result(127, b"", f"{argv[0]}: not installed".encode(), "failed")
    own = Path(tempfile.mkdtemp(dir=files.spool().resolve(), prefix="box-"))
    try:
        command = [*_limits(seconds, megabytes, file_megabytes)]
        if has_bubblewrap():
            command += _walls(own, readable, writable, network)
        command += [str(part) for part in argv]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env=_environment(own, environment), cwd=str(writable or own),
        )  # fmt: skip
        try:
            talk = _Talk(process, stdin, seconds, output_cap, progress)
            talk.hold()
        finally:
            _end(process)
        return talk.result()
    finally:
        shutil.rmtree(own, ignore_errors=True)


def start(argv, own: Path, *, readable=(), environment=None, file_megabytes=200) -> subprocess.Popen:
    """Start a program that stays and is talked to by its pipes; `own` is its folder. The caller ends it.

    The same walls as `run`, without limits of time and memory: those are the program's to set for each task. It dies
    with the thread that starts it, and what it says on stderr is lost.
    """
    command = ["setpriv", "--pdeathsig", "KILL", "--", "nice", "-n", str(NICE)]
    command += ["prlimit", f"--fsize={int(file_megabytes) << 20}", "--core=0", "--nofile=256", "--"]
    command += _walls(own, readable, None, False) if has_bubblewrap() else []
    return subprocess.Popen(
        [*command, *map(str, argv)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True, env=_environment(own, environment), cwd=str(own),
    )  # fmt: skip


def clear_leftovers() -> None:
    """Empty the spool of what a killed server left half made; at the start of the only process.

    Whatever counts has moved from the spool into the store, or is received or made again.
    """
    for left in files.spool().iterdir():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@functools.cache
def has_bubblewrap() -> bool:
    """True when bubblewrap is installed and this machine lets it make namespaces (asked once a process)."""
    if not shutil.which("bwrap"):
        return False
    with tempfile.TemporaryDirectory(prefix="box-") as folder:
        command = [*_walls(Path(folder), (), None, False), "/usr/bin/true"]
        try:
            return subprocess.run(command, check=False, capture_output=True, timeout=10).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def _limits(seconds, megabytes, file_megabytes) -> list[str]:
    memory, size = int(megabytes) << 20, int(file_megabytes) << 20
    return [
        "setpriv", "--pdeathsig", "KILL", "--", "nice", "-n", str(NICE), "prlimit", f"--as={memory}",
        f"--cpu={int(seconds) + 1}", f"--fsize={size}", "--core=0", "--nofile=256", "--",
    ]  # fmt: skip


def _walls(own, readable, writable, network) -> list[str]:
    command = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/usr",
        "/usr",
    ]
    if network:
        command += ["--share-net", "--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"]
        command += ["--ro-bind-try", "/etc/ssl", "/etc/ssl", "--ro-bind-try", "/etc/hosts", "/etc/hosts"]
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            command += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        else:
            command += ["--ro-bind-try", f"/{name}", f"/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in (*SYSTEM_PATHS, *_python_paths(), *readable):
        command += ["--ro-bind-try", str(path), str(path)]
    for path in (own, *([writable] if writable else [])):
        command += ["--bind", str(path), str(path)]
    return [*command, "--"]


@functools.cache
def _python_paths() -> tuple[str, ...]:
    """Folders of the Python that runs us, unless they are the system's own."""
    known = dict.fromkeys((sys.base_prefix, sys.prefix))
    return tuple(path for path in known if not path.startswith("/usr"))


def _environment(own, more) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(own),
        "TMPDIR": str(own), "OMP_THREAD_LIMIT": "1", "SAL_USE_VCLPLUGIN": "svp", **(more or {}),
    }  # fmt: skip


def _end(process) -> None:
    """Kill whatever is left of the group and close our ends."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # everything had ended by itself
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


class _Talk:
    """Feeds stdin and listens to both outputs until the program ends, time is over or it says too much."""

    def __init__(self, process, stdin, seconds, cap, progress):
        self.process, self.cap, self.progress = process, cap, progress
        self.left = memoryview(stdin)
        self.deadline = time.monotonic() + seconds
        self.heard = {"stdout": bytearray(), "stderr": bytearray()}
        self.line = bytearray()
        self.cut = ""
        self.code = None

    def hold(self) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe, name in ((self.process.stdout, "stdout"), (self.process.stderr, "stderr")):
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, name)
            os.set_blocking(self.process.stdin.fileno(), False)
            selector.register(self.process.stdin, selectors.EVENT_WRITE, "stdin")
            while selector.get_map() and not self.cut:
                remaining = self.deadline - time.monotonic()
                if remaining <= 0:
                    self.cut = "timeout"
                    return
                for key, _ in selector.select(remaining):
                    if not (self._feed(key.fileobj) if key.data == "stdin" else self._hear(key)):
                        selector.unregister(key.fileobj)
        self._wait()

    def _wait(self) -> None:
        if self.cut:
            return
        try:
            self.code = self.process.wait(max(0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.cut = "timeout"

    def _feed(self, pipe) -> bool:
        try:
            sent = os.write(pipe.fileno(), self.left[:CHUNK]) if self.left else 0
        except BlockingIOError:
            return True
        except BrokenPipeError:  # it needs no more
            self.left = self.left[:0]
            pipe.close()
            return False
        self.left = self.left[sent:]
        if not self.left:
            pipe.close()
        return bool(self.left)

    def _hear(self, key) -> bool:
        chunk = os.read(key.fileobj.fileno(), CHUNK)
        if not chunk:
            return False
        heard = self.heard[key.data]
        heard += chunk
        if len(heard) > self.cap:
            self.cut = "output"
        if key.data == "stdout" and self.progress:
            *lines, rest = (bytes(self.line) + chunk).split(b"\n")
            self.line = bytearray(rest[-CHUNK:])
            for line in lines:
                self.progress(line.decode(errors="replace"))
        return True

    def result(self) -> Result:
        stdout, stderr = (bytes(self.heard[name][: self.cap]) for name in ("stdout", "stderr"))
        code = self.process.returncode if self.code is None else self.code
        return Result(code, stdout, stderr, self.cut or _reason(code, stderr))


def _reason(code: int, stderr: bytes) -> str:
    signalled = -code if code < 0 else code - 128  # bubblewrap and shells say 128 + signal
    if code == 0:
        return "ok"
    if MEMORY_WORDS.search(stderr):
        return "memory"
    if signalled == signal.SIGXFSZ or TOO_LARGE_WORDS.search(stderr):
        return "output"
    if signalled == signal.SIGXCPU:
        return "timeout"
    return "killed" if signalled == signal.SIGKILL else "failed"
