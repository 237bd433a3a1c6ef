"""The leader's decision and the officer's work through the pages."""

import pytest
from arrivals import arrive

from models import assignments, db, documents, incoming, receivers
from views import incoming_page, web


@pytest.fixture
def doc(office):
    doc = arrive(office)
    incoming.register_and_forward(doc, office.lan, office.minh.post)
    return doc


def key(office, name):
    return next(one.key for one in receivers.of(office.minh) if one.name == name)


def state(doc):
    return documents.Document.get_by_id(doc.id).state


def give(office, doc, name="Đỗ Anh Tuấn"):
    assignments.assign(doc, office.minh, next(one for one in receivers.of(office.minh) if one.name == name))


def test_the_leader_finds_presets_receivers_and_one_button(browser, doc):
    page = browser("minh").get(f"/incoming/{doc.id}").text
    for words in (
        "Giao việc",
        "Ý kiến chỉ đạo",
        "Phòng Kế hoạch",
        "Chủ trì",
        "Phối hợp",
        "Để biết",
        "data-preset",
    ):
        assert words in page
    assert "Giao việc" not in browser("lan").get(f"/incoming/{doc.id}").text


@pytest.mark.parametrize("hx", [False, True])
def test_assigning_in_working_days(browser, office, doc, hx):
    answer = browser("minh").post(f"/incoming/{doc.id}/assignment", hx=hx, data={
        "lead": key(office, "Phòng Kế hoạch"), "support": [key(office, "Ngô Tiến Dũng")], "informed": [key(office, "Phạm Thị Hoa")],
        "instruction": "Tham mưu trước thứ Sáu", "due": "5"})  # fmt: skip
    assert answer.status_code == (200 if hx else 303) and state(doc) == "assigned"
    assert [task.part for task in assignments.of(doc)] == ["lead", "support", "informed"]
    page = browser("thao").get(f"/incoming/{doc.id}").text
    assert (
        "Tham mưu trước thứ Sáu" in page
        and "Bắt đầu giải quyết" in page
        and f"/outgoing/new?reply_to={doc.id}" in page
    )


def test_11_2_two_leads_posted_are_refused_and_typing_is_kept(browser, office, doc):
    answer = browser("minh").post(f"/incoming/{doc.id}/assignment", hx=True, data={
        "lead": [key(office, "Phòng Kế hoạch"), key(office, "Phòng Kỹ thuật")], "instruction": "Chữ đã gõ", "due": "5"})  # fmt: skip
    assert answer.status_code == 422 and "một chủ trì" in answer.text and "Chữ đã gõ" in answer.text
    assert state(doc) == "forwarded"


@pytest.mark.parametrize("due", ["0", "400", "hôm kia", "01/01/2020"])
def test_a_deadline_that_cannot_be_is_said_at_its_field(browser, office, doc, due):
    answer = browser("minh").post(
        f"/incoming/{doc.id}/assignment", data={"lead": key(office, "Phòng Kế hoạch"), "due": due}
    )
    assert answer.status_code == 422 and 'id="e-due"' in answer.text and state(doc) == "forwarded"


def test_the_officer_starts_reports_and_completes(browser, office, doc):
    give(office, doc)
    tuan = browser("tuan")
    assert tuan.post(f"/incoming/{doc.id}/start").status_code == 303 and state(doc) == "in_progress"
    assert (
        "Đã ghi tiến độ"
        in tuan.post(f"/incoming/{doc.id}/report", hx=True, data={"progress": "Xong nửa"}).text
    )
    wrong = tuan.post(f"/incoming/{doc.id}/completion", hx=True, data={"result": " "})
    assert wrong.status_code == 422 and "kết quả giải quyết" in wrong.text
    assert tuan.post(f"/incoming/{doc.id}/completion", data={"result": "Đã trả lời"}).status_code == 303
    assert state(doc) == "completed" and "Đã trả lời" in tuan.get(f"/incoming/{doc.id}").text


def test_the_units_head_passes_on(browser, office, doc):
    give(office, doc, "Phòng Kế hoạch")
    member = receivers.members(office.thao)[0].key
    answer = browser("thao").post(f"/incoming/{doc.id}/passing", data={"lead": member, "due": ""})
    assert answer.status_code == 303 and browser("tuan").get(f"/incoming/{doc.id}").status_code == 200


@pytest.mark.parametrize(
    "act", ["assignment", "passing", "start", "report", "completion", "return", "acknowledgement"]
)
@pytest.mark.parametrize("login", ["dung", "son", "mai", "nam", "quantri"])
def test_strangers_get_404_for_every_act(browser, office, doc, act, login):
    give(office, doc)
    answer = browser(login).post(
        f"/incoming/{doc.id}/{act}", data={"progress": "x", "result": "x", "reason": "x"}
    )
    assert answer.status_code == 404 and state(doc) == "assigned"


@pytest.mark.parametrize("act", ["start", "completion", "return"])
def test_the_clerk_sees_but_does_not_do_the_leads_work(browser, office, doc, act):
    give(office, doc)
    answer = browser("lan").post(f"/incoming/{doc.id}/{act}", data={"result": "x", "reason": "x"})
    assert answer.status_code == 409 and "chủ trì" in answer.text and state(doc) == "assigned"


def test_the_follow_up_list(browser, office, doc):
    give(office, doc)
    assert "Đỗ Anh Tuấn" in browser("lan").get("/assignments").text
    assert browser("tuan").get("/assignments").status_code == 403
    assert "Đỗ Anh Tuấn" not in browser("mai").get("/assignments").text


def test_pages_ask_the_database_nothing_while_they_are_drawn(office, doc, monkeypatch):
    """What a page shows was read before; a template that asks is a hidden query a row."""
    give(office, doc, "Phòng Kế hoạch")
    actors = [office.lan, office.minh, office.thao]
    contexts = [(actor, incoming_page.context(actor, doc)) for actor in actors]
    asked = []
    monkeypatch.setattr(db.database, "execute_sql", lambda sql, *rest: asked.append(sql))
    for actor, context in contexts:
        shell = {"actor": actor, "flash": "", "flash_kind": "done", "today": None}
        web.templates().get_template("incoming/_side.html").render(**shell, **context)
    assert asked == []
