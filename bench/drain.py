"""Orders carried out by as many workers as a server of this size has; not a measurement of its own."""

import threading
import time
from unittest import mock

from jobs import runner
from models import db

WORKERS = 2


def drain(kinds) -> float:
    """Seconds in which WORKERS workers carry out all orders of these kinds."""
    left = {kind: runner._handlers[kind] for kind in kinds}

    def work():
        with db.connection():
            runner.run_due(1_000_000)
        db.database.close()

    with mock.patch.dict(runner._handlers, left, clear=True):
        before = time.perf_counter()
        hands = [threading.Thread(target=work) for _ in range(WORKERS)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return time.perf_counter() - before
