"""Đề xuất trình ai, chuyển đơn vị nào (B10; ND30 Điều 23.1): the agency's rules first, then what was decided for alike letters.

Each proposal says why. A rule may also say that letters of its kind go straight to a unit or person, where that is already
clear (23.1): only then the clerk may pass one on without a leader (models/incoming_straight.py).
"""

import json
from collections import Counter
from typing import NamedTuple

from models import (
    agencies,
    alike,
    assignments,
    clock,
    db,
    documents,
    errors,
    issuers,
    journal,
    lookups,
    receivers,
    senders,
    text,
    users,
)

LEARNED_FROM = 200  # newest decisions on letters of the same sender, or of the same type
LEAST_SHARE = 0.25
MOST = 4


class RouteRule(db.Base):
    """Letters of this sender, type and words go to this leader, person or unit; ended, never changed."""

    agency = db.ForeignKeyField(agencies.Agency, backref="+")
    sender_name = db.CharField(default="")  # "" = any
    type_code = db.CharField(default="")  # "" = any
    words = db.CharField(default="")  # phrases of the subject, parted by «;»: one of them; "" = any
    post = db.ForeignKeyField(users.Post, null=True)
    unit = db.ForeignKeyField(agencies.Unit, null=True)
    straight = db.BooleanField(default=False)
    decision = db.CharField(default="")
    made_at = db.MomentField()
    made_by = db.CharField()
    ended_at = db.MomentField(null=True)
    ended_by = db.CharField(default="")

    @property
    def target(self) -> receivers.Target:
        """Who it leads to."""
        return receivers.Target(self.post, self.unit)

    @property
    def label(self) -> str:
        """What it is about, in words."""
        kind = lookups.type_name(self.type_code).lower()
        parts = [
            kind or "văn bản",
            self.sender_name and f"của {self.sender_name}",
            self.words and f"có «{self.words}»",
        ]
        return " ".join(part for part in parts if part)


TABLES = (RouteRule,)


class Route(NamedTuple):
    """One proposal: a post or a unit, why, whether the clerk may pass it straight on, and its share (1.0 for a rule)."""

    post: users.Post | None
    unit: agencies.Unit | None
    why: str
    straight: bool = False
    share: float = 1.0

    @property
    def key(self) -> str:
        """«post:5» or «unit:3», as a form posts it."""
        return receivers.Target(self.post, self.unit).key

    @property
    def name(self) -> str:
        """Who it is, in words."""
        return receivers.Target(self.post, self.unit).name


def propose(actor, organ_name: str, type_code: str = "", subject: str = "", parent: str = "") -> list[Route]:
    """To whom this letter probably goes, the best first; at most four; empty when nothing is known."""
    by_rule = [
        Route(rule.post, rule.unit, f"theo quy định: {rule.label}", rule.straight)
        for rule in rules(actor.agency_id) if _fits(rule, organ_name, type_code, subject, parent)
    ]  # fmt: skip
    found: dict[str, Route] = {}
    for route in by_rule:
        found.setdefault(route.key, route)
    for route in _learned(actor, organ_name, type_code, parent):
        found.setdefault(route.key, route)
    return [route for route in found.values() if _is_there(actor, route)][:MOST]


def straight_routes(doc, actor) -> list[Route]:
    """Where rules let the clerk pass this document on without a leader."""
    routes = propose(actor, doc.organ_name, doc.type_code, doc.subject, doc.parent_organ_name)
    return [route for route in routes if route.straight]


def may_pass_straight(doc, actor) -> str | None:
    """Guard of the step: why the document must be presented to a leader."""
    if actor is None or not straight_routes(doc, actor):
        return "Không có quy định nào cho chuyển thẳng loại văn bản này; hãy trình lãnh đạo (ND30 Điều 23.1)."
    return None


# ---- what was decided ------------------------------------------------------------------------------------------


def _learned(actor, organ_name, type_code, parent) -> list[Route]:
    model = documents.Document
    here = model.select(model.id).where(model.agency == actor.agency_id)
    sender = senders.named(actor.agency_id, organ_name, parent) if organ_name else None
    of_sender = here.where(model.sender_id.in_(senders.family(sender))) if sender else None
    of_type = here.where(
        model.flow == "incoming", model.type_code == type_code, model.arrival_number.is_null(False)
    )
    kind = lookups.type_name(type_code).lower()
    for query, words in ((of_sender, f"văn bản của {organ_name}"), (of_type if kind else None, kind)):
        ids = (
            [row[0] for row in query.order_by(model.id.desc()).limit(LEARNED_FROM).tuples()] if query else []
        )
        routes = [*_leaders(actor, ids, words), *_leads(ids, words)] if ids else []
        if routes:
            return sorted(routes, key=lambda route: -route.share)
    return []


def _leaders(actor, ids, words) -> list[Route]:
    """To whom the clerk presented them."""
    event = journal.Event
    rows = event.select(event.subject_id, event.data).where(
        event.subject_kind == "document", event.subject_id.in_(ids), event.verb == "forward"
    )
    chosen = {subject: json.loads(data).get("leader") for subject, data in rows.order_by(event.id).tuples()}
    posts = {post.id: post for post in users.holders(actor.agency_id, lookups.LEADER)}
    return [
        Route(posts[key], None, f"{many}/{total} {words} → {posts[key].person.full_name}", False, many / total)
        for key, many, total in _counted(chosen.values()) if key in posts
    ]  # fmt: skip


def _leads(ids, words) -> list[Route]:
    """Whom the leader gave the lead."""
    task = assignments.Assignment
    rows = task.select(task.document, task.post, task.unit).where(
        task.document.in_(ids), task.part == assignments.LEAD, task.parent.is_null()
    )
    chosen = {doc: (post, unit) for doc, post, unit in rows.order_by(task.id).tuples()}
    found = []
    for (post_id, unit_id), many, total in _counted(chosen.values()):
        unit = agencies.Unit.get_or_none(agencies.Unit.id == unit_id) if unit_id else None
        post = users.Post.get_or_none(users.Post.id == post_id) if post_id else None
        if unit or post:
            name = unit.name if unit else post.person.full_name
            found.append(Route(post, unit, f"{many}/{total} {words} → {name}", False, many / total))
    return found


def _counted(values):
    """(value, how often, of how many) of those chosen often enough to be worth a proposal."""
    values = list(values)
    for value, many in Counter(values).most_common(3):
        if value and many / len(values) >= LEAST_SHARE:
            yield value, many, len(values)


def _is_there(actor, route: Route) -> bool:
    """True while the person holds the post, or the unit works."""
    if route.unit:
        return route.unit.agency_id == actor.agency_id and route.unit.closed_on is None
    return any(post.id == route.post.id for post in users.holders(actor.agency_id))


# ---- the rules -------------------------------------------------------------------------------------------------


def rules(agency_id: int) -> list[RouteRule]:
    """The rules in force: those that say most first, then the newer ones."""
    rows = list(RouteRule.select().where(RouteRule.agency == agency_id, RouteRule.ended_at.is_null()))
    said = {row.id: sum(map(bool, (row.sender_name, row.type_code, row.words))) for row in rows}
    return sorted(rows, key=lambda row: (-said[row.id], -row.id))


def open_rule(agency, by, *, sender_name="", type_code="", words="", post=None, unit=None, straight=False,
              decision="") -> RouteRule:  # fmt: skip
    """Thêm quy định chuyển văn bản. Raises Invalid for one that says nothing, leads nowhere, or exists already."""
    values = {
        "sender_name": text.clean(sender_name)[:200],
        "type_code": type_code,
        "words": text.clean(words)[:200],
    }
    decision, wrong = text.clean(decision)[:200], {}
    if not any(values.values()):
        wrong["sender_name"] = "Hãy nhập ít nhất nơi gửi, tên loại hoặc từ trong trích yếu."
    if bool(post) == bool(unit):
        wrong["target"] = "Hãy chọn một người hoặc một đơn vị nhận."
    if straight and post and post.has(lookups.LEADER):
        wrong["straight"] = (
            "Chuyển thẳng là không qua lãnh đạo: hãy chọn một đơn vị hoặc một người không phải lãnh đạo."
        )
    if straight and not decision:
        wrong["decision"] = "Chuyển thẳng cần số, ngày quy định của cơ quan cho phép (ND30 Điều 23.1)."
    if wrong:
        raise errors.Invalid(wrong)
    with db.write():
        if any(
            all(getattr(row, name) == value for name, value in values.items()) for row in rules(agency.id)
        ):
            raise errors.Invalid(
                {"sender_name": "Đã có quy định cho đúng trường hợp này. Hãy kết thúc quy định cũ trước."}
            )
        row = RouteRule.create(agency=agency, post=post, unit=unit, straight=straight, decision=decision,
                               made_at=clock.now(), made_by=by.name, **values)  # fmt: skip
        words = f"{row.label} → {row.target.name}{' (chuyển thẳng)' if straight else ''}"
        journal.record("open_route_rule", by, row, note=words, agency_id=agency.id)
    return row


def end_rule(row: RouteRule, by) -> None:
    """Kết thúc một quy định; what was decided by it stays."""
    if row.ended_at:
        raise errors.Refused("Quy định này đã kết thúc.")
    with db.write():
        row.set(ended_at=clock.now(), ended_by=by.name)
        journal.record("end_route_rule", by, row, note=row.label, agency_id=row.agency_id)


def _fits(rule: RouteRule, organ_name, type_code, subject, parent) -> bool:
    if rule.type_code and rule.type_code != type_code:
        return False
    phrases = [text.fold(part) for part in rule.words.split(";") if part.strip()]
    if phrases and not any(phrase in text.fold(subject) for phrase in phrases):
        return False
    if not rule.sender_name:
        return True
    if issuers.is_alike(issuers.key(rule.sender_name), issuers.key(organ_name)):
        return True
    own = alike.marks(rule.agency_id, organ_name, "", parent)
    return bool(own & alike.marks(rule.agency_id, rule.sender_name))
