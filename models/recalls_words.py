"""What the two sides of a recall say to each other, written so that a person reads it and our own other side takes it apart.

The order: «reason – Người chỉ đạo: … – Văn bản thay thế: …». The answer: what was cancelled, then «Chuyển tiếp: …» with
one entry a place the receiver had passed the document on to, its level in brackets.
"""

import re
from typing import NamedTuple

from models import clock, text

ORDERED, REPLACED = " – Người chỉ đạo: ", " – Văn bản thay thế: "
FORWARDS = " Chuyển tiếp: "
LONGEST = 1900  # a description of the wire, with room left for its marks
_NODE = re.compile(r"^\[(\d)\] (.{1,200}) – ([^–(]{1,100}?)(?: \(([^)]{1,60})\))?$")
NODE_STATES = {
    "recalled": "đã hủy",
    "recall_refused": "từ chối hủy",
    "recall_asked": "đã nhận lệnh, chưa hủy",
    "untold": "chưa nhận lệnh",
    "withdrawn": "chưa gửi đi thì đã thu hồi",
    "inside": "nội bộ, đã dừng và đóng",
    "paper_out": "bản giấy, chưa thu lại",
    "paper_back": "bản giấy, đã thu lại",
    "carried": "kèm tệp bị thu hồi, cơ quan đang xem xét",
}


class Order(NamedTuple):
    """What the sender said when he recalled."""

    reason: str
    ordered_by: str = ""
    replaced_by: str = ""


class Node(NamedTuple):
    """One place a document went on to: how deep below the one asked, who, in which state, since when."""

    level: int
    who: str
    state: str  # the words, as NODE_STATES has them
    when: str = ""


def order(reason: str, ordered_by: str, replaced_by: str = "") -> str:
    """The description of message 13."""
    said = f"{reason}{ORDERED}{ordered_by}"
    return said + (f"{REPLACED}{replaced_by}" if replaced_by else "")


def read_order(description: str) -> Order:
    """The parts of a description; of a stranger's it is all reason."""
    said, _, replaced = description.partition(REPLACED)
    reason, _, ordered = said.partition(ORDERED)
    return Order(reason.strip(), ordered.strip(), replaced.strip())


def moment(value) -> str:
    """«10:02 ngày 02/03/2026»."""
    return f"{clock.local(value):%H:%M ngày %d/%m/%Y}"


def answer(sentence: str, nodes: list[Node]) -> str:
    """The description of message 15 with the tree below; what does not fit is counted."""
    if not nodes:
        return sentence
    lines, room = [], LONGEST - len(sentence) - len(FORWARDS) - 60
    for place, node in enumerate(nodes):
        words = f"[{node.level}] {_plain(node.who)} – {node.state}{f' ({node.when})' if node.when else ''}"
        if room < len(words) + 2:
            lines.append(f"[1] {len(nodes) - place} nơi khác – xem tại cơ quan chuyển tiếp")
            break
        room -= len(words) + 2
        lines.append(words)
    return f"{sentence}{FORWARDS}{'; '.join(lines)}"


def read_answer(description: str) -> tuple[str, list[Node]]:
    """(what was said, the tree); no tree in what others write."""
    sentence, _, rest = description.partition(FORWARDS)
    nodes = []
    for line in rest.split("; ") if rest else ():
        found = _NODE.match(line.strip())
        if found:
            level, who, state, when = found.groups()
            nodes.append(Node(int(level), who, state, when or ""))
    return sentence.strip(), nodes


def _plain(who: str) -> str:
    return text.clean(who).replace(";", ",").replace(" – ", " - ")[:200]
