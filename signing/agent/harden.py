"""Keeps the memory of this process to itself: no core file, no reading by other programs, no swapping where allowed."""

import ctypes
import sys

try:
    import resource
except ImportError:  # Windows
    resource = None

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE = 1, 2


def harden() -> list[str]:
    """Do what this system allows; returns what was done. Windows writes no core file unless told to, so nothing there."""
    done = []
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        done.append("core")
    if sys.platform.startswith("linux"):
        system = ctypes.CDLL(None, use_errno=True)
        if system.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
            done.append("dumpable")
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        if limit == resource.RLIM_INFINITY and system.mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0:
            done.append("memory")
    return done
