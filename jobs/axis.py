"""HTTP client of the axis (or of a hub): every answer becomes a value, Retry (may pass) or GiveUp (a person decides).

TLS is always verified, no redirect is followed, bodies are streamed both ways, and an answer counts as positive only
when it is the full positive reply: an empty page, a portal's HTML or a half reply is no acknowledgement.
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx

from jobs import axis_lists, axis_parts, axis_replies
from models import edxml_tree, failpoints, outbox, vxp

CONNECT, READ = 10.0, 120.0  # seconds
KEPT = 4.0  # seconds a connection may lie idle: below what servers allow, so that we hang up first
MOST_REPLY = 64 << 20
MOST_ANSWER = 1 << 20  # of a call that answers with no list
MOST_PACKET = edxml_tree.MOST_BYTES * 4 // 3 + (1 << 20)
MOST_AFTER = 3600  # seconds an axis may ask us to stay away
CHUNK = 1 << 18
PART = axis_parts.PART
MOST_NAMED = 50  # receivers repeated in the headers; the axis reads them from the packet
JSON, BYTES = "application/json", "application/octet-stream"
DISK = "Đĩa của máy chủ đầy hoặc lỗi nên chưa gửi, nhận được. Chưa có gì mất; giải phóng đĩa xong hệ thống tự làm tiếp."
_SAFE = axis_replies.SAFE
_AXIS_ID = re.compile(r"[!-~]{1,64}")
LineFault, NotSent = axis_replies.LineFault, axis_replies.NotSent


@functools.cache
def _trusted():
    """The authorities of TLS, read once: a client is made anew after each fault."""
    return httpx.create_ssl_context(trust_env=False)


class Client:
    """One axis, one system id. Use as a context manager, or close it.

    `parts`: try large packets in parts; `on_plain()` is called when this axis does not know that; `progress()` between
    the parts of a long transfer.
    """

    def __init__(self, url: str, system_id: str, secret: str, read_seconds: float | None = None):
        self.url, self.system_id, self.secret = url.rstrip("/"), system_id, secret
        self.parts, self.on_plain, self.progress = True, None, None
        self.http = httpx.Client(
            timeout=httpx.Timeout(READ if read_seconds is None else read_seconds, connect=CONNECT), follow_redirects=False, trust_env=False, verify=_trusted(),
            limits=httpx.Limits(max_keepalive_connections=2, keepalive_expiry=KEPT),
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def send_edoc(self, packet: Path, message_type: str, own_code: str, receivers: list[str]) -> str:
        """Send a packet; returns the axis's id of it. Only this id means «sent».

        A large one goes in parts where the axis knows how, and goes on where it was cut off.
        """
        digest = _digest(packet)
        values = {
            "servicetype": "eDoc", "messagetype": message_type, "hash-file": vxp.short_hash(digest), "from": own_code,
        }  # fmt: skip
        if receivers and len(receivers) <= MOST_NAMED:
            values["to"] = json.dumps(receivers, separators=(",", ":"))
        body, size = _body(packet), packet.stat().st_size + 2
        if size > PART and self.parts:
            if axis_parts.upload(self, packet, digest.hex()):
                values["packet-sha256"] = digest.hex()
                body, size = b"", 0
            else:
                self._is_plain()
        headers = self.headers(values, BYTES)
        headers["Content-Length"] = str(size)
        failpoints.reach("send.connect")
        reply = self.reply("sendEdoc", headers, body)
        failpoints.reach("send.ack-read")
        axis_id = reply.get("DocId") or reply.get("docId")
        if not isinstance(axis_id, str) or not _AXIS_ID.fullmatch(axis_id):
            raise outbox.Retry("Trục trả lời nhưng không cấp mã gói tin, nên chưa coi là đã gửi." + _SAFE)
        if str(reply.get("hash") or digest.hex()) != digest.hex():  # our own hubs say what they took
            raise outbox.Retry("Trục trả lời cho một gói tin khác, nên gói này chưa coi là đã gửi." + _SAFE)
        failpoints.reach("send.ack-verified")
        return axis_id

    def received_list(self, message_type: str) -> list[dict]:
        """Packets that wait for us."""
        return self._list("getReceivedEdocList", {"servicetype": "eDoc", "messagetype": message_type})

    def count(self, message_type: str) -> int:
        """How many packets wait for us; also the cheapest call that shows whether the axis is there."""
        operation = "countReceiveStatus" if message_type == "status" else "countReceiveEdoc"
        headers = self.headers({"servicetype": "eDoc", "messagetype": message_type}, JSON)
        found = self.reply(operation, headers, b"{}").get("count", 0)
        return int(found) if str(found).isdecimal() else 0

    def sent_list(self, message_type: str, axis_id: str = "") -> list[dict]:
        """What we sent, one row per receiver."""
        values = {"servicetype": "eDoc", "messagetype": message_type} | (
            {"docId": axis_id} if axis_id else {}
        )
        return self._list("getSentEdocList", values)

    def agencies(self) -> list[dict]:
        """The axis's list of agencies."""
        return self._list("getAgenciesList", {})

    def agencies_qd20(self, level: int = 1) -> list[dict]:
        """The axis's list of agencies with both codes (QĐ 20/2020 and QCVN 102)."""
        return self._list("getAgenciesListQD20", {"level": str(level)})

    def long_list(self, operation: str, values: dict, target: Path) -> Iterator[dict]:
        """The rows of a list of any length, by way of the file `target`. Raises Retry, LineFault, GiveUp."""
        self._download("POST", operation, self.headers(values, JSON), b"", target)
        yield from axis_lists.rows(target)

    def units(self) -> list[dict]:
        """The axis's list of agencies for synchronising: with versions and closed ones."""
        return self._list("getSynchronizeUnit", {})

    def register_agency(
        self, code: str, name: str, mail: str, parent_code: str = "", mobile: str = "", fax: str = ""
    ) -> None:
        """Enter an agency of ours at the axis."""
        fields = {
            "id": "",
            "pcode": parent_code,
            "code": code,
            "name": name,
            "mail": mail,
            "mobile": mobile,
            "fax": fax,
        }
        self.reply("registerAgency", self.headers({}, JSON), json.dumps(fields, ensure_ascii=False).encode())

    def delete_agency(self, code: str) -> None:
        """Take an agency of ours off the axis."""
        self.reply("deleteAgency", self.headers({"AgencyCode": code}, JSON), b"{}")

    def get_edoc(self, axis_id: str, target: Path) -> Path:
        """Fetch a packet into `target`; memory stays flat whatever its size, and what came before a cut is kept."""
        if self.parts:
            done = axis_parts.download(self, axis_id, target)
            if done:
                return target
            if done is False:
                self._is_plain()
        headers = self.headers({"servicetype": "eDoc", "docId": axis_id}, JSON)
        answer = target.with_name(f"{target.name}.reply")
        try:
            self._download("POST", "getEdoc", headers, b"{}", answer)
            axis_replies.unpack(answer, target)
        finally:
            answer.unlink(missing_ok=True)
        return target

    def download_edoc(self, axis_id: str, target: Path) -> Path:
        """Fetch a packet as raw bytes (newer axes only)."""
        headers = self.headers({"servicetype": "eDoc", "docId": axis_id}, JSON)
        self._download("GET", "downloadEdoc", headers, None, target)
        with target.open("rb") as source:
            head = source.read(1 << 16)
        if not head or head.lstrip()[:1] == b"{":
            axis_replies.judged(httpx.Response(200), head)
            raise outbox.Retry("Trục trả về gói tin rỗng." + _SAFE)
        return target

    def update_status(self, axis_id: str, status: str, description: str = "") -> None:
        """Tell the axis what became of a fetched packet: processing, done or fail."""
        values = {"servicetype": "eDoc", "docid": axis_id, "status": status}
        if description:
            values["description"] = description[:500]
        self.reply("updateStatus", self.headers(values, JSON), b"{}")

    def is_there(self) -> None:
        """One cheap call. Raises LineFault while the axis cannot be reached, or does not let us in."""
        try:
            self.count("edoc")
        except (outbox.GiveUp, outbox.Retry) as trouble:
            away = isinstance(trouble, LineFault) and (trouble.for_ever or trouble.after is not None)
            if away:
                raise
            self.received_list("status")  # an older axis has no counting

    # ---- how a call is made; axis_parts uses these too ----------------------------------------------------------

    def headers(self, values: dict[str, str], content_type: str) -> dict[str, str]:
        """The signed headers of one call."""
        return vxp.signed_headers(self.system_id, self.secret, values, content_type)

    def reply(self, operation: str, headers: dict, body, most: int = MOST_ANSWER) -> dict:
        """The fields of a positive reply. Raises Retry, LineFault, GiveUp."""
        try:
            with self.http.stream("POST", f"{self.url}/{operation}", headers=headers, content=body) as answer:
                data = bytearray()
                for piece in answer.iter_raw(CHUNK):
                    data += piece
                    if len(data) > most:
                        raise outbox.Retry("Trục trả lời dài bất thường." + _SAFE)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        return axis_replies.judged(answer, bytes(data))

    def _is_plain(self):
        self.parts = False
        if self.on_plain:
            self.on_plain()

    def _list(self, operation, values):
        found = self.reply(operation, self.headers(values, JSON), b"", MOST_REPLY).get("data", [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def _download(self, method, operation, headers, body, target):
        try:
            with self.http.stream(method, f"{self.url}/{operation}", headers=headers, content=body) as answer:
                write_down(answer, target, "wb")
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if answer.status_code >= 300:
            with target.open("rb") as source:
                axis_replies.judged(answer, source.read(1 << 16))

    def ranged(self, headers: dict, target: Path, accept) -> tuple[httpx.Response, bytes | None]:
        """GET downloadEdoc, appended to `target` when `accept(answer)`, else the answer's first bytes.

        A cut keeps what has come.
        """
        try:
            with self.http.stream("GET", f"{self.url}/downloadEdoc", headers=headers) as answer:
                if not accept(answer):
                    return answer, next(answer.iter_raw(1 << 16), b"")
                write_down(answer, target, "ab", self.progress)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        return answer, None


def write_down(answer: httpx.Response, target: Path, mode: str, progress=None) -> None:
    """Stream an answer to the disk, up to the largest packet."""
    failpoints.reach("receive.headers")
    with target.open(mode) as out:
        size = out.tell()
        for piece in answer.iter_raw():  # as it comes: a cut loses nothing that was here
            failpoints.reach("receive.body-spool-half")
            size += len(piece)
            if size > MOST_PACKET:
                raise outbox.GiveUp("Gói tin trên trục lớn hơn mức hệ thống nhận được.")
            out.write(piece)
            if progress:
                progress()


def _unreachable(error):
    if "CERTIFICATE" in str(error).upper():
        return NotSent(
            f"Chứng thư TLS của trục không tin cậy được ({error}); không gửi gì qua kết nối này. "
            "Hãy báo đơn vị vận hành trục."
        )  # fmt: skip
    if isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol | httpx.PoolTimeout
    ):
        return NotSent(f"Không kết nối được tới trục ({type(error).__name__})." + _SAFE)
    if isinstance(error, httpx.TimeoutException):
        return LineFault("Trục không trả lời trong thời gian chờ." + _SAFE, for_ever=True)
    return LineFault(f"Kết nối tới trục bị ngắt giữa chừng ({type(error).__name__})." + _SAFE, for_ever=True)


def _body(packet):
    half = packet.stat().st_size // 2
    sent = 0
    with packet.open("rb") as source:
        while piece := source.read(CHUNK):
            yield piece
            if sent <= half < sent + len(piece):
                failpoints.reach("send.body-half")
            sent += len(piece)
    yield b"\r\n"
    failpoints.reach("send.body-sent")


def _digest(packet):
    hashed = hashlib.sha256()
    with packet.open("rb") as source:
        while piece := source.read(CHUNK):
            hashed.update(piece)
    return hashed.digest()
