"""The life of one letter between two installations and an axis, in which any process may be killed at any boundary."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from crash.script import ACTS
from faults import invariants

ZYGOTE = Path(__file__).with_name("zygote.py")
PLACES = ("hub", "a", "b")


class NotReached(AssertionError):
    """The act went on without passing the boundary so often."""


class World:
    """Three data folders, a zygote, and the axis on a loopback port."""

    def __init__(self, folder: Path):
        self.folder, self.minute, self.mutant = folder, 0, None
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.zygote = subprocess.Popen(
            [sys.executable, str(ZYGOTE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self):
        """End every process."""
        self.ask(do="kill")
        self.zygote.stdin.close()
        self.zygote.wait(120)

    def ask(self, **request) -> dict:
        """One request to the zygote."""
        request |= {"log": str(self.folder / "log.txt")}
        self.zygote.stdin.write(json.dumps(request) + "\n")
        self.zygote.stdin.flush()
        return json.loads(self.zygote.stdout.readline())

    def perform(self, place, act, *arguments, point=None, trace=None, minute=None):
        """(exit status, result) of an act in a process of its own."""
        self.minute += 1
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        status = self.ask(
            do="act", act=act, folder=str(self.folder / place), minute=minute or self.minute, arguments=arguments,
            axis=f"http://127.0.0.1:{self.port}/vxp", point=point, trace=trace, mutant=self.mutant, answer=str(answer),
        )["status"]  # fmt: skip
        return status, json.loads(answer.read_text()) if answer.exists() else None

    def done(self, place, act, *arguments, **more):
        """The result of an act that must succeed."""
        status, result = self.perform(place, act, *arguments, **more)
        assert status == 0, f"{act} at {place}: {status}\n{(self.folder / 'log.txt').read_text()[-3000:]}"
        return result

    def serve(self, point=None, trace=None):
        """Start the axis and wait until it answers."""
        self.ask(do="serve", folder=str(self.folder / "hub"), port=self.port, point=point, trace=trace)
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the axis does not answer")

    def set_up(self):
        """The three installations before the first act."""
        secrets = self.done("hub", "set_up_hub")
        self.done("a", "set_up_a", secrets["a"])
        self.done("b", "set_up_b", secrets["b"])

    def save(self, name):
        """Keep the three data folders as they are now; nothing may be running on them."""
        for place in PLACES:
            shutil.copytree(self.folder / place, self.folder / "saved" / name / place)

    def restore(self, saved: Path):
        """Go back to a kept state."""
        for place in PLACES:
            shutil.rmtree(self.folder / place, ignore_errors=True)
            shutil.copytree(saved / place, self.folder / place)

    def rehearse(self) -> list[dict[str, int]]:
        """Play the story undisturbed; for each act, the boundaries it passed and how often."""
        passed, trace, axis_trace = [], self.folder / "trace.txt", self.folder / "axis-trace.txt"
        for place, act in ACTS:
            self.save(str(len(passed)))
            for path in (trace, axis_trace):
                path.write_text("")
            self.serve(trace=str(axis_trace))
            self.done(place, act, trace=str(trace))
            self.ask(do="kill")
            names = trace.read_text().splitlines()
            names += [name for name in axis_trace.read_text().splitlines() if name.startswith("hub.")]
            passed.append({name: names.count(name) for name in names})
        return passed

    def interrupt(self, saved: Path, index: int, point: str):
        """Play from act `index` with one kill there at `point`, restart what died, go on to the end."""
        self.ask(do="kill")  # one left by a play that failed
        self.restore(saved / str(index))
        self.minute = 20 + index
        place, act = ACTS[index]
        in_axis = point.startswith("hub.")
        self.serve(point=point if in_axis else None)
        status, _ = self.perform(place, act, point=None if in_axis else point)
        if in_axis:
            if self.ask(do="alive")["alive"]:
                raise NotReached(f"{point} was not reached")
            self.serve()
        else:
            if status != -9:
                raise NotReached(f"{point} was not reached: {status}")
            self.done(place, "restart")
        return self.go_on(index)

    def go_on(self, index: int) -> dict:
        """The rest of the story in one more process, until nothing is left to do; what is seen in the end."""
        seen = self.done(".", "rest", index)
        self.ask(do="kill")
        return seen | {"broken": invariants.broken({place: self.folder / place for place in PLACES})}


def faults(seen: dict) -> list[str]:
    """Every broken promise in the end state, as a sentence."""
    a, b, found = seen["a"], seen["b"], list(seen["broken"])

    def expect(what, value, wanted):
        if value != wanted:
            found.append(f"{what}: {value} instead of {wanted}")

    expect("document of A", a["documents"], [["outgoing", "recalled", "1", None, True]])
    letter, paper = ["incoming", "recalled", "1", 1, True], ["incoming", "forwarded", "5", 2, False]
    expect("documents of B", b["documents"], [letter, paper])
    expect("consignment of A", a["consignments"], [["out", "recalled"]])
    expect("consignment of B", b["consignments"], [["in", "recalled"]])
    expect("numbers of A", [row[:2] for row in a["numbers"]], [["outgoing", 1]])
    expect("numbers of B", [row[:2] for row in b["numbers"]], [["incoming", 1], ["incoming", 2]])
    told = ["accepted", "arrived", "recalled"]
    expect("told by B", sorted(row[1] for row in b["messages"] if row[0] == "out"), told)
    expect("heard by A", sorted(row[1] for row in a["messages"] if row[0] == "in"), told)
    expect("heard by B", [row[1] for row in b["messages"] if row[0] == "in"], ["recall_asked"])
    expect("kinds of version", [kind for kind, _ in a["versions"]].count("signed"), 1)
    sealed = [sha for kind, sha in a["versions"] if kind == "sealed"]
    expect("file at B", b["main"], [])  # recalled: gone, its tombstone says what it was
    expect("tombstones of B", set(sealed) <= set(b["tombstones"]), True)
    expect("sealed versions", len(sealed), 1)
    expect("sessions of A", a["sessions"], 1)
    expect("scans of B", b["scans"], ["confirmed"])
    for name, side in (("a", a), ("b", b)):
        expect(f"gaps of {name}", [gap for gap in side["gaps"] if gap], [])
        expect(f"problems of {name}", side["problems"], [])
        expect(f"integrity of {name}", side["integrity"], [["ok"]])
        expect(f"untold of {name}", side["untold"], [])
        expect(f"orders of {name}", [row for row in side["orders"] if row[0] in ("deliver", "status")], [])
        expect(f"parked at {name}", [row for row in side["messages"] if row[2]], [])
        expect(f"spool of {name}", side["spool"], [])
        expect(f"orphans of {name}", side["orphans"], [])
    return found
