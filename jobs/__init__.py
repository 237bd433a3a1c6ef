"""Jobs carry out orders that a verb wrote down. Face: `wake`, `start`, `stop`; importing it names every handler."""

from jobs import (
    acceptance,
    collect,
    courier,
    deliver,
    directory,
    erasing,
    expiry,
    hub_care,
    lists,
    ocr,
    pages,
    press,
    reconcile,
    selftest,
    tidy,
    upper,
    verify,
)
from jobs.runner import start, stop, wake

HANDLERS = (
    acceptance,
    collect,
    courier,
    deliver,
    directory,
    erasing,
    expiry,
    hub_care,
    lists,
    ocr,
    pages,
    press,
    reconcile,
    selftest,
    tidy,
    upper,
    verify,
)
__all__ = ["HANDLERS", "start", "stop", "wake"]
