"""Signed letters for the tests of the check desk: made once, with every way in which a signature can be wrong."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

import letters

from jobs import runner
from models import clock, db, documents, trust
from signing import begin, embed, prepare
from tests.signing.conftest import letter, raw

FIELDS = {"organ_name": "Sở Kế hoạch tỉnh Minh Sơn", "code_number": "5", "code_notation": "BC-SKT", "subject": "Báo cáo",
          "urgency": "0", "act": "register"}  # fmt: skip


def hand(ca) -> SimpleNamespace:
    """The letters: sealed (valid), led (no seal), plain, altered, expired, revoked, evil."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    plain = letter("report")
    draft = prepare.prepare_draft(plain).pdf
    pending = begin.begin_signature(draft, ca.certificate("hoa"), ca.chain, now)
    led = embed.finish_signature(pending.work, pending.state, raw(ca.key("hoa"), pending), "").pdf
    found = {"plain": plain, "led": led}
    for name, label in (("sealed", "seal"), ("revoked", "seal-revoked"), ("evil", "seal-evil")):
        found[name] = sealed(ca, led, label, now)
    with mock.patch.object(
        begin.certificates, "require_usable", lambda *_: ("ecdsa", "sha256")
    ):  # a signer who ignores its end
        found["expired"] = sealed(ca, led, "seal-expired", now)
    found["altered"] = found["sealed"].replace(b"/Widget", b"/WidgeT", 1)
    return SimpleNamespace(**found)


def sealed(ca, led, label, now) -> bytes:
    """The led letter numbered 05 of today and sealed with the key of that label."""
    day = now.astimezone(begin.VIETNAM).date()
    pending = begin.begin_seal(led, 5, "BC-SKT", day, ca.certificate(label), ca.chain, now)
    return embed.finish_signature(pending.work, pending.state, raw(ca.key(label), pending), "").pdf


def send(office, content, annex=None, number="5", **fields) -> documents.Document:
    """The letter on its way from A to B and arrived there; what was ordered is done. Returns B's document."""
    values = {"code_notation": "BC-SKT", "issued_date": clock.today(), "subject": "Báo cáo kết quả"} | fields
    with db.connection():
        letters.issued(office.lan, [office.b], number, content, annex, **values)
        with mock.patch.dict(runner._handlers):
            runner._handlers.pop("pages")  # reading the pages is another test's matter
            runner.run_due()
        return letters.arrived(office.b)[-1]


def again(doc) -> documents.Document:
    """The document as it is now."""
    with db.connection():
        return documents.Document.get_by_id(doc.id)


def forget_authorities() -> None:
    """No authority is trusted any more, as if none had been entered."""
    with db.write():
        trust.TrustRoot.update(removed_at=clock.now()).execute()


def words(page) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def fields(doc, **more):
    """The registration form as the clerk sends it."""
    return FIELDS | {"issued_date": f"{doc.issued_date:%d/%m/%Y}"} | more
