"""Every table of the installation, for the first migration and for tests."""

from importlib import import_module
from importlib.util import find_spec

MODULES = (
    "journal", "workdays", "agencies", "users", "files", "outbox", "documents", "permissions", "registers",
    "tokens", "signatures", "exchange", "assignments", "incoming", "drafts", "outgoing", "recalls", "scans",
    "notifications", "hub", "reception", "setup",
)  # fmt: skip


def all_tables() -> list:
    """Models in the order of their modules."""
    found = []
    for name in MODULES:
        if find_spec(f"models.{name}"):
            found.extend(getattr(import_module(f"models.{name}"), "TABLES", ()))
    return found
