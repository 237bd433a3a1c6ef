"""Child program of reading_room.py, run inside the sandbox: OCR of single pages, each in a fork of its own.

Starting Python and OCRmyPDF costs as much as half a page, so this program waits warm for its next page. Frames on stdin
and stdout: eight bytes of length, one byte (stdin: "j"; stdout: "k" for read, else the reason of none: "t" time, "m"
memory, "b" broken off), the body. A job is JSON {"source", "page", "folder", "options"}: the fork leaves page.pdf (the
page with its layer of text) and page.json (its words, as child_words.py says them) in the folder. The fork that reads a
hostile page has limits of its own and neither of the pipes.
"""

import ctypes
import importlib.util
import json
import os
import resource
import signal
import struct
import sys
import time
from pathlib import Path

import fontTools.varLib
import ocrmypdf._graft
import ocrmypdf.builtin_plugins.pypdfium
import ocrmypdf.builtin_plugins.tesseract_ocr
import ocrmypdf.fpdf_renderer
import ocrmypdf.optimize
import pdfplumber
import pikepdf
from ocrmypdf.__main__ import run
from PIL import Image

SECONDS, MEGABYTES, LARGEST = 150, 3072, 200
HEAD = struct.Struct(">Qc")
NOT_DUMPABLE, DIE_WITH_PARENT = 4, 1  # PR_SET_DUMPABLE, PR_SET_PDEATHSIG
OUT_OF_MEMORY = 9
WARM = (
    fontTools.varLib,
    ocrmypdf._graft,
    ocrmypdf.builtin_plugins,
    ocrmypdf.fpdf_renderer,
    ocrmypdf.optimize,
)
PACE = 0.01  # seconds between two looks whether a page is read


def main(seconds, megabytes, words) -> int:
    """Carry out jobs until stdin ends."""
    ctypes.CDLL(None).prctl(NOT_DUMPABLE, 0, 0, 0, 0)
    told = importlib.util.spec_from_file_location("child_words", words)
    module = importlib.util.module_from_spec(told)
    told.loader.exec_module(module)
    Image.init()
    while (job := read_frame(sys.stdin.buffer)) is not None:
        kind = in_a_fork(json.loads(job), seconds, megabytes, module)
        sys.stdout.buffer.write(HEAD.pack(0, kind))
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


def in_a_fork(job, seconds, megabytes, words) -> bytes:
    """How a job ended that was carried out by a process that ends with it."""
    child = os.fork()
    if child == 0:
        _carry_out(job, seconds, megabytes, words)
    deadline, status = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(PACE)
    else:
        status = None
    try:
        os.killpg(
            child, signal.SIGKILL
        )  # the fork where it is late, and tesseract where it outlived the fork
    except (ProcessLookupError, PermissionError):
        pass  # everything had ended by itself
    if status is None:
        os.waitpid(child, 0)
        return b"t"
    if os.WIFSIGNALED(status):
        return b"t" if os.WTERMSIG(status) == signal.SIGXCPU else b"b"
    return {0: b"k", OUT_OF_MEMORY: b"m"}.get(os.WEXITSTATUS(status), b"b")


def _carry_out(job, seconds, megabytes, words):
    """In the fork: limits, the page, its words; it never returns."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        for limit, most in (
            (resource.RLIMIT_AS, megabytes << 20),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, LARGEST << 20),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(limit, (most, most))
        try:
            code = _read(job, words)
        except MemoryError:
            code = OUT_OF_MEMORY
    finally:
        os._exit(code)


def _read(job, words) -> int:
    """Read one page; 0 when page.pdf and page.json are there. A page with forms and the like is read as a picture."""
    folder, number = Path(job["folder"]), job["page"]
    single, result = folder / "single.pdf", folder / "page.pdf"
    with pikepdf.open(job["source"]) as document, pikepdf.new() as alone:
        alone.pages.append(document.pages[number - 1])
        alone.save(single)
        total = len(document.pages)
    for mode in ("redo", "force"):
        code = run(["--mode", mode, *job["options"], str(single), str(result)])
        if code == 0 and result.exists():
            break
    else:
        return code or 1
    with pdfplumber.open(result) as read:
        said = words.words_of(read.pages[0], total, True) | {"number": number}
    (folder / "page.json").write_text(json.dumps(said, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
