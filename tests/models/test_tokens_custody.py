"""Bàn giao thiết bị (Quy chế 5.2): two people, never without minutes; the old keeper's right ends at that instant."""

from datetime import timedelta

import pytest
from custody import PAPERS, Said, give

from models import clock, db, errors, files, journal, notifications, tokens, tokens_custody, tokens_entry


@pytest.fixture
def token(office):
    """The agency's device, kept by Lan; Khoa is a second clerk."""
    with db.write():
        office.khoa.post.set(roles="form_checker clerk")
    row = tokens_entry.bind(
        office.quantri, b"der", Said("organisation", "c0"), serial="TB-01", place="Két sắt"
    )
    return give(office.minh, row, office.lan)


def opened(giver, token, to, **rest):
    today = clock.today()
    values = PAPERS | {"minutes_date": today, "assignment_date": today} | rest
    return tokens_custody.open_hand_over(giver, token, to.post, **values)


def keeper(token):
    return tokens.device(token.id).keeper


def signs(actor):
    return [row.sha256 for row in tokens.usable(actor, "seal")] == ["c0"]


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [({"minutes_number": " "}, "biên bản"), ({"minutes_date": None}, "biên bản"), ({"assignment_number": ""}, "văn bản"),
     ({"assignment_date": None}, "văn bản"), ({"minutes_date": clock.today() + timedelta(days=2)}, "tương lai")],
)  # fmt: skip
def test_q5_2_c_no_change_of_keeper_without_minutes(office, token, lacking, sentence):
    with pytest.raises(errors.Invalid, match=sentence):
        opened(office.lan, token, office.khoa, **lacking)
    assert keeper(token).id == office.lan.post.id and tokens_custody.awaiting_of(token) is None


def test_q5_2_c_two_people_and_the_old_right_ends_at_that_instant(office, token):
    act = opened(office.lan, token, office.khoa, minutes_number="02/BB")
    assert signs(office.lan) and not signs(office.khoa)
    for other in (office.lan, office.minh, office.quantri, office.mai):
        with pytest.raises(errors.NotAllowed, match="người nhận"):
            tokens_custody.receive(other, act)
    tokens_custody.receive(office.khoa, act)
    assert signs(office.khoa) and not signs(office.lan)
    with pytest.raises(errors.Refused, match="5.2"):
        tokens.organisational(office.lan, "c0")
    with pytest.raises(errors.Refused, match="không còn chờ"):
        tokens_custody.receive(office.khoa, act)
    newest = tokens_custody.of(token)[0]
    assert (newest.from_name, newest.to_name, newest.minutes_number) == (
        office.lan.post.label,
        office.khoa.post.label,
        "02/BB",
    )


def test_q5_2_c_a_refused_or_withdrawn_hand_over_changes_nothing(office, token):
    act = opened(office.lan, token, office.khoa)
    with pytest.raises(errors.Invalid, match="lý do"):
        tokens_custody.refuse(office.khoa, act, " ")
    tokens_custody.refuse(office.khoa, act, "Thiết bị nứt vỏ")
    notifications.spread()
    assert "nứt vỏ" in notifications.newest(office.lan)[0].words
    again = opened(office.lan, token, office.khoa)
    with pytest.raises(errors.Refused, match="chờ xác nhận"):
        opened(office.lan, token, office.khoa)
    with pytest.raises(errors.NotAllowed):
        tokens_custody.withdraw(office.khoa, again)
    tokens_custody.withdraw(office.lan, again)
    assert signs(office.lan) and [act.state for act in tokens_custody.of(token)] == [
        "withdrawn",
        "refused",
        "done",
    ]


def test_q5_2_c_only_keeper_and_head_hand_over(office, token):
    for stranger in (office.khoa, office.hoa, office.quantri, office.tuan, office.mai, office.binh):
        with pytest.raises((errors.NotAllowed, errors.NotFound)):
            opened(stranger, token, office.khoa)
    with pytest.raises(errors.Invalid, match="lý do"):  # the head in the keeper's place says why
        opened(office.minh, token, office.khoa)
    tokens_custody.receive(office.khoa, opened(office.minh, token, office.khoa, reason="Lan nghỉ ốm"))
    assert signs(office.khoa)


def test_q5_2_a_the_device_goes_to_a_clerk_of_the_agency(office, token):
    for stranger in (office.tuan, office.mai):
        with pytest.raises(errors.Invalid, match="văn thư|trong cơ quan"):
            opened(office.lan, token, stranger)


def test_q5_2_a_lent_only_with_the_heads_written_leave_and_given_back(office, token):
    loan = {"kind": "loan", "until": clock.today(), "leave_number": "03/GP", "leave_date": clock.today()}
    for lacking in ({"leave_number": ""}, {"leave_date": None}, {"until": None}):
        with pytest.raises(errors.Invalid):
            opened(office.lan, token, office.tuan, **loan | lacking)
    tokens_custody.receive(office.tuan, opened(office.lan, token, office.tuan, **loan))
    assert not signs(office.lan) and tokens.device(token.id).kept_until == clock.today()
    back = opened(office.tuan, token, office.lan, assignment_number="", assignment_date=None)
    tokens_custody.receive(office.lan, back)
    assert back.kind == "back" and signs(office.lan) and tokens.device(token.id).kept_until is None


def test_a_person_who_keeps_the_device_does_not_leave_before_handing_over(office, token):
    assert [one.id for one in tokens.in_hands_of(office.lan.post)] == [token.id]


def test_the_signed_copy_is_attached_afterwards(office, token):
    act = tokens_custody.of(token)[0]
    assert act.lacks_copy
    stored = files.store(b"%PDF-1.4 bien ban")
    with pytest.raises(errors.NotAllowed):
        tokens_custody.attach_minutes(office.tuan, act, stored, "bb.pdf", "application/pdf")
    tokens_custody.attach_minutes(office.lan, act, stored, "bb.pdf", "application/pdf")
    assert not tokens_custody.of(token)[0].lacks_copy
    waiting = opened(office.lan, token, office.khoa)
    with pytest.raises(errors.Refused):
        tokens_custody.attach_minutes(office.lan, waiting, stored, "bb.pdf", "application/pdf")


def test_the_receiver_is_told_and_finds_it_waiting(office, token):
    opened(office.lan, token, office.khoa)
    notifications.spread()
    notice = notifications.newest(office.khoa)[0]
    assert (
        notice.address == "/tokens/mine" and notice.urgent and len(tokens_custody.awaiting(office.khoa)) == 1
    )
    assert tokens_custody.awaiting(office.lan) == []


def test_a_hand_over_of_what_was_lost_meanwhile_is_not_confirmed(office, token):
    act = opened(office.lan, token, office.khoa)
    with db.write():
        tokens.KeyToken.update(state="lost").execute()
    with pytest.raises(errors.Conflict):
        tokens_custody.receive(office.khoa, act)
    assert keeper(token).id == office.lan.post.id


def test_the_journal_names_no_keeper_to_who_may_not_see_the_register(office, token):
    """The journal is read by administrators and archivists; who keeps the device they may not see (5.1)."""
    tokens_custody.receive(office.khoa, opened(office.lan, token, office.khoa))
    said = " ".join(
        event.note for event in journal.Event.select().where(journal.Event.subject_kind == "keytoken")
    )
    assert "Khoa" not in said and "Lan" not in said and "Két sắt" not in said
