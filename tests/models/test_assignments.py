"""Phân công giải quyết: Quy chế 11.2 and 12.6, ND30 Điều 23–24."""

from datetime import date

import pytest
from arrivals import arrive, consigned, morning, statuses  # noqa: F401

from models import (
    assignments,
    assignments_presets,
    clock,
    db,
    documents,
    errors,
    incoming,
    journal,
    permissions,
    receivers,
    users,
)

pytestmark = pytest.mark.usefixtures("morning")


def target(office, name):
    return next(one for one in receivers.of(office.minh) if one.name == name)


def presented(office, **fields):
    doc = consigned(office, **fields)
    incoming.register_and_forward(doc, office.lan, office.minh.post)
    return doc


def given(office, **more):
    doc = presented(office)
    assignments.assign(
        doc, office.minh, target(office, "Phòng Kế hoạch"), [target(office, "Ngô Tiến Dũng")],
        [target(office, "Phạm Thị Hoa")], "Tham mưu trả lời.", date(2026, 7, 21), **more,
    )  # fmt: skip
    return doc


def parts(doc):
    return [(row.part, row.receiver.split(" – ")[0], row.state) for row in assignments.of(doc)]


def test_11_2_one_lead_support_and_information_each_with_its_deadline_and_04(office):
    doc = given(office, support_due_on=date(2026, 7, 17))
    assert parts(doc) == [("lead", "Phòng Kế hoạch", "given"), ("support", "Ngô Tiến Dũng", "given"),
                          ("informed", "Phạm Thị Hoa", "given")]  # fmt: skip
    assert [row.due_on for row in assignments.of(doc)] == [date(2026, 7, 21), date(2026, 7, 17), None]
    assert (doc.state, doc.due_date) == ("assigned", date(2026, 7, 21))
    assert statuses(doc) == ["accepted", "assigned"]


def test_11_2_b_two_leads_are_refused_and_nothing_is_given(office):
    doc = presented(office)
    with pytest.raises(errors.Invalid, match="một chủ trì"):
        assignments.assign(
            doc, office.minh, [target(office, "Phòng Kế hoạch"), target(office, "Phòng Kỹ thuật")]
        )
    assert doc.state == "forwarded" and assignments.of(doc) == []


@pytest.mark.parametrize("leads", [None, []])
def test_11_2_b_no_lead_is_refused(office, leads):
    with pytest.raises(errors.Invalid, match="chủ trì"):
        assignments.assign(presented(office), office.minh, leads)


def test_one_receiver_has_one_part(office):
    unit = target(office, "Phòng Kế hoạch")
    with pytest.raises(errors.Invalid, match="một vai"):
        assignments.assign(presented(office), office.minh, unit, [unit])


def test_a_deadline_before_today_or_support_after_lead_is_refused(office):
    unit, other = target(office, "Phòng Kế hoạch"), target(office, "Phòng Kỹ thuật")
    with pytest.raises(errors.Invalid, match="hôm nay"):
        assignments.assign(presented(office), office.minh, unit, due_on=date(2026, 7, 13))
    with pytest.raises(errors.Invalid, match="phối hợp"):
        assignments.assign(presented(office, code_number="5"), office.minh, unit, [other], due_on=date(2026, 7, 15),
                           support_due_on=date(2026, 7, 16))  # fmt: skip


def test_another_agencys_people_cannot_be_given_work(office):
    stranger = receivers.Target(office.nam.post, None)
    with pytest.raises(errors.Invalid, match="trong cơ quan"):
        assignments.assign(presented(office), office.minh, stranger)


def test_only_a_leader_assigns(office):
    doc = presented(office)
    for login in ("lan", "thao", "tuan", "mai", "quantri"):
        with pytest.raises(errors.NotAllowed):
            assignments.assign(doc, getattr(office, login), target(office, "Phòng Kế hoạch"))


def test_only_those_with_a_part_see_the_document(office):
    doc = given(office)
    seen = {login for login in ("lan", "minh", "hoa", "thao", "dung", "tuan", "son", "khoa", "quantri", "mai", "binh")
            if permissions.visible(getattr(office, login)).where(documents.Document.id == doc.id).exists()}  # fmt: skip
    assert seen == {"lan", "minh", "hoa", "thao", "dung"}


def test_11_2_d_the_head_passes_on_within_the_unit_and_its_deadline(office):
    doc = given(office)
    tuan = receivers.members(office.thao)[0]
    with pytest.raises(errors.Invalid, match="hạn của đơn vị"):
        assignments.pass_on(doc, office.thao, tuan, due_on=date(2026, 7, 22))
    with pytest.raises(errors.Invalid, match="trong đơn vị"):
        assignments.pass_on(doc, office.thao, target(office, "Ngô Tiến Dũng"))
    assignments.pass_on(doc, office.thao, tuan, due_on=date(2026, 7, 20))
    assert parts(doc)[-1] == ("lead", "Đỗ Anh Tuấn", "given")
    assert permissions.get(office.tuan, doc.id)
    assert [task.document for task in assignments.open_tasks(office.tuan)] == [doc]


def test_passing_on_again_takes_the_work_from_the_first(office):
    doc = given(office)
    tuan = receivers.members(office.thao)[0]
    assignments.pass_on(doc, office.thao, tuan)
    assignments.pass_on(doc, office.thao, tuan)
    assert [row.state for row in assignments.of(doc) if row.parent_id] == ["stopped", "given"]


def test_only_the_units_head_passes_on(office):
    doc = given(office)
    for login in ("dung", "son", "minh", "lan"):
        with pytest.raises(errors.Refused):
            assignments.pass_on(doc, getattr(office, login), receivers.members(office.thao)[0])


def test_12_6_start_report_complete_send_05_and_06(office):
    doc = given(office)
    assignments.pass_on(doc, office.thao, receivers.members(office.thao)[0])
    assignments.start(doc, office.tuan)
    assert doc.state == "in_progress"
    assignments.report(doc, office.tuan, "Đã xong một nửa")
    assignments.complete(doc, office.tuan, "Đã trả lời qua điện thoại")
    assert doc.state == "completed"
    assert statuses(doc) == ["accepted", "assigned", "in_progress", "completed"]
    assert {state for part, _, state in parts(doc) if part != "informed"} == {"done"}


def test_a_leads_first_report_starts_the_work(office):
    doc = given(office)
    assignments.report(doc, office.thao, "Đang lấy số liệu")
    assert doc.state == "in_progress" and statuses(doc)[-1] == "in_progress"


def test_support_reports_but_neither_starts_nor_closes(office):
    doc = given(office)
    assignments.report(doc, office.dung, "Đã gửi số liệu")
    assert doc.state == "assigned"
    for verb, words in (
        (assignments.start, ()),
        (assignments.complete, ("xong",)),
        (assignments.give_back, ("không",)),
    ):
        with pytest.raises(errors.Refused, match="chủ trì"):
            verb(doc, office.dung, *words)


def test_for_information_closes_by_taking_note_only(office):
    doc = given(office)
    with pytest.raises(errors.Refused):
        assignments.report(doc, office.hoa, "xem rồi")
    assignments.acknowledge(doc, office.hoa)
    assert parts(doc)[2] == ("informed", "Phạm Thị Hoa", "done")
    with pytest.raises(errors.Refused):
        assignments.acknowledge(doc, office.hoa)


@pytest.mark.parametrize("login", ["lan", "minh", "hoa", "dung", "son", "tuan", "quantri", "mai"])
def test_nobody_but_the_lead_starts_or_completes(office, login):
    doc, actor = given(office), getattr(office, login)
    for verb, words in (
        (assignments.start, ()),
        (assignments.complete, ("xong",)),
        (assignments.give_back, ("sai",)),
    ):
        with pytest.raises((errors.Refused, errors.NotAllowed)):
            verb(doc, actor, *words)
    assert documents.Document.get_by_id(doc.id).state == "assigned"


@pytest.mark.parametrize("verb", [assignments.complete, assignments.report, assignments.give_back])
def test_words_are_needed(office, verb):
    with pytest.raises(errors.Invalid):
        verb(given(office), office.thao, " ")


def test_what_was_given_back_is_assigned_anew(office):
    doc = given(office)
    assignments.give_back(doc, office.thao, "Không đúng chức năng")
    assert doc.state == "forwarded" and doc.holder == office.minh.post
    assert {state for _, _, state in parts(doc)} == {"stopped"}
    assignments.assign(doc, office.minh, target(office, "Phòng Kỹ thuật"))
    assert [task.document for task in assignments.open_tasks(office.son)] == [doc]
    assert list(assignments.open_tasks(office.thao)) == []


def test_11_2_e_an_issued_reply_closes_the_incoming_document(office):
    doc = given(office)
    with db.write():
        reply = documents.Document.create(flow="outgoing", state="issued", source="draft", agency=office.a,
                                          code_number="45", code_notation="SKH-KH", created_at=clock.now())  # fmt: skip
        assignments.complete_by_reply(doc, reply)
    assert doc.state == "completed" and statuses(doc)[-1] == "completed"
    assert assignments.of(doc)[0].result == "Đã trả lời bằng văn bản 45/SKH-KH"
    assignments.complete_by_reply(doc, reply)
    assert [event.verb for event in journal.of(doc)].count("answer") == 1


def test_12_6_recall_stops_every_open_part(office):
    doc = given(office)
    assignments.stop(doc)
    assert {state for _, _, state in parts(doc)} == {"stopped"}
    assert assignments.mine(doc, office.thao) == []


def test_24_overdue_documents_in_work_are_found(office):
    doc = given(office)
    assert list(assignments.overdue(office.lan)) == []
    with clock.freeze("2026-07-22 08:00"):
        assert list(assignments.overdue(office.lan)) == [doc]
        assert list(assignments.overdue(office.mai)) == []


def test_tasks_come_urgent_first_then_by_deadline(office):
    late, soon, urgent = (
        presented(office),
        presented(office, code_number="2"),
        presented(office, code_number="3", urgency=3),
    )
    unit = target(office, "Phòng Kế hoạch")
    for doc, day in ((late, 24), (soon, 16), (urgent, 28)):
        assignments.assign(doc, office.minh, unit, due_on=date(2026, 7, day))
    assert [task.document for task in assignments.open_tasks(office.thao)] == [urgent, soon, late]


def test_presets_are_learned_from_the_leaders_own_decisions(office):
    among = receivers.of(office.minh)
    assert {preset.why for preset in assignments_presets.presets(office.minh, among)} == {"đơn vị"}
    for n in range(3):
        assignments.assign(presented(office, code_number=str(n)), office.minh, target(office, "Phòng Kỹ thuật"),
                           due_on=date(2026, 7, 21))  # fmt: skip
    learned = assignments_presets.presets(office.minh, among)
    assert [(one.target.name, one.days, one.why) for one in learned] == [
        ("Phòng Kỹ thuật", 5, "đã giao 3 lần")
    ]


def test_a_commune_without_units_works_too(office):
    now = clock.now()
    doc = arrive(office, agency=office.b, arrived_at=now)
    incoming.register_and_forward(doc, office.mai, office.binh.post)
    nam = next(one for one in receivers.of(office.binh) if one.post and one.post.id == office.nam.post.id)
    assignments.assign(doc, office.binh, nam)
    assignments.start(doc, office.nam)
    assignments.complete(doc, office.nam, "Xong")
    assert doc.state == "completed" and users.Post.select().count() > 0
