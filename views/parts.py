"""The development page `/_parts`: every part of the screens together, on invented content; also what is photographed."""

from types import SimpleNamespace

from starlette.datastructures import FormData
from starlette.routing import Route

from models import deadlines
from views import forms, web


class SampleForm(forms.Form):
    """A form with a right and a wrong field."""

    def parse(self):
        self.number = self.text("number", needed="Hãy nhập số của văn bản, ví dụ 125.")
        self.day("day")
        self.text("subject")


VERDICT_LINES = [
    {"kind": kind, "title": title, "text": words, "law": law, "why": why, "remedy": remedy}
    for kind, title, words, law, why, remedy in (
        ("ok", "Nội dung", "Nguyên vẹn từ khi ký. 4 trang, 2 chữ ký.", "", "", ""),
        ("ok", "Người ký", "Nguyễn Văn Mẫu – Chủ tịch – UBND xã Suối Mây", "Điều 12.1", "", ""),
        ("warn", "Ngày ký", "Ký số ngày 15/07, văn bản ghi 14/07 – lệch 1 ngày.", "Điều 12.2",
         "Thời gian ký số phải là ngày ban hành.", "Đề nghị nơi gửi ký lại đúng ngày ban hành."),
        ("bad", "Sau khi ký", "Nội dung trang 3 đã bị thay đổi.", "Điều 12.1",
         "Từ khi ký, tệp đã khác đi.", "Đề nghị nơi gửi gửi lại đúng tệp đã ký."),
    )
]  # fmt: skip
HISTORY = [
    {"when": "14/07/2026 10:05", "who": "Lò Thị Mẫu – Giám đốc", "words": "Giao việc", "kind": "",
     "note": "Phòng Kế hoạch chủ trì, tham mưu trước thứ Sáu."},
    {"when": "14/07/2026 08:42", "who": "Vàng Văn Ví Dụ – Văn thư", "words": "Vào sổ và trình, số đến 1247",
     "kind": "", "note": ""},
    {"when": "14/07/2026 08:12", "who": "Hệ thống", "words": "Đã đến Chờ lưu trữ", "kind": "auto", "note": ""},
]  # fmt: skip
CLOCKS = [deadlines.Clock("còn 2 ngày LV", ""), deadlines.Clock("hết hạn hôm nay", "soon"),
          deadlines.Clock("quá hạn 3 ngày LV", "late"), deadlines.Clock("xong đúng hạn", "done")]  # fmt: skip
OFFERS = [
    SimpleNamespace(step=SimpleNamespace(verb="register", button="Vào sổ"), reason=""),
    SimpleNamespace(step=SimpleNamespace(verb="forward", button="Trình"), reason="Văn bản chưa vào sổ."),
]


def parts(request):
    """GET /_parts"""
    return web.page(
        request, "parts/list.html", clean=SampleForm(None, number="125", subject="V/v rà soát kế hoạch"),
        wrong=SampleForm(FormData({"number": "", "day": "31/02"})), lines=VERDICT_LINES, history=HISTORY,
        clocks=CLOCKS, offers=OFFERS, act_url="/_parts", pages=[], pager={"older": "?older", "newer": ""},
        job={"words": "Đang nhận dạng chữ", "done": 3, "total": 8, "wait": ""},
        tabs=[{"url": "?", "label": "Tất cả", "count": 23, "current": True},
              {"url": "?khan", "label": "Khẩn", "count": 2, "current": False}],
        files=[{"url": "#", "name": "125-UBND-KT.pdf", "note": "Văn bản chính", "size": "184 KB"}],
    )  # fmt: skip


ROUTES = [Route("/_parts", web.endpoint(parts))]
