"""Once a day asks the axis what it took from us; models/reconciliation.py lays it beside our lines."""

import logging

from jobs import lines, runner
from models import courier, exchange_axis, outbox, parked, quarantine, reconciliation

log = logging.getLogger("vanthu.reconcile")
MOST_ASKED = 5000  # packets asked about one by one; what is left waits for the next run


@runner.every(1800)
def reconcile() -> None:
    """The daily comparison, when it is due and there is an axis to ask."""
    if exchange_axis.connected() and reconciliation.is_due():
        run()


def run() -> reconciliation.ReconciliationRun:
    """Compare now."""
    try:
        with lines.line() as line:
            rows = line.sent_list("edoc")
            asked = reconciliation.to_ask(rows)
            for axis_id in asked[:MOST_ASKED]:
                rows += [row for row in line.sent_list("edoc", axis_id) if row.get("senderDocId") == axis_id]
    except (outbox.Retry, outbox.GiveUp) as trouble:
        log.warning("axis: %s", trouble)
        return reconciliation.failed(str(trouble))
    return reconciliation.compare(rows, complete=len(asked) <= MOST_ASKED)


@runner.carries_out("reconcile")
def asked_for(_order) -> None:
    """A person wants to know now."""
    if exchange_axis.connected():
        run()


@runner.every(900)
def rematch() -> None:
    """Parked messages look for documents that came after them."""
    parked.rematch()


@runner.every(6 * 3600)
def tidy() -> None:
    """Bytes in quarantine and files of ended bundles are kept for a bounded time."""
    quarantine.tidy()
    courier.tidy()
