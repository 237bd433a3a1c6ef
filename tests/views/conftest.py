"""Keys of the demonstration CA for the cast, and a report that waits for Hoa's signature."""

import dispatches
import pytest
import signed_letters

from jobs import revocation
from models import db, drafts, files, outgoing
from signing import prepare
from tests.signing import office_keys
from tests.signing.conftest import letter


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    """The CA with its services, once a process."""
    with office_keys.served(tmp_path_factory.mktemp("ca")) as found:
        yield found


@pytest.fixture
def keys(office, ca):
    """The CA, its certificates recorded for the cast and trusted."""
    office_keys.bind(office, ca)
    return ca


@pytest.fixture(scope="session")
def prepared_report():
    """The report with its empty fields."""
    return prepare.prepare_draft(letter("report")).pdf


@pytest.fixture
def submitted(office, prepared_report):
    """submitted(annex=True): Tuấn's report, prepared, approved, waiting for Hoa."""

    def make(annex=True, **fields):
        with db.connection():
            values = dispatches.FIELDS | {"signer": office.hoa.post} | fields
            annexes = [dispatches.paper("phu-luc.docx", letter("annex"))] if annex else []
            found = drafts.create(
                office.tuan, values, [office.b], (), dispatches.paper(content=letter("report")), annexes
            )
            outgoing.submit(found, office.tuan, files.store(prepared_report))
            outgoing.approve(found, office.thao)
            outgoing.check_form(found, office.khoa)
            return found

    return make


@pytest.fixture
def doc(submitted):
    """With one annex in a file of its own."""
    return submitted()


@pytest.fixture(scope="session")
def paper(ca):
    """Sealed letters, and what can be wrong with one (tests/signed_letters.py)."""
    return signed_letters.hand(ca)


@pytest.fixture
def desk_keys(keys):
    """The same keys; no address counts as dead from a test before."""
    revocation.forget()
    return keys


@pytest.fixture
def no_line(monkeypatch):
    """The line to the authority is cut; `undo()` mends it."""
    monkeypatch.setattr(revocation.trust, "fetch", lambda *_: None)

    def undo():
        monkeypatch.undo()
        revocation.forget()

    return undo
