"""SIGKILL at every named boundary of sign, number, seal, send, receive, register, status and recall.

After each kill a fresh process starts, the person or the peer tries again, and in the end nothing is lost, nothing is
doubled, no number is skipped and both sides tell the same.
"""

import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from crash import script, story
from faults import tier

ROOT = Path(__file__).resolve().parents[2]
POINT = re.compile(r"""failpoints\.reach\(["']([^"']+)["']\)""")
ELSEWHERE = {  # boundary → the test that kills there, for what is no part of a letter's life
    "intake.taken": "tests/jobs/test_intake_folders.py",
    **dict.fromkeys(("batch.whole", "batch.divided"), "tests/jobs/test_separate.py"),
    **dict.fromkeys(
        ("pages.changed", "pages.cut", "pages.merged", "pages.arranged"), "tests/models/test_arrangements.py"
    ),
}


@pytest.fixture(scope="module")
def ground():
    """A folder in memory where there is one: a killed process loses no more there than on a disk, and much sooner."""
    memory = Path("/dev/shm")
    spacious = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    with tempfile.TemporaryDirectory(dir=memory if spacious else None, prefix="vanthu-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def rehearsed(ground):
    """(folder of saved states, boundaries passed in each act) of the undisturbed story."""
    world = story.World(ground / "first")
    try:
        world.set_up()
        passed = world.rehearse()
        world.serve()
        seen = world.go_on(len(script.ACTS))
    finally:
        world.close()
    assert story.faults(seen) == []
    return world.folder / "saved", passed


def test_every_boundary_in_the_source_is_passed(rehearsed):
    named = set()
    for folder in ("models", "jobs", "views", "signing"):
        for path in (ROOT / folder).rglob("*.py"):
            named |= set(POINT.findall(path.read_text(encoding="utf-8")))
    passed = set().union(*rehearsed[1])
    assert named - passed - ELSEWHERE.keys() == set(), "boundaries that no act of the story passes"


def cases(passed):
    """(act, boundary): in the first and the last act that passes it, there the first and the last time.

    In the deep tier every act and every time.
    """
    acts = {}
    for index, names in enumerate(passed):
        for name in names:
            acts.setdefault(name, []).append(index)
    for index, names in enumerate(passed):
        for name, count in names.items():
            if tier.TIMES == 1 and index not in (acts[name][0], acts[name][-1]):
                continue
            yield index, name
            for nth in range(2, count + 1) if tier.TIMES > 1 else {count} - {1}:
                yield index, f"{name}:{nth}"


def interrupted(world, saved, index, point):
    """One kill; where the clock decides how often a boundary is passed, the last time may come a turn sooner."""
    name, _, nth = point.partition(":")
    for count in range(int(nth or 1), 1, -1):
        try:
            return world.interrupt(saved, index, f"{name}:{count}")
        except story.NotReached:
            continue
    return world.interrupt(saved, index, name)


@pytest.mark.timeout(1500)
def test_killed_at_every_boundary(rehearsed, ground):
    saved, passed = rehearsed
    worlds, found = SimpleQueue(), {}
    hands = max(1, min(4, os.cpu_count() or 1))
    for hand in range(hands):
        worlds.put(story.World(ground / str(hand)))

    def play(case):
        index, point = case
        world = worlds.get()
        try:
            faults = story.faults(interrupted(world, saved, index, point))
        except AssertionError as error:
            faults = [str(error)]
        finally:
            worlds.put(world)
        if faults:
            found[f"{' '.join(script.ACTS[index])} at {point}"] = faults

    every = list(cases(passed))
    try:
        with ThreadPoolExecutor(hands) as pool:
            list(pool.map(play, every))
    finally:
        while not worlds.empty():
            worlds.get().close()
    assert len(every) > 100
    tier.counted("C1", len(every), boundaries=len(set().union(*passed)))
    assert not found, "\n".join(f"{case}: {faults}" for case, faults in found.items())


@pytest.mark.parametrize(
    ("mutant", "index", "point"),
    [
        ("order_after_commit", 4, "mutant"),
        ("number_apart", 2, "mutant"),
        ("done_before_stored", 6, "mutant"),
        ("no_duplicate_guard", 6, "receive.reply-half"),
    ],
)
def test_a_planted_fault_is_noticed(rehearsed, ground, mutant, index, point):
    world = story.World(ground / mutant)
    world.mutant = mutant
    try:
        try:
            faults = story.faults(world.interrupt(rehearsed[0], index, point))
        except AssertionError as error:
            assert "was not reached" not in str(error)
            faults = [str(error)]
        assert faults
    finally:
        world.close()
