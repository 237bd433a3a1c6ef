"""static/places.js in a real browser: the boxes are dragged and moved by keys, and what was shown is what is kept."""

import contextlib
import shutil
import socket
import threading
import time

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from models import db, documents, outgoing, placements, users
from signing.records import LEADER_FIELD, SEAL_FIELD
from tests.views.test_places import load_pictures, make
from views import outgoing_papers, web

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")


@contextlib.contextmanager
def running(application):
    """The application on a loopback port; its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def test_boxes_follow_the_mouse_and_the_arrow_keys(office, application):
    with db.connection():
        load_pictures(office)
        doc = make(office)
        outgoing.submit(doc, office.tuan, outgoing_papers.prepared(doc, {})[0])
        token = users.open_session(office.tuan.person)
    with running(application) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page, said = browser.new_page(viewport={"width": 1366, "height": 768}), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.context.add_cookies([{"name": web.COOKIE, "value": token, "url": address}])
        page.goto(f"{address}/outgoing/{doc.id}/places", wait_until="networkidle")

        def place(name):
            return tuple(
                float(page.input_value(f'[name="{name}.{edge}"]').replace(",", "."))
                for edge in ("left", "top")
            )

        leader, seal = place(LEADER_FIELD), place(SEAL_FIELD)
        box = page.locator(f"[data-name={LEADER_FIELD}]").bounding_box()
        x, y = box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 30, y + 12, steps=4)
        page.mouse.up()
        moved = place(LEADER_FIELD)
        assert moved[0] > leader[0] + 4 and moved[1] > leader[1] + 1
        assert place(SEAL_FIELD)[0] - seal[0] == pytest.approx(moved[0] - leader[0], abs=0.05)  # goes with it
        page.locator(f"[data-name={SEAL_FIELD}]").focus()
        before = place(SEAL_FIELD)
        page.keyboard.press("ArrowRight")
        assert place(SEAL_FIELD)[0] - before[0] == pytest.approx(25.4 / 72, abs=0.02)  # one point
        for _ in range(9):
            page.keyboard.press("Shift+ArrowRight")
        share = (place(SEAL_FIELD)[0] + 38 - moved[0]) / (96 * 25.4 / 72)
        assert share == pytest.approx(0.40, abs=0.02)  # no further
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert place(LEADER_FIELD) == pytest.approx(moved, abs=0.05)
        browser.close()
    assert said == []
    with db.connection():
        assert set(placements.of(documents.Document.get_by_id(doc.id))) == {LEADER_FIELD, SEAL_FIELD}
