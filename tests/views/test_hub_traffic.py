"""What passes the hub, on its pages: not yet fetched, failures and asking again, agencies, figures (Quy chế 17.1)."""

import csv
import io
from datetime import timedelta

import hubs
import pytest
from office import Browser

import app
from models import clock, config, db, hub, hub_figures, hub_pages, hub_transit


@pytest.fixture
def place(office, data):
    """(browser of the provincial administrator, system A, system B)."""
    config.use(config.Config(data=data.data, mode="demo", hub=True))
    one = Browser(app.application(workers=False), "admin")
    with db.connection():
        a, b = hubs.system("SYS.A", "H98.1", "H98.2")[0], hubs.system("SYS.B", "H97.1")[0]
        yield one, a, b
    one.close()


def sent(system, folder, sender="H98.1", receivers=("H97.1",), document_id="d1", **more):
    hubs.packet(folder, sender=sender, receivers=receivers, document_id=document_id, **more)
    return hub_transit.accept(system, "edoc", folder / "goi.edxml")


def test_what_is_not_fetched_stands_with_its_age(place, tmp_path):
    one, a, _ = place
    with clock.freeze(f"{clock.local(clock.now() - timedelta(minutes=200)):%Y-%m-%d %H:%M}"):
        sent(a, tmp_path, subject="Văn bản chờ lâu")
    listed = one.get("/admin/hub/waiting").text
    assert (
        "Văn bản chờ lâu" in listed
        and "3 giờ" in listed
        and 'Chưa lấy <span class="count">1</span>' in listed
    )
    assert "Văn bản chờ lâu" not in one.get(f"/admin/hub/waiting?system={a.id}").text
    overview = one.get("/admin/hub").text
    assert "1 văn bản" in overview and "lâu nhất 3 giờ" in overview
    hub_transit.settle(hub.Delivery.get(), "done")
    assert "Không còn gì chờ lấy" in one.get("/admin/hub/waiting").text
    assert one.get("/admin/hub/waiting?system=999").status_code == 404


def test_a_failed_delivery_is_offered_again_by_one_press(place, tmp_path):
    one, a, b = place
    sent(a, tmp_path)
    hub_transit.update(b, hub.Delivery.get().axis_id, "fail", "Tệp «=1+1» hỏng")
    assert "Tệp «=1+1» hỏng" in one.get("/admin/hub/failures").text
    number = hub.Delivery.get().id
    assert one.post(f"/admin/hub/deliveries/{number}/offer").status_code == 303
    assert [row.state for row in hub_transit.received(b, "edoc")] == ["initial"]
    assert one.post(f"/admin/hub/deliveries/{number}/offer").status_code == 409
    assert one.post("/admin/hub/deliveries/999/offer").status_code == 404


def test_x3_an_id_used_for_other_content_passes_and_people_are_told(place, tmp_path):
    one, a, b = place
    first = sent(a, tmp_path, document_id="H98.1,2026/03/02,1/A")
    assert sent(a, tmp_path, document_id="H98.1,2026/03/02,1/A") == first, (
        "the same bytes are the same packet"
    )
    sent(a, tmp_path, document_id="H98.1,2026/03/02,1/A", kind="update", content=b"%PDF-1.7 sua")
    assert hub.Clash.select().count() == 0, "an update may repeat the id"
    sent(a, tmp_path, receivers=("H98.2",), document_id="H98.1,2026/03/02,1/A", content=b"%PDF-1.7 khac noi")
    assert hub.Clash.select().count() == 0, "another receiver gets a packet of its own"
    other = sent(
        a, tmp_path, document_id="H98.1,2026/03/02,1/A", content=b"%PDF-1.7 khac", subject="Nội dung khác"
    )
    assert other != first and len(hub_transit.received(b, "edoc")) == 3
    assert hub.Clash.get().packet.axis_id == other
    shown = one.get("/admin/hub/failures").text
    assert "Trùng mã văn bản, khác nội dung" in shown and "Nội dung khác" in shown
    one.post(f"/admin/hub/clashes/{hub.Clash.get().id}/settling")
    assert "Trùng mã" not in one.get("/admin/hub/failures").text and hub.Clash.get().settled_by


def test_a_packet_sent_again_after_a_failure_is_no_clash(place, tmp_path):
    _, a, b = place
    sent(a, tmp_path)
    hub_transit.update(b, hub.Delivery.get().axis_id, "fail", "hỏng")
    sent(a, tmp_path, content=b"%PDF-1.7 lan hai")
    assert hub.Clash.select().count() == 0


def test_q17_1_figures_by_agency_come_from_what_passed(place, tmp_path):
    one, a, b = place
    with clock.freeze("2026-03-02 09:00"):
        for number in range(3):
            sent(a, tmp_path, document_id=f"d{number}", receivers=("H97.1", "H98.2"))
        hub_transit.update(b, hub_transit.received(b, "edoc")[0].axis_id, "done")
        hub_transit.update(b, hub_transit.received(b, "edoc")[0].axis_id, "done")
        hubs.status(tmp_path, "H97.1", "H98.1", "accepted", "d1", clock.now())
        hub_transit.accept(b, "status", tmp_path / "trang-thai.edxml")
        day = clock.today()
        assert [one["edoc"] for one in hub_figures.by_day(2)] == [3, 0]
    with clock.freeze("2026-03-05 09:00"):
        sent(a, tmp_path, document_id="sau")
    rows = {row["code"]: row for row in hub_figures.by_agency(day, day)}
    assert (rows["H98.1"]["sent"], rows["H98.1"]["heard"]) == (3, 1)
    assert (rows["H97.1"]["received"], rows["H97.1"]["taken"], rows["H97.1"]["statuses"]) == (3, 2, {"03": 1})
    assert rows["H98.2"]["received"] == 3 and rows["H97.1"]["system"] == "Hệ thống SYS.B"
    # each figure is the length of the list behind it
    for code in rows:
        listed = [
            row
            for row in hub_pages.passed(code, "received")
            if row.message_type == "edoc" and row.packet.wire_id != "sau"
        ]
        assert len(listed) == rows[code]["received"]
    shown = one.get("/admin/hub/figures?from=02/03/2026&to=02/03/2026").text
    assert "Đã tiếp nhận 1" in shown and "H98.1" in shown
    table = one.get("/admin/hub/figures/sheet?from=02/03/2026&to=02/03/2026")
    lines = {line[0]: line for line in csv.reader(io.StringIO(table.text.lstrip("\ufeff")))}
    assert (
        lines["H98.1"][3] == "3"
        and lines["H97.1"][4:6] == ["3", "2"]
        and "csv" in table.headers["content-type"]
    )
    wrong = one.get("/admin/hub/figures?from=hôm nay&to=02/03/2026")
    assert wrong.status_code == 422 and "không phải là ngày" in wrong.text
    assert one.get("/admin/hub/figures?from=03/03/2026&to=02/03/2026").status_code == 422


def test_agencies_are_found_by_name_and_code_page_by_page(place):
    one, a, _ = place
    for number in range(60):
        hub.add_member(a, f"H98.1.{number:02d}", f"Trạm {number}")
    first = one.get("/admin/hub/agencies").text
    assert "Cũ hơn" in first and "H98.1.59" not in first
    assert "H98.1.59" in one.get("/admin/hub/agencies?after=H98.1.40").text
    found = one.get("/admin/hub/agencies?q=tram 7").text
    assert "Trạm 7<" in found and "Trạm 17" not in found
    assert "H97.1" in one.get("/admin/hub/agencies?q=H97").text
    assert "Không có cơ quan nào khớp" in one.get("/admin/hub/agencies?q=khongco").text


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "before=" + "9" * 40, "way=hack&code=%00", "code=' OR 1=1"]
)
def test_odd_addresses_do_no_harm(place, query):
    one = place[0]
    for address in ("waiting", "failures", "packets", "agencies"):
        assert one.get(f"/admin/hub/{address}?{query}").status_code in (200, 404)


def test_pages_of_a_busy_hub_walk_an_index(place):
    """No page of the hub reads the table of deliveries from end to end."""
    for query in (
        hub_pages._deliveries()
        .where(hub.Delivery.queue == "failed")
        .order_by(hub.Delivery.id.desc())
        .limit(5),
        hub_pages._deliveries()
        .where(hub.Delivery.to_code == "H97.1")
        .order_by(hub.Delivery.id.desc())
        .limit(5),
        hub_pages._deliveries()
        .where(hub.Packet.from_code == "H97.1")
        .order_by(hub.Delivery.id.desc())
        .limit(5),
    ):
        sql, values = query.sql()
        plan = " ".join(
            row[3] for row in db.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        )
        assert "SCAN t1" not in plan and "SCAN delivery" not in plan, plan
