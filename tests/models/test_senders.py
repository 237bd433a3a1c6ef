"""Senders: learned, found by a few letters, merged and parted (C10, C11); issuers written in different ways are one."""

import importlib

import pytest
from arrivals import arrive, morning  # noqa: F401

from models import agencies, clock, db, documents, errors, incoming, issuers, senders

pytestmark = pytest.mark.usefixtures("morning")
NAMES = (
    "Sở Tài nguyên và Môi trường", "UBND xã Suối Giả", "Sở TN&MT tỉnh Mẫu", "Văn phòng HĐND & UBND tỉnh Mẫu", "Văn phòng",
    "Công an tỉnh Mẫu",
)  # fmt: skip


def registered(office, name, number="12", parent="", **fields):
    doc = arrive(office, organ_name=name, code_number=number, parent_organ_name=parent, **fields)
    incoming.register(doc, office.lan)
    return documents.Document.get_by_id(doc.id)


def found(actor, typed):
    return [one.name for one in senders.find(actor, typed)]


def test_c10_two_to_four_letters_or_first_letters_find_the_sender_recent_first(office):
    agencies.create("Sở Tài nguyên và Môi trường", code="H99.31", connection="axis")
    for at, name in enumerate(("Sở Tài chính", "Ủy ban nhân dân xã Suối Giả", "Sở Tài nguyên và Môi trường")):
        with clock.freeze(f"2026-07-14 10:0{at}"):
            registered(office, name, str(20 + at))
    assert found(office.lan, "")[:2] == ["Sở Tài nguyên và Môi trường", "Ủy ban nhân dân xã Suối Giả"]
    for typed in ("sttnmt", "stnmt", "stnvmt", "tnmt", "so tai ng", "moi tr", "sở tnmt", "H99.31"):
        assert found(office.lan, typed)[0] == "Sở Tài nguyên và Môi trường", typed
    for typed in ("ubndx", "ubnd xa suoi", "xsg", "suoi"):
        assert found(office.lan, typed)[0] == "Ủy ban nhân dân xã Suối Giả", typed
    assert found(office.lan, "so tai")[:2] == ["Sở Tài nguyên và Môi trường", "Sở Tài chính"]
    with clock.freeze("2026-07-14 11:00"):
        registered(office, "Sở Tài chính", "40")
    assert found(office.lan, "so tai")[:2] == ["Sở Tài chính", "Sở Tài nguyên và Môi trường"]
    first = senders.find(office.lan, "so tai")[0]
    assert (first.uses, first.why) == (2, "2 văn bản, gần nhất 14/07/2026")
    assert "Sở Tài chính" not in found(office.mai, "so tai chinh")  # learned by one agency alone


def test_c11_a_new_sender_needs_no_address_book_and_one_name_is_one_entry(office):
    one = senders.add(office.lan, "Hợp tác xã Mây Giả", "", "")
    assert found(office.lan, "htxmg") == ["Hợp tác xã Mây Giả"] and one.uses == 0
    assert senders.add(office.lan, "HỢP TÁC XÃ MÂY GIẢ").id == one.id
    registered(office, "HỢP TÁC XÃ MÂY GIẢ")
    assert [(row.name, row.uses) for row in senders.known(office.lan)] == [("Hợp tác xã Mây Giả", 1)]
    with pytest.raises(errors.Invalid) as wrong:
        senders.add(office.lan, " ", code="không phải mã")
    assert set(wrong.value.fields) == {"name", "code"}
    with pytest.raises(errors.NotAllowed):
        senders.add(office.minh, "Ai đó")


def test_c11_two_entries_are_merged_with_their_history_and_parted_again(office):
    doc = registered(office, "Sở GTVT tỉnh Mẫu")
    kept = registered(office, "Sở Giao thông vận tải", "13")
    old, new = (senders.Sender.get_by_id(one.sender_id) for one in (doc, kept))
    assert senders.twins(senders.known(office.lan)) in ([(old, new)], [(new, old)])
    merger = senders.merge(office.lan, old, new, "Một sở")
    assert found(office.lan, "gtvt") == ["Sở Giao thông vận tải"]
    assert senders.Sender.get_by_id(new.id).uses == 2
    assert documents.Document.get_by_id(doc.id).organ_name == "Sở GTVT tỉnh Mẫu"  # what was registered stays
    assert senders.named(office.a.id, "Sở GTVT tỉnh Mẫu").id == new.id
    with pytest.raises(errors.Refused):
        senders.merge(office.lan, old, new)
    with pytest.raises(errors.Refused):
        senders.merge(office.lan, senders.Sender.get_by_id(new.id), senders.Sender.get_by_id(old.id))
    senders.part(office.lan, senders.SenderMerger.get_by_id(merger.id))
    assert sorted(found(office.lan, "gtvt")) == ["Sở GTVT tỉnh Mẫu", "Sở Giao thông vận tải"]
    assert [row.uses for row in senders.known(office.lan)] == [1, 1]


def test_c10_one_issuer_however_it_is_written():
    same = (("UBND tỉnh Mẫu", "Ủy ban nhân dân tỉnh Mẫu"), ("Sở TN&MT", "SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG TỈNH MẪU"),
            ("Uỷ ban nhân dân xã Suối Giả", "UBND  xã Suối Giả"))  # fmt: skip
    other = (
        ("UBND tỉnh Mẫu", "UBND tỉnh Mây"),
        ("Sở Tài chính", "Sở Tư pháp"),
        ("Văn phòng", "Văn phòng"),
        ("", ""),
    )
    for one, two in same:
        assert issuers.is_alike(issuers.key(one), issuers.key(two)), (one, two)
    for one, two in other:
        assert not issuers.is_alike(issuers.key(one, "UBND tỉnh Mẫu"), issuers.key(two, "HĐND tỉnh Mẫu")), (
            one,
            two,
        )


def test_c10_the_migration_fills_senders_from_registered_documents(office):
    docs = [
        registered(office, name, str(at), "UBND tỉnh Mẫu")
        for at, name in enumerate([*NAMES, NAMES[0].upper()])
    ]
    before, bound = filled(), [entry_of(doc) for doc in docs]
    step = importlib.import_module("models.migrations.0018_senders")
    with db.write():
        senders.Sender.delete().execute()
        documents.Document.update(sender_id=None).execute()
        step._fill(db.database, senders.Sender)
    assert filled() == before and len(before) == len(NAMES)
    assert [entry_of(doc) for doc in docs] == bound
    assert found(office.lan, "tnmt")


def filled():
    return {row.key: (row.uses, row.search_words) for row in senders.Sender.select()}


def entry_of(doc):
    return senders.Sender.get_by_id(documents.Document.get_by_id(doc.id).sender_id).key
