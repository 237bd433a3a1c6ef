"""X7: a line of 64 kbit/s, two seconds there and back, cut every minute, carries a large document with few bytes twice.

Time is scaled: the line and the clocks of both sides run FASTER times faster than life. The line is cut by the time it
was busy, so a slow machine changes nothing.
"""

import time

import pytest
from faults import tier
from faults.world import World

FASTER = 100
RATE, ROUND_TRIP, CUT_EVERY = 64_000 // 8 * FASTER, 2 / FASTER, 60 / FASTER
SIZE = tier.size(1 << 20, 20 << 20)  # of the document; in its packet a third more
MOST = 1.3
TRIES = 60


@pytest.fixture
def world(folder, request):
    found = World(folder / request.node.name)
    for one in (found.a, found.b):
        one("hurry", found.at, FASTER)
    yield found
    found.close()


def tried(world, where, deed, done, tries=TRIES):
    """How often the deed was tried until `done()`; 0 when it never was."""
    for count in range(1, tries + 1):
        where(deed, world.at)
        if done():
            return count
        time.sleep(0.05)
    return 0


def sent(world, wire, tries=TRIES):
    return tried(world, world.a, "send", lambda: world.a("told", world.at, wire)[0][0] != "queued", tries)


def test_x7_a_large_document_over_a_thin_line(world):
    noise = tier.chance("x7").randbytes(SIZE)
    wire = world.a("issue", world.at, 1, content=b"%PDF-1.7\n" + noise + b"\n%%EOF\n")
    line = world.line.thin(RATE, ROUND_TRIP, CUT_EVERY)
    assert sent(world, wire)
    size = len(world.a("packet", world.at, wire))
    up, cuts = line.up, line.cuts
    assert up <= MOST * size, f"{up / size:.2f} times the packet, {cuts} cuts"
    assert cuts > 1
    line.down = 0
    assert tried(world, world.b, "fetch", lambda: world.hub("waiting", world.at) == 0)
    assert line.down <= MOST * size, f"{line.down / size:.2f} times the packet, {line.cuts} cuts"
    world.line.heal()
    assert world.broken(settled=False) == []
    tier.counted("X7", 1, bytes=size, up=round(up / size, 3), down=round(line.down / size, 3), cuts=line.cuts)


def test_x7_a_packet_in_one_piece_never_gets_through(world):
    world.a("mutate", world.at, "in_one_piece")
    wire = world.a("issue", world.at, 1, content=b"%PDF-1.7\n" + tier.chance("x7").randbytes(1 << 20))
    world.line.thin(RATE, ROUND_TRIP, CUT_EVERY)
    assert not sent(world, wire, tries=3)
