"""Nơi nhận việc: the units and people of an agency that a part of the work can be given to (Quy chế 11.2)."""

from typing import NamedTuple

from models import agencies, lookups, users

WORKERS = (lookups.OFFICER, lookups.UNIT_HEAD, lookups.LEADER, lookups.FORM_CHECKER, lookups.CLERK)


class Target(NamedTuple):
    """Who may be given a part: a unit, or a post."""

    post: users.Post | None
    unit: agencies.Unit | None

    @property
    def key(self) -> str:
        """«unit:3» or «post:5», as a form posts it."""
        return f"unit:{self.unit.id}" if self.unit else f"post:{self.post.id}"

    @property
    def name(self) -> str:
        """The unit's or the person's name."""
        return self.unit.name if self.unit else self.post.person.full_name

    @property
    def detail(self) -> str:
        """The line under the name."""
        return "Đơn vị" if self.unit else self.post.title


def of(actor) -> list[Target]:
    """Units and people of the agency that work can be given to: units that have a head, then posts."""
    posts = [post for post in users.holders(actor.agency_id) if any(post.has(role) for role in WORKERS)]
    headed = {post.unit_id for post in posts if post.has(lookups.UNIT_HEAD)}
    units = [Target(None, unit) for unit in agencies.units_of(actor.agency_id) if unit.id in headed]
    return units + [Target(post, None) for post in posts if post.id != actor.post.id]


def members(actor) -> list[Target]:
    """People a unit head may pass work on to: those of the same unit."""
    if not actor.unit_id:
        return []
    posts = users.holders(actor.agency_id, unit_id=actor.unit_id)
    return [Target(post, None) for post in posts if post.id != actor.post.id]


def chosen(targets: list[Target], keys: list[str]) -> list[Target]:
    """The targets with these keys, as a form posts them; unknown keys are left out."""
    return [target for target in targets if target.key in keys]
