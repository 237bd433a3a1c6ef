"""The keyboard in a real browser: every act of the clerk without a mouse, safe for Vietnamese input methods."""

import pytest
from arrivals import arrive

from models import documents, incoming
from tests.views.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def focused(page, what="name"):
    return page.evaluate(f"document.activeElement.{what}")


def leave_fields(page):
    page.evaluate("document.activeElement.blur()")


def settled(page, key):
    """The item is on the desk, and the breath in which a key held down does nothing is over."""
    page.wait_for_function("key => document.querySelector('#item').dataset.key === key", arg=key)
    page.wait_for_timeout(400)


def test_a_clerk_registers_and_presents_with_enter_alone(page, office):
    second = arrive(office, code_number="13", subject="Văn bản kế tiếp", issued_date=None)
    first = arrive(office, urgency=3, subject="Văn bản khẩn", issued_date=documents.clock.today())
    page.goto(f"{page.address}/incoming/waiting")
    settled(page, f"doc-{first.id}")
    page.keyboard.press("Enter")
    page.locator("#said", has_text="Số đến 1").wait_for()
    settled(page, f"doc-{second.id}")
    assert documents.Document.get_by_id(first.id).state == "forwarded"
    assert page.locator("#f-subject").input_value() == "Văn bản kế tiếp"  # the next one is there already
    page.keyboard.press("Enter")  # it lacks its day: nothing is lost, the field is found
    page.locator("#summary").wait_for()
    assert focused(page) == "issued_date" and documents.Document.get_by_id(second.id).state == "arrived"
    page.keyboard.type(f"{documents.clock.today():%d/%m}")
    page.keyboard.press("Enter")
    page.locator("#said", has_text="Số đến 2").wait_for()
    settled(page, "")
    assert "Hết văn bản chờ" in page.locator("#waiting").inner_text()
    assert page.refused == []


def test_lists_move_with_arrows_and_open_with_enter(page, office):
    for number in ("1", "2", "3"):
        incoming.register(arrive(office, code_number=number), office.lan)
    page.goto(f"{page.address}/incoming")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.locator("#side").wait_for()
    assert "Số đến 2" in page.locator("#side").inner_text()
    page.keyboard.press("Escape")
    page.locator(".list").wait_for()


def test_places_search_and_return_have_keys(page, office):
    arrive(office)
    page.goto(f"{page.address}/incoming/waiting")
    page.keyboard.press("F8")
    assert focused(page) == "reason"
    page.keyboard.press("Escape")
    leave_fields(page)
    page.keyboard.press("/")
    assert focused(page) == "q"
    leave_fields(page)
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/incoming")
    assert page.refused == []


def test_typing_vietnamese_never_triggers_a_key(page, office):
    """An input method sends backspaces and composing events; letters, digits and slashes in a field are text."""
    arrive(office)
    page.goto(f"{page.address}/incoming/waiting")
    field = page.locator("#f-subject")
    field.fill("")
    page.keyboard.type("gb/1 vie")
    page.keyboard.press("Backspace")
    page.keyboard.type("ệt")
    assert field.input_value() == "gb/1 việt" and page.url.endswith("/incoming/waiting")
    leave_fields(page)
    page.evaluate("""for (const more of [{isComposing: true}, {keyCode: 229}])
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", code: "Enter", bubbles: true, ...more}))""")
    page.wait_for_timeout(300)
    assert page.locator("#said").inner_text() == ""
    assert documents.Document.get().state == "arrived"
