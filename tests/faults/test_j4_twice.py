"""J4: every form that changes something, pressed twice – double click, back and again, two tabs, a retry – has one effect.

Builds on the table and the world of the authorisation tests: each POST route, as somebody who may, twice with the same words.
"""

import hashlib

import pytest
import test_authorisation as authorisation
from test_authorisation import made, theatre

from models import clock, db, trust_aliases

assert made and theatre
POSTS = [row for row in authorisation.ROWS if row.method == "POST" and row.may]
FIRST = ("clerk", "officer", "leader", "province")
# words with which a route has its effect, where the table's own have none
WORDS = {
    "/admin/units": "name=Phong+Moi",
    "/admin/people": "title=Chuyen+vien&roles=officer&login=moi&full_name=Nguyen+Thu+Moi",
    "/admin/partners": "name=Noi+Nhan+Moi&connection=none&connection_note=chi+nhan+giay",
    "/admin/agencies": "name=Xa+Moi&code=H99.20.77",
    "/admin/agency/codes": "code=H99.10.7&decision=QD+7",
    "/admin/calendar": "day=02/09/2027&kind=rest&name=Quoc+khanh",
    "/admin/calendar/hours": "sessions=07:30-11:30,13:30-17:00",
    "/admin/registers": "flow=outgoing&type_code=BC&name=So+bao+cao",
    "/outgoing/{id:int}/recall": "reason=nham&ordered_by=Giam+doc",
    "/recipient-groups": "name=Nhom+Moi&recipients={partner}",
    "/incoming/{id:int}/forwarding": "leader={post}",
    "/notifications/seen": "",
}
NO_FACT = {"session", "event", "attempt"}  # who was here, and that somebody asked: written at each press
# what a second press changes by right: path → tables
ANEW = {
    "/admin/people/{id:int}/password": {
        "person"
    },  # a fresh password each time, only the last one shown counts
    "/recalls/rule": {"recall_rule"},  # the same rule, set at a later moment
    "/exchange/quarantine/{id:int}/retry": {"quarantined_packet"},  # the try is counted
    "/outgoing/{id:int}/prints": {"document"},  # each print is counted
    "/incoming/senders": {"sender"},  # the one that is known already: chosen last from now on
    "/trust/addresses/trial": {"order"},  # a trial is asked for each time; it changes nothing
}
LEAST_EFFECTS = 40


def contents() -> dict[str, str]:
    """Table → a hash of its rows."""
    execute, found = db.database.execute_sql, {}
    for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if not name.startswith(("sqlite_", "document_words")) and name not in NO_FACT:
            what = "kind, subject_id, key" if name == "order" else "*"  # when it is due is no second order
            rows = sorted(map(repr, execute(f'SELECT {what} FROM "{name}"').fetchall()))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def who(row) -> str:
    """The first of those who may."""
    return min(row.may, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST))


def pressed(row, stage):
    """(answers, tables that changed) of two presses."""
    stage.renew()
    ids = stage.made.ids["a"]
    words = WORDS.get(row.path, row.form).format(**ids)
    url, before, found = authorisation.url_of(row, ids), contents(), []
    for _ in range(2):
        answer = stage.ask(who(row), "POST", url, words)
        after = contents()
        found.append((answer.status_code, {name for name in after if after[name] != before.get(name)}))
        before = after
    return found


@pytest.fixture(scope="module")
def effects():
    """The routes whose first press changed something."""
    return []


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row.name)
def test_j4_pressed_twice_is_done_once(row, theatre, effects):
    (first, changed), (second, again) = pressed(row, theatre)
    effects += [row.name] if changed else []
    assert again <= ANEW.get(row.path, set()), f"{first}, then {second}: {again} changed once more"
    assert second < 500


def test_j4_enough_of_it_had_an_effect(effects):
    """A table of refusals would prove nothing."""
    assert len(effects) >= LEAST_EFFECTS, effects


def test_j4_a_planted_fault_is_noticed(theatre, monkeypatch):
    """A verb that forgets to ask whether it was done."""

    def careless(_actor, alias_id):
        with db.write():
            trust_aliases.SenderAlias.get_by_id(alias_id).set(ended_at=clock.now())

    monkeypatch.setattr(trust_aliases, "end", careless)
    row = next(row for row in POSTS if row.path == "/verification/aliases/{id:int}/end")
    (_, changed), (_, again) = pressed(row, theatre)
    assert changed == again == {"sender_alias"}
