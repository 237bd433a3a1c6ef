"""The page as a person sees it, and the page as the file counts it: crop box, rotation, unit.

Everywhere in signing a spot is in points from the lower left corner of the page as it is shown; only here it becomes
coordinates of the file, which may be turned, shifted or scaled.
"""

from dataclasses import dataclass

A4 = (0.0, 0.0, 595.28, 841.89)
SMALLEST, LARGEST = 3.0, 200_000.0  # points a side; anything else is no page


@dataclass(frozen=True)
class Sheet:
    """The visible part of a page: edges in the file's own units, quarter turns in degrees clockwise, points a unit."""

    left: float
    bottom: float
    right: float
    top: float
    turn: int = 0
    unit: float = 1.0

    @property
    def width(self) -> float:
        """Points across, as shown."""
        return (self.top - self.bottom if self.turn % 180 else self.right - self.left) * self.unit

    @property
    def height(self) -> float:
        """Points down, as shown."""
        return (self.right - self.left if self.turn % 180 else self.top - self.bottom) * self.unit

    def to_file(self, x: float, y: float) -> tuple[float, float]:
        """A shown spot in the file's coordinates."""
        x, y = x / self.unit, y / self.unit
        if self.turn == 90:
            return self.right - y, self.bottom + x
        if self.turn == 180:
            return self.right - x, self.top - y
        if self.turn == 270:
            return self.left + y, self.top - x
        return self.left + x, self.bottom + y

    def to_shown(self, x: float, y: float) -> tuple[float, float]:
        """A spot of the file as shown."""
        if self.turn == 90:
            x, y = y - self.bottom, self.right - x
        elif self.turn == 180:
            x, y = self.right - x, self.top - y
        elif self.turn == 270:
            x, y = self.top - y, x - self.left
        else:
            x, y = x - self.left, y - self.bottom
        return x * self.unit, y * self.unit

    def rectangle(self, x0: float, y0: float, x1: float, y1: float) -> list[float]:
        """A shown box as a rectangle of the file, lower left corner first."""
        (ax, ay), (bx, by) = self.to_file(x0, y0), self.to_file(x1, y1)
        return [round(v, 3) for v in (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))]

    def matrix(self, x: float, y: float) -> tuple[float, ...]:
        """What makes drawing in points, upright as shown, start at a shown spot: operands of cm."""
        ox, oy = self.to_file(x, y)
        scale = 1 / self.unit
        across = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[self.turn]
        up = (-across[1], across[0])
        return across[0] * scale, across[1] * scale, up[0] * scale, up[1] * scale, ox, oy


def of_boxes(media, crop=None, turn=0, unit=1.0) -> Sheet:
    """The sheet of a page's entries, sensible even where they are not: no media box is A4, a wrong crop box is ignored."""
    box = _box(media) or A4
    cut = _box(crop)
    if cut:
        inner = (max(box[0], cut[0]), max(box[1], cut[1]), min(box[2], cut[2]), min(box[3], cut[3]))
        box = _box(inner, in_order=True) or box
    turn = int(turn) % 360 if turn is not None and int(turn) % 90 == 0 else 0
    unit = float(unit) if unit is not None and 0.01 <= float(unit) <= 1000 else 1.0
    return Sheet(*box, turn, unit)


def of_page(page) -> Sheet:
    """The sheet of a pikepdf page (entries may be inherited)."""
    inherited = {name: _inherited(page.obj, name) for name in ("/MediaBox", "/CropBox", "/Rotate")}
    try:
        return of_boxes(
            inherited["/MediaBox"], inherited["/CropBox"], inherited["/Rotate"], page.obj.get("/UserUnit")
        )
    except (TypeError, ValueError):
        return of_boxes(inherited["/MediaBox"])


def _inherited(node, name):
    for _ in range(40):
        if name in node:
            return node[name]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None


def _box(values, in_order=False):
    """Four usable numbers in order, None for anything else."""
    try:
        a, b, c, d = (float(value) for value in values)
    except (TypeError, ValueError):
        return None
    if in_order and (c <= a or d <= b):
        return None
    box = (min(a, c), min(b, d), max(a, c), max(b, d))
    sides = (box[2] - box[0], box[3] - box[1])
    return box if all(SMALLEST <= side <= LARGEST for side in sides) else None
