"""Chỗ đọc: warm children that read single pages by OCR, at most one a core; each is talked to by one thread at a time.

A child (child_read.py) forks for each page, is recycled now and then, ends when it was idle for a while, and always with
this process. What it leaves is taken over byte by byte: its folder is the only place it can write to.
"""

import json
import os
import queue
import shutil
import signal
import stat
import struct
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jobs import sandbox
from jobs.reading_pages import OPTIONS, PLUGIN, WORDS, workers
from models import files

PROGRAM = Path(__file__).parent / "child_read.py"
SECONDS, MEGABYTES, LARGEST = 150, 3072, 200 << 20
RECYCLED_AFTER, IDLE_SECONDS, GRACE_SECONDS = 300, 90, 5
PAGE, SOURCE = "page", "source.pdf"
MOST_WORDS = 16 << 20
HEAD = struct.Struct(">Qc")  # as in child_read.py


@dataclass(frozen=True)
class Page:
    """What came of a page: `words` as child_words.py says them and the PDF with its text; else why not.

    `reason`: "" read, "time", "memory", "broken", or "gone": the reader died under it or was stopped.
    """

    reason: str
    pdf: bytes = b""
    words: dict | None = None


_starter = ThreadPoolExecutor(1, "reading")  # children die with the thread that started them: this one stays
_places: queue.LifoQueue = queue.LifoQueue()
_made: list = []
_gate = threading.Lock()


def read(source: Path, key: str, number: int, held=None) -> Page:
    """Read one page of a PDF; waits for a place. `key` names the content, `held(place)` hears who reads it."""
    place = _free_place()
    try:
        if held:
            held(place)
        return place.read(source, key, number)
    finally:
        _places.put(place)


def stop() -> None:
    """End all children that stand idle (the server stops)."""
    with _places.mutex:
        idle = list(_places.queue)
    for place in idle:
        place.end()


def _free_place():
    with _gate:
        while len(_made) < workers():
            _made.append(Place())
            _places.put(_made[-1])
    return _places.get()


class Place:
    """Where one warm child stands."""

    def __init__(self):
        self.process = self.folder = self.timer = None
        self.key, self.done = "", 0

    def read(self, source: Path, key: str, number: int) -> Page:
        """One page. A child that was found dead, or whose folder was taken away, is replaced first."""
        self._rest(None)
        if not self._stands():
            self.end()
            _starter.submit(self._start).result()
        try:
            if self.key != key:
                self._bring(source, key)
            shutil.rmtree(self.folder / PAGE, ignore_errors=True)
            (self.folder / PAGE).mkdir()
        except FileNotFoundError:  # the content was recalled, or the folder emptied, at this very moment
            self.end()
            return Page("gone")
        job = {
            "source": str(self.folder / SOURCE), "page": number, "folder": str(self.folder / PAGE),
            "options": [*OPTIONS, "--jobs", "1"],
        }  # fmt: skip
        kind = self._talk(json.dumps(job).encode())
        found = self._taken() if kind == b"k" else Page(REASONS.get(kind, "broken"))
        self.done += 1
        if kind is None or found.reason == "time" or self.done >= RECYCLED_AFTER:
            self.end()
        else:
            self._rest(IDLE_SECONDS)
        return found

    def end(self) -> None:
        """Kill the child with whatever it is doing, and take its folder away."""
        self._rest(None)
        process, self.process = self.process, None
        if process is not None:
            _kill(process)
            process.wait()
            process.stdin.close()
            process.stdout.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder, self.key = None, ""

    def interrupt(self) -> None:
        """Kill the child: whoever waits for its page hears that it is gone."""
        process = self.process
        if process is not None:
            _kill(process)

    def _stands(self) -> bool:
        """True when the child lives and its folder is there, in the spool of this installation."""
        if self.process is None or self.process.poll() is not None:
            return False
        return self.folder.is_dir() and self.folder.parent == files.spool().resolve()

    def _start(self):
        self.folder, self.done = Path(tempfile.mkdtemp(dir=files.spool().resolve(), prefix="box-")), 0
        command = [*sandbox.PYTHON, PROGRAM, str(SECONDS), str(MEGABYTES), WORDS]
        self.process = sandbox.start(
            command, self.folder, readable=(PROGRAM, WORDS, PLUGIN), file_megabytes=LARGEST >> 20
        )

    def _bring(self, source, key):
        """The file to read, copied: the child never sees the stored one."""
        target = self.folder / SOURCE
        target.unlink(missing_ok=True)
        with source.open("rb") as read, target.open("xb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
        self.key = key

    def _talk(self, job):
        """How the page ended, None when the child died; it is killed when it is silent for too long."""
        guard = threading.Timer(SECONDS + GRACE_SECONDS, self.interrupt)
        guard.daemon = True
        guard.start()
        try:
            process = self.process
            process.stdin.write(HEAD.pack(len(job), b"j") + job)
            process.stdin.flush()
            head = process.stdout.read(HEAD.size)
            return HEAD.unpack(head)[1] if len(head) == HEAD.size else None
        except (BrokenPipeError, ValueError, OSError):
            return None
        finally:
            guard.cancel()

    def _taken(self) -> Page:
        try:
            words = json.loads(_bytes_of(self.folder / PAGE, "page.json", MOST_WORDS))
            return Page("", _bytes_of(self.folder / PAGE, "page.pdf", LARGEST), words)
        except (OSError, ValueError):
            return Page("broken")

    def _rest(self, seconds):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if seconds:
            self.timer = threading.Timer(seconds, self._leave)
            self.timer.daemon = True
            self.timer.start()

    def _leave(self):
        """Idle for long: the child goes, when nobody has taken the place meanwhile."""
        with _places.mutex:
            idle = self in _places.queue
            if idle:
                _places.queue.remove(self)
        if idle:
            self.end()
            _places.put(self)


REASONS = {None: "gone", b"t": "time", b"m": "memory"}


def _kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it had ended by itself


def _bytes_of(folder, name, most) -> bytes:
    """A plain file a child left, never what a link of its making points to. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=opened)
    finally:
        os.close(opened)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(name)
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(name)
    return content
