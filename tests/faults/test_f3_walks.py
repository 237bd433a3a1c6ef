"""F3: random walks of three offices and an axis – send, accept, return, recall, copies, orders, kills, a jumping clock.

After each step everything that must hold at any moment is looked at (I1–I14), at the end of a walk also what must hold
when nothing is on its way any more.
"""

import shutil
from datetime import timedelta

import pytest
from faults import invariants, tier
from faults.place import Died, Place
from faults.world import START, free_port, prepared
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as any_of
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

OFFICES = {"a": ("H99.10", "lan"), "b": ("H99.20.01", "mai"), "c": ("H99.20.02", "mai")}
WALKS, STEPS = tier.size(3, 5_000), min(16 * tier.TIMES, 100)
ROUNDS = 14
office, spare = any_of.sampled_from(sorted(OFFICES)), any_of.integers(0, 1 << 16)


def three(folder):
    """The ground with a third office, made once."""
    ground = folder / "f3-ground"
    if ground.exists():
        return ground
    shutil.copytree(prepared(folder / "ground"), ground)
    at = f"{START:%Y-%m-%d %H:%M}"
    places = {name: Place(ground / name) for name in ("hub", *OFFICES)}
    secret = places["hub"]("set_up_hub", at, ("c",))["c"]
    places["c"]("set_up_c", at, "http://127.0.0.1:1/vxp", secret)
    for name in ("a", "b"):
        places[name]("meet_c", at)
    for one in places.values():
        one("checkpoint", at)
        one.kill()
    return ground


class Walk(RuleBasedStateMachine):
    """`folder` and `port` are set by the test."""

    folder = port = mutant = None
    count = steps = kills = 0

    @initialize()
    def begin(self):
        Walk.count += 1
        self.home = self.folder / f"f3-{Walk.count}"
        shutil.copytree(three(self.folder), self.home)
        self.now, self.documents, self.number, self.waiting = START, [], 0, []
        self.places = {"hub": Place(self.home / "hub", self.port)}
        for name in OFFICES:
            self.open(name)

    def open(self, name):
        self.places[name] = Place(self.home / name)
        self.places[name]("point", self.at, f"http://127.0.0.1:{self.port}/vxp")
        self.places[name]("restart", self.at)
        if self.mutant:
            self.places[name]("mutate", self.at, self.mutant)

    @property
    def at(self):
        return f"{self.now:%Y-%m-%d %H:%M}"

    def do(self, name, deed, *arguments, **named):
        self.now += timedelta(minutes=1)
        Walk.steps += 1
        try:
            return self.places[name](deed, self.at, *arguments, **named)
        except Died:
            Walk.kills += 1
            self.places[name].kill()
            self.open(name)
            return None

    def chosen(self, pick):
        return self.documents[pick % len(self.documents)]

    @rule(sender=office, pick=spare)
    def send(self, sender, pick):
        others = [code for name, (code, _) in sorted(OFFICES.items()) if name != sender]
        to = [others, others[:1], others[1:]][pick % 3]
        self.number += 1
        wire = self.do(sender, "issue", self.number, login=OFFICES[sender][1], to=to)
        self.documents.append((wire, sender))

    @rule(name=office)
    def work(self, name):
        self.do(name, "work")

    @rule(name=office, nth=any_of.integers(1, 40))
    def work_and_die(self, name, nth):
        self.do(name, "die_at", nth)
        self.do(name, "work")

    @precondition(lambda self: self.documents)
    @rule(name=office, pick=spare)
    def accept(self, name, pick):
        self.do(name, "attempt", "register", self.chosen(pick)[0])

    @precondition(lambda self: self.documents)
    @rule(name=office, pick=spare)
    def give_back(self, name, pick):
        self.do(name, "attempt", "refuse", self.chosen(pick)[0])

    @precondition(lambda self: self.documents)
    @rule(name=office, pick=spare, code=any_of.sampled_from(["04", "05", "06"]))
    def status(self, name, pick, code):
        self.do(name, "attempt", "report", self.chosen(pick)[0], code)

    @precondition(lambda self: self.documents)
    @rule(pick=spare)
    def recall(self, pick):
        wire, sender = self.chosen(pick)
        self.do(sender, "attempt", "recall", wire, login=OFFICES[sender][1])

    @rule(name=office, pick=spare)
    def again_or_early(self, name, pick):
        """A packet that the axis ever had for this office comes once more, or before others."""
        packets = self.places["hub"]("packets_for", self.at, OFFICES[name][0])
        if packets:
            self.do(name, "once_more", packets[pick % len(packets)])

    @rule(name=office)
    def kill(self, name):
        Walk.kills += 1
        self.places[name].kill()
        self.open(name)

    @rule(hours=any_of.sampled_from([1, 12, 80]))
    def jump(self, hours):
        self.now += timedelta(hours=hours)

    def check_all(self, settled):
        found = invariants.broken({name: self.home / name for name in self.places}, settled)
        assert found == []

    def teardown(self):
        if not hasattr(self, "places"):
            return
        try:
            for _ in range(ROUNDS):
                self.now += timedelta(minutes=70)
                if not sum(self.do(name, "work") or 0 for name in OFFICES):
                    break
            self.check_all(settled=True)
        finally:
            for one in self.places.values():
                one.kill()
            shutil.rmtree(self.home)

    def check_invariants(self, *arguments, **named):
        if hasattr(self, "places"):
            self.check_all(settled=False)
        super().check_invariants(*arguments, **named)


@pytest.fixture
def walking(folder):
    Walk.folder, Walk.port = folder, free_port()
    return settings(
        max_examples=WALKS, stateful_step_count=STEPS, deadline=None, database=None, print_blob=True,
        phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck), derandomize=False,
    )  # fmt: skip


def test_f3_random_walks_keep_every_promise(walking):
    run_state_machine_as_test(seed(tier.SEED)(Walk), settings=walking)
    tier.counted("F3", Walk.steps, walks=Walk.count, kills=Walk.kills)


@pytest.mark.skipif(tier.TIMES == 1, reason="chance needs longer walks: bin/torture f3")
def test_f3_a_planted_fault_is_noticed(walking, monkeypatch):
    monkeypatch.setattr(Walk, "mutant", "no_duplicate_guard")
    with pytest.raises(AssertionError, match="I2: "):
        run_state_machine_as_test(seed(tier.SEED)(Walk), settings=settings(walking, max_examples=40))
