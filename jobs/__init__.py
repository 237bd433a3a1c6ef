"""Jobs carry out orders that a verb wrote down. Face: `wake`, `start`, `stop`."""

from jobs.runner import start, stop, wake

__all__ = ["start", "stop", "wake"]
