"""Sổ dùng khóa của một thiết bị (Quy chế 5.2): by month on the screen, on paper and as a table file."""

import re
from datetime import date

from starlette.routing import Route

from models import clock, errors, tokens_readers, tokens_uses
from views import prints, sheets, web

HEAD = [
    "STT",
    "Lúc",
    "Người dùng",
    "Mục đích",
    "Văn bản",
    "Trích yếu",
    "Mã băm tệp (SHA-256)",
    "Máy",
    "Ngoài giờ",
    "Ký nhiều",
]
MOST_PRINTED = 1000  # about a quarter of a minute of drawing
_MONTH = re.compile(r"^(20\d{2})-(0[1-9]|1[0-2])$")


def browse(request):
    """GET /tokens/{id}/uses?month=YYYY-MM"""
    token, month = _asked(request, "lần dùng khóa")
    return web.page(
        request, "tokens/uses.html", token=token, month=month, uses=tokens_uses.of(token, month),
        months=tokens_uses.months(token), total=tokens_uses.count(token),
    )  # fmt: skip


def download(request):
    """GET /tokens/{id}/uses.csv?month=YYYY-MM"""
    token, month = _asked(request, "tải lần dùng khóa")
    rows = [
        (number, f"{clock.local(use.at):%d/%m/%Y %H:%M:%S}", use.holder, use.purpose_words,
         use.document.number_text if use.document else "", use.document.subject if use.document else "", use.file_sha256,
         use.machine, "x" if use.out_of_hours else "", "x" if use.bulk else "")
        for number, use in enumerate(tokens_uses.of(token, month), 1)
    ]  # fmt: skip
    return sheets.csv(f"dung-khoa-{token.id}-{month:%Y-%m}.csv", HEAD, rows)


def print_uses(request):
    """GET /tokens/{id}/uses.pdf?month=YYYY-MM"""
    token, month = _asked(request, "in lần dùng khóa")
    uses = tokens_uses.of(token, month)
    if len(uses) > MOST_PRINTED:
        raise errors.Refused(
            f"Tháng này có {len(uses)} dòng, nhiều hơn {MOST_PRINTED} dòng in được một lần. Hãy tải bảng CSV rồi in từ bảng tính."
        )
    return prints.pdf(request, "tokens/uses_print.html", name=f"dung-khoa-{token.id}-{month:%Y-%m}.pdf", token=token,
                      month=month, uses=uses)  # fmt: skip


def _asked(request, what) -> tuple:
    token = tokens_readers.look_at(request.user, request.path_params["id"], what)
    found = _MONTH.match(request.query_params.get("month", ""))
    return token, date(int(found[1]), int(found[2]), 1) if found else clock.today().replace(day=1)


ROUTES = [
    Route("/tokens/{id:int}/uses", web.endpoint(browse), methods=["GET"]),
    Route("/tokens/{id:int}/uses.csv", web.endpoint(download), methods=["GET"]),
    Route("/tokens/{id:int}/uses.pdf", web.endpoint(print_uses), methods=["GET"]),
]
