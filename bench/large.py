"""Memory of the axis client with twenty packets of 50 MB at once, sent and fetched, against its memory before.

The other side is a process of its own that throws away what comes and makes up what goes, a piece at a time.
"""

import base64
import os
import re
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench import table
from jobs import axis
from models import config, vxp

AT_ONCE, SIZE = 20, 50 << 20
PIECE = base64.b64encode(b"<a>" * 65536)


class Sink(BaseHTTPRequestHandler):
    """Takes any packet, gives one of SIZE bytes; knows no transfer in parts."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """One call."""
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 18)))
        if self.path.endswith("uploadState"):
            self.reply([vxp.failure("20")])
        elif self.path.endswith("getEdoc"):
            many = SIZE // (3 * 65536)
            self.reply([b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":"', *[PIECE] * many, b'"}'])
        else:
            self.reply([vxp.success(DocId=os.urandom(12).hex())])

    def reply(self, pieces):
        """Write an answer piece by piece."""
        self.send_response(200)
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)

    def log_message(self, *_):
        """Nothing."""


def megabytes(what: str) -> float:
    """This process's VmRSS, or VmHWM: the most it ever was."""
    return int(re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def use(url: str) -> int:
    """Send and fetch AT_ONCE packets at the same time; 1 when memory is not flat."""
    with tempfile.TemporaryDirectory() as folder:
        config.use(config.Config(data=Path(folder)))
        packet = Path(folder) / "goi"
        with packet.open("wb") as out:
            for _ in range(SIZE >> 20):
                out.write(os.urandom(1 << 20))
        with axis.Client(url, "H99", "k") as one:
            one.count("edoc")
        before = megabytes("VmRSS")
        rows = [("", "MB"), ("before", before)]
        for name in ("sent", "fetched"):

            def work(number, name=name):
                with axis.Client(url, "H99", "k") as client:
                    if name == "sent":
                        client.send_edoc(packet, "edoc", "H99", [])
                    else:
                        client.get_edoc(str(number), Path(folder) / f"x{number}")

            hands = [threading.Thread(target=work, args=(number,)) for number in range(AT_ONCE)]
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
            rows.append((f"most, {AT_ONCE} x {SIZE >> 20} MB {name}", megabytes("VmHWM")))
        most = megabytes("VmHWM")
        rows.append(("a packet in hand, each", (most - before) / AT_ONCE))
        table.show("Memory of the client", rows)
    return 0 if most - before < 120 else 1


def main() -> int:
    """The sink in a process of its own, and the client against it."""
    if len(sys.argv) > 1:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
        print(server.server_port, flush=True)
        server.serve_forever()
    sink = subprocess.Popen([sys.executable, __file__, "sink"], stdout=subprocess.PIPE, text=True)
    try:
        return use(f"http://127.0.0.1:{int(sink.stdout.readline())}/vxp")
    finally:
        sink.kill()
        sink.wait(10)


if __name__ == "__main__":
    sys.exit(main())
