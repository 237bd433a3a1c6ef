"""Sổ thiết bị như bí mật độ «Mật» (Quy chế 5.1): named people only, each look recorded, no PIN and no key kept."""

import re

import pytest
from custody import Said, give

from models import db, errors, journal, tables, tokens, tokens_entry, tokens_readers


@pytest.fixture
def token(office):
    row = tokens_entry.bind(office.quantri, b"der", Said("organisation", "c0"), serial="TB-01")
    tokens_entry.bind(office.quantri, b"der", Said("person", "aa"), office.hoa.person)
    return give(office.minh, row, office.lan)


def looks():
    return journal.Event.select().where(journal.Event.verb == "look_at_tokens").count()


def test_q5_1_nobody_sees_the_register_for_being_clerk_administrator_or_deputy(office, token):
    for actor in (office.lan, office.hoa, office.quantri, office.tuan, office.khoa, office.admin):
        with pytest.raises(errors.NotAllowed, match="không có quyền"):
            tokens_readers.register(actor)
    assert looks() == 0
    assert len(tokens_readers.register(office.minh)) == 2 and tokens_readers.register(office.binh) == []


def test_q5_1_the_keeper_sees_his_device_and_a_person_his_own(office, token):
    assert tokens_readers.look_at(office.lan, token.id).serial == "TB-01"
    own = tokens_readers.look_at_own(office.hoa)
    assert [one.kind for one in own] == ["person"]
    for actor, wanted in (
        (office.hoa, token.id),
        (office.lan, own[0].id),
        (office.tuan, token.id),
        (office.tuan, 999),
    ):
        with pytest.raises(errors.NotAllowed, match="không có quyền"):
            tokens_readers.look_at(actor, wanted)


def test_q5_1_another_agencys_head_finds_nothing(office, token):
    with pytest.raises(errors.NotFound):
        tokens_readers.look_at(office.binh, token.id)


def test_q5_1_every_look_is_a_line_of_the_journal(office, token):
    tokens_readers.register(office.minh)
    tokens_readers.look_at(office.minh, token.id, "lần dùng khóa")
    tokens_readers.look_at_own(office.lan)
    rows = list(journal.Event.select().where(journal.Event.verb == "look_at_tokens"))
    assert [(row.who, row.note) for row in rows] == [
        ("Lê Văn Minh – Giám đốc", "sổ thiết bị"), ("Lê Văn Minh – Giám đốc", "lần dùng khóa"),
        ("Trần Thị Lan – Văn thư", "thiết bị mình giữ"),
    ]  # fmt: skip


def test_q5_1_the_head_names_who_may_look_and_ends_it(office, token):
    for actor in (office.hoa, office.lan, office.quantri, office.binh):
        with pytest.raises((errors.NotAllowed, errors.Invalid)):
            tokens_readers.name(actor, office.lan.post, "QĐ 1")
    with pytest.raises(errors.Invalid, match="căn cứ"):
        tokens_readers.name(office.minh, office.lan.post, " ")
    with pytest.raises(errors.Invalid, match="cơ quan"):
        tokens_readers.name(office.minh, office.mai.post, "QĐ 1")
    row = tokens_readers.name(office.minh, office.lan.post, "QĐ 1/QĐ-SKH")
    with pytest.raises(errors.Invalid, match="đã được xem"):
        tokens_readers.name(office.minh, office.lan.post, "QĐ 1/QĐ-SKH")
    assert len(tokens_readers.register(office.lan)) == 2
    with pytest.raises(errors.NotFound):
        tokens_readers.dismiss(office.binh, row)
    tokens_readers.dismiss(office.minh, row)
    with pytest.raises(errors.NotAllowed):
        tokens_readers.register(office.lan)
    assert tokens_readers.readers(office.a.id)[0].ended_by == "Lê Văn Minh – Giám đốc"


def test_the_head_is_the_leader_who_is_no_deputy(office):
    assert tokens_readers.is_head(office.minh) and not tokens_readers.is_head(office.hoa)
    with db.write():
        office.minh.post.set(title="Phó Giám đốc phụ trách")
    assert [post.title for post in tokens_readers.heads(office.a.id)] == ["Phó Giám đốc phụ trách"]


def test_q5_1_no_pin_and_no_private_key_has_a_place_in_the_database(data):
    """The secret of a device has no column: neither by name, nor does a device or certificate table hold other bytes."""
    suspicious = re.compile(r"(^|_)(pin|puk|passphrase|private|secret_key|keystore|pkcs12|pfx)(_|$)")
    for table in tables.all_tables():
        for column in table._meta.columns:
            assert not suspicious.search(column), f"{table.__name__}.{column}"
    blobs = [
        f"{table.__name__}.{field.name}"
        for table in (tokens.Certificate, tokens.KeyToken, tokens.KeyUse)
        for field in table._meta.sorted_fields
        if isinstance(field, db.BlobField)
    ]
    assert blobs == ["Certificate.der", "Certificate.chain"]
