"""Deadline, meeting and reply reference in the text of a letter (B13): pure, on lines of invented letters."""

from datetime import date

import pytest

from models import extraction_dates, extraction_extras, extraction_meeting, extraction_reply
from models.extraction_lines import Page, Word
from models.extraction_running import running

ISSUED = date(2026, 7, 14)


def page(*rows, number=1):
    words = []
    for at, row in enumerate(rows):
        x = 80
        for word in row.split():
            words.append(Word(word, x, 100 + 20 * at, x + 6 * len(word), 112 + 20 * at))
            x += 6 * len(word) + 5
    return Page(number, 595, 842, tuple(words))


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Đề nghị các đơn vị gửi báo cáo về Sở Mẫu trước ngày | 18/7/2026 để tổng hợp.", "2026-07-18"),
        ("Báo cáo gửi về chậm nhất ngày 25 tháng 7 năm 2026.", "2026-07-25"),
        ("hạn cuối nộp hồ sơ: 17 giờ 00 ngày 30/7", "2026-07-30"),
        ("gửi về Sở chậm nhất là 16h00' ngày 20/7/2026, qua thư điện tử", "2026-07-20"),
        ("Hoàn thành trước ngày 10/01 để báo cáo", "2027-01-10"),
        ("Luật này có hiệu lực trước ngày 01/8/2026.", None),
        ("người sinh trước ngày 01/9/2026 được cấp thẻ", None),
        ("gửi báo cáo trước ngày 18/7/2024", None),
        ("Báo cáo gửi chậm nhất vào ngày 15 tháng 11 hằng năm.", None),
    ],
)
def test_b13_a_deadline_is_a_day_by_which_something_is_asked(said, day):
    found = extraction_dates.deadline(running([page(*said.split(" | "))]), ISSUED)
    assert (found and found["value"]) == day


def test_b13_a_number_of_working_days_is_kept_as_such():
    said = running(
        [page("trả lời bằng văn bản trong vòng 05 (năm) ngày làm việc kể từ ngày nhận được văn bản.")]
    )
    found = extraction_dates.deadline(said, ISSUED)
    assert (found["value"], found["days"], found["working"], found["since"]) == ("", 5, True, "received")
    assert found["words"].startswith("trong vòng 05") and found["page"] == 1 and found["box"]


@pytest.mark.parametrize(
    ("said", "day", "time", "where"),
    [
        ("kính mời ông Lò Văn A dự họp vào hồi 8 giờ 00 ngày 20/7/2026, tại | Phòng họp số 2, UBND tỉnh. Đề nghị",
         "2026-07-20", "08:00", "Phòng họp số 2, UBND tỉnh"),
        ("Kính mời. 1. Thời gian: 14h30, thứ Hai, ngày 21 tháng 7 năm 2026. | 2. Địa điểm: Hội trường tầng 3, TP. Minh Sơn. 3. ",
         "2026-07-21", "14:30", "Hội trường tầng 3, TP. Minh Sơn"),
        ("mời dự họp, ngày 22/7/2026, từ 7h30, tại P. 201, nhà A; nội dung", "2026-07-22", "07:30", "P. 201, nhà A"),
    ],
)  # fmt: skip
def test_b13_an_invitation_says_when_and_where(said, day, time, where):
    found = extraction_meeting.meeting(running([page(*said.split(" | "))]), ISSUED)
    assert (found["day"], found["time"], found["where"]) == (day, time, where)


def test_b13_a_letter_that_invites_nobody_has_no_meeting():
    said = running([page("Hồ sơ nộp trước 17 giờ 00 ngày 20/7/2026 tại Sở Mẫu.")])
    assert extraction_meeting.meeting(said, ISSUED) is None


def test_b13_what_a_letter_answers_comes_before_what_it_carries_out():
    said = running([page("Thực hiện Kế hoạch số 45/KH-UBND ngày 01/7/2026 của UBND tỉnh; phúc đáp",
                         "Công văn số 0125/SM-VP ngày 10 tháng 7 năm 2026 của Sở Mẫu về việc rà soát,")])  # fmt: skip
    first, second = extraction_reply.replies(said)
    assert (first["kind"], first["number"], first["notation"], first["day"]) == (
        "reply",
        "0125",
        "SM-VP",
        "2026-07-10",
    )
    assert first["whose"] == "Sở Mẫu"
    assert (second["kind"], second["number"], second["notation"]) == ("follows", "45", "KH-UBND")


def test_b8_days_of_other_documents_are_no_days_of_this_one():
    said = running(
        [page("Minh Sơn, ngày 14 tháng 7 năm 2026", "Căn cứ Công văn số 12/SM-VP ngày 01/7/2026 của Sở")]
    )
    assert [one["value"] for one in extraction_dates.days_named(said)] == ["2026-07-14"]


def test_capacity_stands_beside_the_position():
    title = {"signer_position": {"value": "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC"}}
    assert extraction_extras.read([page("thử")], title)["capacity"] == "KT."
