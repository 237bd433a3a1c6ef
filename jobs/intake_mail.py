"""Hộp thư của cơ quan: attachments of its mail become scans, each once; the mail itself proves nothing (A7).

IMAP over TLS with the server's certificate verified. A message is fetched whole into the spool, taken apart in the
sandbox, its documents are stored, and only then is it marked as read or moved: whatever breaks in between, it is
fetched again and known by its Message-ID and the attachment's content.
"""

import base64
import hashlib
import imaplib
import json
import logging
import re
import ssl
import threading
from pathlib import Path

from jobs import reading, runner, sandbox
from models import config, db, errors, files, intake, outbox, scans

log = logging.getLogger("vanthu.intake")
EVERY_SECONDS, WAIT_SECONDS = 60, 30
MOST_A_LOOK = 20  # messages
CHILD = Path(__file__).parent / "child_mail.py"
TAKE_APART = {"seconds": 60, "megabytes": 2048}
MOST_COMPARED = 200  # messages looked through for one without a Message-ID
TROUBLE = {
    "broken": "Tệp «{}» trong thư bị hỏng, không giải mã được. Hãy xin nơi gửi gửi lại.",
    "large": "Tệp «{}» trong thư quá lớn. Hãy xin nơi gửi tách tệp hoặc gửi qua trục.",
}
_turn = threading.Lock()


class Fault(Exception):
    """The mail box cannot be read now; the message is the sentence for the administrator."""


class Line(imaplib.IMAP4_SSL):
    """The connection; a server that announces more than a message may have is cut off."""

    most = 0

    def read(self, size):
        """So many bytes of a literal."""
        if size > self.most:
            raise self.abort("literal too large")
        return super().read(size)


@runner.every(EVERY_SECONDS)
def look() -> None:
    """Look into all mail boxes, beside whatever else happens by itself."""
    boxes = intake.IntakeMailbox.select().where(intake.IntakeMailbox.active)
    if not _turn.locked() and boxes.exists():
        threading.Thread(target=_in_thread, name="mail", daemon=True).start()


def _in_thread():
    with db.connection():
        try:
            look_into_all()
        except (OSError, db.OperationalError) as trouble:
            log.error("mail: %s", trouble)
        finally:
            db.database.close()


def look_into_all() -> int:
    """One look into every active mail box; returns how many documents were taken."""
    if not _turn.acquire(blocking=False):
        return 0
    try:
        boxes = list(intake.IntakeMailbox.select().where(intake.IntakeMailbox.active))
        taken = sum(_look_into(box) for box in boxes)
    finally:
        _turn.release()
    if taken:
        runner.wake("separate", "ocr")
    return taken


@runner.carries_out("look_into_mailbox")
def try_now(order: outbox.Order) -> None:
    """The administrator asked to look at once."""
    box = intake.IntakeMailbox.get_or_none(intake.IntakeMailbox.id == order.subject_id)
    if box and box.active and _look_into(box):
        runner.wake("separate", "ocr")


def _look_into(box: intake.IntakeMailbox) -> int:
    taken, trouble = 0, ""
    try:
        line = _open(box)
        try:
            for uid in _unseen(line):
                taken += _take(box, line, uid)
        finally:
            _close(line)
    except Fault as fault:
        trouble = str(fault)
    except errors.Refused as fault:  # the disk is full, or the key file is not ours
        trouble = str(fault)
    except (imaplib.IMAP4.error, OSError) as fault:
        trouble = f"Đứt kết nối với máy chủ thư ({_plain(fault)}). Hệ thống tự thử lại."
    intake.looked(box, trouble, taken)
    return taken


# ---- the line ----------------------------------------------------------------------------------------------------


def _open(box) -> Line:
    """Signed in, the folder chosen. Raises Fault."""
    try:
        context = ssl.create_default_context(cadata=box.authority or None)
    except (ssl.SSLError, ValueError) as fault:
        raise Fault("Tệp chứng thư của nơi cấp riêng không đọc được. Hãy nạp lại tệp PEM.") from fault
    try:
        line = Line(box.server, box.port, ssl_context=context, timeout=WAIT_SECONDS)
    except ssl.SSLCertVerificationError as fault:
        raise Fault(
            f"Chứng thư của máy chủ thư không tin cậy được ({fault.verify_message}). Chưa gửi mật khẩu đi; hãy kiểm "
            "tra tên máy chủ, hoặc nạp chứng thư của nơi cấp riêng."
        ) from fault
    except (OSError, imaplib.IMAP4.error) as fault:
        raise Fault(f"Không nối được máy chủ thư ({_plain(fault)}). Hệ thống tự thử lại.") from fault
    line.most = (config.current().upload_megabytes << 20) * 3 // 2  # base64 makes a file a third larger
    try:
        _sign_in(line, box.login, box.password)
    except (imaplib.IMAP4.error, UnicodeEncodeError) as fault:
        _close(line)
        raise Fault("Máy chủ thư không nhận tên đăng nhập hoặc mật khẩu. Hãy nhập lại.") from fault
    said, _ = line.select(_quoted(box.folder))
    if said != "OK":
        _close(line)
        raise Fault(f"Không mở được thư mục thư «{box.folder}». Hãy kiểm tra tên thư mục.")
    return line


def _sign_in(line, login: str, password: str) -> None:
    """By SASL PLAIN (RFC 4616), which takes every letter; LOGIN knows ASCII alone."""
    if "AUTH=PLAIN" in line.capabilities:
        line.authenticate("PLAIN", lambda _: f"\0{login}\0{password}".encode())
    else:
        line.login(login, password)


def _close(line) -> None:
    try:
        line.logout()
    except (imaplib.IMAP4.error, OSError):
        line.shutdown()


def _quoted(folder: str) -> str:
    """A folder's name as IMAP spells it (modified UTF-7, RFC 3501 5.1.3)."""
    spelt = re.sub(
        r"[^\x20-\x7e]+",
        lambda found: "&" + found[0].encode("utf-16-be").hex() + "&",
        folder.replace("&", "&-"),
    )
    spelt = re.sub(r"&((?:[0-9a-f]{2})+)&", lambda found: f"&{_base64(bytes.fromhex(found[1]))}-", spelt)
    return '"' + spelt.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(content: bytes) -> str:
    return base64.b64encode(content).rstrip(b"=").replace(b"/", b",").decode()


def _unseen(line) -> list[bytes]:
    said, found = line.uid("SEARCH", "UNSEEN")
    if said != "OK":
        raise Fault("Máy chủ thư không trả lời câu hỏi «thư chưa đọc».")
    return (found[0] or b"").split()[:MOST_A_LOOK]


def _plain(fault) -> str:
    return re.sub(r"\s+", " ", str(fault))[:200] or type(fault).__name__


# ---- one message -------------------------------------------------------------------------------------------------


def _take(box, line, uid) -> int:
    """Take in one message; returns how many documents were new."""
    size = _size(line, uid)
    if size is None:  # gone meanwhile
        return 0
    if size > line.most:
        channel = scans.Channel(box.agency_id, "mail", box.login)
        reason = f"Thư lớn {size >> 20} MB, quá mức. Thư còn trong hộp thư; hãy mở bằng chương trình thư."
        intake.refuse(channel, "", reason, f"mail:{box.id}:large:{uid.decode()}")
        _put_away(box, line, uid)
        return 0
    content = _content(line, uid)
    if content is None:
        return 0
    taken = _take_in(box, content)
    _put_away(box, line, uid)
    return taken


def _content(line, uid) -> bytes | None:
    said, found = line.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((one[1] for one in found or () if isinstance(one, tuple)), None) if said == "OK" else None


def _size(line, uid) -> int | None:
    said, found = line.uid("FETCH", uid, "(RFC822.SIZE)")
    heard = re.search(
        rb"RFC822\.SIZE (\d{1,15})", b" ".join(one for one in found or () if isinstance(one, bytes))
    )
    return int(heard[1]) if said == "OK" and heard else None


def _take_in(box, content: bytes) -> int:
    """Documents of a message as scans, each once; what is none is refused with a reason."""
    most = config.current().upload_megabytes
    with reading.folder() as folder:
        message = folder / "thu.eml"
        message.write_bytes(content)
        result = sandbox.run(
            [*sandbox.PYTHON, CHILD, message, folder, most << 20], readable=(CHILD, message), writable=folder,
            **TAKE_APART,
        )  # fmt: skip
        whole = hashlib.sha256(content).hexdigest()
        if not result.ok:
            reason = "Thư hỏng hoặc quá phức tạp nên không đọc được. Thư còn trong hộp thư; hãy mở bằng chương trình thư."
            intake.refuse(
                scans.Channel(box.agency_id, "mail", box.login), "", reason, f"mail:{box.id}:{whole}"
            )
            return 0
        said = json.loads(result.stdout)
        sender = said["from"] or "không rõ người gửi"
        channel = scans.Channel(box.agency_id, "mail", sender)
        named = said["id"] or whole
        kept = f"mail:{box.id}:{whole}:{said['id']}"
        if not box.allows(said["from"]):
            reason = f"Người gửi {sender} không có trong danh sách được nhận. Thư «{said['subject']}» còn trong hộp thư."
            intake.refuse(channel, "", reason, f"mail:{box.id}:{_digest(named, 'sender')}")
            return 0
        taken = sum(
            _take_part(box, channel, named, kept, folder / part.get("file", ""), part)
            for part in said["parts"]
        )
        if said.get("more"):
            reason = "Thư có quá nhiều tệp; chỉ nhận 50 tệp đầu. Thư còn trong hộp thư."
            intake.refuse(channel, "", reason, f"mail:{box.id}:{_digest(named, 'more')}")
    return taken


def _take_part(box, channel, named, kept, path, part) -> bool:
    name = part["name"]
    if part["trouble"]:
        reason = TROUBLE[part["trouble"]].format(name)
        intake.refuse(channel, name, reason, f"mail:{box.id}:{_digest(named, name)}")
        return False
    with path.open("rb") as file:
        key = f"mail:{box.id}:{_digest(named, hashlib.file_digest(file, 'sha256').hexdigest())}"
    if scans.Scan.get_or_none(scans.Scan.received_key == key):
        return False
    try:
        safe, media_type = scans.check_upload(path, name, config.current().upload_megabytes)
    except errors.Invalid as error:
        reason = str(error).replace("Tệp chưa được lưu.", "Thư còn trong hộp thư.")
        intake.refuse(channel, name, reason, key)
        return False
    scans.upload(channel, files.store(path), safe, media_type, key=key, kept_at=kept)
    return True


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode(errors="replace")).hexdigest()


def _put_away(box, line, uid) -> None:
    """Mark it as read; into the folder for what is done, where one is named."""
    line.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    if not box.moved_to:
        return
    if "MOVE" in line.capabilities:
        said, _ = line.uid("MOVE", uid, _quoted(box.moved_to))
    else:
        said, _ = line.uid("COPY", uid, _quoted(box.moved_to))
        if said == "OK":
            _remove(line, uid)
    if said != "OK":
        raise Fault(
            f"Không chuyển được thư sang «{box.moved_to}». Thư đã nhận xong; hãy tạo thư mục đó trong hộp thư."
        )


def _remove(line, uid) -> None:
    """This one message, for good where the server can single it out."""
    line.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
    if "UIDPLUS" in line.capabilities:
        line.uid("EXPUNGE", uid)
    else:
        line.expunge()


def erase(scan) -> None:
    """The message that brought a paper with a secrecy mark goes too (Quy chế 1.2). Raises Retry."""
    _, number, whole, named = scan.kept_at.split(":", 3)
    box = intake.IntakeMailbox.get_or_none(intake.IntakeMailbox.id == int(number))
    if box is None:
        return
    try:
        line = _open(box)
        try:
            for folder in filter(None, (box.folder, box.moved_to)):
                if line.select(_quoted(folder))[0] == "OK":
                    _erase_in(line, whole, named)
        finally:
            _close(line)
    except (Fault, imaplib.IMAP4.error, OSError) as fault:
        raise outbox.Retry(f"Chưa xóa được thư mang văn bản mật: {_plain(fault)}", for_ever=True) from fault


def _erase_in(line, whole, named) -> None:
    """The messages of the chosen folder that are byte for byte the one meant."""
    asked = ("HEADER", "Message-ID", _quoted_words(named)) if named else ("ALL",)
    said, found = line.uid("SEARCH", *asked)
    for uid in (found[0] or b"").split()[-MOST_COMPARED:] if said == "OK" else ():
        content = _content(line, uid)
        if content and hashlib.sha256(content).hexdigest() == whole:
            _remove(line, uid)


def _quoted_words(words: str) -> str:
    kept = re.sub(r"[^\x21-\x7e]", "", words)
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'
