"""Gửi kèm bản giấy (Quy chế 9.2, 9.3): which documents go out electronically only, and which also on paper.

Each line has its decision and its dates, and says nothing before or after them. A line is never rewritten: a change ends it
and opens the next one, so that what was proposed on any day can be read again. The province's list (9.3.e) is more lines.
"""

from datetime import timedelta
from typing import NamedTuple

from models import clock, db, errors, journal, lookups, permissions, text

KEEPERS = (lookups.PROVINCE_ADMIN,)
CONDITIONS = ("nature", "type_code", "recipient_class", "retention")
MOST_COPIES = 20


class PaperRule(db.Base):
    """One line: its conditions (an empty one fits everything), what it proposes, its basis and its days."""

    with_paper = db.BooleanField()
    copies = db.IntegerField()  # per recipient; 0 where only electronic
    nature = db.CharField(default="")
    type_code = db.CharField(default="")
    recipient_class = db.CharField(default="")
    retention = db.CharField(default="")
    article = db.CharField(default="")
    decision = db.CharField()
    valid_from = db.DateField()
    valid_to = db.DateField(null=True)  # the last day it applies
    ending = db.CharField(default="")  # the decision that ended it
    follows = db.ForeignKeyField("self", null=True)
    entered_at = db.MomentField(null=True)
    entered_by = db.CharField(default="")
    ended_at = db.MomentField(null=True)
    ended_by = db.CharField(default="")

    @property
    def law(self) -> str:
        """«9.3.a» for the regulation's own lines, «Quyết định …» for others."""
        return self.article or self.decision

    @property
    def conditions(self) -> list[str]:
        """What it is about, in words."""
        kind = lookups.document_type(self.type_code)
        found = [
            lookups.NATURES.get(self.nature, "") if self.nature else "",
            kind.name if kind else self.type_code,
            f"gửi {lookups.RECIPIENT_CLASSES[self.recipient_class]}" if self.recipient_class else "",
            f"bảo quản {lookups.RETENTIONS[self.retention].lower()}" if self.retention else "",
        ]
        return [one for one in found if one]

    @property
    def about(self) -> str:
        """Its conditions in one line."""
        words = ", ".join(self.conditions)
        return words[:1].upper() + words[1:]

    @property
    def proposal(self) -> str:
        """What it says, in words."""
        return f"Kèm {self.copies} bản giấy" if self.with_paper else "Chỉ gửi bản điện tử"

    def applies_on(self, day) -> bool:
        """True on the days from its first to its last."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Facts(NamedTuple):
    """What the lines ask of one recipient of one document."""

    nature: str = ""
    type_code: str = ""
    recipient_class: str = ""
    retention: str = ""


def on(day) -> list[PaperRule]:
    """The lines that apply on this day, the deciding ones first: more conditions, then the newer, then paper."""
    rows = [rule for rule in PaperRule.select() if rule.applies_on(day)]
    return sorted(
        rows, key=lambda rule: (-_weight(rule), -rule.valid_from.toordinal(), not rule.with_paper, -rule.id)
    )


def decide(rules: list[PaperRule], facts: Facts) -> PaperRule | None:
    """The line that decides, None when none speaks of it (then electronic only, QĐ 28/2018 Điều 5.3)."""
    return next((rule for rule in rules if _fits(rule, facts)), None)


def table(day=None) -> dict[str, list[PaperRule]]:
    """All lines for the administrator's page: in force, coming, ended."""
    day = day or clock.today()
    found = {"now": on(day), "coming": [], "past": []}
    for rule in PaperRule.select().order_by(PaperRule.valid_from.desc(), PaperRule.id.desc()):
        if rule.valid_from > day:
            found["coming"].append(rule)
        elif rule.valid_to and rule.valid_to < day:
            found["past"].append(rule)
    return found


def load(rule_id: int) -> PaperRule:
    """A line by its id. Raises NotFound."""
    found = PaperRule.get_or_none(PaperRule.id == rule_id)
    if found is None:
        raise errors.NotFound()
    return found


def enter(actor, fields: dict, follows: PaperRule | None = None) -> PaperRule:
    """Thêm một dòng (9.3.e), or change one: `follows` then ends the day before. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, *KEEPERS)
    values = _judged(fields)
    if follows and follows.valid_to:
        raise errors.Refused("Dòng này đã hết hiệu lực nên không sửa được. Hãy thêm dòng mới.")
    if follows and values["valid_from"] <= follows.valid_from:
        raise errors.Invalid(
            {
                "valid_from": f"Phải sau ngày {follows.valid_from:%d/%m/%Y}, ngày dòng đang sửa bắt đầu áp dụng."
            }
        )
    with db.write():
        if follows:
            _end(actor, follows, values["valid_from"] - timedelta(days=1), values["decision"])
        rule = PaperRule.create(**values, follows=follows, entered_at=clock.now(), entered_by=actor.name)
        words = f"{', '.join(rule.conditions)}: {rule.proposal}, từ {rule.valid_from:%d/%m/%Y} theo {rule.decision}"
        journal.record("enter_paper_rule", actor, rule, note=words)
    return rule


def end(actor, rule: PaperRule, last_day, decision: str) -> PaperRule:
    """Cho hết hiệu lực: the last day it applies and the decision that says so. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, *KEEPERS)
    decision = text.clean(decision)[:200]
    wrong = {}
    if not decision:
        wrong["decision"] = "Hãy nhập số, ngày quyết định."
    if last_day is None or last_day < rule.valid_from:
        wrong["last_day"] = f"Ngày cuối cùng áp dụng phải từ {rule.valid_from:%d/%m/%Y}."
    if wrong:
        raise errors.Invalid(wrong)
    if rule.valid_to:
        raise errors.Refused(f"Dòng này đã hết hiệu lực sau ngày {rule.valid_to:%d/%m/%Y}.")
    with db.write():
        _end(actor, rule, last_day, decision)
    return rule


def _end(actor, rule, last_day, decision) -> None:
    rule.set(valid_to=last_day, ending=decision, ended_at=clock.now(), ended_by=actor.name)
    words = f"{', '.join(rule.conditions)}: đến hết {last_day:%d/%m/%Y} theo {decision}"
    journal.record("end_paper_rule", actor, rule, note=words)


def _judged(fields) -> dict:
    values = {name: fields.get(name, "") for name in CONDITIONS}
    values |= {
        "with_paper": bool(fields.get("with_paper")), "copies": fields.get("copies") or 0,
        "article": text.clean(fields.get("article", ""))[:40], "decision": text.clean(fields.get("decision", ""))[:200],
        "valid_from": fields.get("valid_from"),
    }  # fmt: skip
    wrong = {}
    if not any(values[name] for name in CONDITIONS):
        wrong["nature"] = (
            "Hãy chọn ít nhất một điều kiện: tính chất, tên loại, nơi nhận hoặc thời hạn bảo quản."
        )
    for name, known in (("nature", lookups.NATURES), ("recipient_class", lookups.RECIPIENT_CLASSES),
                        ("retention", lookups.RETENTIONS)):  # fmt: skip
        if values[name] and values[name] not in known:
            wrong[name] = "Hãy chọn một mục trong danh sách."
    if values["type_code"] and lookups.document_type(values["type_code"]) is None:
        wrong["type_code"] = "Hãy chọn tên loại trong danh sách."
    if values["with_paper"] and not 1 <= values["copies"] <= MOST_COPIES:
        wrong["copies"] = f"Hãy nhập số bản từ 1 đến {MOST_COPIES}."
    if not values["with_paper"]:
        values["copies"] = 0
    if not values["decision"]:
        wrong["decision"] = "Hãy nhập số, ngày quyết định làm căn cứ."
    if values["valid_from"] is None:
        wrong["valid_from"] = "Hãy nhập ngày bắt đầu áp dụng."
    if wrong:
        raise errors.Invalid(wrong)
    return values


def _weight(rule) -> int:
    return sum(bool(getattr(rule, name)) for name in CONDITIONS)


def _fits(rule, facts) -> bool:
    return all(getattr(rule, name) in ("", getattr(facts, name)) for name in CONDITIONS)
