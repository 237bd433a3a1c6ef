"""Keys of the demonstration CA for the cast, a report that waits for Hoa's signature, and a real browser."""

import shutil
import socket
import threading
import time

import dispatches
import pytest
import signed_letters
import uvicorn
from playwright.sync_api import sync_playwright

from jobs import revocation
from models import db, drafts, files, outgoing, seed
from signing import prepare
from tests.signing import office_keys
from tests.signing.conftest import letter

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


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


@pytest.fixture
def address(application):
    """The application on a free loopback port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def chromium():
    """One real browser for all tests of a file; each has a profile of its own in it."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture
def page(address, chromium):
    """Lan's browser, signed in through the real form; what a strict content policy refuses is collected."""
    profile = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = profile.new_page()
    page.set_default_timeout(20_000)
    page.refused = []
    page.on("console", lambda said: "Content Security" in said.text and page.refused.append(said.text))
    page.on("pageerror", lambda error: page.refused.append(str(error)))
    page.goto(f"{address}/sign-in")
    page.locator("[name=login]").fill("lan")
    page.locator("[name=password]").fill(seed.PASSWORD)
    page.keyboard.press("Enter")
    page.locator("nav.rail").wait_for()
    page.address = address
    yield page
    profile.close()
