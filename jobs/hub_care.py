"""What the hub does by itself: its own agencies in step, old bodies and old secrets erased, unfinished uploads swept."""

from jobs import runner
from models import config, hub, hub_keeping, hub_members, hub_uploads

MINUTE, HOUR = 60, 3600
MOST_ROUNDS = 50  # batches of bodies an hour


@runner.every(MINUTE)
def keep_own() -> None:
    """The members of «self» follow the agencies hosted here."""
    if config.current().hub:
        hub_members.keep_own(now=True)
        hub.forget_former()


@runner.every(HOUR)
def sweep() -> None:
    """Erase what need not be kept any longer."""
    if config.current().hub:
        hub_uploads.sweep()
        rounds = 0
        while rounds < MOST_ROUNDS and hub_keeping.erase_old():
            rounds += 1
