"""Jobs carry out orders that a verb wrote down. Face: `wake`, `start`, `stop`; importing it names every handler."""

from jobs import collect, courier, deliver, expiry, lists, ocr, pages, press, reconcile, tidy, verify
from jobs.runner import start, stop, wake

HANDLERS = (collect, courier, deliver, expiry, lists, ocr, pages, press, reconcile, tidy, verify)
__all__ = ["HANDLERS", "start", "stop", "wake"]
