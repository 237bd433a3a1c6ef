"""Bì văn bản and Sổ gửi văn bản đi bưu điện on paper (ND30 PL IV II–III), and their tables."""

import re
from calendar import monthrange
from datetime import date

from starlette.routing import Route

from models import clock, errors, lookups, paper_dispatch
from views import prints, sheets, web

CLERKS = (lookups.CLERK,)
# millimetres; ND30 gives the form of the envelope and no size: the four in use for A4 whole, folded in 2, 3 and 4
SIZES = {
    "220x109": "220 × 109 mm (A4 gấp ba)",
    "220x158": "220 × 158 mm (A4 gấp đôi)",
    "307x220": "307 × 220 mm (A4 để nguyên)",
    "158x115": "158 × 115 mm (A4 gấp tư)",
}
MOST_ENVELOPES = 200
MOST_PRINTED = 1000
BOOK_HEAD = [
    "Ngày chuyển", "Số, ký hiệu văn bản", "Nơi nhận văn bản", "Số lượng bì", "Ký nhận và dấu bưu điện", "Ghi chú",
]  # fmt: skip
UNSENT_HEAD = [
    "Ngày",
    "Số, ký hiệu văn bản",
    "Trích yếu",
    "Nơi nhận",
    "Vì sao không gửi điện tử",
    "Số bản giấy",
]
_MONTH = re.compile(r"^(20\d{2})-(0[1-9]|1[0-2])$")


def print_envelopes(request):
    """GET /paper/envelopes.pdf?rows=…&size=…: one page an envelope, in the size of the envelope."""
    asked = request.query_params
    size = asked.get("size") if asked.get("size") in SIZES else next(iter(SIZES))
    ids = [int(one) for one in asked.getlist("rows") if one.isdecimal() and len(one) < 10]
    rows = paper_dispatch.chosen(request.user, ids)
    if not rows:
        raise errors.Refused("Hãy chọn ít nhất một nơi nhận để in bì.")
    covers = [row for row in rows for _ in range(row.envelopes)]
    if len(covers) > MOST_ENVELOPES:
        raise errors.Refused(
            f"Một lần in được {MOST_ENVELOPES} bì; đang chọn {len(covers)}. Hãy chọn ít hơn."
        )
    return prints.pdf(
        request,
        "paper/envelopes.html",
        name="bi-van-ban.pdf",
        rows=covers,
        size=size,
        marks=lookups.URGENCY_MARKS,
    )


def print_slips(request):
    """GET /paper/slips.pdf?rows=…: phiếu gửi, one a recipient with all it gets, to be signed and given back."""
    ids = [int(one) for one in request.query_params.getlist("rows") if one.isdecimal() and len(one) < 10]
    pairs: dict[str, list] = {}
    for row in paper_dispatch.chosen(request.user, ids[:MOST_ENVELOPES]):
        pairs.setdefault(row.name, []).append(row)
    if not pairs:
        raise errors.Refused("Hãy chọn ít nhất một nơi nhận để in phiếu gửi.")
    return prints.pdf(request, "paper/slips.html", name="phieu-gui.pdf", pairs=list(pairs.items()))


def print_book(request):
    """GET /paper/post-book.pdf?month=YYYY-MM"""
    month, rows = _book(request)
    if len(rows) > MOST_PRINTED:
        raise errors.Refused(
            f"Tháng này có {len(rows)} dòng, in một lần được {MOST_PRINTED}. Hãy tải bảng CSV."
        )
    numbers = [row.document.number_text for row in rows]
    return prints.pdf(
        request, "paper/post_book.html", name=f"so-gui-buu-dien-{month:%Y-%m}.pdf", rows=rows, first=month,
        last=end_of(month), numbers=numbers, ways=paper_dispatch.WAYS,
    )  # fmt: skip


def download_book(request):
    """GET /paper/post-book.csv?month=YYYY-MM"""
    month, rows = _book(request)
    table = [
        (f"{row.sent_on:%d/%m/%Y}", row.document.number_text, row.name, row.envelopes, "", note_of(row))
        for row in rows
    ]
    return sheets.csv(f"so-gui-buu-dien-{month:%Y-%m}.csv", BOOK_HEAD, table)


def download_unsent(request):
    """GET /paper/unsent.csv?month=YYYY-MM"""
    month = month_of(request)
    rows = paper_dispatch.not_electronic(request.user, month, end_of(month))
    table = [
        (f"{row.document.issued_date:%d/%m/%Y}", row.document.number_text, row.document.subject, row.name,
         row.unsent_reason, row.copies)
        for row in rows
    ]  # fmt: skip
    return sheets.csv(f"khong-gui-dien-tu-{month:%Y-%m}.csv", UNSENT_HEAD, table)


def note_of(row) -> str:
    """What stands in the column of remarks: the way, the number of the post, what came of it."""
    parts = [
        paper_dispatch.WAYS[row.way].removeprefix("Bưu điện, "),
        row.postal_number and f"số {row.postal_number}",
        row.note,
    ]
    if row.state == "returned":
        parts.append(f"trả lại {row.returned_on:%d/%m/%Y}: {row.return_reason}")
    return "; ".join(part for part in parts if part)


def _book(request):
    month = month_of(request)
    return month, paper_dispatch.book(request.user, month, end_of(month))


def month_of(request) -> date:
    """The first day of the month asked for, else of this month."""
    found = _MONTH.match(request.query_params.get("month", ""))
    return date(int(found[1]), int(found[2]), 1) if found else clock.today().replace(day=1)


def end_of(month: date) -> date:
    """Its last day."""
    return month.replace(day=monthrange(month.year, month.month)[1])


ROUTES = [
    Route("/paper/envelopes.pdf", web.endpoint(print_envelopes, roles=CLERKS), methods=["GET"]),
    Route("/paper/slips.pdf", web.endpoint(print_slips, roles=CLERKS), methods=["GET"]),
    Route("/paper/post-book.pdf", web.endpoint(print_book, roles=CLERKS), methods=["GET"]),
    Route("/paper/post-book.csv", web.endpoint(download_book, roles=CLERKS), methods=["GET"]),
    Route("/paper/unsent.csv", web.endpoint(download_unsent, roles=CLERKS), methods=["GET"]),
]
