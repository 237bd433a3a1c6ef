"""Thiết bị lưu khóa bí mật (Quy chế 5, 6.1): whose certificate, who keeps the agency's device, hand-over minutes."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from models import clock, db, errors, files, journal, tokens


@dataclass
class Said:
    """What a certificate says."""

    kind: str
    sha256: str
    name: str = "Người Mẫu"
    serial: str = "01"
    organisation: str = "Sở Kế hoạch tỉnh Minh Sơn"
    issuer: str = "CA trình diễn"
    not_before: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    not_after: datetime = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
def seal(office):
    return tokens.bind(office.quantri, b"der", Said("organisation", "c0"))


def hand(office, seal, to, **rest):
    values = {"minutes_number": "01/BB-SKH", "minutes_date": clock.today()} | rest
    return tokens.hand_over(office.quantri, seal, to, **values)


def test_5_3_only_the_person_signs_with_the_personal_certificate(office):
    tokens.bind(office.quantri, b"der", Said("person", "aa"), office.minh.person)
    assert tokens.personal(office.minh, "aa").name == "Người Mẫu"
    with pytest.raises(errors.Refused, match="5.3"):
        tokens.personal(office.hoa, "aa")
    assert journal.Event.select().where(journal.Event.verb == "wrong_certificate").count() == 1


def test_6_1_a_an_organisation_certificate_is_no_persons(office, seal):
    with pytest.raises(errors.Refused, match="6.1.a"):
        tokens.personal(office.minh, "c0")
    with pytest.raises(errors.Invalid, match="cá nhân"):
        tokens.bind(office.quantri, b"der", Said("organisation", "bb"), office.minh.person)


def test_6_1_b_another_agencys_certificate_is_refused(office, seal):
    hand(office, seal, office.lan.post)
    with pytest.raises(errors.Refused, match="6.1.b"):
        tokens.organisational(office.mai, "c0")


def test_5_2_only_the_recorded_keeper_uses_the_device(office, seal):
    with pytest.raises(errors.Refused, match="chưa có ai"):
        tokens.organisational(office.lan, "c0")
    hand(office, seal, office.lan.post)
    assert tokens.organisational(office.lan, "c0").id == seal.id
    with pytest.raises(errors.Refused, match="5.2"):
        tokens.organisational(office.minh, "c0")


def test_5_2_no_change_of_keeper_without_minutes(office, seal):
    with pytest.raises(errors.Invalid, match="biên bản"):
        hand(office, seal, office.lan.post, minutes_number=" ")
    assert tokens.devices(office.a.id) == []


def test_5_2_the_device_goes_to_a_clerk_of_the_agency(office, seal):
    for stranger in (office.tuan.post, office.mai.post):
        with pytest.raises(errors.Invalid, match="văn thư"):
            hand(office, seal, stranger)


def test_5_2_the_old_keepers_right_ends_with_the_minutes(office, seal):
    hand(office, seal, office.lan.post)
    with db.write():
        office.khoa.post.set(roles="form_checker clerk")
    hand(office, seal, office.khoa.post, minutes_number="02/BB-SKH")
    with pytest.raises(errors.Refused):
        tokens.organisational(office.lan, "c0")
    first = tokens.custodies(office.a.id)[0]
    assert "Lan" in first.from_name and "Khoa" in first.to_name and first.minutes_number == "02/BB-SKH"


def test_an_expired_certificate_is_neither_bound_nor_used(office):
    old = Said("person", "ee", not_after=datetime(2021, 1, 1, tzinfo=UTC))
    with pytest.raises(errors.Invalid, match="hết hạn"):
        tokens.bind(office.quantri, b"der", old, office.minh.person)
    tokens.bind(office.quantri, b"der", Said("person", "ff", not_after=datetime(2027, 1, 1, tzinfo=UTC)),
                office.minh.person)  # fmt: skip
    with clock.freeze("2027-06-01 08:00"), pytest.raises(errors.Refused, match="hạn"):
        tokens.personal(office.minh, "ff")


def test_a_certificate_has_one_owner_at_a_time(office):
    first = tokens.bind(office.quantri, b"der", Said("person", "aa"), office.minh.person)
    with pytest.raises(errors.Invalid, match="đã được ghi"):
        tokens.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    tokens.unbind(office.quantri, first)
    with pytest.raises(errors.Refused):
        tokens.personal(office.minh, "aa")


def test_nd30_the_seals_picture_needs_its_real_diameter(office):
    file = files.put(b"png", "dau.png", "image/png")
    for wrong in (None, 5, 200):
        with pytest.raises(errors.Invalid, match="mm"):
            tokens.load_picture(office.lan, file, diameter_mm=wrong)
    assert tokens.load_picture(office.lan, file, diameter_mm=36).diameter_mm == 36
    assert tokens.picture(office.a.id).file.name == "dau.png" and tokens.picture(office.b.id) is None
