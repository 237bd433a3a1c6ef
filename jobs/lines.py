"""The line to the axis: `with lines.line() as line:` is the same for an axis elsewhere and for this installation's own hub.

An HTTP connection is kept alive and goes from one order to the next; one whose declaration changed is closed.
"""

import threading
from contextlib import contextmanager

from jobs import axis
from models import errors, exchange_axis, outbox, vault

MOST_IDLE = 8
NOT_DECLARED = (
    "Chưa khai báo kết nối trục (Quản trị → Kết nối trục). Văn bản chờ ở đây, khai báo xong sẽ tự gửi."
)

_idle: list = []
_guard = threading.Lock()


@contextmanager
def line():
    """A line to the axis of this installation. Raises NotSent when none is declared or its secret does not open.

    It has send_edoc, received_list, get_edoc, update_status, sent_list and agencies; faults are Retry, NotSent, GiveUp.
    A line that failed is not used again.
    """
    connection = exchange_axis.connected()
    if connection is None:
        raise axis.NotSent(NOT_DECLARED, after=60, for_ever=True)
    declared = (connection.url, connection.system_id, connection.locked_secret)
    client = _taken(declared)
    try:
        yield client
    except outbox.Retry:
        client.close()
        raise
    except BaseException:
        _put_back(declared, client)
        raise
    _put_back(declared, client)


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
        raise axis.NotSent(str(error), after=300, for_ever=True) from error


def _put_back(declared, client):
    with _guard:
        if len(_idle) < MOST_IDLE:
            _idle.append((declared, client))
            return
    client.close()
