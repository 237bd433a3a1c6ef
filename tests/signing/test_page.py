"""signing.js in a real browser with a real agent and a SoftHSM token: Hoa signs from the document's page."""

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import dispatches
import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from models import config, db, documents, drafts, files, outgoing, seed
from signing import prepare
from signing.demo.tokens import SOFTHSM
from tests.signing import office_keys
from tests.signing.conftest import ROOT, letter
from tests.signing.test_agent import Agent

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    not CHROMIUM or not os.path.exists(SOFTHSM), reason="needs chromium and softhsm2"
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The CA with tokens and services: (ca, facts)."""
    folder, port = tmp_path_factory.mktemp("ca"), free_port()
    holders = folder / "holders.json"
    holders.write_text(json.dumps([vars(holder) for holder in office_keys.HOLDERS]))
    command = [sys.executable, "-m", "signing.demo"]
    where = ["--folder", str(folder), "--port", str(port)]
    made = subprocess.run(
        [*command, "make", *where, "--holders", str(holders), "--moment", "2026-11-24T08:00:00+07:00"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    server = subprocess.Popen([*command, "serve", *where], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline().startswith("ready")
    yield office_keys.pki.Demo(folder), json.loads(made.stdout)
    server.terminate()
    server.wait(10)


@contextlib.contextmanager
def running(application):
    """The application on a loopback port; its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def doc(office):
    """Tuấn's report, waiting for Hoa's signature."""
    with db.connection():
        found = drafts.create(
            office.tuan, dispatches.FIELDS | {"signer": office.hoa.post}, [office.b], (),
            dispatches.paper(content=letter("report")),
        )  # fmt: skip
        outgoing.submit(found, office.tuan, files.store(prepare.prepare_draft(letter("report")).pdf))
        outgoing.approve(found, office.thao)
        outgoing.check_form(found, office.khoa)
        return found


def state(doc):
    with db.connection():
        return documents.Document.get_by_id(doc.id).state


def test_hoa_signs_from_the_page(office, application, made, doc):
    ca, facts = made
    office_keys.bind(office, ca)
    with running(application) as address, sync_playwright() as driver:
        agent = Agent({**os.environ, "SOFTHSM2_CONF": facts["softhsm2_conf"]}, address)
        config.use(dataclasses.replace(config.current(), agent_url=agent.url))
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page, said = browser.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + "/sign-in")
        page.fill("[name=login]", "hoa")
        page.fill("[name=password]", seed.PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        page.goto(f"{address}/outgoing/{doc.id}")
        button, status = (
            page.locator("[data-signing] [data-act=sign]"),
            page.locator("[data-signing] [role=status]"),
        )
        button.click()
        agent._type("000000")
        expect(status).to_contain_text("Mã PIN không đúng", timeout=30_000)
        assert state(doc) == "awaiting_signature"
        button.click()
        agent._type(facts["pin"])
        expect(page.locator("[data-signing]")).to_have_count(0, timeout=30_000)
        assert state(doc) == "signed"
        agent.process.terminate()
        agent.process.wait(10)
        browser.close()
    assert [
        words for words in said if "Failed to load resource" not in words
    ] == []  # a page picture past the end
