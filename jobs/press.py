"""Đôn đốc nơi nhận: looks every five minutes for what has waited longer than four office hours (feature I13)."""

from jobs import runner
from models import exchange_follow

PACE = 300


@runner.every(PACE)
def press() -> None:
    """Tell of what waits too long, once; the notices go out with the others."""
    exchange_follow.press()
