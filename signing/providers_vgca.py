"""VGCA Sign Service (Ban Cơ yếu Chính phủ) as a way of signing: frames for its socket, and what its replies mean.

One socket an operation on wss://127.0.0.1:8987/<function>; the program itself fetches the file and brings the signed one
back, and only then replies. So a reply without the file brought never counts. Two generations are in use: the newer one
knows /GetVersion and /SignFiles.

The seal: number and day already stand in the file (the server writes them before the hand-over, so that no other program
touches the places of ND30), hence `DocNumber` and `IssuedDate` of /SignIssued stay empty; an annex carries the number.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from signing.providers import VGCA, BrowserStep, Capabilities, Order, Outcome, Paper

PATHS = {"leader": "SignApproved", "seal": "SignIssued", "annex": "SignAppendix", "copy": "SignCopy"}
CANCELLED = 11
LONGEST_NAME = 120
LARGEST_REPLY = 100_000
SENTENCES = {
    "done": "VGCA Sign Service báo đã ký; đang chờ tệp đã ký về máy chủ.",
    "cancelled": "Bạn đã hủy ở cửa sổ VGCA Sign Service. Văn bản chưa bị thay đổi.",
    "closed": (
        "VGCA Sign Service đóng kết nối mà không trả lời. Nếu bạn đã bấm Hoàn thành thì tệp đã ký vẫn được nhận; "
        "nếu chưa, hãy bấm Ký lại."
    ),
    "unreadable": "VGCA Sign Service trả lời sai quy cách. Văn bản chỉ đổi khi tệp đã ký về tới máy chủ; hãy thử lại.",
}


@dataclass
class Vgca:
    """The Committee's own program on the person's PC."""

    url: str = "wss://127.0.0.1:8987"
    functions: frozenset = field(default=frozenset({"leader", "seal", "annex", "copy"}))

    def capabilities(self) -> Capabilities:
        """Files one after the other; the newer generation takes a list of one kind."""
        return Capabilities(
            VGCA, "VGCA Sign Service", "file", "loopback", self.functions, 50, timedelta(minutes=20), (self.url,), False,
            (
                "Chưa thấy VGCA Sign Service trên máy này: hãy mở chương trình; nếu đã mở, hãy chấp nhận chứng thư của nó "
                f"tại {self.url.replace('wss:', 'https:')}/ rồi bấm lại."
            ),
        )  # fmt: skip

    def begin(self, order: Order) -> BrowserStep:
        """One frame a file, and one for all of them where they are of one kind and the program is of the newer generation."""
        frames = tuple(
            {"path": PATHS[paper.purpose], "text": _text(_frame(order, paper)), "paper": paper.id}
            for paper in order.papers
        )
        kinds = {paper.purpose for paper in order.papers}
        together = None
        if len(order.papers) > 1 and kinds == {"leader"}:
            together = {"path": "SignFiles", "text": _text(_list_frame(order)), "paper": None}
        return BrowserStep((self.url,), frames, together, "loopback-network")

    def receive(self, order: Order, payload: dict) -> Outcome:
        """The text the page got from the socket, or how the socket ended; never more than a hint."""
        if payload.get("closed"):
            return Outcome("error", "closed", SENTENCES["closed"])
        text = payload.get("reply")
        if not isinstance(text, str) or len(text) > LARGEST_REPLY:
            return Outcome("error", "unreadable", SENTENCES["unreadable"])
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return Outcome("error", "unreadable", SENTENCES["unreadable"])
        if isinstance(found, int) and not isinstance(found, bool):
            found = {"Status": found}  # a bare 0 counts as success
        elif isinstance(found, str) and found.strip().isdecimal():
            found = {"Status": int(found)}
        if not isinstance(found, dict):
            return Outcome("error", "unreadable", SENTENCES["unreadable"])
        return _meaning(found)

    def poll(self, order: Order) -> Outcome | None:
        """The file brought is the event; the program cannot be asked."""
        return None

    def cancel(self, order: Order) -> None:
        """The addresses of the session stop working; the program has no word for it."""


def _meaning(found: dict) -> Outcome:
    status = found.get("Status")
    said = found.get("Message") or found.get("Error")
    said = said.strip()[:500] if isinstance(said, str) else ""
    if isinstance(status, bool) or not isinstance(status, int):
        return Outcome("error", "unreadable", SENTENCES["unreadable"])
    if status == 0:
        return Outcome("done", "0", SENTENCES["done"])
    if status == CANCELLED:
        return Outcome("cancelled", str(status), SENTENCES["cancelled"])
    sentence = (
        f"VGCA Sign Service không ký được: {said or f'mã {status}'}. Văn bản chưa bị thay đổi; hãy thử lại."
    )
    return Outcome("refused", str(status), sentence)


def _frame(order: Order, paper: Paper) -> dict:
    frame = {"FileUploadHandler": order.upload, "SessionId": "", "JWTToken": "", "FileName": paper.source}
    if paper.purpose == "seal":
        frame |= {"DocNumber": "", "IssuedDate": ""}
    if paper.purpose in ("annex", "copy"):
        frame |= {"DocNumber": order.number, "MetaData": []}
    return frame


def _list_frame(order: Order) -> dict:
    rows = [
        {
            "FileID": str(paper.id),
            "FileName": paper.name.replace('"', "")[:LONGEST_NAME],
            "URL": paper.source,
        }
        for paper in order.papers
    ]
    return {"FileUploadHandler": order.upload, "SessionId": "", "JWTToken": "", "Files": rows}


def _text(frame: dict) -> str:
    return json.dumps(frame, ensure_ascii=False)
