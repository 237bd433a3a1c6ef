"""The left rail: at most eight items in the regulation's words, by role, with counts."""

from typing import NamedTuple


class Item(NamedTuple):
    """One line of the rail; `count` 0 shows no number."""

    url: str
    label: str
    icon: str
    count: int
    current: bool


def of(actor, path: str) -> list[Item]:
    """The rail of this post."""
    return [Item("/", "Việc của tôi", "home", 0, path == "/")]
