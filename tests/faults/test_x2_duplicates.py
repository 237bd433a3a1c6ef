"""X2: thousands of copies of one packet at once, at the axis and at the receiver: one effect, one number, one answer."""

import json

import pytest
from faults import flood, tier
from faults.world import World

COPIES, AT_RECEIVER, HANDS = tier.size(600, 100_000), tier.size(120, 20_000), 32
BIG = b"%PDF-1.7\n" + b"%" + b"0123456789abcdef" * 9_000 + b"\n%%EOF\n"  # in base64 a packet of 200 kB
MOST_MEGABYTES = 400


@pytest.fixture
def world(folder, request):
    found = World(folder / request.node.name)
    yield found
    found.close()


def waiting(world):
    """A packet that is made and has not left: (id on the wire, its bytes, the sender's secret)."""
    wire = world.do(world.a, "issue", world.number(), content=BIG)
    world.quarrel(world.a, "refuse", "send", ())
    packet = world.a("packet", world.at, wire)
    return wire, packet, world.a("secret", world.at)


def flooded(world, copies):
    """(id on the wire, the distinct answers) after so many copies of one packet at the axis."""
    wire, packet, secret = waiting(world)
    assert len(packet) > 190_000
    copy = flood.send("HE-A", secret, packet, "H99.10")
    return wire, set(flood.answers(world.line.upstream, [copy] * copies))


def test_x2_copies_at_the_axis_are_one_packet(world):
    wire, answers = flooded(world, COPIES)
    assert len(answers) == 1, answers
    answer = json.loads(answers.pop())
    assert answer["status"] == "OK" and answer["DocId"]
    assert world.hub("counts", world.at) == {"packets": 1, "deliveries": 1}
    world.settle()
    assert [(state, axis_id) for state, *_, axis_id in world.a("told", world.at, wire)] == [
        ("arrived", answer["DocId"])
    ]
    assert world.hub.peak_megabytes < MOST_MEGABYTES
    assert world.broken() == []
    tier.counted("X2", COPIES, place="hub", megabytes=world.hub.peak_megabytes)


def test_x2_copies_at_the_receiver_are_one_document(world):
    wire, packet, _ = waiting(world)
    outcomes = world.b("receive_many", world.at, packet, AT_RECEIVER, HANDS)
    assert outcomes == {"received": 1, "duplicate": AT_RECEIVER - 1}
    world.settle()
    world.do(world.b, "register", wire)
    world.settle()
    assert world.b("untold", world.at, wire)[0][0] == "arrived"
    assert [state for state, *_ in world.a("told", world.at, wire)] == ["accepted"]
    assert world.b.peak_megabytes < MOST_MEGABYTES
    assert world.broken() == []
    tier.counted("X2", AT_RECEIVER, place="receiver", megabytes=world.b.peak_megabytes)


def test_x2_looking_before_writing_is_noticed_at_the_axis(world):
    world.hub("mutate", world.at, "select_then_insert_at_the_axis")
    _, answers = flooded(world, 40)
    assert len(answers) > 1


def test_x2_looking_before_writing_is_noticed_at_the_receiver(world):
    _, packet, _ = waiting(world)
    world.b("mutate", world.at, "select_then_insert_at_the_receiver")
    outcomes = world.b("receive_many", world.at, packet, 40, HANDS)
    assert outcomes != {"received": 1, "duplicate": 39}
