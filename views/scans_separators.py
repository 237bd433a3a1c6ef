"""Tờ ngăn: sheets to be printed and laid between letters before a pile is scanned in one go (ND30 PL I Phần II)."""

import segno
from starlette.routing import Route

from models import agencies, agencies_search, lookups, separators, users
from views import forms, prints, web

CLERKS = (lookups.CLERK,)
MOST_COPIES = 100
KINDS = {
    separators.NEXT: "Tờ ngăn: sau tờ này là một văn bản",
    separators.END: "Tờ hết lô: đặt sau văn bản cuối cùng",
}


class SheetForm(forms.Form):
    """Which sheet, what it proposes for the letters after it, how many."""

    def parse(self):
        """A sender is named by its number once it was chosen from the list of those with such a name."""
        self.kind = self.value("kind") if self.value("kind") in KINDS else separators.NEXT
        copies = self.value("copies").strip() or "1"
        self.copies = int(copies) if copies.isdecimal() else 0
        if not 1 <= self.copies <= MOST_COPIES:
            self.errors["copies"] = f"Số tờ là một số từ 1 đến {MOST_COPIES}."
        self.sender, self.found = None, []
        if self.value("sender").strip():
            self._find_sender(self.value("sender").strip())

    def _find_sender(self, typed):
        hits = agencies_search.find(typed, limit=9)
        exact = [
            one for one in hits if str(one.id) == self.value("sender_id") or one.name.lower() == typed.lower()
        ]
        if len(exact) == 1 or len(hits) == 1:
            self.sender = (exact or hits)[0]
        elif hits:
            self.found = hits
            self.errors["sender"] = "Có nhiều cơ quan như vậy. Hãy chọn một cơ quan trong danh sách dưới đây."
        else:
            self.errors["sender"] = "Không có cơ quan nào như vậy trong danh bạ. Hãy sửa tên, hoặc để trống."


def show(request):
    """GET /scans/separators"""
    return _page(request, SheetForm(None, kind=separators.NEXT, copies=10))


def show_pdf(request):
    """GET /scans/separators.pdf?kind=…&sender=…&leader=…&unit=…&copies=…"""
    form = SheetForm(request.query_params)
    leader = _chosen(users.holders(request.user.agency_id, lookups.LEADER), form.value("leader"))
    unit = _chosen(agencies.units_of(request.user.agency_id), form.value("unit"))
    if not form.ok:
        return _page(request, form, 422)
    plain = form.kind == separators.END
    mark = separators.Mark(
        form.kind,
        request.user.agency_id,
        *([None] * 3 if plain else (_id(form.sender), _id(leader), _id(unit))),
    )
    code = segno.make(separators.text_of(mark), error="h", micro=False)
    said = [] if plain else _lines(form.sender, leader, unit)
    return prints.pdf(
        request, "scans_separators/sheet.html", name="to-ngan.pdf", code=code.png_data_uri(scale=12, border=4),
        copies=form.copies, lines=said, ends=plain,
    )  # fmt: skip


def _page(request, form, status=200):
    leaders = users.holders(request.user.agency_id, lookups.LEADER)
    units = agencies.units_of(request.user.agency_id)
    return web.page(
        request, "scans_separators/show.html", status=status, form=form, kinds=KINDS, most=MOST_COPIES,
        leaders=[("", "– không ghi –"), *((post.id, post.label) for post in leaders)],
        units=[("", "– không ghi –"), *((unit.id, unit.name) for unit in units)], found=getattr(form, "found", []),
    )  # fmt: skip


def _chosen(rows, wanted):
    return next((row for row in rows if str(row.id) == wanted), None)


def _id(row):
    return row.id if row else None


def _lines(sender, leader, unit) -> list[tuple[str, str]]:
    said = [
        ("Cơ quan gửi", sender.name if sender else ""),
        ("Trình", leader.label if leader else ""),
        ("Đơn vị", unit.name if unit else ""),
    ]
    return [(label, words) for label, words in said if words]


def _route(path, handler):
    return Route(path, web.endpoint(handler, roles=CLERKS), methods=["GET"])


ROUTES = [_route("/scans/separators", show), _route("/scans/separators.pdf", show_pdf)]
