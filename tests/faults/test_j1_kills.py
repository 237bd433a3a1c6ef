"""J1: no order is lost over many SIGKILLs of a working process, and each has its effect once."""

import shutil
import time

import pytest
from faults import tier
from faults.place import Place
from faults.world import prepared

ORDERS, KILLS = tier.size(200, 200_000), tier.size(4, 1_000)
AT = "2026-03-02 09:00"
LATER = (
    "2026-03-02 09:10"  # an order under way at several kills in a row waits: its waits are over, no lease is
)
LONGEST = 120  # seconds after the last kill


def killed(folder, orders, kills, mutant=""):
    """(effects, orders not done) after so many orders and kills."""
    shutil.copytree(prepared(folder.parent / "ground") / "b", folder)
    chance, placed = tier.chance("j1"), 0
    for turn in range(kills + 1):
        place = Place(folder)
        if mutant:
            place("mutate", AT, mutant)
        share = orders // (kills + 1) + (orders % (kills + 1) if turn == kills else 0)
        place("work_in_threads", AT, [f"j1:{number}" for number in range(placed, placed + share)])
        placed += share
        if turn < kills:
            time.sleep(chance.uniform(0.02, 0.15))
            place.kill()
    deadline = time.monotonic() + LONGEST
    while place("left", LATER) and time.monotonic() < deadline:
        time.sleep(0.05)
    found = place("effects", LATER), place("left", LATER)
    place.kill()
    return found


def test_j1_every_order_once_over_kills(folder):
    effects, left = killed(folder / "j1", ORDERS, KILLS)
    assert left == 0
    assert sorted(effects) == sorted(f"j1:{number}" for number in range(ORDERS)), "lost or done twice"
    tier.counted("J1", ORDERS, kills=KILLS)


@pytest.mark.parametrize("mutant", ["done_before_the_effect", "effect_without_its_key"])
def test_j1_a_planted_fault_is_noticed(folder, mutant):
    for turn in range(5):  # where the kill falls is chance
        effects, _ = killed(folder / f"{mutant}-{turn}", 120, 6, mutant)
        if sorted(effects) != sorted(f"j1:{number}" for number in range(120)):
            return
    raise AssertionError("the fault was not noticed")
