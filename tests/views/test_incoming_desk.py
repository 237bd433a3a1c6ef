"""The desk without script and with it: one list, no question a row, light pages, another person's press, undo, cancelling."""

import gzip
import re

from arrivals import arrive, consigned, statuses

from models import db, documents, files, receivers, routing, scans
from views import web

SCRIPT = {"Accept": "application/json"}


def typed(office, doc, **more):
    return {"organ_name": "Sở Mẫu", "code_number": doc.code_number, "code_notation": "SM-VP", "issued_date": "02/03/2026", "subject": "V/v thử",
            "urgency": "0", "act": "forward", "leader": office.minh.post.id, "desk": "all", "by": office.lan.id} | more  # fmt: skip


def scan(office, number):
    with db.connection(), db.write():
        row = files.record(files.store(str(number).encode()), f"quet-{number}.pdf", "application/pdf")
        return scans.Scan.create(
            agency=office.a,
            file=row,
            name=row.name,
            sha256=row.sha256,
            state="read",
            uploaded_at=documents.clock.now(),
        )


def test_the_desk_asks_no_more_for_fifty_than_for_five(browser, office, monkeypatch):
    lan = browser("lan")

    def asked(upto, start):
        for n in range(start, upto):
            arrive(office, code_number=str(n), organ_name=f"Cơ quan {n}")
            scan(office, n)
        counted = []
        execute = db.database.execute_sql
        monkeypatch.setattr(db.database, "execute_sql", lambda *a, **k: counted.append(a) or execute(*a, **k))
        assert lan.get("/incoming/waiting").status_code == 200
        monkeypatch.undo()
        return len(counted)

    few = asked(5, 0)
    assert asked(50, 5) == few


def test_v4_the_desk_with_five_hundred_waiting_weighs_at_most_sixty_kilobytes(browser, office):
    with db.connection(), db.write():
        first = arrive(office, subject="V/v " + "nội dung rất dài của trích yếu văn bản " * 12)
        rows = [
            {name: getattr(first, name) for name in first._meta.fields if name != "id"} for _ in range(499)
        ]
        for n, row in enumerate(rows):
            row |= {"code_number": str(n), "organ_name": f"Ủy ban nhân dân xã Thử Nghiệm {n}"}
        for start in range(0, 499, 20):
            documents.Document.insert_many(rows[start : start + 20]).execute()
    page = browser("lan").get("/incoming/waiting").text
    assert "Còn 420 văn bản nữa" in page and page.count('<li class="u-') == 80
    used = {
        name.partition("?")[0].removeprefix("/static/")
        for name in re.findall(r'(?:href|src)="(/static/[^"#]+)"', page)
    }
    parts = [
        page.encode(),
        *((web.ROOT / "static" / name).read_bytes() for name in used if name.endswith((".css", ".js"))),
    ]
    assert sum(len(gzip.compress(part, 5)) for part in parts) <= 60 * 1024


def test_a_press_of_another_person_s_page_writes_nothing(browser, office):
    doc = arrive(office)
    answer = browser("lan").post(
        f"/incoming/{doc.id}/registration",
        headers=SCRIPT,
        data=typed(office, doc, by="999", by_name="Người Khác"),
    )
    assert answer.status_code == 409 and "Người Khác" in answer.json()["error"]
    assert documents.Document.get_by_id(doc.id).state == "arrived"


def test_a_repeated_press_finds_its_own_work_done(browser, office):
    doc = arrive(office)
    lan = browser("lan")
    assert (
        lan.post(f"/incoming/{doc.id}/registration", headers=SCRIPT, data=typed(office, doc)).json()["number"]
        == "1"
    )
    again = lan.post(f"/incoming/{doc.id}/registration", headers=SCRIPT, data=typed(office, doc, again="1"))
    assert again.status_code == 200 and again.json()["number"] == "1"
    assert (
        lan.post(f"/incoming/{doc.id}/registration", headers=SCRIPT, data=typed(office, doc)).status_code
        == 409
    )


def test_undo_without_script_stands_on_the_desk_for_a_minute(browser, office):
    doc = consigned(office)
    lan = browser("lan")
    assert lan.post(f"/incoming/{doc.id}/registration", data=typed(office, doc)).status_code == 303
    assert f'action="/incoming/{doc.id}/undo"' in lan.get("/incoming/waiting").text
    answer = lan.post(f"/incoming/{doc.id}/undo", data={"desk": "all"})
    assert answer.headers["location"].endswith(f"doc={doc.id}")
    again = documents.Document.get_by_id(doc.id)
    assert (again.state, again.arrival_number) == ("arrived", 1) and statuses(doc) == []
    assert "Vào sổ và trình" in lan.get(answer.headers["location"]).text


def test_c15_cancelling_on_the_document_page_needs_a_reason(browser, office):
    doc = consigned(office)
    lan = browser("lan")
    lan.post(f"/incoming/{doc.id}/registration", data=typed(office, doc, desk=""))
    assert "Hủy đăng ký" in lan.get(f"/incoming/{doc.id}").text
    assert lan.post(f"/incoming/{doc.id}/cancellation", data={"reason": " "}).status_code == 422
    assert lan.post(f"/incoming/{doc.id}/cancellation", data={"reason": "Vào sổ nhầm"}).status_code == 303
    assert documents.Document.get_by_id(doc.id).state == "cancelled" and statuses(doc)[-1] == "refused"


def test_a_double_is_registered_apart_only_with_a_reason(browser, office):
    arrive(office)
    doc = arrive(office)
    lan = browser("lan")
    page = lan.get(f"/incoming/waiting?doc={doc.id}").text
    assert "Có thể đã có văn bản này" in page and 'name="apart_reason"' in page
    assert (
        "đã vào sổ rồi"
        in lan.post(f"/incoming/{doc.id}/registration", headers=SCRIPT, data=typed(office, doc)).json()[
            "html"
        ]
    )
    data = typed(office, doc, known="1")
    assert lan.post(f"/incoming/{doc.id}/registration", headers=SCRIPT, data=data).status_code == 422
    assert documents.Document.get_by_id(doc.id).state == "arrived"
    answer = lan.post(
        f"/incoming/{doc.id}/registration",
        headers=SCRIPT,
        data=data | {"apart_reason": "Nơi gửi cấp trùng số"},
    )
    assert answer.json()["number"] == "1"


def test_b10_a_letter_of_a_rule_goes_straight_on_from_the_desk(browser, office):
    with db.connection():
        unit = receivers.of(office.lan)[0].unit
        rule = {"sender_name": "Sở Mẫu", "unit": unit, "straight": True, "decision": "QĐ 5/QĐ-SKH"}
        routing.open_rule(office.a, office.quantri, **rule)
    doc, paper, lan = arrive(office, organ_name="Sở Mẫu"), scan(office, 1), browser("lan")
    straight = {"leader": f"unit:{unit.id}"}
    assert f"Chuyển thẳng {unit.name}" in lan.get(f"/incoming/waiting?doc={doc.id}").text
    answer = lan.post(
        f"/incoming/{doc.id}/registration", headers=SCRIPT, data=typed(office, doc, **straight)
    ).json()
    assert "chuyển thẳng" in answer["told"] and not answer["undo"]
    fields = typed(office, doc, code_number="88", place="", to_places="", **straight)
    lan.post(f"/scans/{paper.id}/registration", headers=SCRIPT, data=fields)
    taken = documents.Document.select().where(documents.Document.arrival_number.is_null(False))
    assert [(row.state, row.unit_id) for row in taken] == [("assigned", unit.id)] * 2
    other = arrive(office, organ_name="Sở Khác", code_number="9")
    refused = typed(office, other, organ_name="Sở Khác", **straight)
    assert lan.post(f"/incoming/{other.id}/registration", headers=SCRIPT, data=refused).status_code >= 400
    assert documents.Document.get_by_id(other.id).state == "arrived"
