"""`python -m signing.agent --module /usr/lib/softhsm/libsofthsm2.so --origin http://127.0.0.1:8000 [--port 9447]`.

Prints `ready ws://127.0.0.1:<port>` when it listens. Ends with Ctrl-C.
"""

import argparse
import importlib
import os
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

from signing.agent import consent
from signing.agent.door import Door
from signing.agent.keys import Keys

PORT = 9447


def main() -> int:
    """Serve until ended; 2 when it cannot start."""
    options = _options()
    bad = [origin for origin in options.origin if not _is_origin(origin)]
    if bad:
        print(f"Địa chỉ không đúng dạng http(s)://tên-máy[:cổng]: {', '.join(bad)}", file=sys.stderr)
        return 2
    door = Door(options.origin, Keys(options.module), _asker(options))
    try:
        server = door.open(options.port)
    except OSError as problem:
        print(
            f"Không mở được cổng {options.port} ({problem.strerror}). Phần mềm ký đã chạy rồi?",
            file=sys.stderr,
        )
        return 2
    port = server.socket.getsockname()[1]
    print(f"ready ws://127.0.0.1:{port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.shutdown()
    return 0


def _options():
    parser = argparse.ArgumentParser(
        prog="python -m signing.agent", description="Phần mềm ký số trên máy cá nhân."
    )
    parser.add_argument("--module", help="thư viện PKCS#11 của thiết bị (.so, .dll)", required=True)
    parser.add_argument(
        "--origin", action="append", required=True, help="địa chỉ hệ thống văn bản; có thể lặp lại"
    )
    parser.add_argument("--port", type=int, default=PORT, help="cổng trên máy này, 0 = cổng trống bất kỳ")
    parser.add_argument(
        "--ask", choices=("auto", "console", "window"), default="auto", help="hỏi mã PIN ở đâu"
    )
    parser.add_argument("--seconds", type=float, default=consent.SECONDS, help="thời gian chờ mã PIN")
    return parser.parse_args()


def _asker(options):
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt"
    if options.ask == "window" or (options.ask == "auto" and display and find_spec("tkinter")):
        return importlib.import_module("signing.agent.window").Window(options.seconds)
    return consent.Console(options.seconds)


def _is_origin(text):
    parts = urlsplit(text)
    return (
        parts.scheme in ("http", "https")
        and bool(parts.netloc)
        and text == f"{parts.scheme}://{parts.netloc}"
    )


if __name__ == "__main__":
    sys.exit(main())
