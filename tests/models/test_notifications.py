"""Thông báo: who is told what, once (ND30 PL VI III.1.i)."""

import pytest
from arrivals import arrive, morning  # noqa: F401

from models import assignments, db, incoming, notifications, receivers, workflow

pytestmark = pytest.mark.usefixtures("morning")


def told(actor):
    return [notice.words for notice in notifications.newest(actor)]


def assigned(office):
    doc = arrive(office, urgency=1)
    incoming.register_and_forward(doc, office.lan, office.minh.post)
    by_name = {one.name: one for one in receivers.of(office.minh)}
    assignments.assign(doc, office.minh, by_name["Phòng Kế hoạch"], [by_name["Ngô Tiến Dũng"]])
    return doc


def test_each_is_told_what_concerns_him_and_nobody_else(office):
    assigned(office)
    notifications.spread()
    assert told(office.lan) == ["Văn bản mới ở Chờ lưu trữ"]
    assert told(office.minh) == ["Văn bản trình bạn phân công"]
    assert told(office.thao) == told(office.dung) == ["Bạn được giao việc"]
    assert [told(getattr(office, login)) for login in ("hoa", "tuan", "son", "mai", "binh")] == [[]] * 5


def test_spreading_twice_tells_once(office):
    assigned(office)
    assert notifications.spread() == 4
    assert notifications.spread() == 0
    notifications.Cursor.update(event_id=0).execute()
    assert notifications.spread() == 0 and notifications.unseen(office.thao) == 1


def test_nobody_is_told_of_his_own_act(office):
    doc = assigned(office)
    assignments.complete(doc, office.thao, "Đã xong")
    notifications.spread()
    assert told(office.thao) == ["Bạn được giao việc"]
    assert told(office.minh)[0] == "Đã hoàn thành"


def test_12_6_everybody_with_a_part_hears_of_a_recall(office):
    doc = assigned(office)
    with db.write():
        workflow.step(doc, "recall", None)
    notifications.spread()
    for login in ("lan", "thao", "dung"):
        assert told(getattr(office, login))[0] == "Văn bản đã bị thu hồi, dừng giải quyết"


def test_opening_the_document_reads_its_notices(office):
    doc = assigned(office)
    notifications.spread()
    notifications.mark_seen(office.thao, doc.id)
    assert notifications.unseen(office.thao) == 0 and notifications.unseen(office.dung) == 1
