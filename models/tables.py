"""Every table of the installation, in an order in which they can be made."""

from models import (
    agencies,
    assignments,
    documents,
    drafts,
    exchange,
    files,
    hub,
    journal,
    notifications,
    outbox,
    permissions,
    recalls,
    registers,
    scans,
    setup,
    signatures,
    tokens,
    trust,
    users,
    workdays,
)

MODULES = (
    journal, workdays, agencies, users, files, outbox, documents, permissions, registers, trust, tokens, signatures, exchange,
    assignments, drafts, recalls, scans, notifications, hub, setup,
)  # fmt: skip


def all_tables() -> list:
    """The models, module by module."""
    return [table for module in MODULES for table in module.TABLES]
