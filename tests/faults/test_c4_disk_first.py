"""C4: no promise before the disk – every acknowledgement of the axis follows the syncs of the rows and the file it rests on."""

import json
import re
import shutil
import subprocess
import time

import pytest
from faults import flood, tier
from faults.world import World

REQUESTS = tier.size(40, 5_000)
CALLS = "trace=fsync,fdatasync,sendto,sendmsg,write,writev,recvfrom,rename,renameat,renameat2,link,linkat"
ANSWER = re.compile(r"^\d+ +[\d.]+ (?:sendto|sendmsg|write|writev)\((\d+)<[^>]*>.*HTTP/1\.1 200")
SYNC = re.compile(r"^\d+ +[\d.]+ (?:fsync|fdatasync)\(\d+<([^>]*)>")


@pytest.fixture
def world(folder, request):
    found = World(folder / request.node.name)
    yield found
    found.close()


def traced(world, packets, secret, tmp_path):
    """What the axis did while these packets came, one after the other: ("sync", path) and ("answer", "")."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    path = tmp_path / "trace.txt"
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "64", "-ttt", "-e", CALLS, "-o", str(path), "-p", str(world.hub.process.pid)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = tracer.stderr.readline()
    if "attached" not in first:
        tracer.kill()
        pytest.skip(f"strace may not look at a process here: {first.strip()}")
    for packet in packets:
        answer = flood.answers(world.line.upstream, [flood.send("HE-A", secret, packet, "H99.10")])[0]
        assert json.loads(answer)["status"] == "OK"
    time.sleep(0.2)
    tracer.terminate()
    tracer.wait(10)
    found = []
    for line in path.read_text(errors="replace").splitlines():
        sync, answer = SYNC.match(line), ANSWER.match(line)
        if sync:
            found.append(("sync", sync[1]))
        elif answer:
            found.append(("answer", ""))
    return found


def hasty(events) -> list[int]:
    """The answers that came before the file, its folder and the rows were synced since the answer before."""
    found, synced, count = [], set(), 0
    for kind, path in events:
        if kind == "sync":
            synced |= {name for name, mark in (("rows", "vanthu.db-wal"), ("folder", "/files/"), ("file", "/spool/"))
                       if mark in path}  # fmt: skip
            synced |= {"file"} if re.search(r"/files/[0-9a-f]{2}/[0-9a-f]{64}", path) else set()
        else:
            count += 1
            if synced < {"rows", "folder", "file"}:
                found.append(count)
            synced = set()
    return found


def packets_of(world, many):
    """So many different packets that have not left."""
    packets = []
    for _ in range(many):
        wire = world.do(world.a, "issue", world.number())
        packets.append(wire)
    world.quarrel(world.a, "refuse", "make_packets", ())
    return [world.a("packet", world.at, wire) for wire in packets]


def test_c4_an_answer_follows_the_disk(world, tmp_path):
    packets, secret = packets_of(world, REQUESTS), world.a("secret", world.at)
    events = traced(world, packets, secret, tmp_path)
    answers = [kind for kind, _ in events].count("answer")
    assert answers == REQUESTS
    assert hasty(events) == []
    tier.counted("C4", answers)


@pytest.mark.parametrize("mutant", ["synchronous_normal", "no_folder_sync"])
def test_c4_a_planted_fault_is_noticed(world, tmp_path, mutant):
    packets, secret = packets_of(world, 6), world.a("secret", world.at)
    world.hub("mutate", world.at, mutant)
    assert hasty(traced(world, packets, secret, tmp_path))
