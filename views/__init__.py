"""`routes`: every address of the application, grouped by area."""

from importlib import import_module
from importlib.util import find_spec

AREAS = (
    "home", "session", "incoming", "assignments", "scans", "outgoing", "signatures", "tokens", "exchange", "recalls",
    "files", "search", "help", "admin", "admin_agencies", "admin_people", "admin_units", "admin_calendar",
    "admin_registers", "admin_partners", "journal", "parts", "health",
)  # fmt: skip


def routes() -> list:
    """All routes; the hub's machine endpoints are mounted by app.py under their own path."""
    found = []
    for area in AREAS:
        if find_spec(f"views.{area}"):
            found.extend(import_module(f"views.{area}").ROUTES)
    return found
