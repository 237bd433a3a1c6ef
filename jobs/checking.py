"""Kiểm tra tệp lạ: the check of a signed file in a limited child without network; this process only fetches for it.

At most one child a core stands warm (`child_check.py`), forks for each file, is recycled now and then, ends when it was
idle for a while, and always with this process. What the child wishes for (revocation lists, OCSP answers) is asked here,
of allowed addresses only, and the file is checked again with the answers. The same question is not answered twice.
"""

import hashlib
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from jobs import revocation, sandbox
from jobs.child_check import HEAD, MEGABYTES, SECONDS
from signing import Expectation, Trust, check
from signing.verify import Examination

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "jobs" / "child_check.py"
LARGEST = 200 << 20
ROUNDS = 6  # a list of the root, one of the issuer, and a second place for each
RECYCLED_AFTER, IDLE_SECONDS, GRACE_SECONDS = 500, 300, 5
STILL_TRUE = timedelta(minutes=5)  # how long an outcome answers the same question again
MOST_REMEMBERED = 256
BAD_ANSWERS = (ValueError, KeyError, TypeError, IndexError)

_starter = ThreadPoolExecutor(1, "checking")  # children die with the thread that started them: this one stays
_places: queue.LifoQueue = queue.LifoQueue()
_remembered: OrderedDict = OrderedDict()
_memory = threading.Lock()


def examine(
    path_or_bytes: Path | str | bytes, trusted: Trust, *, moment: datetime, expect: Expectation | None = None,
    answers: dict[str, bytes] | None = None, online: bool = True, allowed: frozenset[str] | None = None, ask=None,
) -> Examination:  # fmt: skip
    """Kiểm tra ký số of a file nobody here has made, as of `moment`; every outcome is a verdict.

    `allowed` are the hosts that may be asked (None: none); `answers` what is known already, `ask(wishes, answers,
    allowed)` who asks. Raises OSError when the path cannot be read.
    """
    if not isinstance(path_or_bytes, bytes) and Path(path_or_bytes).stat().st_size > LARGEST:
        return Examination(check.unreadable("", moment, "too_large", megabytes=LARGEST >> 20))
    pdf = path_or_bytes if isinstance(path_or_bytes, bytes) else Path(path_or_bytes).read_bytes()
    answers, ask = dict(answers or {}), ask or revocation.ask
    found = Examination(check.unreadable("", moment))
    for _ in range(ROUNDS):
        found = _once(pdf, trusted, moment, answers, expect)
        news = ask(found.wishes, answers, allowed) if online and found.wishes else {}
        if not news:
            break
        answers |= news
    found.answers = answers
    return found


def stop() -> None:
    """End all children that stand idle and forget what was answered (the server stops)."""
    with _memory:
        _remembered.clear()
    with _places.mutex:
        idle = list(_places.queue)
    for place in idle:
        place.end()


def _once(pdf, trusted, moment, answers, expect):
    question = _question(pdf, trusted, answers, expect)
    known = _recall(question, moment)
    if known is not None:
        return check.outcome_of(known)
    job = check.job_of(pdf, trusted, moment=moment, answers=answers, expect=expect)
    place = _free_place()
    try:
        output = place.carry_out(job)
    finally:
        _places.put(place)
    try:
        found = check.outcome_of(output) if output is not None else None
    except BAD_ANSWERS:
        found = None
    if found is None:
        return Examination(check.unreadable(hashlib.sha256(pdf).hexdigest(), moment))
    _remember(question, moment, output)
    return found


def _question(pdf, trusted, answers, expect):
    parts = [hashlib.sha256(pdf).digest(), repr(expect).encode(), repr(trusted.periods).encode()]
    for name in ("roots", "intermediates", "tsa_roots", "crls", "ocsps"):
        parts += [name.encode(), *(hashlib.sha256(body).digest() for body in getattr(trusted, name))]
    for key in sorted(answers):
        parts += [key.encode(), hashlib.sha256(answers[key]).digest()]
    return hashlib.sha256(b"\0".join(parts)).digest()


def _recall(question, moment):
    with _memory:
        at, output = _remembered.get(question, (None, None))
        return output if at is not None and timedelta(0) <= moment - at < STILL_TRUE else None


def _remember(question, moment, output):
    with _memory:
        _remembered[question] = (moment, output)
        _remembered.move_to_end(question)
        while len(_remembered) > MOST_REMEMBERED or sum(len(o) for _, o in _remembered.values()) > 64 << 20:
            _remembered.popitem(last=False)


def _free_place():
    """A place for one child, waiting for one where all are taken; the one used last is taken first."""
    with _memory:
        while len(_made) < max(1, os.cpu_count() or 1):
            _made.append(_Place())
            _places.put(_made[-1])
    return _places.get()


_made: list = []


class _Place:
    """Where one warm child stands; only its holder talks with it."""

    def __init__(self):
        self.process = self.folder = self.timer = None
        self.done = 0

    def carry_out(self, job: bytes) -> bytes | None:
        """The outcome of a job, None when the file broke the check off. A child found dead is replaced once."""
        self._rest(None)
        for fresh in (False, True):
            if fresh or self.process is None or self.process.poll() is not None:
                self.end()
                _starter.submit(self._start).result()
            frame = self._talk(job)
            if frame is not None:
                break
        self.done += 1
        if frame is None or frame[0] == b"t" or self.done >= RECYCLED_AFTER:
            self.end()
        else:
            self._rest(IDLE_SECONDS)
        return frame[1] if frame and frame[0] == b"k" else None

    def end(self) -> None:
        """Kill the child and take its folder away."""
        self._rest(None)
        process, self.process = self.process, None
        if process is not None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it had ended by itself
            process.wait()
            process.stdin.close()
            process.stdout.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _start(self):
        self.folder, self.done = Path(tempfile.mkdtemp(prefix="vanthu-check-")), 0
        command = [sys.executable, "-B", str(PROGRAM), str(SECONDS), str(MEGABYTES)]
        self.process = sandbox.start(
            command, self.folder, readable=(ROOT / "signing", PROGRAM),
            environment={"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"},
        )  # fmt: skip

    def _talk(self, job):
        """The child's frame, None when it died; killed when it is silent for too long."""
        guard = threading.Timer(SECONDS + GRACE_SECONDS, self._kill)
        guard.daemon = True
        guard.start()
        try:
            process = self.process
            process.stdin.write(HEAD.pack(len(job), b"j"))
            process.stdin.write(job)
            process.stdin.flush()
            head = process.stdout.read(HEAD.size)
            if len(head) < HEAD.size:
                return None
            length, kind = HEAD.unpack(head)
            body = process.stdout.read(length)
            return (kind, body) if len(body) == length else None
        except (BrokenPipeError, ValueError, OSError):
            return None
        finally:
            guard.cancel()

    def _kill(self):
        process = self.process
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)

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
