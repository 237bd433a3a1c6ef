"""`python -m signing.agent --origin http://127.0.0.1:8000 [--module /usr/lib/softhsm/libsofthsm2.so] [--port 9447]`.

Prints `ready ws://127.0.0.1:<port>` when it listens. Ends with Ctrl-C, or by itself with --idle.
"""

import contextlib
import importlib
import os
import signal
import socket
import sys
import threading
from importlib.util import find_spec

import pkcs11

from signing.agent import console, door, harden, keys, modules, settings

FIRST_GIVEN = 3  # the first socket that systemd hands over


def main(arguments=None) -> int:
    """Serve until ended; 2 when it cannot start, 0 also when this user's agent runs already."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) == 2 and arguments[0] == "--probe":
        return probe(arguments[1])
    harden.harden()
    for stream in (sys.stdout, sys.stderr):
        if (
            stream is not None
        ):  # there is none without a console; one of another alphabet must not stop the agent
            stream.reconfigure(errors="replace")
    try:
        told = settings.read(arguments)
    except settings.BadSettings as problem:
        print(problem, file=sys.stderr)
        return 2
    given = _given_socket()
    if given is None and told.ports[0] and any(door.is_running(port) for port in told.ports):
        print("Phần mềm ký đã chạy trên máy này rồi.", file=sys.stderr)
        return 0
    libraries, bad = keys.load(modules.find(told.search, told.modules), told.modules)
    found = door.Door(
        told.origins, keys.Keys(libraries, lambda: _search(told)), _asker(told), told.contact, bad
    )
    try:
        server = found.open(told.ports, given)
    except OSError as problem:
        tried = ", ".join(str(port) for port in told.ports)
        print(
            f"Không mở được cổng {tried} ({problem.strerror}). Chương trình khác đang dùng cổng ấy?",
            file=sys.stderr,
        )
        return 2
    _serve(found, server, told.idle)
    return 0


def probe(path: str) -> int:
    """Load one library and ask for its slots; 0 when it stood that. Meant to be run in a process of its own."""
    try:
        pkcs11.lib(path).get_slots(token_present=True)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    return 0


def _serve(found, server, idle):
    """The door answers in threads; this one, the main one, draws the questions and looks at the clock."""
    ended = threading.Event()
    listener = threading.Thread(target=server.serve_forever, daemon=True)
    listener.start()
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: ended.set())
    if idle:
        threading.Thread(target=_watch, args=(found, idle * 60, ended), daemon=True).start()
    print(f"ready ws://127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
    found.asker.run(ended)
    server.shutdown()
    listener.join(5)


def _watch(found, seconds, ended):
    while not ended.wait(min(5.0, seconds / 4)):
        if found.idle > seconds:
            ended.set()


def _search(told):
    libraries, _bad = keys.load(modules.find(told.search, told.modules), told.modules)
    return libraries


def _given_socket():
    """The listening socket that systemd hands over, when it does and it is on loopback."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    given = socket.socket(fileno=FIRST_GIVEN)
    if given.family == socket.AF_INET and given.getsockname()[0] == "127.0.0.1":
        return given
    return None


def _asker(told):
    has_terminal = sys.stdin is not None and sys.stdin.isatty()
    if told.ask == "window" or (told.ask == "auto" and _has_display(has_terminal)):
        return importlib.import_module("signing.agent.window").Window(told.seconds)
    return console.Console(told.seconds)


def _has_display(has_terminal):
    """A window where there is a display; on a text terminal without one the terminal."""
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt"
    if not named or find_spec("tkinter") is None:
        return False
    with contextlib.suppress(ImportError):
        return importlib.import_module("signing.agent.window").is_possible() or not has_terminal
    return False


if __name__ == "__main__":
    sys.exit(main())
