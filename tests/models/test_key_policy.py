"""Who signs with which key in which state of the register: every person against every state (V8, Quy chế 5, 6.1)."""

import pytest
from custody import PAPERS, Said, give, used

from models import clock, db, errors, journal, tokens, tokens_custody, tokens_entry, tokens_loss

PEOPLE = ("minh", "hoa", "lan", "khoa", "quantri", "mai")


def bound(office):
    with db.write():
        office.khoa.post.set(roles="form_checker clerk")
    return tokens_entry.bind(office.quantri, b"der", Said("organisation", "c0"), serial="TB-01")


def nobody_keeps_it(office):
    return bound(office)


def lan_keeps_it(office):
    row = bound(office)
    give(office.minh, row, office.lan)
    return row


def offered_to_khoa(office):
    row = lan_keeps_it(office)
    today = clock.today()
    papers = PAPERS | {"minutes_date": today, "assignment_date": today}
    tokens_custody.open_hand_over(office.lan, tokens.device_of(row), office.khoa.post, **papers)
    return row


def handed_to_khoa(office):
    row = lan_keeps_it(office)
    give(office.lan, row, office.khoa, minutes_number="02/BB")
    return row


def lost(office):
    row = lan_keeps_it(office)
    tokens_loss.report_lost(office.lan, tokens.device_of(row), clock.now(), "Mất ở bến xe")
    return row


def found_again(office):
    row = lost(office)
    tokens_loss.find(office.minh, tokens.device_of(row), "Tìm thấy trong tủ")
    return row


# state of the register → the one who may sign with the agency's device (None: nobody)
STATES = {
    nobody_keeps_it: None, lan_keeps_it: "lan", offered_to_khoa: "lan", handed_to_khoa: "khoa", lost: None, found_again: "lan",
}  # fmt: skip


def signs(actor, row, purpose):
    """Asks as a signing session does: what is offered, what is taken, what may be recorded; all three must agree."""
    take = tokens.personal if purpose == "leader" else tokens.organisational
    offered = row.sha256 in {one.sha256 for one in tokens.usable(actor, purpose)}
    answers = [offered]
    for act in (lambda: take(actor, row.sha256), lambda: used(actor, row, purpose)):
        try:
            act()
            answers.append(True)
        except errors.Refused as refusal:
            assert len(str(refusal)) > 30, "a sentence that says what to do"
            answers.append(False)
    assert len(set(answers)) == 1, answers
    return offered


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("state", list(STATES), ids=lambda state: state.__name__)
def test_v8_the_agencys_key_signs_in_one_pair_of_hands(office, state, name):
    row = state(office)
    assert signs(getattr(office, name), row, "seal") is (STATES[state] == name)


@pytest.mark.parametrize("name", PEOPLE)
def test_v8_a_personal_key_signs_for_its_person(office, name):
    row = tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.minh.person)
    assert signs(getattr(office, name), row, "leader") is (name == "minh")


@pytest.mark.parametrize("name", PEOPLE)
def test_v8_the_agencys_key_never_signs_for_a_person(office, name):
    row = lan_keeps_it(office)
    with pytest.raises(errors.Refused):
        tokens.personal(getattr(office, name), row.sha256)


def test_v8_a_device_nobody_knows_is_refused_and_noted(office):
    for name in PEOPLE:
        for take in (tokens.personal, tokens.organisational):
            with pytest.raises(errors.Refused):
                take(getattr(office, name), "ee")
    assert journal.Event.select().where(journal.Event.verb == "wrong_certificate").count() == 2 * len(PEOPLE)


@pytest.mark.parametrize(
    ("hour", "outside"), [("2026-03-02 09:00", False), ("2026-03-02 23:00", True), ("2026-03-01 09:00", True)]
)
def test_v8_out_of_hours_is_allowed_and_marked(office, hour, outside):
    row = lan_keeps_it(office)
    with clock.freeze(hour):
        assert used(office.lan, row).out_of_hours is outside


def test_v8_very_many_at_once_are_told_and_then_stopped(office):
    row = lan_keeps_it(office)
    with clock.freeze("2026-03-02 09:00"):
        uses = [used(office.lan, row, sha256=f"{number:064d}") for number in range(tokens.MANY + 1)]
        assert [use.bulk for use in uses] == [False] * tokens.MANY + [True]
        for number in range(tokens.TOO_MANY):
            used(office.lan, row, sha256=f"a{number:063d}")
        with pytest.raises(errors.Refused, match="10 phút"):
            tokens.organisational(office.lan, row.sha256)
