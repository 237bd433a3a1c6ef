"""Việc của tôi: what waits for each post."""

import pytest
from arrivals import arrive, morning  # noqa: F401

from models import agenda, assignments, clock, db, documents, incoming, permissions, receivers

pytestmark = pytest.mark.usefixtures("morning")


def outgoing(office, state, **fields):
    with db.write():
        return documents.Document.create(flow="outgoing", state=state, source="draft", agency=office.a, subject="V/v đi",
                                         created_at=clock.now(), **fields)  # fmt: skip


def todo(actor):
    return [(task.what, task.doc) for task in agenda.of(actor)]


def test_each_role_sees_what_waits_for_it(office):
    new, shown = arrive(office), arrive(office, code_number="2")
    incoming.register(new, office.lan)
    incoming.register_and_forward(shown, office.lan, office.minh.post)
    assert todo(office.lan) == [("Trình lãnh đạo", new)]
    assert todo(office.minh) == [("Phân công", shown)]
    assert todo(office.hoa) == [] and todo(office.tuan) == [] and todo(office.mai) == []


def test_urgent_work_comes_first_then_late_work(office):
    by_name = {one.name: one for one in receivers.of(office.minh)}
    docs = []
    for number, urgency, day in (("1", 0, 17), ("2", 0, 15), ("3", 3, 28)):
        doc = arrive(office, code_number=number, urgency=urgency)
        incoming.register_and_forward(doc, office.lan, office.minh.post)
        assignments.assign(doc, office.minh, by_name["Đỗ Anh Tuấn"], due_on=clock.today().replace(day=day))
        docs.append(doc)
    with clock.freeze("2026-07-16 09:00"):
        assert [task.doc for task in agenda.of(office.tuan)] == [docs[2], docs[1], docs[0]]
        counted = {number.label: number.count for number in agenda.numbers(office.tuan)}
    assert counted == {"Việc được giao": 3, "Việc quá hạn": 1}


def test_outgoing_documents_wait_by_their_state(office):
    for actor in (office.minh, office.tuan, office.thao, office.khoa, office.lan):
        assert agenda.outgoing(actor) == []
    sign = outgoing(office, "awaiting_signature", holder=office.minh.post)
    content = outgoing(office, "content_review", unit=office.units["Phòng Kế hoạch"])
    back = outgoing(office, "draft", holder=office.tuan.post)
    form, release = outgoing(office, "form_review"), outgoing(office, "signed")
    outgoing(office, "issued", holder=office.tuan.post)
    with db.write():
        for doc, actor in ((sign, office.minh), (content, office.thao), (back, office.tuan)):
            permissions.grant(doc, "thử", post=actor.post)
    assert agenda.outgoing(office.minh) == [(sign, "Ký")]
    assert agenda.outgoing(office.hoa) == []
    assert agenda.outgoing(office.thao) == [(content, "Duyệt nội dung")]
    assert agenda.outgoing(office.khoa) == [(form, "Kiểm tra thể thức")]
    assert agenda.outgoing(office.tuan) == [(back, "Dự thảo của tôi")]
    assert agenda.outgoing(office.lan) == [(release, "Phát hành")]


def test_the_clerks_numbers(office):
    arrive(office, urgency=3)
    arrive(office, code_number="2", received_at=clock.at("2026-07-13 09:00"))
    counted = {number.label: (number.count, number.kind) for number in agenda.numbers(office.lan)}
    assert counted["Chờ lưu trữ"] == (2, "")
    assert counted["Khẩn chờ vào sổ"] == (1, "late")
    assert counted["Quá hạn trình trong ngày"] == (1, "late")
