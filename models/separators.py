"""Tờ ngăn: what the QR code of a separator sheet says, and that this installation printed it; pure.

«VT1:S:12:A345.L7:K3F2Q9ZX»: version, kind (S = a letter begins, E = the batch ends), agency, proposals (A = sender in
the address book, L = leader's post, U = unit), and a check made with the installation's key. A code that others
printed, of another office or of a carton, is no separator.
"""

import base64
import hmac
import re
from dataclasses import dataclass

from models import vault

NEXT, END = "S", "E"
_TEXT = re.compile(r"^VT1:([SE]):([1-9]\d{0,9}):((?:[ALU]\d{1,10}(?:\.[ALU]\d{1,10})*)?):([A-Z2-7]{8})$")


@dataclass(frozen=True)
class Mark:
    """What a sheet says: its kind, the agency that printed it, ids it proposes for the form (None = says nothing)."""

    kind: str
    agency: int
    sender: int | None = None
    leader: int | None = None
    unit: int | None = None


def text_of(mark: Mark) -> str:
    """The words of the QR code."""
    proposals = {"A": mark.sender, "L": mark.leader, "U": mark.unit}
    said = ".".join(f"{letter}{value}" for letter, value in proposals.items() if value)
    head = f"VT1:{mark.kind}:{mark.agency}:{said}"
    return f"{head}:{_check(head)}"


def read(said: str, agency: int) -> Mark | None:
    """The mark, if this installation printed the sheet for this agency; else None."""
    found = _TEXT.match(said)
    if not found or not hmac.compare_digest(_check(said.rpartition(":")[0]), found[4]):
        return None
    if int(found[2]) != agency:
        return None
    ids = {part[0]: int(part[1:]) for part in found[3].split(".") if part}
    return Mark(found[1], agency, ids.get("A"), ids.get("L"), ids.get("U"))


def _check(head: str) -> str:
    return base64.b32encode(vault.digest(f"separator:{head}")[:5]).decode()
