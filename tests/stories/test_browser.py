"""The whole circle in real Chromium, by the keyboard: drafted, approved, signed, sealed and sent, checked, registered,
assigned on a phone, worked on, completed; what the sender sees at the end."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from models import seed, seed_letters
from tests.stories.outward import FIRST
from tests.stories.setting import World
from tests.stories.stage import wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM or not shutil.which("softhsm2-util"), reason="needs chromium and softhsm2"
    ),
    pytest.mark.timeout(400),
]
PICTURES = os.environ.get("PICTURES")  # a folder to keep what each person saw, for looking at


class Person:
    """Somebody before a browser."""

    def __init__(self, chromium, installation, login, size=DESK):
        self.page = chromium.new_context(viewport=size, locale="vi-VN").new_page()
        self.said: list[str] = []
        self.page.on(
            "console", lambda message: self.said.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.url, self.login = installation.url, login
        self.open("/sign-in")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", seed.PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def open(self, path):
        self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")

    def press(self, keys):
        """Press a key with no field in focus."""
        self.page.evaluate("document.activeElement && document.activeElement.blur()")
        self.page.keyboard.press(keys)

    def sees(self, words):
        expect(self.page.locator("body")).to_contain_text(words, timeout=30_000)
        if PICTURES:
            self.page.screenshot(
                path=f"{PICTURES}/{self.login}-{re.sub(r'[^a-z0-9]+', '-', words.lower())[:30]}.png"
            )


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.build()
    made.start()
    yield made
    made.stop()


def test_the_whole_circle_by_keyboard(world, tmp_path):
    draft = tmp_path / "du-thao.docx"
    draft.write_bytes(seed_letters.docx(FIRST))
    pin = world.keys.pin
    desk_a = world.office_desk(world.a)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        people = {}

        def person(login, at, size=DESK):
            people[login] = Person(chromium, at, login, size)
            return people[login]

        letter = draft_it(person("tuan", world.a), draft)
        approve(person("thao", world.a), letter, "Chờ kiểm tra thể thức")
        approve(person("khoa", world.a), letter, "Chờ ký")
        sign(person("minh", world.a, PHONE), letter, desk_a, pin)
        seal_and_send(person("lan", world.a), letter, desk_a, pin)
        arrived = register(person("mai", world.b), world.b)
        assign(person("binh", world.b, PHONE), arrived)
        work(person("nam", world.b), arrived)
        wait_for(lambda: world.a.fact("SELECT state FROM consignment") == "completed", "A thấy đã hoàn thành")
        people["lan"].open(f"/outgoing/{letter}/dispatch")
        people["lan"].sees("Đã hoàn thành")
        noise = [words for one in people.values() for words in one.said if "404" not in words]
        chromium.close()
    assert noise == []


def draft_it(tuan, draft) -> int:
    tuan.open("/outgoing/new")
    page = tuan.page
    page.set_input_files("[name=file]", draft)
    page.select_option("[name=type_code]", "CV")
    page.fill("[name=subject]", "V/v " + FIRST.subject)
    page.select_option(
        "[name=signer]", label=page.locator("[name=signer] option", has_text="Lê Văn Minh").inner_text()
    )
    page.fill("#f-recipients", "suoi may")
    box = page.locator("#recipients").get_by_text("UBND xã Suối Mây")
    expect(box).to_be_visible(timeout=10_000)
    box.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/outgoing/\d+$"), timeout=60_000)
    tuan.press("Enter")
    tuan.sees("Chờ duyệt nội dung")
    return int(page.url.rsplit("/", 1)[1])


def approve(person, letter, words):
    person.open(f"/outgoing/{letter}")
    person.press("Enter")
    person.sees(words)


def sign(minh, letter, desk, pin):
    minh.open(f"/outgoing/{letter}")
    minh.press("Enter")
    desk.type_pin(pin)
    minh.sees("Đã ký, chờ phát hành")


def seal_and_send(lan, letter, desk, pin):
    lan.open(f"/issuing?doc={letter}")
    lan.press("Enter")
    desk.type_pin(pin)
    lan.sees("Đã phát hành 01/SKH-KH")


def register(mai, installation) -> int:
    arrived = wait_for(
        lambda: installation.fact("SELECT id FROM document WHERE verdict = 'valid'"), "đến và được kiểm tra"
    )
    mai.open("/incoming/waiting")
    mai.sees("HỢP LỆ")
    mai.press("Enter")
    mai.sees("Số đến 1")
    return arrived


def assign(binh, arrived):
    binh.open(f"/incoming/{arrived}")
    page = binh.page
    page.get_by_label("Tao Văn Nam chủ trì").check()
    page.fill("[name=instruction]", "Đồng chí Nam tham mưu")
    page.keyboard.press("Control+Enter")
    binh.sees("Đã phân công")


def work(nam, arrived):
    nam.open(f"/incoming/{arrived}")
    nam.press("Enter")
    nam.sees("Đang giải quyết")
    page = nam.page
    page.locator("summary", has_text="Hoàn thành").click()
    page.fill("form[action$='/completion'] [name=result]", "Đã báo cáo trực tiếp")
    page.keyboard.press("Control+Enter")
    nam.sees("Đã hoàn thành")
