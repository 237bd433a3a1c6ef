"""The line to the axis of an installation that is itself the hub: the same calls as over HTTP, in this process.

Its hosted agencies are the system «self» of the hub, so what they exchange with connected systems, and with the axis
above, goes through the same tables as everybody's.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from models import errors, failpoints, files, hub, hub_members, hub_transit, outbox, vxp

LISTS = {
    "getAgenciesList": (hub_members.as_agency, True),
    "getAgenciesListQD20": (hub_members.as_agency_qd20, True),
    "getSynchronizeUnit": (hub_members.as_unit, False),
}
_SAFE = " Chưa có gì mất; hệ thống tự thử lại."


class OwnHub:
    """This installation's hub as its own agencies use it. Use as a context manager, or as it is."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Nothing is kept open."""

    def send_edoc(self, packet: Path, message_type: str, own_code: str, receivers: list[str]) -> str:
        """Give a packet to the hub; its id. The same bytes again: the same id. Raises Retry, GiveUp."""
        copy = files.spool() / f"box-{packet.name}-{id(self)}"
        failpoints.reach("send.connect")
        try:
            shutil.copyfile(packet, copy)
            axis_id = hub_transit.accept(self._system(), message_type, copy, own_code)
        except hub.Rejected as rejected:
            raise _fault(rejected) from rejected
        except errors.Refused as refused:
            raise outbox.Retry(str(refused), for_ever=True) from refused
        finally:
            copy.unlink(missing_ok=True)
        failpoints.reach("send.ack-verified")
        return axis_id

    def received_list(self, message_type: str) -> list[dict]:
        """Packets that wait for the agencies here."""
        hub_members.keep_own()
        return [hub_transit.as_waiting(row) for row in hub_transit.received(self._system(), message_type)]

    def get_edoc(self, axis_id: str, target: Path) -> Path:
        """Copy a packet into `target`. Raises Retry, GiveUp."""
        try:
            shutil.copyfile(hub_transit.bytes_of(self._system(), axis_id).path(), target)
        except hub.Rejected as rejected:
            raise _fault(rejected) from rejected
        return target

    def update_status(self, axis_id: str, status: str, description: str = "") -> None:
        """processing, done or fail. Raises Retry, GiveUp."""
        try:
            hub_transit.update(self._system(), axis_id, status, description)
        except hub.Rejected as rejected:
            raise _fault(rejected) from rejected

    def sent_list(self, message_type: str, axis_id: str = "") -> list[dict]:
        """What the agencies here sent, one row per receiver."""
        return [
            hub_transit.as_sent(row) for row in hub_transit.sent(self._system(), message_type, axis_id)
            if not axis_id or row.packet.axis_id == axis_id
        ]  # fmt: skip

    def agencies(self) -> list[dict]:
        """Every agency reached through the hub but our own."""
        return list(self.long_list("getAgenciesList", {}))

    def long_list(self, operation: str, values: dict, target: Path | None = None) -> Iterator[dict]:
        """The rows of one of the three lists of agencies, but for our own; `target` is not needed here."""
        shape, open_only = LISTS[operation]
        for page in hub_members.pages(open_only):
            yield from (shape(row) for row in page if row[7] != hub.BUILT_IN[hub.SELF][0])

    def _system(self):
        return hub.built_in(hub.SELF)


def _fault(rejected):
    """The fault the same answer over HTTP would be."""
    meaning = vxp.MEANINGS.get(rejected.code, "Trục từ chối")
    words = f": {rejected}" if str(rejected) != meaning else ""
    sentence = f"{meaning} (mã {rejected.code}{words})."
    return outbox.Retry(sentence + _SAFE) if rejected.code in vxp.PASSING else outbox.GiveUp(sentence)
