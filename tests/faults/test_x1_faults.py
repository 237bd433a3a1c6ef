"""X1, P4: every network fault × kind of message × direction between real processes, and in the end one truth on both sides."""

import pytest
from faults import faults, tier
from faults.world import FETCHING, SENDING, World


@pytest.fixture(scope="module")
def world(folder):
    found = World(folder / "x1")
    yield found
    found.close()


class Conversation:
    """One document with everything that is said of it, each message under the same fault on its way out and in."""

    def __init__(self, world, fault, turn):
        self.world, self.fault, self.turn, self.count = world, fault, turn, 0
        self.wrong = []

    def carry(self, sender, receiver, wire) -> None:
        """One message: its sending fails, then its fetching fails; nothing is called sent that nobody acknowledged."""
        world = self.world
        for where, deed, operations in (
            (sender, "send", SENDING),
            (receiver, "fetch", FETCHING[(self.turn + self.count) % len(FETCHING)]),
        ):
            before = self.acknowledged(wire)
            passed = world.quarrel(where, self.fault, deed, operations)
            self.count += 1
            answered = any(one.answered for one in passed if one.operation == "sendEdoc")
            if where is sender and self.acknowledged(wire) > before and not answered:
                self.wrong.append(f"{wire}: called sent, but no positive answer went back")
            world.later(minutes=70)
            world.do(where, deed)

    def acknowledged(self, wire) -> int:
        """How many of our messages about the document are called sent, on both sides."""
        lines = self.world.a("told", self.world.at, wire)
        messages = self.world.a("untold", self.world.at, wire) + self.world.b("untold", self.world.at, wire)
        return sum(bool(line[2]) for line in lines) + sum(bool(message[1]) for message in messages)

    def expect(self, wire, *states) -> None:
        found = [line[0] for line in self.world.a("told", self.world.at, wire)]
        if found != list(states):
            self.wrong.append(f"{wire}: the sender shows {found} instead of {list(states)}")

    def issued(self, **more) -> str:
        return self.world.do(self.world.a, "issue", self.world.number(), **more)

    def arrived(self) -> str:
        """A letter that has come to the receiver in peace."""
        wire = self.issued()
        self.world.do(self.world.a, "send")
        self.world.do(self.world.b, "fetch")
        return wire


def kept_then_recalled(talk):
    """Document, receipt with registration, recall, confirmation."""
    a, b = talk.world.a, talk.world.b
    wire = talk.issued()
    talk.carry(a, b, wire)
    talk.world.do(b, "register", wire)
    talk.carry(b, a, wire)
    talk.expect(wire, "accepted")
    talk.world.do(a, "recall", wire)
    talk.carry(a, b, wire)
    talk.carry(b, a, wire)
    talk.world.settle()
    talk.expect(wire, "recalled")


def refusal(talk):
    wire = talk.arrived()
    talk.world.do(talk.world.b, "refuse", wire)
    talk.carry(talk.world.b, talk.world.a, wire)
    talk.world.settle()
    talk.expect(wire, "refused")


def update(talk):
    wire = talk.issued(replaces=talk.arrived())
    talk.carry(talk.world.a, talk.world.b, wire)
    talk.world.settle()
    talk.expect(wire, "arrived")


@pytest.mark.parametrize("story", [kept_then_recalled, refusal, update])
@pytest.mark.parametrize("fault", faults.FORMS)
def test_x1_one_truth_after_every_fault(world, fault, story):
    turn = faults.FORMS.index(fault) + tier.SEED
    for more in range(tier.TIMES):
        talk = Conversation(world, fault, turn + more)
        story(talk)
        assert talk.wrong == []
        tier.counted("X1", talk.count)


def test_x1_everything_that_was_promised_holds(world):
    assert world.broken() == []
    assert (
        world.a("problems", world.at) + world.b("problems", world.at) + world.hub("problems", world.at) == []
    )


@pytest.mark.parametrize(
    ("mutant", "place", "fault", "story"),
    [
        ("ack_on_any_200", "a", "portal", update),
        ("sent_at_the_try", "a", "error_503", update),
        ("timeout_is_failure", "a", "error_503", update),
        ("duplicate_is_an_error", "b", "reset_in_request", kept_then_recalled),
        ("no_duplicate_guard", "b", "reset_in_request", kept_then_recalled),
    ],
)
def test_x1_a_planted_fault_is_noticed(folder, mutant, place, fault, story):
    world = World(folder / mutant)
    try:
        getattr(world, place)("mutate", world.at, mutant)
        talk = Conversation(world, fault, FETCHING.index(("updateStatus",)))
        try:
            story(talk)
        except AssertionError as error:
            talk.wrong.append(str(error))
        assert talk.wrong + world.broken()
    finally:
        world.close()
