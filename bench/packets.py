"""Packets with a 50 MB file: time against a bare base64 and SHA-256 loop over the same bytes, memory above the start.

Each act runs in a process of its own: writing a PDF, writing a Word file (wrapped in a ZIP), reading both, what the hub
does with a packet in passing, and twenty writers and readers at once.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench import table

MEGABYTES, AT_ONCE = 50, 20
CHILD = """
import base64, hashlib, json, re, sys, tempfile, threading, time
from pathlib import Path
from models import config, edxml, edxml_read, edxml_write, files
act, folder = sys.argv[1], Path(sys.argv[2])
config.use(config.Config(data=folder / "data", mode="demo"))
CHUNK = 3 << 16

def memory():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def bare(into):
    digest = hashlib.sha256()
    with (folder / "tep.pdf").open("rb") as source, into.open("wb") as out:
        while data := source.read(CHUNK):
            digest.update(data)
            out.write(base64.b64encode(data))

def write(name, into):
    item = edxml.Attachment(name, folder / "tep.pdf")
    packet = edxml.Envelope(edxml.Organ("H9"), (edxml.Organ("H8"),), "x", "y", attachments=(item,))
    edxml_write.encode(packet, into)

def read(path):
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        got = edxml_read.decode(path, Path(inside))
        assert got.attachments[0].path.stat().st_size == (folder / "tep.pdf").stat().st_size

def both(number):
    into = folder / f"goi-{number}"
    write("tep.pdf", into)
    read(into)
    into.unlink()

def many(count):
    threads = [threading.Thread(target=both, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def passing():
    edxml_read.glance(folder / "goi-pdf")
    files.store(folder / "goi-pdf")

ACTS = {
    "bare": lambda: bare(folder / "tho"), "write pdf": lambda: write("tep.pdf", folder / "goi-pdf"),
    "write docx": lambda: write("tep.docx", folder / "goi-docx"), "read pdf": lambda: read(folder / "goi-pdf"),
    "read docx": lambda: read(folder / "goi-docx"), "hub pass": passing, "at once": lambda: many(int(sys.argv[3])),
}
Path("/proc/self/clear_refs").write_text("5")
before, started = memory(), time.perf_counter()
ACTS[act]()
print(json.dumps([time.perf_counter() - started, memory() - before]))
"""
ACTS = ("bare", "write pdf", "write docx", "read pdf", "read docx", "hub pass", "at once")


def measured(act, folder) -> tuple[float, float]:
    """(seconds, megabytes above the start) of one act in a process of its own."""
    done = subprocess.run([sys.executable, "-c", CHILD, act, str(folder), str(AT_ONCE)], cwd=ROOT, check=True,
                          capture_output=True, text=True)  # fmt: skip
    return tuple(json.loads(done.stdout))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "tep.pdf").open("wb") as out, open("/dev/urandom", "rb") as noise:
            out.write(b"%PDF-1.7\n")
            for _ in range(MEGABYTES):
                out.write(noise.read(1 << 20))
        found = {act: measured(act, folder) for act in ACTS}
    reference = found["bare"][0]
    rows = [("act", "seconds", "× bare loop", "MB above start")]
    for act, (seconds, megabytes) in found.items():
        times = AT_ONCE if act == "at once" else 1
        rows.append(
            (f"{act} × {AT_ONCE}" if times > 1 else act, seconds, seconds / reference / times, megabytes)
        )
    table.show(f"A file of {MEGABYTES} MB in a packet", rows)


if __name__ == "__main__":
    main()
