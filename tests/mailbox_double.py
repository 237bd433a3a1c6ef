"""A small mail server for tests: IMAP4rev1 over TLS on loopback, with UIDPLUS and MOVE; its messages lie in memory."""

import base64
import ipaddress
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage

import authorities
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOGIN, PASSWORD = "vanthu@vidu.vn", "mật-khẩu"
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass
class Kept:
    """A message of a folder."""

    uid: int
    content: bytes
    flags: set = field(default_factory=set)


class Server:
    """`folders` holds the messages; `heard` the commands; `lie` makes it announce more than it sends."""

    def __init__(self, folder, name: str = "127.0.0.1"):
        self.folders: dict[str, list[Kept]] = {"INBOX": [], "Da nhan": []}
        self.heard: list[str] = []
        self.lie = self.cut = 0
        self.capabilities = "IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE"
        self.authority = authorities.authority("Nơi cấp nội bộ")
        own = authorities.authority(name, self.authority, ca=False, extensions=[_names(name)])
        self.pem = self.authority.certificate.public_bytes(Encoding.PEM).decode()
        chain, key = folder / "mail.pem", folder / "mail.key"
        chain.write_bytes(own.certificate.public_bytes(Encoding.PEM))
        key.write_bytes(own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def deliver(self, content: bytes | EmailMessage, folder="INBOX") -> Kept:
        """A new message."""
        kept = Kept(sum(map(len, self.folders.values())) + 11, bytes(content), set())
        self.folders[folder].append(kept)
        return kept

    def close(self):
        """Take no more connections."""
        self.socket.close()

    def _serve(self):
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as line:
                Talk(self, line).hold()
        except (OSError, ValueError):
            return


class Talk:
    """One connection."""

    def __init__(self, server, line):
        self.server, self.line, self.file, self.chosen = server, line, line.makefile("rb"), "INBOX"

    def say(self, words, content=b""):
        self.line.sendall(words.encode() + content + b"\r\n")

    def hold(self):
        self.say("* OK ready")
        while heard := self.file.readline():
            tag, command, *words = [
                (quoted.replace(b'\\"', b'"') if quoted or not bare else bare).decode()
                for quoted, bare in WORD.findall(heard.strip())
            ]
            self.server.heard.append(" ".join([command, *words]))
            if command.upper() == "UID":
                command, *words = words
            answer = getattr(self, f"on_{command.lower()}")(*words)
            self.say(f"{tag} {answer or 'OK done'}")
            if command.upper() == "LOGOUT":
                return

    @property
    def kept(self):
        return self.server.folders[self.chosen]

    def on_capability(self):
        self.say(f"* CAPABILITY {self.server.capabilities}")

    def on_login(self, login, password):
        return "OK in" if (login, password) == (LOGIN, PASSWORD) else "NO wrong"

    def on_authenticate(self, kind):
        self.say("+ ")
        _, login, password = base64.b64decode(self.file.readline()).decode().split("\0")
        return self.on_login(login, password)

    def on_select(self, folder):
        if folder not in self.server.folders:
            return "NO no such folder"
        self.chosen = folder
        self.say(f"* {len(self.kept)} EXISTS")
        return None

    def on_search(self, kind, *words):
        found = [one for one in self.kept if kind == "ALL" or "\\Seen" not in one.flags]
        if kind == "HEADER":
            found = [one for one in self.kept if words[1].encode() in one.content]
        self.say("* SEARCH " + " ".join(str(one.uid) for one in found))

    def on_fetch(self, uid, asked, *more):
        for number, one in enumerate(self.kept, 1):
            if one.uid != int(uid):
                continue
            if "RFC822.SIZE" in asked:
                self.say(f"* {number} FETCH (UID {uid} RFC822.SIZE {len(one.content)})")
            else:
                size = self.server.lie or len(one.content)
                content = one.content[: self.server.cut or None]
                self.line.sendall(f"* {number} FETCH (UID {uid} BODY[] {{{size}}}\r\n".encode() + content)
                if self.server.cut:
                    raise ValueError("cut")
                self.say(")")

    def on_store(self, uid, how, flags):
        for one in self.kept:
            if one.uid == int(uid):
                one.flags |= set(flags.strip("()").split())

    def on_copy(self, uid, folder, move=False):
        if folder not in self.server.folders:
            return "NO [TRYCREATE] no such folder"
        for one in [one for one in self.kept if one.uid == int(uid)]:
            self.server.folders[folder].append(Kept(one.uid + 1000, one.content, set(one.flags)))
            if move:
                self.kept.remove(one)
        return None

    def on_move(self, uid, folder):
        return self.on_copy(uid, folder, True)

    def on_expunge(self, uid=None):
        for one in list(self.kept):
            if "\\Deleted" in one.flags and (uid is None or one.uid == int(uid)):
                self.kept.remove(one)

    def on_logout(self):
        self.say("* BYE")


def _names(name):
    known = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    return x509.SubjectAlternativeName([known])


def message(
    *parts, sender="Nguyễn An <an@so.vidu.vn>", number="<1@so.vidu.vn>", subject="Gửi công văn"
) -> EmailMessage:
    """A mail with these attachments: (content, main type, sub type, name)."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, LOGIN, subject
    if number:
        made["Message-ID"] = number
    made.set_content("Kính gửi văn thư, xin gửi công văn kèm theo.")
    for content, main, sub, name in parts:
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made
