"""Mất, thu hồi, trả thiết bị: blocked at once, sessions over, what was signed since; returned in 05 working days."""

from datetime import timedelta

import pytest
from custody import Said, give, used

from models import (
    agenda,
    clock,
    errors,
    notifications,
    tokens,
    tokens_custody,
    tokens_entry,
    tokens_loss,
    tokens_readers,
    users,
)


@pytest.fixture
def token(office):
    row = tokens_entry.bind(office.quantri, b"der", Said("organisation", "c0"), serial="TB-01")
    return give(office.minh, row, office.lan)


def own(office):
    return tokens.device_of(
        tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    )


def test_a_lost_device_is_blocked_at_once_and_its_holders_sessions_end(office, token):
    """T6, V8: lost token → refused; who may not sign any more is out everywhere."""
    browser, other = users.open_session(office.lan.person), users.open_session(office.lan.person)
    with clock.freeze("2026-03-02 09:00"):
        used(office.lan, token.certificate, sha256="1" * 64)
    with clock.freeze("2026-03-02 15:00"):
        used(office.lan, token.certificate, sha256="2" * 64)
    with clock.freeze("2026-03-02 16:00"):
        since = tokens_loss.report_lost(
            office.lan, token, clock.at("2026-03-02 14:00"), "Mất cặp ở bến xe", browser
        )
        assert [use.file_sha256[0] for use in since] == ["2"]
    assert users.Session.select().count() == 1
    assert users.actor_of(other) is None
    with pytest.raises(errors.Refused, match="báo mất"):
        tokens.organisational(office.lan, "c0")
    with pytest.raises(errors.Refused, match="báo mất"):
        used(office.lan, token.certificate)
    assert tokens.usable(office.lan, "seal") == []
    notifications.spread()
    for actor in (office.minh, office.quantri):
        assert "Báo mất" in notifications.newest(actor)[0].words and notifications.newest(actor)[0].urgent


def test_keeper_person_and_head_report_a_loss_nobody_else(office, token):
    hours = clock.now() - timedelta(hours=2)
    for stranger in (office.tuan, office.hoa, office.quantri, office.khoa):
        with pytest.raises(errors.NotAllowed):
            tokens_loss.report_lost(stranger, token, hours, "x")
    with pytest.raises(errors.Invalid) as wrong:
        tokens_loss.report_lost(office.minh, token, clock.now() + timedelta(hours=1), " ")
    assert set(wrong.value.fields) == {"since", "story"}
    mine = own(office)
    tokens_loss.report_lost(office.hoa, mine, hours, "Rơi trên đường")
    assert tokens.usable(office.hoa, "leader") == []
    with pytest.raises(errors.Refused):
        tokens_loss.report_lost(office.hoa, tokens.device(mine.id), hours, "lần nữa")


def test_only_the_head_lets_a_found_device_sign_again(office, token):
    tokens_loss.report_lost(office.lan, token, clock.now(), "Không thấy trong két")
    with pytest.raises(errors.NotAllowed):
        tokens_loss.find(office.lan, token, "Ở ngăn kéo")
    with pytest.raises(errors.Invalid):
        tokens_loss.find(office.minh, token, " ")
    tokens_loss.find(office.minh, token, "Ở ngăn kéo, niêm phong còn nguyên")
    assert tokens.organisational(office.lan, "c0")
    assert [act.kind for act in tokens_custody.of(token)] == ["found", "lost", "assign"]


def test_a_revoked_device_is_returned_within_05_working_days(office, token):
    """NĐ68 Mẫu 08; NB165 10.6.c: a holiday and a weekend do not count."""
    with clock.freeze("2026-04-28 09:00"):
        with pytest.raises(errors.NotAllowed):
            tokens_loss.revoke(office.lan, token, "retired", "12/TB", clock.today())
        with pytest.raises(errors.Invalid):
            tokens_loss.revoke(office.minh, token, "retired", "12/TB", None)
        with pytest.raises(errors.Invalid):
            tokens_loss.revoke(office.minh, token, "", "", None)
        tokens_loss.revoke(office.minh, token, "retired", "12/TB", clock.today())
        assert ("Thiết bị phải trả nơi cấp", 1, "/tokens", "soon") in [
            tuple(one) for one in agenda.numbers(office.minh)
        ]
        due = tokens.device(token.id).return_due
        days = tokens_loss.workdays.calendar(office.a.id)
        assert days.between(clock.today(), due) == 5 and due > clock.today() + timedelta(days=6)
        with pytest.raises(errors.Refused):
            tokens.organisational(office.lan, "c0")
        with pytest.raises(errors.Invalid, match="Mẫu 08"):
            tokens_loss.give_back(office.minh, token, "", None, "Ông Mẫu, Cục Mẫu")
        act = tokens_loss.give_back(office.minh, token, "09/BB", clock.today(), "Ông Mẫu, Cục Mẫu")
    after = tokens.device(token.id)
    assert after.state == "returned" and after.keeper is None and act.from_name == office.lan.post.label
    assert tokens_loss.offers(office.minh, after) == []


def test_the_notice_may_come_later_and_starts_the_time(office, token):
    tokens_loss.revoke(office.minh, token, "exposed")
    assert tokens.device(token.id).return_due is None
    with pytest.raises(errors.Invalid):
        tokens_loss.note_notice(office.minh, token, "", clock.today())
    tokens_loss.note_notice(office.minh, token, "13/TB", clock.today())
    assert tokens.device(token.id).return_due > clock.today()


def test_a_device_with_a_good_certificate_is_not_returned_before_it_is_revoked(office, token):
    with pytest.raises(errors.Refused, match="thu hồi"):
        tokens_loss.give_back(office.minh, token, "09/BB", clock.today(), "Cục Mẫu")


def test_what_is_offered_is_what_the_verbs_allow(office, token):
    def verbs(actor):
        return [verb for verb, *_ in tokens_loss.offers(actor, tokens.device(token.id))]

    assert verbs(office.minh) == ["hand_over", "renew", "revoke", "lose"]
    assert verbs(office.lan) == ["hand_over", "lose"] and verbs(office.tuan) == []
    tokens_readers.name(office.minh, office.lan.post, "QĐ 1")
    assert verbs(office.lan) == ["hand_over", "renew", "revoke", "lose"]
    tokens_loss.report_lost(office.lan, token, clock.now(), "x")
    assert verbs(office.minh) == ["find", "revoke"] and verbs(office.lan) == ["revoke"]
