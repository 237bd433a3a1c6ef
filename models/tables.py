"""Every table of the installation, in an order in which they can be made."""

from models import (
    agencies_mergers,
    arrangements,
    assignments,
    carriers,
    copies,
    courier,
    directory,
    documents,
    drafts,
    exchange,
    exchange_arrivals,
    exchange_attempts,
    exchange_follow,
    files,
    hub,
    intake,
    incoming_corrections,
    journal,
    notifications,
    outbox,
    paper,
    permissions,
    placements,
    quarantine,
    recalls,
    recipient_groups,
    reconciliation,
    registers,
    routing,
    saved_views,
    scans,
    selftest,
    senders,
    setup,
    signatures,
    signing_sessions,
    tokens,
    tokens_custody,
    tokens_expiry,
    tokens_readers,
    trust,
    trust_aliases,
    trust_hosts,
    trust_lists,
    unregistered,
    updates,
    users,
    workdays,
)

MODULES = (
    journal, workdays, agencies_mergers, users, files, outbox, documents, permissions, registers, paper, trust, trust_lists, trust_hosts, trust_aliases, tokens, tokens_readers,
    tokens_custody, tokens_expiry, signatures, signing_sessions, exchange, exchange_attempts, exchange_follow, exchange_arrivals,
    quarantine, courier, reconciliation,
    senders, assignments, routing, drafts, recipient_groups, directory, placements, copies, recalls, updates, intake, scans, carriers, unregistered, incoming_corrections, saved_views, arrangements, notifications, hub, selftest, setup,
)  # fmt: skip


def all_tables() -> list:
    """The models, module by module."""
    return [table for module in MODULES for table in module.TABLES]
