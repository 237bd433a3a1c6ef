"""Một dòng cho mỗi văn bản đi: «12/14 đã tiếp nhận, 1 từ chối, 1 chưa đến» (J4), always the numbers of the list behind it."""

from dataclasses import dataclass
from typing import NamedTuple

from peewee import Case

from models import db, exchange, exchange_follow


class Group(NamedTuple):
    """States that a reader counts together, in words, with the colour of their chip."""

    key: str
    states: tuple[str, ...]
    words: str
    kind: str = ""


GROUPS = (
    Group("accepted", ("accepted", "assigned", "in_progress", "completed"), "đã tiếp nhận", "done"),
    Group("refused", ("refused",), "từ chối", "returned"),
    Group("failed", ("failed",), "gửi lỗi", "late"),
    Group("not_arrived", ("queued", "on_axis"), "chưa đến", ""),
    Group("arrived", ("arrived",), "đã đến, chờ tiếp nhận", ""),
    Group("recall_asked", ("recall_asked",), "chưa trả lời thu hồi", "soon"),
    Group("recall_refused", ("recall_refused",), "từ chối thu hồi", "late"),
    Group("recalled", ("recalled",), "đã thu hồi", "gone"),
)  # fmt: skip
BY_KEY = {group.key: group for group in GROUPS}
KIND_OF = {state: group.kind for group in GROUPS for state in group.states}
PROBLEMS = "problems"


class Part(NamedTuple):
    """One number of the summary: «1 từ chối»; `key` names the list it opens."""

    key: str
    many: int
    words: str
    kind: str


@dataclass(frozen=True)
class Summary:
    """How one document fares at its recipients; the numbers of all groups add up to `total`."""

    total: int = 0
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    not_arrived: int = 0
    arrived: int = 0
    recall_asked: int = 0
    recall_refused: int = 0
    recalled: int = 0
    late: int = 0  # of not_arrived: longer than four office hours

    @property
    def problems(self) -> int:
        """Recipients a person should look at."""
        return self.refused + self.failed + self.recall_asked + self.recall_refused + self.late

    @property
    def moving(self) -> bool:
        """True while a state may still change by itself."""
        return bool(self.not_arrived or self.arrived or self.recall_asked)

    @property
    def parts(self) -> list[Part]:
        """What a reader sees, the accepted first; a group without recipients is left out."""
        found = []
        for group in GROUPS[1:]:
            many = getattr(self, group.key)
            if many:
                kind = "late" if group.key == "not_arrived" and self.late else group.kind
                found.append(Part(group.key, many, f"{many} {group.words}", kind))
        kind = "done" if self.accepted and self.accepted == self.total else ""
        return [Part("accepted", self.accepted, f"{self.accepted}/{self.total} đã tiếp nhận", kind), *found]

    def __str__(self):
        return ", ".join(part.words for part in self.parts)


def summaries(docs) -> dict[int, Summary]:
    """Document id → its summary, in one query for a whole list; documents without electronic recipients are left out."""
    docs = list(docs)
    if not docs:
        return {}
    model, since = exchange.Consignment, exchange_follow.late_since(docs[0].agency_id)
    late = db.fn.SUM(Case(None, [(model.queued_at < since, 1)], 0))
    rows = (
        model.select(model.document_id, model.state, db.fn.COUNT(model.id), late)
        .where(model.document.in_([doc.id for doc in docs]), model.direction == "out")
        .group_by(model.document, model.state)
        .tuples()
    )
    counted: dict[int, list] = {}
    for doc_id, state, many, old in rows:
        counted.setdefault(doc_id, []).append((state, many, old))
    return {doc_id: _summary(found) for doc_id, found in counted.items()}


def of(doc) -> Summary:
    """The summary of one document."""
    return summaries([doc]).get(doc.id, Summary())


def _summary(found) -> Summary:
    many = {state: number for state, number, _ in found}
    groups = {group.key: sum(many.get(state, 0) for state in group.states) for group in GROUPS}
    late = sum(old for state, _, old in found if state in exchange_follow.NOT_ARRIVED)
    return Summary(total=sum(many.values()), late=late, **groups)
