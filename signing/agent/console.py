"""Asks on the agent's terminal; without a terminal the answer is the next line on stdin.

A line that comes before its question is thrown away, so that a late answer never agrees to something unread. Nothing
typed is shown.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable

from signing.agent.consent import SECONDS, Question
from signing.protocol import ProtocolError

try:
    import select
    import termios
except ImportError:  # Windows
    termios = None
try:
    import msvcrt
except ImportError:
    msvcrt = None

LOOK = 0.2  # s between looks at the page's socket
AGREE = "ky"  # what is typed to agree when the PIN is typed on the token


class Console:
    """Asks one question at a time; an empty answer means no."""

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds
        self._answers: queue.Queue = queue.Queue()
        self._typed = sys.stdin is not None and sys.stdin.isatty()
        self._over = sys.stdin is None
        if not self._typed and sys.stdin is not None:
            threading.Thread(target=self._listen, daemon=True).start()

    def run(self, ended: threading.Event) -> None:
        """Keep the main thread until the agent ends."""
        while not ended.wait(0.5):
            continue

    def ask(self, question: Question, is_open: Callable[[], bool]) -> str | None:
        """The PIN typed by the person; None when it is typed on the token. Raises ProtocolError: cancelled, timeout,
        closed, no_window."""
        if self._over:
            raise ProtocolError("no_window")  # nobody can answer here
        while not self._answers.empty():
            self._answers.get_nowait()
        print("\n".join(["", "YÊU CẦU KÝ", *question.lines()]))
        if question.pad:
            print(f"Mã PIN nhập trên thiết bị. Gõ «{AGREE}» để đồng ý, để trống để hủy:", flush=True)
        else:
            print("Nhập mã PIN để đồng ý, để trống để hủy:", flush=True)
        answer = self._answer(is_open)
        if not answer or (question.pad and answer.strip().lower() not in (AGREE, "ký")):
            raise ProtocolError("cancelled")
        return None if question.pad else answer

    def say(self, text: str) -> None:
        """Tell how it ended."""
        print(text, flush=True)

    def _answer(self, is_open):
        until = time.monotonic() + self.seconds
        reader = self._from_terminal if self._typed else self._from_pipe
        with reader() as take:
            while time.monotonic() < until:
                if not is_open():
                    raise ProtocolError("closed")
                line = take(min(LOOK, max(0.0, until - time.monotonic())))
                if line is not None:
                    return line
        raise ProtocolError("timeout")

    def _from_pipe(self):
        return _Pipe(self._answers)

    def _from_terminal(self):
        return _Keys() if msvcrt else _Terminal()

    def _listen(self):
        for line in sys.stdin:
            self._answers.put(line.rstrip("\r\n"))
        self._over = True
        self._answers.put("")


class _Pipe:
    def __init__(self, answers):
        self.answers = answers

    def __enter__(self):
        return self.take

    def __exit__(self, *_):
        return False

    def take(self, seconds):
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            return None


class _Terminal:
    """A line from the terminal without showing it; what was typed before is thrown away."""

    def __enter__(self):
        self.number = sys.stdin.fileno()
        self.before = termios.tcgetattr(self.number)
        silent = termios.tcgetattr(self.number)
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(self.number, termios.TCSAFLUSH, silent)
        return self.take

    def __exit__(self, *_):
        termios.tcsetattr(self.number, termios.TCSAFLUSH, self.before)
        print(flush=True)
        return False

    def take(self, seconds):
        ready, _, _ = select.select([self.number], [], [], seconds)
        return sys.stdin.readline().rstrip("\r\n") if ready else None


class _Keys:
    """The same on a Windows console, key by key."""

    def __enter__(self):
        self.typed = []
        while msvcrt.kbhit():
            msvcrt.getwch()
        return self.take

    def __exit__(self, *_):
        print(flush=True)
        return False

    def take(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not msvcrt.kbhit():
                time.sleep(0.02)
                continue
            key = msvcrt.getwch()
            if key in "\r\n":
                return "".join(self.typed)
            if key == "\x03":
                return ""
            if key == "\b":
                del self.typed[-1:]
            elif key in "\x00\xe0":
                msvcrt.getwch()  # the second half of a function key
            else:
                self.typed.append(key)
        return None
