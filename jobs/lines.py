"""The line to the axis: `with lines.line() as line:` is the same for an axis elsewhere and for this installation's own hub.

An HTTP connection is kept alive and goes from one order to the next; one whose declaration changed is closed.
"""

import threading
from contextlib import contextmanager

from jobs import axis, own_hub
from models import config, errors, exchange_axis, outbox, vault

MOST_IDLE = 8

_idle: list = []
_guard = threading.Lock()


@contextmanager
def line(progress=None):
    """A line to the axis of this installation; its own hub where it is one. Raises NotSent as `upper` does."""
    if config.current().hub:
        yield own_hub.OwnHub()
        return
    with upper(progress) as client:
        yield client


@contextmanager
def upper(progress=None):
    """A line to the declared axis; of a hub it is the one above. Raises NotSent when none is declared or its secret
    does not open.

    `progress()` is called between the parts of a long transfer; what it raises ends the transfer, to be continued later.
    It has send_edoc, received_list, get_edoc, update_status, sent_list and agencies; faults are Retry, NotSent, GiveUp.
    A line that failed is not used again.
    """
    connection = exchange_axis.connected()
    if connection is None:
        raise axis.NotSent(exchange_axis.NOT_DECLARED, after=60)
    declared = (connection.url, connection.system_id, connection.locked_secret)
    client = _taken(declared)
    client.progress, client.parts = progress, exchange_axis.knows_parts(connection)
    client.on_plain = lambda: exchange_axis.note_plain(connection)
    try:
        yield client
    except outbox.Retry:
        client.close()
        raise
    except BaseException:
        _put_back(declared, client)
        raise
    _put_back(declared, client)


def is_declared() -> bool:
    """True when there is an axis for the agencies here: a declared one, or this installation's own hub."""
    return config.current().hub or exchange_axis.connected() is not None


def close() -> None:
    """Close what lies idle (the workers stop, or a test ends)."""
    with _guard:
        left = list(_idle)
        _idle.clear()
    for _, client in left:
        client.close()


def _taken(declared):
    with _guard:
        old = [item for item in _idle if item[0] != declared]
        for item in old:
            _idle.remove(item)
        client = _idle.pop()[1] if _idle else None
    for _, stale in old:
        stale.close()
    return client or _opened(*declared)


def _opened(url, system_id, locked_secret):
    try:
        return axis.Client(url, system_id, vault.unlock(locked_secret))
    except errors.Refused as error:
        raise axis.NotSent(str(error), after=300) from error


def _put_back(declared, client):
    with _guard:
        if len(_idle) < MOST_IDLE:
            _idle.append((declared, client))
            return
    client.close()
