"""X5: all 720 orders of a conversation of six messages, with copies among them, end in the same state on both sides.

Four of the six go to the sender and two to the receiver, two installations that share nothing: an order of the six is an
order of the four there with an order of the two here, and each of these is played.
"""

import math
import shutil

import pytest
from faults import tier
from faults.place import Place
from faults.world import World

TO_SENDER, TO_RECEIVER = ("accepted", "in_progress", "completed", "recalled"), ("document", "recall_asked")
WORDS = "bao cao ket qua"
AT_SENDER = {
    "lines": [["out", "recalled", True]], "heard": sorted(TO_SENDER), "parked": [], "open": 0, "contents": 0,
    "states": [],
}  # fmt: skip
AT_RECEIVER = {
    "lines": [["in", "recalled", False]],
    "heard": ["recall_asked"],
    "parked": [],
    "open": 0,
    "contents": 0,
}


@pytest.fixture(scope="module")
def said(folder):
    """The six packets by name; `sender`: the sender's folder when he has said everything and heard nothing."""
    world = World(folder / "x5")
    wire = world.do(world.a, "issue", 1)
    world.do(world.a, "send")
    world.do(world.b, "fetch")
    world.do(world.b, "register", wire)
    for code in ("05", "06"):
        world.do(world.b, "report", wire, code)
    world.do(world.b, "send")
    world.do(world.a, "recall", wire)
    world.do(world.a, "send")
    world.do(world.b, "fetch")
    world.do(world.b, "send")
    found = world.hub("packets", world.at)
    world.a("checkpoint", world.at)
    world.close()
    assert {*TO_SENDER, *TO_RECEIVER} <= set(found)
    return found | {"sender": folder / "x5" / "a", "receiver": folder / "ground" / "b", "at": world.at}


@pytest.fixture
def opened(said, folder, request):
    """opened("sender") is a process on a fresh copy of the folder."""
    places = []

    def one(name):
        target = folder / f"{request.node.name}-{len(places)}"
        shutil.copytree(said[name], target)
        places.append(Place(target))
        return places[-1]

    yield one
    for place in places:
        place.kill()


def test_x5_every_order_ends_in_the_same_state(said, opened):
    packets, patterns = [said[name] for name in TO_SENDER], min(tier.TIMES, 30)
    found = opened("sender")("every_order", said["at"], packets, patterns, tier.SEED)
    orders = found["orders"]
    assert orders == math.factorial(len(TO_SENDER))
    assert [one | {"order": 0} for one in found["ends"]] == [AT_SENDER | {"order": 0}]
    document, recall = (said[name] for name in TO_RECEIVER)
    for order in ([document, recall], [recall, document], [document, document, recall, recall, document],
                  [recall, recall, document, document, recall]):  # fmt: skip
        receiver = opened("receiver")
        found = receiver("after", said["at"], order)
        assert receiver("found", said["at"], WORDS) == []
        assert {name: found[name] for name in AT_RECEIVER} == AT_RECEIVER, found
    orders = math.factorial(6) // (math.factorial(4) * 2) * orders * 2
    assert orders == 720
    tier.counted("X5", orders * patterns)


def test_x5_a_recall_before_its_document_is_born_recalled(said, opened):
    found = opened("receiver")("after", said["at"], [said["recall_asked"], said["document"]])
    assert found["outcomes"] == ["parked", "recalled"] and found["states"] == []


@pytest.mark.parametrize(
    ("place", "mutant"),
    [
        ("sender", "last_word_wins"),
        ("receiver", "parked_recall_is_forgotten"),
        ("receiver", "words_stay_in_the_index"),
    ],
)
def test_x5_a_planted_fault_is_noticed(said, opened, place, mutant):
    process = opened(place)
    process("mutate", said["at"], mutant)
    if place == "sender":
        found = process("every_order", said["at"], [said[name] for name in TO_SENDER], 1, 0)
        assert len(found["ends"]) > 1
    elif mutant == "parked_recall_is_forgotten":
        found = process("after", said["at"], [said["recall_asked"], said["document"]])
        assert {name: found[name] for name in AT_RECEIVER} != AT_RECEIVER
    else:
        process("after", said["at"], [said["document"]])
        assert process("found", said["at"], WORDS)
        process("after", said["at"], [said["recall_asked"]])
        assert process("found", said["at"], WORDS)
