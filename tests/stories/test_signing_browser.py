"""Signing in real Chromium: our agent over SoftHSM and the double of VGCA Sign Service, and everything that goes wrong on
the way — a cancelled or mistyped PIN, a token pulled out, a page closed half-way, a server that is away, a file brought
without a reply and a reply without a file. One server, one Chromium, one agent, one double for all of it.
"""

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import dispatches
import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

import app
from jobs import demo_keys
from models import agencies, config, db, drafts, files, outgoing, seed, users
from signing import prepare
from tests.signing.conftest import letter
from tests.stories.desk import Desk
from tests.stories.stage import ROOT, Installation, free_port, wait_for
from tests.stories.test_browser import CHROMIUM, PHONE, Person

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM or not shutil.which("softhsm2-util"), reason="needs chromium and softhsm2"
    ),
    pytest.mark.timeout(400),
]
AMOUNT = 14
LEADER = "minh"


class Vgca:
    """The double as a process of its own, told what to do wrong through its control port."""

    def __init__(self, folder: Path, label: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.vgca_double", "--keys", folder, "--certificate", folder, "--label", label,
             "--port", "0"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        _, self.url, _, self.control = self.process.stdout.readline().split()

    def tell(self, what, value):
        httpx.put(f"{self.control}/{what}/{value}")

    def log(self, kind):
        return [one for one in httpx.get(self.control + "/x").json() if one["kind"] == kind]


class Place:
    """Agency A with its server, keys, agent and double; `letters` wait for Minh's signature."""

    def __init__(self, folder: Path):
        self.folder, self.stack = folder, ExitStack()
        agent, services = free_port(), free_port()
        self.at = Installation("a", folder, free_port())
        self.letters = self._build(services)
        served = demo_keys.serve(folder / "keys", services)
        self.stack.callback(served.terminate)
        self.vgca = Vgca(folder / "keys", LEADER)
        self.stack.callback(self.vgca.process.terminate)
        self.at.settings |= {"AGENT_URL": f"ws://127.0.0.1:{agent}", "VGCA_URL": self.vgca.url,
                             "TSA_URL": f"http://127.0.0.1:{services}/trinh-dien/tsa/tsa"}  # fmt: skip
        self.stack.callback(self.at.stop)
        self.at.start()
        self.desk = Desk(self.keys, None, self.at.url, agent)
        self.stack.callback(self.desk.stop)

    def _build(self, services):
        settings = config.use(config.Config(data=self.at.data, mode="demo"))
        app.open_installation(settings)
        with db.connection():
            seed.calendar()
            seed.administrator()
            cast = seed.so_a()
            seed.xa_b()
            self.keys = demo_keys.make(self.folder / "keys", services, demo_keys.holders_of("a", cast))
            demo_keys.trust(self.keys)
            demo_keys.establish(cast, "a", self.keys, demo_keys.leaders_of(cast.agency.id), cast.lan)
            pdf = prepare.prepare_draft(letter("report")).pdf
            made = [self._letter(cast, pdf, number) for number in range(AMOUNT)]
        db.database.close()
        return iter(made)

    def _letter(self, cast, pdf, number) -> int:
        values = dispatches.FIELDS | {"signer": cast.minh.post, "subject": f"V/v báo cáo thứ {number + 1}"}
        paper = dispatches.paper(content=letter("report"))
        doc = drafts.create(cast.tuan, values, [agencies.by_code("H99.20.01")], (), paper)
        outgoing.submit(doc, cast.tuan, files.store(pdf))
        outgoing.approve(doc, users.Actor(cast.thao.person, cast.thao.post))
        outgoing.check_form(doc, cast.khoa)
        return doc.id

    def state(self, letter) -> str:
        return self.at.fact("SELECT state FROM document WHERE id = ?", letter)

    def reached(self, letter, state):
        wait_for(lambda: self.state(letter) == state, f"văn bản {letter} tới {state}")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    found = Place(tmp_path_factory.mktemp("ky"))
    yield found
    found.stack.close()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as driver:
        found = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--ignore-certificate-errors"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def minh(place, chromium):
    return Person(chromium, place.at, LEADER)


@pytest.fixture(scope="module")
def lan(place, chromium):
    return Person(chromium, place.at, "lan")


def status(person):
    return person.page.locator("[data-part=status]")


def said(person, words):
    expect(status(person)).to_contain_text(words, timeout=30_000)


def opened(place, minh, way="agent") -> int:
    """The next letter on Minh's screen, with the way of signing chosen."""
    number = next(place.letters)
    minh.open(f"/outgoing/{number}")
    choose(minh, way)
    return number


def choose(person, way):
    person.page.locator(".ways > summary").click()
    person.page.locator(f"[name=way][value={way}]").check()


def test_q12_1_b_wrong_pin_cancel_then_signed_by_one_press(place, minh):
    number = opened(place, minh)
    for typed, words in (("000000", "không đúng"), ("", "đã hủy")):
        minh.press("Enter")
        place.desk.type_pin(typed)
        said(minh, words)
        assert place.state(number) == "awaiting_signature"
    mark = minh.page.locator("[data-part=files] code").inner_text()
    assert len(mark.removeprefix("mã").replace(" ", "")) == 8
    minh.press("Enter")
    place.desk.type_pin(place.keys.pin)
    minh.sees("Đã ký, chờ phát hành")
    assert place.state(number) == "signed"


def test_q6_1_a_another_token_stops_before_the_pin(place, minh):
    number = opened(place, minh)
    minh.page.evaluate("document.querySelector('[data-signing]').dataset.certificates = 'f'.repeat(64)")
    asked = place.desk._prompts()
    minh.press("Enter")
    said(minh, "không phải chứng thư đã ghi cho bạn")
    assert place.desk._prompts() == asked and place.state(number) == "awaiting_signature"


def test_an_unplugged_token_is_said_and_the_letter_waits(place, minh):
    number, tokens = opened(place, minh), Path(place.keys.softhsm2_conf).parent / "tokens"
    minh.press("Enter")
    said(minh, "nhập mã PIN")
    wait_for(lambda: place.desk._prompts() > place.desk.answered, "hỏi mã PIN")
    away = tokens.rename(tokens.with_name("rut-ra"))
    place.desk.type_pin(place.keys.pin, place.desk._prompts() - 1)
    expect(status(minh)).to_have_class("small bad", timeout=30_000)
    assert place.state(number) == "awaiting_signature"
    away.rename(tokens)


def test_a_page_closed_half_way_takes_the_question_away(place, chromium, minh):
    number = next(place.letters)
    other = Person(chromium, place.at, LEADER)
    other.open(f"/outgoing/{number}")
    choose(other, "agent")
    asked = place.desk._prompts()
    other.press("Enter")
    wait_for(lambda: place.desk._prompts() > asked, "hỏi mã PIN")
    other.page.close()
    place.desk.answered = place.desk._prompts()
    minh.open(f"/outgoing/{number}")
    minh.press("Enter")
    place.desk.type_pin(place.keys.pin)
    minh.sees("Đã ký, chờ phát hành")


def test_a_server_that_is_away_gets_the_signature_later_without_a_pin(place, minh):
    number, page = opened(place, minh), minh.page
    page.route("**/signing/sessions/*", lambda route: route.abort())
    minh.press("Enter")
    place.desk.type_pin(place.keys.pin)
    said(minh, "không phải nhập lại mã PIN")
    assert place.state(number) == "awaiting_signature"
    page.unroute("**/signing/sessions/*")
    page.get_by_role("button", name="Gửi lại chữ ký").click()
    minh.sees("Đã ký, chờ phát hành")


def test_no_program_on_the_pc_is_said_with_the_other_way(place, minh):
    number = opened(place, minh)
    minh.page.evaluate("document.querySelector('[data-part=way-agent]').dataset.urls = 'ws://127.0.0.1:9'")
    minh.press("Enter")
    said(minh, "Chưa thấy phần mềm ký")
    said(minh, "Tải xuống – ký ngoài – tải lên")
    assert place.state(number) == "awaiting_signature"


def test_q12_1_c_the_clerk_numbers_seals_and_sends_by_one_press(place, lan):
    number = place.at.fact("SELECT id FROM document WHERE state = 'signed' ORDER BY id LIMIT 1")
    lan.open(f"/issuing?doc={number}")
    choose(lan, "agent")
    lan.press("Enter")
    place.desk.type_pin(place.keys.pin)
    lan.sees("Đã phát hành 01/")
    assert place.state(number) == "issued"


def test_q12_1_both_signatures_by_vgca_sign_service(place, minh, lan):
    number = opened(place, minh, "vgca")
    minh.press("Enter")
    minh.sees("Đã ký, chờ phát hành")
    opening = [one for one in place.vgca.log("open") if one["path"] == "SignApproved"][-1]
    assert opening["origin"] == place.at.url
    place.vgca.tell("label", "seal-a")
    lan.open(f"/issuing?doc={number}")
    choose(lan, "vgca")
    lan.press("Enter")
    lan.sees("Đã phát hành")
    place.vgca.tell("label", LEADER)
    frame = json.loads([one for one in place.vgca.log("frame") if one["path"] == "SignIssued"][-1]["text"])
    assert frame["SessionId"] == frame["JWTToken"] == frame["DocNumber"] == ""
    assert "cookie" not in json.dumps(place.vgca.log("download")).lower()


@pytest.mark.parametrize(("scenario", "words", "signed"), [
    ("cancel", "hủy", False), ("close", "không trả lời", False), ("error500", "Không kết nối được thiết bị", False),
    ("tampered", "không phải văn bản", False), ("reply_first", "đang chờ tệp đã ký", False),
    ("lost_reply", "", True), ("bare_zero", "", True),
])  # fmt: skip
def test_what_vgca_sign_service_does_wrong(place, minh, scenario, words, signed):
    """Only the file that was brought and found good takes the letter on."""
    number = opened_again(place, minh, signed)
    place.vgca.tell("scenario", scenario)
    minh.press("Enter")
    if signed:
        minh.sees("Đã ký, chờ phát hành")
    else:
        said(minh, words)
        assert place.state(number) == "awaiting_signature"
    place.vgca.tell("scenario", "ok")


def opened_again(place, minh, fresh) -> int:
    """A letter that still waits: the same one as long as nothing signs it."""
    number = place.at.fact(
        "SELECT max(id) FROM document WHERE state = 'awaiting_signature' AND flow = 'outgoing'"
    )
    minh.open(f"/outgoing/{number}")
    choose(minh, "vgca")
    return number


def test_q12_1_b_a_list_under_one_pin_also_on_a_narrow_screen(place, chromium):
    person = Person(chromium, place.at, LEADER, PHONE)
    person.open("/signing/batch/leader")
    choose(person, "agent")
    waiting = person.page.locator("[data-document-tick]").count()
    assert waiting >= 3
    person.press("Control+Enter")
    place.desk.type_pin(place.keys.pin)
    said(person, f"đã ký cả {waiting} tệp")
    assert person.page.locator(".outcome.done").count() == waiting
    assert place.at.fact("SELECT count(*) FROM document WHERE state = 'awaiting_signature'") == 0
    assert [words for words in person.said if "404" not in words] == []
