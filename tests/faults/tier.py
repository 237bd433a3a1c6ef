"""How large the proofs are: the short tier of bin/test, or the deep one that bin/torture asks for by the environment.

TORTURE: how many times the short tier; TORTURE_SEED: where chance begins; TORTURE_COUNTS: a file that is told what was
counted, one JSON line a proof.
"""

import json
import os
import random

TIMES = int(os.environ.get("TORTURE", "1"))
SEED = int(os.environ.get("TORTURE_SEED", "0"))


def size(short: int, most: int | None = None) -> int:
    """So many in this tier."""
    return min(short * TIMES, most) if most else short * TIMES


def chance(name: str) -> random.Random:
    """Random numbers of this seed for one proof, the same in every run."""
    return random.Random(f"{name}/{SEED}")


def counted(goal: str, many: int, **facts) -> None:
    """Tell how much was proved."""
    path = os.environ.get("TORTURE_COUNTS")
    if path:
        with open(path, "a") as file:
            file.write(json.dumps({"goal": goal, "n": many, **facts}) + "\n")
