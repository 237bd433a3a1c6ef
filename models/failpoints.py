"""Named boundaries at which a crash test may kill the process; nothing in normal work."""

import os
import signal

VARIABLE = "VANTHU_FAILPOINT"


def reach(name: str) -> None:
    """Die here by SIGKILL when the environment names this boundary (`name` or `name:3` for the third pass)."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    left = int(nth or 1) - 1
    if left:
        os.environ[VARIABLE] = f"{point}:{left}"
        return
    os.kill(os.getpid(), signal.SIGKILL)
