"""A double of VGCA Sign Service, as its own program: one TLS WebSocket an operation, it fetches the file, signs it with a
key of the demonstration CA, brings it to the upload address and only then replies. Everything it is known to do wrong can
be asked for at its control port; what it heard is read there.

    python -m tests.vgca_double --keys FOLDER --label hoa --certificate FOLDER [--port 8987] [--generation 2]

Prints `ready wss://127.0.0.1:<port> control http://127.0.0.1:<port>`.
"""

import argparse
import http
import io
import ipaddress
import json
import ssl
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from signing.demo import pki

FILE_PATHS = (
    "SignApproved",
    "SignIssued",
    "SignIncome",
    "SignAppendix",
    "SignCopy",
    "Comment",
    "SignFile",
    "SignPDF",
)
OTHER_PATHS = {
    1: ("SignMsg", "SignXML", "VerifyPDF", "VerifyMsg", "VerifyXML", "Auth", "GetCertInfo", "Config", "GetLicenseRequest"),
    2: ("SignMsg", "SignXML", "VerifyPDF", "VerifyMsg", "VerifyXML", "Auth", "Config", "SignJson", "GetVersion", "SignFiles"),
}  # fmt: skip
# (text of the stamp, box on the first page): another one a path, so that a test can tell seal from signature
STAMPS = {
    "SignApproved": ("Ky phe duyet", (330, 120, 450, 170)), "SignIssued": ("Dau phat hanh", (250, 100, 340, 190)),
    "SignAppendix": ("Kem theo van ban", (380, 790, 560, 820)), "SignCopy": ("Sao y", (40, 790, 220, 820)),
    "SignIncome": ("DEN", (40, 700, 120, 760)), "Comment": ("Y kien", (40, 40, 200, 80)),
}  # fmt: skip
WRONG = 1
CANCELLED = 11
STRICT = {"on": True}  # an answer whose Status is an integer does not count as stored


class Refusal(Exception):
    """What the double tells the page: (status, words)."""

    def __init__(self, words, status=WRONG):
        super().__init__(words)
        self.status = status


class Double:
    """The program; `scenario` is what it does wrong at the next operation, `log` what it heard."""

    def __init__(self, keys: Path, label: str, generation: int):
        self.ca, self.label, self.generation = pki.Demo(keys), label, generation
        self.scenario, self.log, self.made = "ok", [], 0
        self.lock = threading.Lock()

    def note(self, kind, **facts):
        with self.lock:
            self.log.append({"kind": kind, **facts})

    def talk(self, connection):
        """One socket: a reply a frame; closing is the page's."""
        path = connection.request.path.strip("/")
        self.note("open", path=path, origin=connection.request.headers.get("Origin", ""))
        try:
            for frame in connection:
                self.note("frame", path=path, text=frame)
                reply = self.answer(connection, path, frame)
                if reply is None:
                    return
                connection.send(reply)
        except ConnectionClosed:
            self.note("closed", path=path)

    def answer(self, connection, path, frame):
        """The text of the reply, None to close without one."""
        if path == "GetVersion" and self.generation == 2:
            return "2.1.0"
        if path not in (*FILE_PATHS, *OTHER_PATHS[self.generation]):
            return _reply(500, Message=f"Function {path} not supported")
        name, _, more = self.scenario.partition(":")
        if name == "cancel":
            return _reply(CANCELLED, Message="Người dùng hủy")
        if name == "close":
            return None
        if name == "abort":
            connection.socket.close()
            return None
        if name == "delay":
            time.sleep(float(more))
        if name == "bad_json":
            return "{Status: không phải JSON"
        if name == "error500":
            return _reply(500, Error="Không kết nối được thiết bị")
        if name == "reply_first":  # says it is done and brings nothing
            return _reply(0, Message="", FileName="x.pdf", FileServer="x")
        reply = (
            self.sign_all(path, frame)
            if path in (*FILE_PATHS, "SignFiles")
            else _reply(500, Message="double")
        )
        if name == "lost_reply":
            return None
        return "0" if name == "bare_zero" else reply

    def sign_all(self, path, frame):
        """File functions: one file, or the list of /SignFiles."""
        try:
            asked = json.loads(frame)
            if path != "SignFiles":
                return _reply(0, Message="", **self.sign_one(path, asked, asked["FileName"]))
            rows = []
            for row in asked["Files"]:
                told = self.sign_one("SignApproved", asked, row["URL"])
                rows.append({"FileID": row["FileID"], "FileName": row["FileName"], "Status": 0, "FileSignedURL": told["FileServer"]})  # fmt: skip
            return _reply(0, Message="", Files=rows)
        except Refusal as error:
            return _reply(error.status, Message=str(error))
        except (ValueError, KeyError, TypeError) as problem:
            return _reply(WRONG, Message=f"JSON: {problem}")

    def sign_one(self, path, asked, source) -> dict:
        headers = {"Authorization": f"Bearer {asked['JWTToken']}"} if asked.get("JWTToken") else {}
        with httpx.Client(timeout=60, follow_redirects=True, trust_env=False, headers=headers) as web:
            got = web.get(source)
            self.note("download", url=source, status=got.status_code, headers=dict(got.headers))
            if (
                got.status_code != 200
                or not got.content.startswith(b"%PDF-")
                or self.scenario == "download_refused"
            ):
                raise Refusal("Không tải được tệp")
            signed = self.sign(path, got.content)
            fields = {row["Key"]: row["Value"] for row in asked.get("MetaData") or []}
            name = source.rsplit("/", 1)[-1].removesuffix(".pdf") + ".signed.pdf"
            sent = web.post(asked["FileUploadHandler"], data=fields,
                            files={"uploadfile": (name, signed, "application/pdf")})  # fmt: skip
        told = _object(sent)
        self.note(
            "upload", url=asked["FileUploadHandler"], status=sent.status_code, told=told, content=len(signed)
        )
        stored = told.get("Status") is True or (not STRICT["on"] and told.get("Status") == 1)
        if sent.status_code != 200 or not stored or self.scenario == "upload_refused":
            raise Refusal(told.get("Message") or "Máy chủ không nhận tệp")
        return {
            key: told.get(key, "") for key in ("FileName", "FileServer", "DocumentNumber", "DocumentDate")
        }

    def sign(self, path, content: bytes) -> bytes:
        """The file as the program brings it, with whatever the scenario does to it."""
        label = "minh" if self.scenario == "wrong_certificate" else self.label
        if self.scenario == "unrelated":
            content = (Path(__file__).parent / "signing" / "letters" / "bare.pdf").read_bytes()
        if self.scenario == "rewritten":
            content = _rewritten(content)
        signed = self._signed(path, label, content, changed=self.scenario == "tampered")
        if self.scenario == "broken":
            middle = len(content) // 2
            signed = signed[:middle] + bytes([signed[middle] ^ 1]) + signed[middle + 1 :]
        if self.scenario == "twice":
            signed = self._signed("Comment", label, signed, changed=False)
        return signed

    def _signed(self, path, label, content, changed):
        self.made += 1
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        if changed:
            _scribble(writer)
        words, box = STAMPS.get(path, ("Ky", (40, 40, 120, 80)))
        name = f"Signature-{path}-{self.made}"
        page = 0 if path != "SignIssued" else -1
        signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(self.ca.certificate(label)),
            signing_key=asn1_keys.PrivateKeyInfo.load(self.ca.key(label).private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())),
            cert_registry=_store(self.ca.chain),
        )  # fmt: skip
        meta = signers.PdfSignatureMetadata(
            field_name=name, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        field = SigFieldSpec(name, on_page=page, box=box)
        out = io.BytesIO()
        signers.PdfSigner(
            meta, signer, stamp_style=TextStampStyle(stamp_text=words), new_field_spec=field
        ).sign_pdf(writer, output=out)
        return out.getvalue()


def _store(chain):
    store = SimpleCertificateStore()
    store.register_multiple([asn1_x509.Certificate.load(der) for der in chain])
    return store


def _rewritten(content) -> bytes:
    """Saved anew from the first byte on, as some programs do before they sign."""
    writer = copy_into_new_writer(IncrementalPdfFileWriter(io.BytesIO(content)).prev)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _scribble(writer) -> None:
    """Another word on page 1, in the very revision that is signed: the signature is as good as any."""
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    drawn = writer.add_object(generic.StreamObject(stream_data=b"q 0 0 0 rg 100 400 200 30 re f Q"))
    found = page.raw_get("/Contents")
    kept = list(found) if isinstance(found, generic.ArrayObject) else [found]
    target = found.get_object() if hasattr(found, "get_object") else found
    if isinstance(target, generic.ArrayObject):
        kept = list(target)
    page[pdf_name("/Contents")] = generic.ArrayObject([*kept, drawn])
    writer.update_container(page)


def _reply(status, **more) -> str:
    return json.dumps({"Status": status, **more}, ensure_ascii=False)


def _object(answer) -> dict:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Control(BaseHTTPRequestHandler):
    """PUT /scenario/<name>, PUT /label/<label>, PUT /generation/<n>, PUT /strict/<on|off>, GET /log, DELETE /log."""

    double: Double

    def do_PUT(self):
        _, what, value = self.path.split("/", 2)
        if what == "strict":
            STRICT["on"] = value == "on"
        else:
            setattr(self.double, what, int(value) if what == "generation" else value)
        self._say({})

    def do_GET(self):
        self._say(self.double.log)

    def do_DELETE(self):
        self.double.log.clear()
        self._say({})

    def _say(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        """Quiet."""


def certificate(folder: Path) -> Path:
    """A key and a certificate of its own for 127.0.0.1, in one PEM."""
    place = folder / "vgca.pem"
    if not place.exists():
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VGCA double")])
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        place.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + made.public_bytes(serialization.Encoding.PEM)
        )  # fmt: skip
    return place


def _greet(connection, request):
    """People open the address to accept the certificate."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return connection.respond(http.HTTPStatus.OK, "VGCA Sign Service\n")
    return None


def main() -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    for name in ("--keys", "--certificate"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--port", type=int, default=8987)
    parser.add_argument("--generation", type=int, default=2)
    options = parser.parse_args()
    Control.double = double = Double(options.keys, options.label, options.generation)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(options.certificate))
    server = serve(
        double.talk, "127.0.0.1", options.port, ssl=context, process_request=_greet, max_size=1 << 20
    )
    control = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    port = server.socket.getsockname()[1]
    print(f"ready wss://127.0.0.1:{port} control http://127.0.0.1:{control.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
