"""Quick choices for the leader, learned from the leader's own last decisions; each says why it is proposed."""

from collections import Counter
from typing import NamedTuple

from models import assignments, clock, deadlines, receivers

LEARNED_FROM = 200  # newest decisions of a leader that presets are learned from


class Preset(NamedTuple):
    """A decision this leader takes often: who leads, in how many working days, and why it is proposed."""

    target: receivers.Target
    days: int
    why: str


def presets(actor, among: list[receivers.Target], most: int = 4) -> list[Preset]:
    """Proposals for the leader, learned from the last decisions; for a new leader the units, or the people."""
    model = assignments.Assignment
    given = list(
        model.select(model.post, model.unit, model.given_at, model.due_on)
        .where(model.given_by == actor.post.id, model.part == assignments.LEAD)
        .order_by(model.id.desc())
        .limit(LEARNED_FROM)
    )
    known = {target.key: target for target in among}
    counted = Counter(_key(row) for row in given if _key(row) in known)
    found = []
    for name, times in counted.most_common(most):
        days = sorted((row.due_on - clock.local(row.given_at).date()).days for row in given
                      if _key(row) == name and row.due_on)  # fmt: skip
        found.append(Preset(known[name], _workdays(days), f"đã giao {times} lần"))
    if not found:
        units = [target for target in among if target.unit] or among
        found = [Preset(target, deadlines.WORKING_DAYS[0], target.detail.lower()) for target in units[:most]]
    return found


def _key(row: assignments.Assignment) -> str:
    return f"unit:{row.unit_id}" if row.unit_id else f"post:{row.post_id}"


def _workdays(calendar_days: list[int]) -> int:
    """The middle of past spans, from calendar days to working days (five in seven)."""
    middle = calendar_days[len(calendar_days) // 2] if calendar_days else deadlines.WORKING_DAYS[0]
    return max(1, round(middle * 5 / 7))
