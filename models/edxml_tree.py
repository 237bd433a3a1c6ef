"""The hardened parse below `edxml_read`: bytes → a light tree, files straight to disk.

Limits hold while parsing: bytes, elements, letters; no DTD, no entity, no network. libxml2 itself stops at 256 levels.
"""

from pathlib import Path

from lxml import etree

from models import edxml_parts, text
from models.edxml import NAMESPACE
from models.errors import Invalid

MOST_BYTES = 400 << 20
MOST_ELEMENTS = 100_000
MOST_TEXT = 4 << 20
MOST_QUIET = 512 << 10  # bytes of one tag, comment or instruction, which the parser must hold until it ends
CHUNK = 1 << 16
_CARRIES_FILE = {"ContentTransferEncoded", "AttachmentData"}
_NOT_A_PACKET = "Tệp này không phải gói tin văn bản điện tử đọc được (edXML của QCVN 102:2016): "
ASK_AGAIN = " Chưa nhận văn bản nào từ gói này; hãy đề nghị nơi gửi kiểm tra và gửi lại."


def unreadable(reason: str) -> Invalid:
    """The error for a packet that cannot be read at all."""
    return Invalid(_NOT_A_PACKET + reason + ASK_AGAIN)


def parse(path: Path, folder: Path | None):
    """(root Node, the target that knows the files written). Raises Invalid and removes what was written.

    Without a folder the files are passed over: enough to see who sends what to whom.
    """
    if path.stat().st_size > MOST_BYTES:
        raise unreadable(f"lớn hơn {MOST_BYTES >> 20} MB.")
    target = Target(folder)
    try:
        return _fed(path, target), target
    except Invalid:
        target.discard()
        raise


def _fed(path, target):
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with path.open("rb") as source:
            quiet = 0
            while data := source.read(CHUNK):
                target.moved = False
                parser.feed(data)
                quiet = 0 if target.moved else quiet + len(data)
                if quiet > MOST_QUIET:
                    raise unreadable("có một thẻ hoặc chú thích dài bất thường.")
        return parser.close()
    except etree.XMLSyntaxError as error:
        line = f" (dòng {error.lineno})" if error.lineno else ""
        raise unreadable(f"XML sai cú pháp{line}.") from error
    except (UnicodeError, LookupError) as error:
        raise unreadable("bảng mã chữ không đúng như khai báo.") from error


class Node:
    """An element of the header: local name, text, children."""

    __slots__ = ("children", "is_ours", "name", "pieces", "sink")

    def __init__(self, name, is_ours):
        self.name, self.is_ours = name, is_ours
        self.children = []
        self.pieces = []
        self.sink = None

    @property
    def text(self):
        return text.clean("".join(self.pieces))

    def first(self, *path):
        node = self
        for name in path:
            node = next((child for child in node.children if child.name == name and child.is_ours), None)
            if node is None:
                return None
        return node

    def all(self, name):
        return [child for child in self.children if child.name == name and child.is_ours]

    def get(self, *path):
        node = self.first(*path)
        return node.text if node else ""

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class Target:
    """Builds a light tree of everything but the files, which go to disk as they come."""

    def __init__(self, folder):
        self.folder = folder
        self.stack = []
        self.root = None
        self.elements = 0
        self.letters = 0
        self.sinks = []
        self.moved = False  # something came out of the parser

    def start(self, tag, attributes):
        self.moved = True
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise unreadable("có quá nhiều phần tử XML.")
        namespace, _, name = tag.rpartition("}")
        # Some writers leave their prefix undeclared outside the envelope: such names count as ours too.
        node = Node(name.rpartition(":")[2], namespace.lstrip("{") in (NAMESPACE, ""))
        if self.root is None:
            self._begin(node, namespace)
        elif node.name in _CARRIES_FILE and node.is_ours:
            node.sink = self._sink()
            self.sinks.append(node.sink)
        if self.stack:
            self.stack[-1].children.append(node)
        self.stack.append(node)

    def _begin(self, node, namespace):
        if node.name != "edXML" or namespace.lstrip("{") != NAMESPACE:
            raise unreadable("phần tử gốc không phải edXML, hoặc thuộc phiên bản chuẩn khác.")
        self.root = node

    def _sink(self):
        if self.folder is None:
            return edxml_parts.PassedOver()
        return edxml_parts.Base64File(self.folder / f"tep-{len(self.sinks) + 1}")

    def end(self, tag):
        node = self.stack.pop()
        if node.sink:
            node.sink.close()

    def data(self, piece):
        self.moved = True
        if not self.stack:
            return
        node = self.stack[-1]
        if node.sink:
            node.sink.feed(piece)
            return
        self.letters += len(piece)
        if self.letters > MOST_TEXT:
            raise unreadable("phần thông tin mô tả quá dài.")
        node.pieces.append(piece)

    def doctype(self, *_):
        raise unreadable("có khai báo DTD hoặc thực thể, hệ thống không mở loại tệp này vì lý do an toàn.")

    def comment(self, _):
        """Comments say nothing."""

    def pi(self, *_):
        """Processing instructions say nothing."""

    def close(self):
        return self.root

    def discard(self):
        for sink in self.sinks:
            sink.discard()
