"""Where everything goes on a draft: found from the page, moved or set by hand, kept within what the law allows."""

from dataclasses import dataclass, replace

from signing import boxes, marks, places, sheets
from signing.errors import BlankNotFound, UnreadablePdf
from signing.records import (
    DAY_FIELD,
    FILLED_FIELDS,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    SEAL_FIELD,
    YEAR_FIELD,
    Place,
)

MOST_PAGES = 2000
LEAST_SHARE, MOST_SHARE = 0.25, 0.40  # of the leader's picture that lies under the seal: «khoảng 1/3»
_EDGE = 4.0  # points that stay between a box and the edge of the page
# millimetres on A4 (x, y from the top, width) of boxes 3 and 4, for a page whose words cannot be read
_USUAL = {
    NUMBER_FIELD: (56, 43, 28),
    DAY_FIELD: (141, 43, 7),
    MONTH_FIELD: (156, 43, 7),
    YEAR_FIELD: (169, 43, 12),
}


@dataclass(frozen=True)
class Wish:
    """What a layout is asked for.

    `moves`: field → (right, up) in points; `placed`: field → {"page", "x", "y"} of its lower left corner in points, set
    by hand; of the seal {"share", "rise"}, its relation to the picture (boxes.seal_beside). A number set by hand may say {"notation": true} (the field takes «05/QĐ-UBND» whole), a year {"omit": true}
    (it is printed already).
    """

    signer_name: str = ""
    diameter_mm: float = 36.0
    picture_size: tuple[float, float] | None = None
    moves: dict | None = None
    marks: tuple[str, ...] = ()
    placed: dict | None = None


@dataclass(frozen=True)
class Layout:
    """Fields and marks with their places; `missing`: field → sentence for what was not found and not set by hand.

    `usual` are places for the missing ones to begin with. `sheets`: (width, height) of each page that holds something,
    by number; `printed`: day, month and year as the page prints them, `notation` likewise; `notes` for the person.
    """

    fields: tuple[Place, ...]
    marks: tuple[tuple[str, Place], ...]
    missing: dict[str, str]
    usual: tuple[Place, ...]
    sheets: dict[int, tuple[float, float]]
    printed: tuple[str, str, str]
    page_amount: int
    notes: tuple[str, ...] = ()
    notation: str = ""


def find(pdf: bytes, wish: Wish) -> Layout:
    """The layout of a draft. Raises UnreadablePdf."""
    with places.open_pages(pdf) as pages:
        count = len(pages.pages)
        if not count:
            raise UnreadablePdf("Tệp PDF không có trang nào.")
        if count > MOST_PAGES:
            raise UnreadablePdf(f"Văn bản có hơn {MOST_PAGES} trang. Hãy tách phụ lục ra tệp riêng.")
        search = _Search(pages, wish)
        fields, missing, usual = search.fields()
        drawn, notes = search.marks((*fields.values(), *usual.values()), usual)
        numbers = {1, *(place.page for place in (*fields.values(), *usual.values()))}
        shown = {n: (search.sheet(n).width, search.sheet(n).height) for n in sorted(numbers)}
        return Layout(
            tuple(fields.values()), tuple(drawn), missing, tuple(usual.values()), shown, tuple(search.printed), count,
            tuple(notes), search.notation,
        )  # fmt: skip


class _Search:
    """One pass over a draft's pages."""

    def __init__(self, pages, wish):
        self.pages, self.wish = pages, wish
        self.moves, self.placed = wish.moves or {}, wish.placed or {}
        self.printed, self.notation = ("", "", ""), ""

    def sheet(self, number) -> sheets.Sheet:
        return places.sheet_of(self.pages.pages[number - 1])

    def fields(self):
        """(name → place in order, name → sentence of a missing one, name → usual place of a missing one)."""
        found, missing, usual = self._heading()
        leader, seal, sentence = self._signatures()
        set_by_hand = LEADER_FIELD in self.placed
        leader = self.settled(leader)
        (found if not sentence or set_by_hand else usual)[LEADER_FIELD] = leader
        if sentence and not set_by_hand:
            missing[LEADER_FIELD] = sentence
        seal = self._seal(leader, seal)
        (usual if LEADER_FIELD in missing else found)[SEAL_FIELD] = seal
        return found, missing, usual

    def _heading(self):
        found, missing, usual = {}, {}, {}
        try:
            number, self.notation = places.find_number(self.pages)
            found[NUMBER_FIELD] = self.settled(number)
        except BlankNotFound as problem:
            self._by_hand((NUMBER_FIELD,), str(problem), found, missing, usual)
        try:
            dates, *self.printed = places.find_date(self.pages)
            found |= {place.name: self.settled(place) for place in dates}
        except BlankNotFound as problem:
            self._by_hand((DAY_FIELD, MONTH_FIELD, YEAR_FIELD), str(problem), found, missing, usual)
        return found, missing, usual

    def _by_hand(self, names, sentence, found, missing, usual):
        """Fields that the page does not show go where they were set, or wait where they usually stand."""
        for name in names:
            place, given = self._usual_text(name), self.placed.get(name)
            if given is None:
                usual[name], missing[name] = place, sentence
            elif not given.get("omit"):
                found[name] = replace(self.settled(place), with_notation=bool(given.get("notation")))

    def _signatures(self):
        wish = self.wish
        try:
            return *boxes.find_boxes(self.pages, wish.signer_name, wish.diameter_mm, wish.picture_size), ""
        except BlankNotFound as problem:
            page = self._page_of(LEADER_FIELD, len(self.pages.pages))
            found = boxes.usual_boxes(page, self.sheet(page), wish.diameter_mm, wish.picture_size)
            return *found, str(problem)

    def marks(self, reserved, usual):
        """([(text, place)], sentences): a mark without room waits among the usual ones until it is set by hand."""
        page = self.pages.pages[0]
        drawn, homeless, notes = marks.find_room(page, self.wish.marks, reserved)
        for text, sentence in homeless:
            place = marks.usual_place(text, self.sheet(1))
            if place.name in self.placed:
                drawn.append((text, place))
            else:
                usual[place.name] = place
                notes.append(sentence)
        return [(text, self.settled(place)) for text, place in drawn], notes

    def _usual_text(self, name):
        sheet = self.sheet(1)
        x, y, wide = (value * boxes.POINTS_A_MM for value in _USUAL[name])
        baseline = sheet.height - y - 9
        wide = wide * (3.2 if name == NUMBER_FIELD and (self.placed.get(name) or {}).get("notation") else 1)
        return Place(
            name,
            1,
            x,
            baseline - 13 * 0.28,
            x + wide,
            baseline + 13 * 0.92,
            baseline,
            13.0,
            name != NUMBER_FIELD,
        )

    def _page_of(self, name, default):
        page = (self.placed.get(name) or {}).get("page", default)
        return min(max(int(page), 1), len(self.pages.pages))

    def settled(self, place: Place) -> Place:
        """A place after moves and hand, wholly on its page; number, date and marks stay on page 1."""
        given = self.placed.get(place.name)
        across, up = self.moves.get(place.name, (0.0, 0.0))
        x, y, page = place.x0 + across, place.y0 + up, place.page
        if given and "x" in given:
            x, y = float(given["x"]), float(given["y"])
            page = 1 if place.name in FILLED_FIELDS else self._page_of(place.name, place.page)
        sheet = self.sheet(page)
        return shifted(place, x, y, (sheet.width, sheet.height), page)

    def _seal(self, leader, seal):
        """The seal goes where the picture goes; by itself only so far that about a third stays under it."""
        sheet = self.sheet(leader.page)
        given = self.placed.get(SEAL_FIELD)
        across, up = self.moves.get(SEAL_FIELD, (0.0, 0.0))
        share, rise = boxes.SHARE, 0.0
        if given:
            share, rise = float(given["share"]), float(given["rise"])
        elif across or up:
            share, rise = share + across / (leader.x1 - leader.x0), up
        share, rise = within(share, rise, leader.y1 - leader.y0)
        return boxes.seal_beside(leader, sheet, self.wish.diameter_mm, share, rise)


def within(share: float, rise: float, height: float) -> tuple[float, float]:
    """The seal's relation to a picture of this height, brought within what «trùm lên khoảng 1/3 … về bên trái» allows."""
    most = max(height / 2, 12.0)
    return min(max(share, LEAST_SHARE), MOST_SHARE), min(max(rise, -most), most)


def shifted(place: Place, x: float, y: float, page_size: tuple[float, float], page: int) -> Place:
    """The place with its lower left corner at (x, y), moved back onto the page where it would leave it."""
    wide, high = place.x1 - place.x0, place.y1 - place.y0
    x = max(min(x, page_size[0] - _EDGE - wide), _EDGE)
    y = max(min(y, page_size[1] - _EDGE - high), _EDGE)
    baseline = place.baseline + (y - place.y0) if place.baseline else 0.0
    return replace(place, page=page, x0=x, y0=y, x1=x + wide, y1=y + high, baseline=baseline)
