"""Acts of several threads in one transaction: many hands that each write a little share one sync of the disk.

Whoever comes while another commits waits, and all who waited go together. An act that fails takes nobody with it: each is
then done again alone, so an act must be harmless to begin anew.
"""

import threading

from models import db, errors

MOST = 64
_PASSING = (db.OperationalError, db.IntegrityError, errors.DomainError)


class _Job:
    def __init__(self, act):
        self.act, self.value = act, None
        self.is_done = self.is_over = False
        self.turn = threading.Event()


class Together:
    """`run(act)` carries out `act()` inside a write() shared with others, and returns its value after the commit."""

    def __init__(self):
        self._guard = threading.Lock()
        self._waiting = []
        self._is_led = False

    def run(self, act):
        """The value of `act()`. Raises what it raises."""
        if db.database.in_transaction():
            return act()
        job = _Job(act)
        with self._guard:
            self._waiting.append(job)
            leads, self._is_led = not self._is_led, True
        if not leads:
            job.turn.wait()
        if not job.is_over:
            self._lead()
        if job.is_done:
            return job.value
        with db.write():
            return act()

    def _lead(self):
        """Carry out what waits, and hand the lead to the first who came meanwhile."""
        with self._guard:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            self._carry_out(batch)
        except _PASSING:
            pass  # each does it again alone, and hears what is wrong with his own
        finally:
            with self._guard:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
            for job in batch:
                job.is_over = True
                job.turn.set()
            if following:
                following.turn.set()

    @staticmethod
    def _carry_out(batch):
        with db.write():
            for job in batch:
                job.value = job.act()
        for job in batch:
            job.is_done = True
