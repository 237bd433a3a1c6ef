"""Bản giấy: what is to print, to send and under way, the postal book, and the report «không gửi điện tử» (Quy chế 8, 9.3)."""

from starlette.routing import Route

from models import clock, errors, lookups, paper, paper_dispatch
from views import forms, paper_arrivals, paper_choice, paper_prints, paper_rules, web

CLERKS = (lookups.CLERK,)
TABS = {
    "to_print": "Cần in",
    "to_send": "Chờ gửi",
    "under_way": "Đang trên đường",
    "finished": "Đã xong",
    "book": "Sổ gửi bưu điện",
    "unsent": "Không gửi điện tử",
}
EMPTY = {
    "to_print": ("Không còn bản giấy nào phải in", "Văn bản phát hành có nơi nhận bản giấy sẽ hiện ở đây (Quy chế Điều 9.3)."),
    "to_send": ("Không có bì nào chờ gửi", "Bản giấy đã in, đóng dấu xong sẽ hiện ở đây."),
    "under_way": ("Không có bì nào trên đường", "Bì đã ghi gửi mà nơi nhận chưa báo nhận sẽ hiện ở đây."),
    "finished": ("Chưa có bản giấy nào đã nhận", "Bản giấy nơi nhận đã nhận, hoặc đã gửi lại sau thu hồi."),
}  # fmt: skip


class SendingForm(forms.Form):
    """Which rows leave, by what way and when; a number and a count of envelopes beside each row."""

    def parse(self):
        self.ids = [int(one) for one in self.values("rows") if one.isdecimal() and len(one) < 10]
        self.way = self.choice("way", paper_dispatch.WAYS, needed="Hãy chọn cách gửi.")
        self.day = self.day("sent_on") if self._raw("sent_on").strip() else None
        self.note = self.text("note", longest=200)
        self.numbers = {one: self.text(f"number_{one}", longest=40) for one in self.ids}
        self.envelopes = {
            one: self.number(f"envelopes_{one}", least=1, most=paper_dispatch.MOST_ENVELOPES) or 1 for one in self.ids
        }  # fmt: skip


class EndForm(forms.Form):
    """The day it was received or came back, and by whom or why."""

    def parse(self):
        self.on = self.day("day")
        self.words = self.text("words", longest=200)


def months() -> list[tuple[str, str]]:
    """The last two years, the newest first."""
    now = clock.today()
    pairs = [divmod(now.year * 12 + now.month - 1 - back, 12) for back in range(24)]
    return [(f"{year}-{month + 1:02d}", f"Tháng {month + 1}/{year}") for year, month in pairs]


def list_(request, form=None, status=200):
    """GET /paper?tab=…&month=…"""
    actor, asked = request.user, request.query_params
    tab = asked.get("tab") if asked.get("tab") in TABS else "to_send" if form else ""
    counts = paper_dispatch.counts(actor)
    tab = tab or next((key for key in ("to_print", "to_send", "under_way") if counts[key]), "to_print")
    month = paper_prints.month_of(request)
    tabs = [
        {"url": f"/paper?tab={key}", "label": label, "count": 0 if key == "finished" else counts.get(key, 0),
         "current": key == tab}
        for key, label in TABS.items()
    ]  # fmt: skip
    return web.page(
        request, "paper/list.html", status=status, tabs=tabs, tab=tab, rows=_rows(actor, tab, month), month=month,
        months=months(), form=form or SendingForm(None, way="registered", sent_on=clock.today()),
        ways=paper_dispatch.WAYS, sizes=paper_prints.SIZES, empty_words=EMPTY.get(tab, ("", "")),
        one_copy=paper.FOR_THE_CLERK,
    )  # fmt: skip


def _rows(actor, tab, month) -> list:
    """Rows of the tab; those to print are gathered by document: (document, its rows, copies in all)."""
    if tab == "book":
        return paper_dispatch.book(actor, month, paper_prints.end_of(month))
    if tab == "unsent":
        return paper_dispatch.not_electronic(actor, month, paper_prints.end_of(month))
    rows = paper_dispatch.listed(actor, tab)
    if tab != "to_print":
        return rows
    found = {}
    for row in rows:
        found.setdefault(row.document_id, (row.document, []))[1].append(row)
    return [(doc, some, sum(row.copies for row in some)) for doc, some in found.values()]


def create_sendings(request):
    """POST /paper/sendings: these rows have left."""
    form = SendingForm(request.state.form)
    if form.ok:
        try:
            rows = paper_dispatch.chosen(request.user, form.ids)
            paper_dispatch.send(
                rows, request.user, form.way, form.day, form.numbers, form.envelopes, form.note
            )
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, "/paper?tab=under_way", f"Đã ghi gửi bản giấy tới {len(rows)} nơi nhận.")
    return list_(request, form, 422)


def create_reception(request):
    """POST /paper/{id}/reception: nơi nhận đã nhận."""
    return _end(
        request,
        lambda row, form: paper_dispatch.receive(row, request.user, form.on, form.words),
        "Đã ghi nơi nhận đã nhận.",
    )


def create_return(request):
    """POST /paper/{id}/return: bưu điện trả lại."""
    return _end(request, lambda row, form: paper_dispatch.come_back(row, request.user, form.on, form.words),
                "Đã ghi bì bị trả lại; bì nằm lại ở «Chờ gửi».")  # fmt: skip


def _end(request, act, flash):
    row, form = paper_dispatch.load(request.user, request.path_params["id"]), EndForm(request.state.form)
    if form.errors:
        raise errors.Refused(" ".join(form.errors.values()))
    try:
        act(row, form)
    except errors.Invalid as error:
        raise errors.Refused(" ".join(error.fields.values())) from error
    return web.go(request, "/paper?tab=under_way", flash)


ROUTES = [
    Route("/paper", web.endpoint(list_, roles=CLERKS), methods=["GET"]),
    Route("/paper/sendings", web.endpoint(create_sendings, roles=CLERKS), methods=["POST"]),
    Route("/paper/{id:int}/reception", web.endpoint(create_reception, roles=CLERKS), methods=["POST"]),
    Route("/paper/{id:int}/return", web.endpoint(create_return, roles=CLERKS), methods=["POST"]),
    *paper_prints.ROUTES, *paper_choice.ROUTES, *paper_arrivals.ROUTES, *paper_rules.ROUTES,
]  # fmt: skip
