"""`routes`: every address of the application, grouped by area."""

from views import (
    admin,
    admin_agencies,
    admin_calendar,
    admin_directory,
    admin_partners,
    admin_people,
    admin_registers,
    admin_units,
    assignments,
    copies,
    courier,
    evidence,
    exchange,
    files,
    health,
    help,
    home,
    hub,
    incoming,
    journal,
    outgoing,
    paper,
    parked,
    parked_differences,
    parked_packets,
    parts,
    places,
    proofs,
    recalls,
    recipient_groups,
    scans,
    search,
    selftest,
    session,
    signatures,
    signatures_batch,
    signatures_files,
    tokens,
    tokens_custody,
    tokens_entry,
    tokens_loss,
    tokens_mine,
    tokens_uses,
    trust,
    trust_lists,
    verification,
    verification_evidence,
    verification_file,
)

AREAS = (
    home, session, paper, incoming, assignments, scans, outgoing, places, copies, signatures, signatures_files, signatures_batch, verification, verification_evidence, verification_file, tokens, tokens_custody, tokens_entry,
    tokens_loss, tokens_mine, tokens_uses, trust, trust_lists, exchange, evidence, courier, parked, parked_packets, parked_differences, selftest, recalls, files, search, help,
    admin, admin_agencies, admin_people, admin_units, admin_calendar, admin_registers, admin_partners, admin_directory, recipient_groups, proofs, journal, parts,
    health,
)  # fmt: skip


def routes() -> list:
    """All routes of people, and those of machines where this installation is a hub."""
    return [route for area in AREAS for route in area.ROUTES] + hub.mount()
