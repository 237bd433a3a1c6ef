"""Child program of checking.py, run inside the sandbox: checks signed files, each in a fork of its own.

Starting Python and the libraries costs a second, so this program waits warm for its next job. Frames on stdin and
stdout: eight bytes of length, one byte (stdin: "j"; stdout: "k" for an outcome, else the reason of none: "t" time,
"m" memory, "b" broken off), the body. The fork that reads a hostile file has limits of its own and neither of the pipes.
"""

import ctypes
import os
import resource
import select
import signal
import struct
import sys
import time

from signing import check, warm

SECONDS, MEGABYTES, MOST_OUTPUT = 60, 1024, 64 << 20
HEAD = struct.Struct(">Qc")
NOT_DUMPABLE = 4  # PR_SET_DUMPABLE


def main(seconds, megabytes) -> int:
    """Carry out jobs until stdin ends."""
    ctypes.CDLL(None).prctl(NOT_DUMPABLE, 0, 0, 0, 0)
    warm.warm_up()
    while (job := read_frame(sys.stdin.buffer)) is not None:
        kind, body = in_a_fork(job, seconds, megabytes)
        sys.stdout.buffer.write(HEAD.pack(len(body), kind) + body)
        sys.stdout.buffer.flush()
    return 0


def read_frame(stream):
    """The body of the next frame; None at the end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, _ = HEAD.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def in_a_fork(job, seconds, megabytes):
    """(kind, body) of a job carried out by a process that ends with it."""
    try:
        check.make_ready(job)
    except (ValueError, KeyError, TypeError):
        return b"b", b""
    ears, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ears)
        _carry_out(job, mouth, seconds, megabytes)
    os.close(mouth)
    body, late = _listen(ears, time.monotonic() + seconds)
    os.close(ears)
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it had ended by itself
    status = os.waitpid(child, 0)[1]
    if body[:1] in (b"k", b"m") and not late:
        return body[:1], body[1:]
    by_time = late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
    return (b"t" if by_time else b"b"), b""


def _carry_out(job, mouth, seconds, megabytes):
    """In the fork: limits, the check, the outcome; it never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        for limit, most in (
            (resource.RLIMIT_AS, megabytes << 20),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, 64 << 20),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(limit, (most, most))
        try:
            outcome = b"k" + check.carried_out(job)
        except MemoryError:
            outcome = b"m"
        view = memoryview(outcome)
        while view:
            view = view[os.write(mouth, view) :]
        code = 0
    finally:
        os._exit(code)


def _listen(ears, deadline):
    body = bytearray()
    while len(body) <= MOST_OUTPUT:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([ears], [], [], left)[0]:
            return bytes(body), True
        part = os.read(ears, 1 << 20)
        if not part:
            return bytes(body), False
        body += part
    return b"", False


if __name__ == "__main__":
    limits = [int(word) for word in sys.argv[1:3]] or [SECONDS, MEGABYTES]
    sys.exit(main(*limits))
