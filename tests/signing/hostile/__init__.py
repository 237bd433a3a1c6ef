"""Files made to deceive: every class of attack on signed PDFs we know, built from our own letters and keys.

    for kind in hostile.kinds():
        for attack in hostile.of_kind(kind): ...

None of them may be called valid. A class is a generator function of the files beside this one, marked with `@attack`;
it yields (name, bytes) or (name, bytes, {"expect": …, "trust": …, "moment": …, "annexes": …}).
"""

import importlib
from dataclasses import dataclass, field
from datetime import datetime

from signing.records import Expectation, Trust
from tests.signing import workshop

PARTS = (
    "ranges",
    "files",
    "pages",
    "forms",
    "fields",
    "actions",
    "shadow",
    "containers",
    "people",
    "papers",
    "bombs",
)
INTACT = frozenset({"intact", "intact_later_allowed"})
CHANGED = frozenset({"changed"})
DAMAGED = frozenset({"broken", "partial", "unverifiable"})
TOUCHED = CHANGED | DAMAGED  # how a reader trips over it first is not ours to say
UNSIGNED = frozenset({"unsigned"})
_CLASSES = {}
_amounts: dict[str, int] = {}


@dataclass(frozen=True)
class Attack:
    """One file: its class, its name in the class, what integrity and verdict the check may give."""

    kind: str
    name: str
    pdf: bytes
    integrity: frozenset
    verdicts: frozenset
    expect: Expectation = workshop.EXPECTED
    trust: Trust = field(default_factory=workshop.trusted)
    moment: datetime = workshop.MOMENT_OF_CHECK
    annexes: tuple = ()


def attack(kind: str, integrity=TOUCHED, verdicts=("invalid",)):
    """Marks a generator function as a class of attacks."""

    def mark(function):
        _CLASSES[kind] = (function, frozenset(integrity), frozenset(verdicts))
        return function

    return mark


def kinds() -> list[str]:
    """The names of all classes."""
    for part in PARTS:
        importlib.import_module(f"tests.signing.hostile.{part}")
    return list(_CLASSES)


def of_kind(kind: str) -> list[Attack]:
    """The files of one class."""
    function, integrity, verdicts = _CLASSES[kind]
    found = []
    for name, pdf, *more in function():
        shape = {"integrity": integrity, "verdicts": verdicts} | (more[0] if more else {})
        found.append(Attack(kind, name, pdf, **shape))
    _amounts[kind] = len(found)
    return found


def amount(kind: str) -> int:
    """How many files a class has."""
    return _amounts[kind] if kind in _amounts else len(of_kind(kind))
