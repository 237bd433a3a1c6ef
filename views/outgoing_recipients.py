"""Choosing recipients: what stands ticked, what the search and the groups bring, and where a closed agency's letters go."""

from typing import NamedTuple

from models import agencies, agencies_search, drafts, errors, recipient_groups

FOUND = 12


class Choice(NamedTuple):
    """One line of the picker: an agency, whether it takes electronic documents, and the sentence of a closed one."""

    agency: agencies.Agency
    reachable: bool
    note: str = ""


def of_form(actor, form, words: str) -> dict:
    """The picker inside a form that was posted to search or to add a group, or that is shown for the first time."""
    searches = form.data is not None and form.searches
    return context(actor, form.values("recipients"), words, form.data.get("group", "") if searches else "")


def context(actor, chosen_ids, words: str, group: str = "") -> dict:
    """Chosen agencies first (with those of a group just added), then those found; each with what it can receive."""
    chosen = agencies_of([int(one) for one in chosen_ids if str(one).isdecimal() and len(str(one)) < 10])
    known = {agency.id for agency in chosen} | {actor.agency_id}
    for member in _members(actor, group):
        if member.id not in known and len(chosen) < drafts.MOST_RECIPIENTS:
            chosen.append(member)
            known.add(member.id)
    return {
        "chosen": [_choice(agency) for agency in chosen],
        "found": _found(actor, words, known),
        "typed": words,
        "groups": recipient_groups.of(actor.agency_id),
    }


def agencies_of(ids) -> list[agencies.Agency]:
    """The agencies with these ids with their codes, in the order given; closed ones too, which the draft then refuses."""
    found = {
        row.id: row
        for row in agencies.with_codes(agencies.Agency.select().where(agencies.Agency.id.in_(list(ids))))
    }
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def _found(actor, words, known) -> list[Choice]:
    """A closed agency is answered with its successor, or stands there with the sentence why it gets nothing."""
    lines: dict[int, Choice] = {}
    for row in agencies_search.find(words, FOUND + len(known), near=actor.agency.code, only_open=False):
        note, now = agencies.closing_words(row), agencies.current(row)
        if now.id not in known and (note or now.id not in lines):
            lines[now.id] = Choice(now, agencies.is_reachable(now), note)
    return list(lines.values())[:FOUND]


def _choice(agency) -> Choice:
    return Choice(agency, agencies.is_reachable(agency), agencies.closing_words(agency))


def _members(actor, group) -> list[agencies.Agency]:
    if not str(group).isdecimal() or len(str(group)) > 9:
        return []
    try:
        return recipient_groups.members(recipient_groups.load(actor, int(group)))
    except errors.NotFound:
        return []
