"""«Tự kiểm tra liên thông»: what is looked at, in words, without a secret, and who may look (I18)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from axis_double import AxisDouble, reply

from jobs import runner
from jobs import selftest as job
from models import clock, config, db, exchange_axis, outbox, selftest, vxp

SECRET = "khoa bi mat cua truc"


@pytest.fixture
def axis(office):
    with AxisDouble() as double:
        exchange_axis.connect(office.admin, double.url, "H99", SECRET)
        double.answers["getAgenciesList"] = [
            {"data": [{"id": "1", "code": office.a.code, "name": "Sở", "oldCode": ""}]}
        ]
        double.answers["getReceivedEdocList"] = [{"data": []}]
        yield double


def later(minutes):
    return f"{clock.local(clock.now() + timedelta(minutes=minutes)):%Y-%m-%d %H:%M:%S}"


def lines(office):
    return {line.title: line for line in selftest.newest(office.a.id).lines}


def test_i18_one_press_calls_the_axis_and_says_what_it_found(browser, office, axis):
    lan = browser("lan")
    assert "Chưa gọi thử trục" in lan.get("/self-test").text
    pressed = lan.post("/self-test", hx=True)
    assert pressed.status_code == 200 and "Gọi trục (1/2)" in pressed.text and "disabled" in pressed.text
    assert lan.post("/self-test").status_code == 303  # impatient: still one run
    assert outbox.Order.select().where(outbox.Order.kind == "self_test").count() == 1
    runner.run_due()
    found = lines(office)
    assert {found[name].kind for name in (job.REACH, job.CLOCK, job.SECRET, job.NAME)} == {"ok"}
    assert found[job.CODES].kind == "warn" and office.b.name in found[job.CODES].words
    page = lan.get("/self-test/lines").text
    assert "<html" not in page and "hx-trigger" not in page and "Trục chấp nhận" in page


def test_i18_a_wrong_secret_a_wrong_clock_and_a_page_that_is_no_axis_are_named(office, axis):
    axis.answers["getReceivedEdocList"] = [vxp.failure("15")]
    assert _run(office)[job.SECRET].kind == "bad"
    with clock.freeze(later(7)):
        skewed = _run(office)[job.CLOCK]
    assert skewed.kind == "bad" and "chậm hơn" in skewed.words and "NTP" in skewed.todo
    axis.answers["getReceivedEdocList"] = [lambda handler: reply(handler, b"<html>cong thong tin</html>")]
    assert "không theo giao thức" in _run(office)[job.SECRET].words


def test_i18_an_axis_that_is_away_is_told_apart(office):
    exchange_axis.connect(office.admin, "http://127.0.0.1:9/vxp", "H99", SECRET)
    found = _run(office)
    assert (
        found[job.REACH].kind == "bad"
        and "đơn vị vận hành trục" in found[job.REACH].todo
        and job.CODES not in found
    )


def test_i18_nothing_declared_is_said(office):
    assert _run(office)[job.REACH].kind == "none"


def test_i18_the_certificate_of_the_axis_and_its_days(office):
    connection = SimpleNamespace(url="https://truc.example/vxp")
    ends = clock.now() + timedelta(days=12, hours=1)
    told = {"notAfter": f"{ends:%b %d %H:%M:%S %Y} GMT", "subject": ((("commonName", "truc.example"),),)}
    line = job._certificate(connection, told)
    assert (line.kind, line.words) == ("warn", "truc.example, còn hạn 12 ngày.")
    assert job._unreachable(connection, OSError("CERTIFICATE_VERIFY_FAILED self-signed")).title == job.NAME


def test_i18_the_machines_own_lines(office, axis):
    found = {line.title: line for line in selftest.here(office.a)}
    for title in ("Đường tới trục", "Hàng đợi", "Khóa xác nhận", "Mã định danh", "Chứng thư số", "Đồng hồ", "Đĩa",
                  "Văn bản nhận qua trục gần nhất", "Phản hồi gửi gần nhất"):  # fmt: skip
        assert found[title].words and found[title].law, title
    exchange_axis.line_down("Trục không trả lời.")
    down = {line.title: line for line in selftest.here(office.a)}["Đường tới trục"]
    assert down.kind == "bad" and "Trục không trả lời" in down.words and "không mất" in down.todo
    with db.write():
        outbox.place("deliver", 1, "x").set(state="dead")
    assert (
        "1 việc phải người xử lý" in {line.title: line for line in selftest.here(office.a)}["Hàng đợi"].words
    )


def test_i18_the_text_for_support_holds_no_secret(browser, office, axis):
    _run(office)
    text = browser("lan").get("/self-test/report.txt")
    assert (
        text.headers["content-type"].startswith("text/plain")
        and "attachment" in text.headers["content-disposition"]
    )
    assert "TỰ KIỂM TRA" in text.text and "Trục chấp nhận" in text.text
    keys = [
        path.read_text(errors="ignore")
        for path in (config.current().data / "keys").rglob("*")
        if path.is_file()
    ]
    assert SECRET not in text.text and not any(
        line and line in text.text for key in keys for line in key.split()
    )


@pytest.mark.parametrize(
    ("who", "status"), [("lan", 200), ("quantri", 200), ("admin", 200), ("tuan", 403), ("minh", 403)]
)
def test_i18_who_may_look(browser, who, status):
    assert browser(who).get("/self-test").status_code == status


def test_i18_a_run_that_died_can_be_pressed_again(office):
    first = selftest.order(office.lan)
    assert selftest.order(office.lan).id == first.id
    with clock.freeze(later(11)):
        assert selftest.order(office.lan).id != first.id


def _run(office):
    with db.write():
        selftest.SelfTest.update(finished_at=clock.now()).where(
            selftest.SelfTest.finished_at.is_null()
        ).execute()
    selftest.order(office.lan)
    runner.run_due()
    return lines(office)
