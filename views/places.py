"""Chỗ ký, chỗ đóng dấu, chỗ ghi số: the boxes on the page's picture, moved before anybody signs (ND30 PL I, boxes 3–11).

By mouse, by finger, by arrow keys, or as numbers without a script. Positions are millimetres from the left and upper edges
on the page, points from the lower left corner everywhere behind it.
"""

import io

from starlette.responses import Response
from starlette.routing import Route

from jobs import papers
from models import clock, drafts, errors, permissions, placements, workflow
from signing import SigningError, appearance, boxes, layout
from signing.records import LEADER_FIELD, NUMBER_FIELD, SEAL_FIELD, YEAR_FIELD
from views import forms, web
from views import outgoing_papers as drafts_papers

PLACES = "/outgoing/{id:int}/places"
MM = boxes.POINTS_A_MM
LABELS = {
    NUMBER_FIELD: "Số văn bản", "ngay": "Ngày", "thang": "Tháng", YEAR_FIELD: "Năm", LEADER_FIELD: "Chữ ký của lãnh đạo",
    SEAL_FIELD: "Con dấu", "dau_khan": "Dấu độ khẩn", "luu_hanh": "Phạm vi lưu hành",
}  # fmt: skip
SAME = 0.3  # points that typed millimetres may differ without being a move
SHARPEST = 900  # pixels a side of the pictures shown


class PlacesForm(forms.Form):
    """For each box its left and upper edge in millimetres; the page of the signature; two ticks for a page without words."""

    def parse(self):
        self.spots = {}
        for name in LABELS:
            left, top = self._length(f"{name}.left"), self._length(f"{name}.top")
            if left is not None and top is not None:
                self.spots[name] = (left * MM, top * MM)
        self.page = self.number("page", least=1, most=layout.MOST_PAGES)
        self.whole_number, self.year_printed = self.yes("whole_number"), self.yes("year_printed")

    def _length(self, name):
        typed = self._raw(name).strip().replace(",", ".")
        if not typed:
            return None
        try:
            value = float(typed)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 2000:  # also what is no number at all
            self.errors[name] = "Hãy nhập số milimét từ 0, ví dụ 125,5."
            return None
        return value


def show(request):
    """GET /outgoing/{id}/places: the pages that hold a box, with the boxes on them."""
    doc = _load(request)
    return _page(request, doc, PlacesForm(None))


def create(request):
    """POST /outgoing/{id}/places: the boxes stay where they were put; the file to be signed is made anew."""
    doc, form = _load(request), PlacesForm(request.state.form)
    found = _found(doc, placements.of(doc))
    if form.ok:
        placed = _placed(form, found, placements.of(doc))
        try:
            note = _save(doc, request.user, placed, "Đặt lại trên ảnh trang")
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(
                request, _url(doc), f"Đã lưu chỗ ký và đóng dấu; các lần duyệt vẫn giữ. {note}".strip()
            )
    return _page(request, doc, form, 422)


def create_reset(request):
    """POST /outgoing/{id}/places/automatic: back to the places found on the page."""
    doc, form = _load(request), PlacesForm(None)
    try:
        note = _save(doc, request.user, {}, "Về chỗ tự động")
    except errors.Invalid as error:
        form.fail(error)
        return _page(request, doc, form, 422)
    return web.go(request, _url(doc), f"Đã đưa các ô về chỗ tự động. {note}".strip())


def show_picture(request):
    """GET /outgoing/{id}/places/{which}.png: the picture of signature or seal, cut to its ink, for the page's overlay."""
    doc = _load(request)
    seal, hand = papers.pictures(doc)
    row = {"seal": seal, "leader": hand}.get(request.path_params["which"])
    if row is None:
        raise errors.Refused("Chưa nạp hình chữ ký hoặc hình con dấu này.")
    image = appearance.ink_of(row.file.read())
    image.thumbnail((SHARPEST, SHARPEST))
    out = io.BytesIO()
    image.save(out, "PNG")
    return Response(out.getvalue(), media_type="image/png", headers={"Cache-Control": "no-store"})


# ---- inside ----------------------------------------------------------------------------------------------------


def _load(request):
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    reason = placements.may_set(doc, request.user)
    if reason:
        raise errors.Refused(reason)
    return doc


def _found(doc, placed) -> layout.Layout:
    try:
        return papers.kept_layout(drafts.draft_pdf(doc), papers.wish_of(doc, placed))
    except SigningError as error:
        raise errors.Refused(str(error)) from error


def _save(doc, actor, placed, note) -> str:
    """Keep the places; where the document was submitted already, with the file made anew. Raises Invalid, Refused."""
    signable, words = None, ""
    if placements.needs_signable(doc):
        signable, words = drafts_papers.prepared(doc, placed)
    placements.save(doc, actor, placed, signable, note)
    return words


def _placed(form, found, before) -> dict:
    """Field → place by hand: those moved now, those that were not found, those set before."""
    placed = {name: spot for name, spot in before.items() if name != SEAL_FIELD}
    boxes_ = {place.name: place for place in _boxes(found)}
    lacking = {place.name for place in found.usual}
    for name, place in boxes_.items():
        if name == SEAL_FIELD:
            continue
        page = (form.page or place.page) if name == LEADER_FIELD else 1
        x, y = _typed(form, found, place)
        moved = abs(x - place.x0) > SAME or abs(y - place.y0) > SAME or page != place.page
        if moved or name in lacking:
            placed[name] = {"page": page, "x": round(x, 2), "y": round(y, 2)}
    by_hand = {name for name in boxes_ if name in found.missing or before.get(name, {}).get("hand")}
    for name in by_hand & placed.keys():
        placed[name]["hand"] = True
    if NUMBER_FIELD in by_hand:
        placed[NUMBER_FIELD]["notation"] = form.whole_number
    if "ngay" in by_hand:
        if form.year_printed:
            placed[YEAR_FIELD] = {"omit": True}
        elif placed.get(YEAR_FIELD, {}).get("omit"):
            placed[YEAR_FIELD] = {}  # where years usually stand
    seal = _seal_relation(form, found, boxes_, before)
    return placed | ({SEAL_FIELD: seal} if seal else {})


def _typed(form, found, place):
    """The lower left corner in points of what was typed for a box; as it stands where nothing was."""
    if place.name not in form.spots:
        return place.x0, place.y0
    left, top = form.spots[place.name]
    return left, _height(found, place.page) - top - (place.y1 - place.y0)


def _seal_relation(form, found, boxes_, before):
    """The seal keeps its relation to the picture unless it was moved by itself."""
    leader, seal = boxes_[LEADER_FIELD], boxes_[SEAL_FIELD]
    (lx, ly), (sx, sy) = _typed(form, found, leader), _typed(form, found, seal)
    along, rise = sx - lx - (seal.x0 - leader.x0), sy - ly - (seal.y0 - leader.y0)
    alone = abs(sx - seal.x0) <= SAME and abs(sy - seal.y0) <= SAME  # only the picture's numbers were changed
    if alone or (abs(along) <= SAME and abs(rise) <= SAME):
        return before.get(SEAL_FIELD)
    share = (sx + seal.x1 - seal.x0 - lx) / (leader.x1 - leader.x0)
    middle = sy + (seal.y1 - seal.y0) / 2 - ly - (leader.y1 - leader.y0) / 2
    share, middle = layout.within(share, middle, leader.y1 - leader.y0)
    return {"share": round(share, 4), "rise": round(middle, 2)}


def _boxes(found) -> list:
    """All boxes: found or set, marks, and those that wait to be set."""
    order = list(LABELS)
    return sorted(
        [*found.fields, *(place for _, place in found.marks), *found.usual], key=lambda p: order.index(p.name)
    )


def _height(found, page) -> float:
    return found.sheets.get(page, next(iter(found.sheets.values())))[1]


def _page(request, doc, form, status=200):
    placed = placements.of(doc)
    found, file = _found(doc, placed), drafts.draft_pdf(doc)
    seal, hand = papers.pictures(doc)
    texts = {place.name: text for text, place in found.marks}
    texts |= {name: texts.get(name, words) for name, words in papers.marks_of(doc).items()}
    shown = [_shown(place, found, form, texts, doc, seal, hand) for place in _boxes(found)]
    sheets = [
        {"number": number, "width": round(size[0], 2), "height": round(size[1], 2), "scale": round(size[0] / 595, 2),
         "url": f"/files/{file.id}/pages/{number}.png?dpi=144", "boxes": [box for box in shown if box["page"] == number]}
        for number, size in found.sheets.items()
    ]  # fmt: skip
    return web.page(
        request, "places/show.html", status=status, doc=doc, form=form, sheets=sheets, fields=shown, state=workflow.label(doc),
        missing=sorted(set(found.missing.values())), notes=found.notes, moved=bool(placed), page_amount=found.page_amount,
        by_hand={name for name in LABELS if name in found.missing or placed.get(name, {}).get("hand")},
        ticks={"whole_number": placed.get(NUMBER_FIELD, {}).get("notation", False),
               "year_printed": placed.get(YEAR_FIELD, {}).get("omit", False)},
        lacking={"seal": seal is None, "leader": hand is None},
    )  # fmt: skip


def _shown(place, found, form, texts, doc, seal, hand) -> dict:
    """A box as the page needs it: x, y from the upper left corner in points, and what is drawn in it."""
    today = clock.today()
    samples = {
        NUMBER_FIELD: "05",
        "ngay": f"{today.day:02d}",
        "thang": f"{today.month:02d}",
        YEAR_FIELD: str(today.year),
    }
    pictures = {SEAL_FIELD: "seal" if seal else "", LEADER_FIELD: "leader" if hand else ""}
    top = _height(found, place.page) - place.y1
    if place.with_notation:
        samples[NUMBER_FIELD] = f"05/{doc.code_notation}"
    picture = pictures.get(place.name, "")
    left_mm, top_mm = (f"{value / MM:.2f}".replace(".", ",") for value in (place.x0, top))
    return {
        "name": place.name, "label": LABELS[place.name], "page": place.page, "x": round(place.x0, 2), "y": round(top, 2),
        "width": round(place.x1 - place.x0, 2), "height": round(place.y1 - place.y0, 2), "size": place.size,
        "picture": f"/outgoing/{doc.id}/places/{picture}.png" if picture else "",
        "text": samples.get(place.name) or texts.get(place.name, ""), "italic": place.italic,
        "rise": round(place.y1 - place.baseline, 2) if place.baseline else round((place.y1 - place.y0) * 0.68, 2),
        "left_mm": form.value(f"{place.name}.left") or left_mm, "top_mm": form.value(f"{place.name}.top") or top_mm,
        "waits": place in found.usual, "is_mark": place.name in ("dau_khan", "luu_hanh"),
    }  # fmt: skip


def _url(doc) -> str:
    return f"/outgoing/{doc.id}/places"


ROUTES = [
    Route(PLACES, web.endpoint(show), methods=["GET"]),
    Route(PLACES, web.endpoint(create), methods=["POST"]),
    Route(PLACES + "/automatic", web.endpoint(create_reset), methods=["POST"]),
    Route(PLACES + "/{which}.png", web.endpoint(show_picture), methods=["GET"]),
]
