"""A display of its own for tests of the agent's window: Xvfb, real key strokes through XTEST, pictures of the screen."""

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import time

from PIL import ImageGrab

KEYS = {"\t": "Tab", "\n": "Return", " ": "space", "\x1b": "Escape"}


def is_possible() -> bool:
    """True where Xvfb, XTEST and Tk are installed."""
    return bool(
        shutil.which("Xvfb") and ctypes.util.find_library("Xtst") and ctypes.util.find_library("X11")
        and ctypes.util.find_library("tk8.6")
    )  # fmt: skip


class Display:
    """A virtual screen; `name` goes into DISPLAY."""

    def __init__(self):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
            pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.name = f":{pipe.readline().strip()}"
        self._x11 = ctypes.CDLL(ctypes.util.find_library("X11"))
        self._xtst = ctypes.CDLL(ctypes.util.find_library("Xtst"))
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XStringToKeysym.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(self.name.encode()))

    def type(self, text: str) -> None:
        """Press and let go of the keys of this text."""
        for sign in text:
            symbol = ctypes.c_ulong(self._x11.XStringToKeysym(KEYS.get(sign, sign).encode()))
            code = self._x11.XKeysymToKeycode(self._display, symbol)
            for pressed in (1, 0):
                self._xtst.XTestFakeKeyEvent(self._display, code, pressed, 0)
        self._x11.XFlush(self._display)

    def picture(self):
        """The screen as a picture."""
        return ImageGrab.grab(xdisplay=self.name)

    def is_blank(self) -> bool:
        """True while nothing is drawn: the bare screen is black."""
        return all(most == 0 for _, most in self.picture().getextrema())

    def wait(self, shown: bool) -> None:
        """Until something is shown, or nothing is any more; at most 40 s."""
        until = time.monotonic() + 40
        while self.is_blank() is shown:
            assert time.monotonic() < until, "the window did not come" if shown else "the window did not go"
            time.sleep(0.05)

    def end(self) -> None:
        """Take the screen away."""
        self._x11.XCloseDisplay(self._display)
        self.process.terminate()
        self.process.wait(10)
