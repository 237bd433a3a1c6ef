"""Statuses by themselves (J1, Q12.6.a): each act of the receiver tells the sender once, in QĐ 28's words, and nothing goes back."""

import letters
import pytest
from arrivals import statuses

from jobs import deliver, runner
from models import (
    agencies,
    assignments,
    clock,
    db,
    edxml,
    exchange,
    exchange_arrivals,
    exchange_summary,
    files,
    incoming,
    receivers,
    users,
)

assert deliver
TOLD = ["arrived", "accepted", "assigned", "in_progress", "completed"]


@pytest.fixture
def letter(office):
    """A letter of A that has reached B, checked and good."""
    with clock.freeze("2026-07-14 09:00"):
        with db.write():
            users.Post.update(starts_on="2026-01-01").execute()
        doc = letters.issued(office.lan, [office.b])
        runner.run_due()
        with db.write():
            came(office).set(verdict="valid")
        yield doc


def came(office):
    return letters.arrived(office.b)[0]


def line(doc):
    return exchange.sent(doc)[0]


def register(office):
    incoming.register_and_forward(came(office), office.mai, office.binh.post)
    runner.run_due()


def assign(office):
    assignments.assign(came(office), office.binh, receivers.Target(office.nam.post, None))
    runner.run_due()


def test_q12_6_a_a_document_runs_through_and_both_sides_read_the_same(office, letter):
    seen = [line(letter).label]
    for act in (
        lambda: register(office),
        lambda: assign(office),
        lambda: assignments.start(came(office), office.nam),
        lambda: assignments.complete(came(office), office.nam, "Đã trả lời bằng văn bản 15/BC-UBND"),
    ):
        act()
        runner.run_due()
        seen.append(line(letter).label)
    assert seen == ["Đã đến", "Đã tiếp nhận", "Đã chuyển xử lý", "Đang xử lý", "Đã hoàn thành"]
    assert statuses(came(office)) == TOLD
    heard = [one for one in exchange.messages_of([line(letter)])[line(letter).id] if one.direction == "in"]
    assert [one.status for one in heard] == TOLD
    assert heard[1].staff == office.mai.name and heard[4].description == "Đã trả lời bằng văn bản 15/BC-UBND"


def test_j1_given_back_assigned_anew_and_passed_on_tell_nothing_twice(office, letter):
    register(office)
    assign(office)
    assignments.start(came(office), office.nam)
    assignments.give_back(came(office), office.nam, "Không đúng lĩnh vực")
    assign(office)
    assignments.start(came(office), office.nam)
    assignments.report(came(office), office.nam, "Đang lấy ý kiến")
    runner.run_due()
    assert statuses(came(office)) == TOLD[:4]
    assert line(letter).state == "in_progress"  # what was said stands, though the work changed hands


def test_j1_a_first_report_starts_the_work(office, letter):
    register(office)
    assign(office)
    assignments.report(came(office), office.nam, "Đang lấy ý kiến")
    runner.run_due()
    assert statuses(came(office)) == TOLD[:4]


def test_j1_a_reply_completes_by_itself(office, letter):
    register(office)
    assign(office)
    assignments.complete_by_reply(came(office), letters.issued(office.mai, [office.a], number="15"))
    assignments.complete_by_reply(came(office), letter)  # a second reply tells nothing more
    runner.run_due()
    assert statuses(came(office)) == ["arrived", "accepted", "assigned", "completed"]
    assert line(letter).state == "completed"


def test_j1_no_button_sends_a_status(browser, office, letter):
    register(office)
    for login in ("mai", "binh", "nam"):
        page = browser(login).get(f"/incoming/{came(office).id}")
        assert "cập nhật trạng thái" not in page.text.lower() and "gửi phản hồi" not in page.text.lower()


@pytest.mark.parametrize(("late", "stays"), [("arrived", "completed"), ("in_progress", "completed")])
def test_j2_a_late_status_does_not_move_the_state_back(office, letter, late, stays):
    register(office)
    assign(office)
    assignments.complete(came(office), office.nam, "Xong")
    runner.run_due()
    with db.write():
        exchange_arrivals.take_status(office.a, _status(office, letter, late), files.store(b"<x/>"))
    assert line(letter).state == stays


def test_j2_the_history_shows_the_late_one_as_late(browser, office, letter):
    register(office)
    with db.write():
        exchange_arrivals.take_status(office.a, _status(office, letter, "completed"), files.store(b"<x/>"))
        exchange_arrivals.take_status(office.a, _status(office, letter, "in_progress"), files.store(b"<y/>"))
    page = browser("lan").get(f"/outgoing/{letter.id}/dispatch").text
    assert page.count("tới muộn, không đổi trạng thái") == 1 and "Đã hoàn thành" in page


def test_j3_the_agency_decides_whether_names_go_out(browser, office, letter):
    agencies.change(office.b, tells_names=False)
    register(office)
    told = [one for one in exchange.messages_of([line(letter)])[line(letter).id] if one.status == "accepted"]
    assert told[0].staff and told[0].staff != office.mai.name
    admin = browser("mai")  # clerk and administrator of B
    page = admin.get("/admin/agency").text
    assert 'name="tells_names"' in page
    admin.post("/admin/agency", data={"name": office.b.name, "asks_names": "1", "tells_names": "1"})
    assert agencies.Agency.get_by_id(office.b.id).tells_names


def test_j6_a_refusal_is_an_ending_with_its_own_colour_and_list(browser, office, letter):
    incoming.refuse(came(office), office.mai, "Phụ lục 2 chưa có chữ ký số của cơ quan")
    runner.run_due()
    assert line(letter).state == "refused" and exchange_summary.of(letter).refused == 1
    lan = browser("lan")
    page = lan.get("/exchange?tab=problems&kind=refused").text
    assert "Phụ lục 2 chưa có chữ ký số của cơ quan" in page and "chip returned" in page
    shown = lan.get(f"/outgoing/{letter.id}/dispatch").text
    assert "chip returned" in shown and "Phụ lục 2 chưa có chữ ký" in shown
    assert (
        f"/outgoing/{letter.id}/update" in shown and "/resending" not in shown
    )  # it came: a replacement answers
    assert "Phụ lục 2" not in lan.get("/exchange?tab=problems&kind=failed").text


def test_j6_refused_at_the_door_it_is_sent_again_in_the_same_thread(browser, office):
    doc = letters.issued(office.lan, [agencies.create("Xã Xa", code="H98.71", connection="axis")])
    with db.write():
        one = exchange.sent(doc)[0].set(acknowledged_at=clock.now(), sent_at=clock.now())
        exchange.StatusMessage.create(
            key="door", agency=office.a, direction="in", consignment=one, status="refused", at=clock.now(),
            taken_at=clock.now(), description="Tệp kèm theo không mở được",
        )  # fmt: skip
        exchange.settle(one)
    lan = browser("lan")
    shown = lan.get(f"/outgoing/{doc.id}/dispatch").text
    assert "Gửi lại sau khi sửa" in shown and "Tệp kèm theo không mở được" in shown
    lan.post(f"/consignments/{one.id}/resending")
    again = line(doc)
    assert (again.id, again.state) == (one.id, "queued") and again.resent_at
    assert "Tệp kèm theo không mở được" in lan.get(f"/outgoing/{doc.id}/dispatch").text  # the thread is kept


def _status(office, letter, word):
    one = line(letter)
    return edxml.Status(
        sender=edxml.Organ(organ_id=office.b.code, name=office.b.name),
        about=edxml.Answered(one.own_code, one.code, one.wire_id, one.issued_date),
        status=word, description="", at=clock.now(), staff=None,
    )  # fmt: skip
