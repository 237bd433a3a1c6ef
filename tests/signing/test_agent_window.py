"""The agent's window on a real screen, with real key strokes; the same question on a terminal."""

import os
import pty
import time

import pytest

from signing import protocol
from signing.demo.tokens import PIN, SOFTHSM
from tests.signing import display
from tests.signing.agent_process import Agent, Tickets
from tests.signing.test_agent import pending_for

pytestmark = pytest.mark.skipif(not os.path.exists(SOFTHSM), reason="softhsm2 is not installed")
DEAF = 0.8  # s: the window does not take keys meant for another one


@pytest.fixture(scope="module")
def server():
    tickets = Tickets()
    yield tickets
    tickets.shutdown()


@pytest.fixture(scope="module")
def screen():
    if not display.is_possible():
        pytest.skip("Xvfb, XTEST or Tk is not installed")
    found = display.Display()
    yield found
    found.end()


@pytest.fixture(scope="module")
def agent(demo, server, screen):
    found = Agent({**demo.environment, "DISPLAY": screen.name}, server.origin, ask="window")
    yield found
    assert found.end() == 0


@pytest.fixture(scope="module")
def leader(agent):
    return next(one for one in agent.ask(do="list")["certificates"] if one["token"] == "lanh-dao")


def asked(agent, server, leader, now, screen, *keys):
    """Ask for two signatures, type these keys when the window is there; the answer."""
    pendings = [pending_for(leader, now), pending_for(leader, now)]
    with agent.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=server.put(leader["sha256"], *pendings)))
        screen.wait(True)
        time.sleep(DEAF)
        for key in keys:
            screen.type(key)
        answer = agent.final(socket)
    screen.wait(False)
    return answer


def test_keyboard_alone_signs(agent, server, leader, now, screen):
    answer = asked(agent, server, leader, now, screen, PIN, "\n")
    assert all(answer["signatures"])
    assert agent.progress[-1] == {"done": 2, "of": 2, "say": "Đã ký 2/2 tệp."}


def test_escape_cancels(agent, server, leader, now, screen):
    assert asked(agent, server, leader, now, screen, PIN, "\x1b")["error"] == "cancelled"


def test_tab_goes_to_the_buttons(agent, server, leader, now, screen):
    assert asked(agent, server, leader, now, screen, PIN, "\t", "\t", " ")["error"] == "cancelled"
    assert all(asked(agent, server, leader, now, screen, PIN, "\t", "\n")["signatures"])


def test_enter_without_a_pin_does_nothing_and_a_wrong_one_is_told(agent, server, leader, now, screen):
    answer = asked(agent, server, leader, now, screen, "\n", "999999", "\n")
    assert answer["error"] == "wrong_pin"
    assert all(asked(agent, server, leader, now, screen, PIN, "\n")["signatures"])


def test_keys_meant_for_another_window_are_not_taken(agent, server, leader, now, screen):
    nonce = server.put(leader["sha256"], pending_for(leader, now))
    with agent.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        screen.wait(True)
        screen.type("999999\n")
        time.sleep(DEAF)
        assert not screen.is_blank()
        screen.type(PIN + "\n")
        assert agent.final(socket)["signatures"][0]


def test_a_page_that_closes_takes_the_window_with_it(agent, server, leader, now, screen):
    nonce = server.put(leader["sha256"], pending_for(leader, now))
    with agent.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        screen.wait(True)
    screen.wait(False)
    assert agent.ask(do="list")["certificates"]


def test_the_window_shows_what_is_signed(agent, server, leader, now, screen):
    """The picture is not empty, has the blue button and dark text on white."""
    nonce = server.put(leader["sha256"], pending_for(leader, now), title="Báo cáo kết quả năm 2026")
    with agent.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=nonce))
        screen.wait(True)
        time.sleep(DEAF)
        picture = screen.picture()
    colours = {colour: amount for amount, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert colours[(255, 255, 255)] > 60_000
    assert colours[(31, 95, 168)] > 1_000
    screen.wait(False)


def test_on_a_terminal_nothing_typed_is_shown(demo, server, now):
    """A pseudo terminal as stdin: the PIN goes in, is not echoed, and the terminal is left as it was."""
    ours, theirs = pty.openpty()
    agent = Agent(demo.environment, server.origin, stdin=theirs)
    leader = next(one for one in agent.ask(do="list")["certificates"] if one["token"] == "lanh-dao")
    with agent.connect() as socket:
        os.write(ours, b"111111\n")  # before the question: thrown away
        socket.send(protocol.encode(do="sign", nonce=server.put(leader["sha256"], pending_for(leader, now))))
        while "Nhập mã PIN" not in agent.process.stdout.readline():
            continue
        time.sleep(0.3)
        os.write(ours, PIN.encode() + b"\n")
        assert agent.final(socket)["signatures"][0]
    os.set_blocking(ours, False)
    assert PIN.encode() not in os.read(ours, 10_000)
    agent.end()
    os.close(ours)
    os.close(theirs)


def test_a_page_that_closes_ends_the_question_on_the_terminal(demo, server, now):
    agent = Agent(demo.environment, server.origin)
    leader = next(one for one in agent.ask(do="list")["certificates"] if one["token"] == "lanh-dao")
    with agent.connect() as socket:
        socket.send(protocol.encode(do="sign", nonce=server.put(leader["sha256"], pending_for(leader, now))))
        while "Nhập mã PIN" not in agent.process.stdout.readline():
            continue
        assert agent.ask(do="list")["error"] == "busy"
    until = time.monotonic() + 10
    while agent.ask(do="list").get("error") == "busy":
        assert time.monotonic() < until
    agent.end()
