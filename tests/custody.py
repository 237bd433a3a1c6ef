"""Key devices for tests: what a certificate says, a device handed over by the office's own two acts, a use of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from models import clock, db, tokens, tokens_custody

PAPERS = {"minutes_number": "01/BB", "assignment_number": "05/QĐ-SKH"}


@dataclass
class Said:
    """What a certificate says."""

    kind: str
    sha256: str
    name: str = "Người Mẫu"
    serial: str = "01"
    organisation: str = "Sở Kế hoạch tỉnh Minh Sơn"
    issuer: str = "CA trình diễn"
    not_before: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    not_after: datetime = datetime(2040, 1, 1, tzinfo=UTC)


def give(giver, certificate, receiver, **rest):
    """The giver opens, the receiver confirms; returns the device."""
    token = tokens.device_of(certificate)
    today = clock.today()
    values = PAPERS | {"minutes_date": today, "assignment_date": today} | rest
    act = tokens_custody.open_hand_over(giver, token, receiver.post, **values)
    tokens_custody.receive(receiver, act)
    return tokens.device(token.id)


def used(actor, certificate, purpose="seal", sha256="f" * 64, machine="PC-01"):
    """One signature made with the certificate."""
    with db.write():
        return tokens.record_use(None, certificate, actor, sha256, machine, purpose)
