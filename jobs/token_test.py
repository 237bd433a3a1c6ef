"""`python app.py sign`: an administrator tries a key token. A page is signed through the agent, and the result judged.

No PKCS#11 call is made here: the agent is a child of this command, finds the token, asks for the PIN on the terminal and
signs the digest that a ticket of this command names, exactly as it does for a page of the product.
"""

import base64
import contextlib
import http.server
import io
import json
import secrets
import subprocess
import sys
import threading
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from jobs import checking, verify_files
from models import clock, errors
from signing import Expectation, appearance, begin, certificates, embed, protocol
from signing.errors import SigningError

ROOT = Path(__file__).resolve().parents[1]
NOTATION = "KY-THU"
PAGE = (595, 842)  # A4 in points
LINES = ("TRANG KÝ THỬ", "Trang này do lệnh «app.py sign» của phần mềm Văn Thư lập để thử thiết bị ký số.",
         "Trang không có nội dung và không có giá trị pháp lý.")  # fmt: skip
WAIT = 180  # s for the person and the token


def add_to(commands) -> None:
    """Add the command to the parser of app.py."""
    one = commands.add_parser("sign", help="Ký thử bằng thiết bị ký số.", description=__doc__.splitlines()[0])
    one.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="tệp PDF chưa ký; thiếu thì dùng một trang thử"
    )
    one.add_argument(
        "-c",
        "--certificate",
        default="",
        help="chứng thư: tên người, số chứng thư, tên thiết bị hoặc mã SHA-256",
    )
    one.add_argument("--out", type=Path, help="ghi tệp đã ký vào đây")
    one.add_argument("--module", action="append", default=[], help="thư viện PKCS#11; thiếu thì tự tìm")
    one.add_argument(
        "--trust", type=Path, metavar="DIR", help="thư mục chứng thư gốc, trung gian và danh sách thu hồi"
    )
    one.add_argument("--list", action="store_true", help="chỉ liệt kê chứng thư trong các thiết bị")
    one.add_argument("--json", action="store_true", help="in JSON cho phần mềm khác")
    one.set_defaults(run=carried_out)


def carried_out(arguments) -> int:
    """Ký thử bằng thiết bị ký số; 0 when the signature holds (or something is listed), 1 otherwise."""
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _Desk(arguments.module) as desk:
            if arguments.list:
                return _list(desk.list(), arguments.json)
            done = _try(desk, arguments)
    except (SigningError, errors.DomainError, protocol.ProtocolError) as problem:
        done = {"ok": False, "message": str(problem)}
    except (OSError, WebSocketException, TimeoutError) as problem:
        done = {"ok": False, "message": f"Phần mềm ký dừng giữa chừng ({problem}). Chưa ký gì; hãy thử lại."}
    finally:
        checking.stop()
    print(json.dumps(done, ensure_ascii=False) if arguments.json else done["message"])
    return 0 if done["ok"] else 1


def test_page() -> bytes:
    """A PDF of one A4 page that says it is a trial."""
    writer = PdfFileWriter()
    pen, shown, content = appearance.Pen(writer), generic.DictionaryObject(), b""
    for number, line in enumerate(LINES):
        size, y = (16, 700) if number == 0 else (12, 690 - 24 * number)
        form = pen.text(line, (455, 24), rise=6, size=size)
        shown[generic.pdf_name(f"/L{number}")] = form
        content += f"q 1 0 0 1 70 {y} cm /L{number} Do Q ".encode()
    resources = generic.DictionaryObject({generic.pdf_name("/XObject"): shown})
    stream = writer.add_object(generic.StreamObject(stream_data=content))
    writer.insert_page(PageObject(stream, media_box=(0, 0, *PAGE), resources=resources))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def chosen(listed: dict, wanted: str) -> dict:
    """The certificate meant by holder, serial, token or SHA-256; the only one when nothing is said. Raises Refused."""
    found = listed["certificates"]
    if not found:
        raise errors.Refused(listed["problems"][0]["message"])
    text = wanted.strip().casefold()
    fits = [one for one in found if not text or _is_meant(one, text)]
    if len(fits) == 1:
        return fits[0]
    names = "\n".join(f"  {_line(one)}" for one in (fits or found))
    reason = "Có nhiều chứng thư phù hợp" if fits else f"Không có chứng thư «{wanted}»"
    raise errors.Refused(f"{reason}. Hãy chọn bằng -c một trong:\n{names}")


def _is_meant(one, text):
    exact = (one["serial"], one["token"].casefold(), one["token_serial"].casefold())
    return (
        text in exact or text in one["name"].casefold() or (len(text) >= 8 and one["sha256"].startswith(text))
    )


def _try(desk, arguments):
    if arguments.out and arguments.out.exists():
        raise errors.Refused(f"Tệp {arguments.out} đã có. Hãy chọn tên khác cho --out; không ghi đè.")
    pdf = _read(arguments.file) if arguments.file else test_page()
    one = chosen(desk.list(), arguments.certificate)
    der, chain = base64.b64decode(one["certificate"]), [base64.b64decode(text) for text in one["chain"]]
    moment = clock.now()
    pending = begin.begin_attachment_seal(pdf, 0, NOTATION, der, chain, moment)
    name = arguments.file.name if arguments.file else "trang-thu.pdf"
    raw = desk.sign(one, name, pending)
    signed = embed.finish_signature(pending.work, pending.state, raw).pdf
    if arguments.out:
        arguments.out.write_bytes(signed)
    trust, allowed, ask = verify_files.surroundings(arguments.trust)
    found = checking.examine(
        signed, trust, moment=clock.now(), expect=Expectation(attachment=True), allowed=allowed, ask=ask
    )
    return _told(one, found.report, arguments.out)


def _read(path):
    try:
        return path.read_bytes()
    except OSError as problem:
        raise errors.Refused(f"Không đọc được tệp {path}: {problem.strerror}.") from problem


def _told(one, report, out):
    """The outcome in one sentence: does the token sign, and what is known here about its certificate."""
    made = report.signatures[0] if len(report.signatures) == 1 else None
    ok = made is not None and report.integrity == "intact" and made.certificate_sha256 == one["sha256"]
    if ok:
        said = f"Thiết bị {one['token']} ký được bằng chứng thư của {one['name']} (số {one['serial']}); chữ ký nguyên vẹn"
        known = f"chứng thư: {verify_files.TRUST[made.trust]}, {verify_files.REVOCATION[made.revocation]}"
    else:
        said = f"Thiết bị {one['token']} có ký nhưng chữ ký không dùng được"
        known = verify_files.INTEGRITY[report.integrity]
    return {
        "ok": ok, "message": f"{said}; {known}.{f' Đã ghi {out}.' if out else ''}", "integrity": report.integrity,
        "trust": made.trust if made else "", "revocation": made.revocation if made else "",
        "certificate": {key: one[key] for key in ("sha256", "name", "organisation", "serial", "not_after", "token", "module")},
        "out": str(out) if out else None,
    }  # fmt: skip


def _list(listed, as_json):
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return 0 if listed["certificates"] else 1
    lines = [_line(one) for one in listed["certificates"]]
    print("\n".join([*lines, *(problem["message"] for problem in listed["problems"])]))
    return 0 if lines else 1


def _line(one):
    info = certificates.read_certificate(base64.b64decode(one["certificate"]))
    owner = " – ".join(
        dict.fromkeys(part for part in (one["name"], one["title"], one["organisation"]) if part)
    )
    return f"{owner}; số {one['serial']}; dùng đến {clock.local(info.not_after):%d/%m/%Y}; thiết bị {one['token']}; {one['module']}"


class _Desk:
    """The agent as a child, and the server it asks for its ticket; both end with this command."""

    def __init__(self, modules):
        self.tickets: dict[str, str] = {}
        self.modules, self.stack = modules, contextlib.ExitStack()

    def __enter__(self):
        with self.stack:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _answerer(self.tickets))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.stack.callback(server.server_close)
            self.stack.callback(server.shutdown)
            self.origin = f"http://127.0.0.1:{server.server_port}"
            self.url = self._start()
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()
        return False

    def list(self):
        """What the agent sees plugged in."""
        return self._ask(do="list")

    def sign(self, one, name, pending) -> bytes:
        """The token's signature over the pending digest. Raises Refused with the agent's sentence."""
        nonce = secrets.token_urlsafe(32)
        item = {"name": name, "document": "Ký thử", "pages": 0, "mechanism": pending.mechanism, "hash": pending.hash,
                "digest": pending.digest.hex()}  # fmt: skip
        self.tickets[nonce] = protocol.encode(
            purpose="annex", title="Ký thử thiết bị", person="Quản trị máy chủ", agency="Lệnh app.py sign",
            certificate=one["sha256"], items=[item],
        )  # fmt: skip
        answer = self._ask(do="sign", nonce=nonce)
        if answer.get("error"):
            raise errors.Refused(answer["message"])
        return base64.b64decode(answer["signatures"][0])

    def _start(self):
        named = [part for module in self.modules for part in ("--module", module)]
        process = subprocess.Popen(
            [sys.executable, "-m", "signing.agent", "--origin", self.origin, "--port", "0", "--ask", "console", *named],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.stack.callback(process.wait, 10)
        self.stack.callback(process.terminate)
        for line in process.stdout:
            if line.startswith("ready "):
                threading.Thread(target=_relay, args=(process.stdout,), daemon=True).start()
                return line.split()[1]
        raise errors.Refused("Không mở được phần mềm ký trên máy này.")

    def _ask(self, **message):
        with connect(self.url, origin=self.origin, compression=None, proxy=None, max_size=1 << 24) as socket:
            socket.send(protocol.encode(**message))
            while "progress" in (answer := json.loads(socket.recv(timeout=WAIT))):
                continue
        return answer


def _relay(stream):
    """The agent's question goes to the person; standard output stays for the result."""
    for line in stream:
        print(line, end="", file=sys.stderr, flush=True)


def _answerer(tickets):
    class Answerer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ticket = tickets.pop(self.path.removeprefix(protocol.TICKET_PATH), None)
            self.send_response(200 if ticket else 404)
            self.end_headers()
            self.wfile.write((ticket or "").encode())

        def log_message(self, *_):
            pass

    return Answerer
