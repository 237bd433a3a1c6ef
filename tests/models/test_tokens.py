"""Thiết bị lưu khóa bí mật (Quy chế 5, 6.1): whose certificate, who keeps the agency's device, each use of a key."""

from datetime import UTC, datetime

import pytest
from custody import Said, give, used

from models import (
    clock,
    db,
    errors,
    files,
    journal,
    notifications,
    tokens,
    tokens_custody,
    tokens_entry,
    tokens_uses,
)


@pytest.fixture
def seal(office):
    return tokens_entry.bind(office.quantri, b"der", Said("organisation", "c0"), serial="TB-01")


def of_minh(office, **said):
    return tokens_entry.bind(office.quantri, b"der", Said("person", "aa", **said), office.minh.person)


def test_q5_3_only_the_person_signs_with_the_personal_certificate(office):
    of_minh(office)
    assert tokens.personal(office.minh, "aa").name == "Người Mẫu"
    with pytest.raises(errors.Refused, match="5.3"):
        tokens.personal(office.hoa, "aa")
    assert journal.Event.select().where(journal.Event.verb == "wrong_certificate").count() == 1


def test_q5_3_a_personal_device_is_never_handed_to_another(office):
    row = of_minh(office)
    for giver in (office.minh, office.hoa):
        with pytest.raises((errors.Refused, errors.NotAllowed)):
            give(giver, row, office.lan)
    assert tokens.usable(office.minh, "leader") == [row] and tokens.usable(office.hoa, "leader") == []


def test_q5_3_a_certificate_given_for_one_agency_does_not_sign_in_another(office):
    """A person with posts in two agencies signs in each with the certificate given for it (NB165 8.2)."""
    of_minh(office)
    with db.write():
        post = tokens.users.appoint(office.minh.person, office.b, "Chủ tịch", "leader")
    with pytest.raises(errors.Refused, match="cơ quan này"):
        tokens.personal(tokens.users.Actor(office.minh.person, post), "aa")


def test_q6_1_a_an_organisation_certificate_is_no_persons(office, seal):
    with pytest.raises(errors.Refused, match="6.1.a"):
        tokens.personal(office.minh, "c0")
    with pytest.raises(errors.Invalid, match="cá nhân"):
        tokens_entry.bind(office.quantri, b"der", Said("organisation", "bb"), office.minh.person)


def test_q6_1_b_another_agencys_certificate_is_refused(office, seal):
    give(office.minh, seal, office.lan)
    with pytest.raises(errors.Refused, match="6.1.b"):
        tokens.organisational(office.mai, "c0")


def test_q5_2_a_only_the_recorded_keeper_uses_the_device(office, seal):
    with pytest.raises(errors.Refused, match="chưa có ai"):
        tokens.organisational(office.lan, "c0")
    give(office.minh, seal, office.lan)
    assert tokens.organisational(office.lan, "c0").id == seal.id
    assert tokens.usable(office.lan, "seal") == [seal] and tokens.usable(office.minh, "seal") == []
    with pytest.raises(errors.Refused, match="5.2"):
        tokens.organisational(office.minh, "c0")
    notes = [event.note for event in journal.Event.select().where(journal.Event.verb == "wrong_certificate")]
    assert len(notes) == 2 and not any("Lan" in note for note in notes)


def test_q5_2_a_a_loan_ends_by_itself(office, seal):
    """V8: without a hand-over that covers today the device does not sign."""
    with clock.freeze("2026-03-02 08:00"):
        give(office.minh, seal, office.lan)
        give(office.lan, seal, office.khoa, kind="loan", leave_number="02/GP", leave_date=clock.today(),
             until=clock.today())  # fmt: skip
        assert tokens.organisational(office.khoa, "c0")
    with clock.freeze("2026-03-03 08:00"), pytest.raises(errors.Refused, match="mượn"):
        tokens.organisational(office.khoa, "c0")


def test_an_expired_certificate_is_neither_bound_nor_used(office):
    with pytest.raises(errors.Invalid, match="hết hạn"):
        of_minh(office, not_after=datetime(2021, 1, 1, tzinfo=UTC))
    row = of_minh(office, not_after=datetime(2027, 1, 1, tzinfo=UTC))
    with clock.freeze("2027-06-01 08:00"):
        with pytest.raises(errors.Refused, match="hạn"):
            tokens.personal(office.minh, "aa")
        with pytest.raises(errors.Refused, match="hạn"):
            used(office.minh, row, "leader")
        assert tokens.usable(office.minh, "leader") == []


def test_a_certificate_has_one_owner(office):
    first = of_minh(office)
    with pytest.raises(errors.Invalid, match="đã có trong sổ"):
        tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    tokens_entry.strike(office.minh, tokens.device_of(first), "Ghi nhầm người")
    tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    with pytest.raises(errors.Refused):
        tokens.personal(office.minh, "aa")


def test_what_was_used_is_never_struck_from_the_register(office):
    row = of_minh(office)
    used(office.minh, row, "leader")
    with pytest.raises(errors.Refused, match="thu hồi"):
        tokens_entry.strike(office.minh, tokens.device_of(row), "Ghi nhầm")
    with pytest.raises(errors.Invalid, match="nhầm"):
        tokens_entry.strike(office.minh, tokens.device_of(row), " ")


def test_a_new_certificate_on_the_same_device_keeps_the_keeper(office, seal):
    token = give(office.minh, seal, office.lan)
    tokens_entry.renew(office.quantri, token, b"neu", Said("organisation", "d0", serial="02"))
    assert tokens.organisational(office.lan, "d0").serial == "02"
    with pytest.raises(errors.Refused):
        tokens.organisational(office.lan, "c0")
    assert [act.kind for act in tokens_custody.of(token)] == ["renewed", "assign"]
    with pytest.raises(errors.Invalid, match="cơ quan"):
        tokens_entry.renew(office.quantri, token, b"x", Said("person", "e0"))


def test_q5_2_b_each_use_leaves_a_line_who_when_which_bytes_which_machine(office, seal):
    token = give(office.minh, seal, office.lan)
    with clock.freeze("2026-03-02 09:00"):
        for number in range(3):
            used(office.lan, seal, sha256=f"{number:064d}", machine="PC-VANTHU")
    with clock.freeze("2026-04-01 07:00"):
        used(office.lan, seal, "copy")
    march = tokens_uses.of(token, clock.at("2026-03-31 12:00").date())
    assert [(row.holder, row.machine, row.file_sha256[-1], row.out_of_hours) for row in march] == [
        (office.lan.post.label, "PC-VANTHU", str(number), False) for number in range(3)
    ]
    april = tokens_uses.of(token, clock.at("2026-04-01 12:00").date())
    assert [row.out_of_hours for row in april] == [True] and tokens_uses.count(token) == 4
    assert {(month.first.month, month.count) for month in tokens_uses.months(token)} >= {(3, 3), (4, 1)}
    lines = journal.Event.select().where(journal.Event.verb == "use_key")
    assert [event.facts["machine"] for event in lines] == ["PC-VANTHU"] * 3 + ["PC-01"]


def test_q5_2_b_a_use_by_who_is_no_longer_keeper_is_not_taken(office, seal):
    """The right ends at the instant of the hand-over, also for a signing that began before it."""
    give(office.minh, seal, office.lan)
    give(
        office.lan,
        seal,
        office.khoa,
        kind="loan",
        leave_number="1",
        leave_date=clock.today(),
        until=clock.today(),
    )
    with pytest.raises(errors.Refused, match="không còn là người giữ"):
        used(office.lan, seal)
    assert tokens.KeyUse.select().count() == 0


def test_very_many_signatures_at_once_are_told_and_stopped(office, seal, monkeypatch):
    """T6, V8: the owner and the leaders hear of it once; more are not begun."""
    monkeypatch.setattr(tokens, "MANY", 3)
    monkeypatch.setattr(tokens, "TOO_MANY", 5)
    give(office.minh, seal, office.lan)
    notifications.spread()
    with clock.freeze("2026-03-02 09:00"):
        for number in range(5):
            used(office.lan, seal, sha256=f"{number:064d}")
        with pytest.raises(errors.Refused, match="10 phút"):
            tokens.organisational(office.lan, "c0")
    with clock.freeze("2026-03-02 09:11"):
        assert tokens.organisational(office.lan, "c0")
    assert [row.bulk for row in tokens.KeyUse.select()] == [False] * 3 + [True] * 2
    notifications.spread()
    told = [
        notice
        for actor in (office.minh, office.lan)
        for notice in notifications.newest(actor)
        if "10 phút" in notice.words
    ]
    assert len(told) == 2 and all(notice.urgent for notice in told)


def test_nd30_the_seals_picture_needs_its_real_diameter(office):
    file = files.put(b"png", "dau.png", "image/png")
    for wrong in (None, 5, 200):
        with pytest.raises(errors.Invalid, match="mm"):
            tokens.load_picture(office.lan, file, diameter_mm=wrong)
    assert tokens.load_picture(office.lan, file, diameter_mm=36).diameter_mm == 36
    assert tokens.picture(office.a.id).file.name == "dau.png" and tokens.picture(office.b.id) is None


def test_a_persons_picture_is_loaded_by_himself_or_by_the_administrator_on_record(office):
    file = files.put(b"png", "ky.png", "image/png")
    for stranger in (office.lan, office.hoa, office.binh):
        with pytest.raises(errors.NotAllowed):
            tokens.load_picture(stranger, file, person=office.minh.person)
    with pytest.raises(errors.NotFound):
        tokens.load_picture(office.quantri, file, person=office.binh.person)
    tokens.load_picture(office.quantri, file, person=office.minh.person)
    last = journal.Event.select().order_by(journal.Event.id.desc()).first()
    assert last.verb == "load_picture" and "Lê Văn Minh" in last.note
