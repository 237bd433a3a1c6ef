"""Where the leader signs and where the seal sits (ND30 PL I, boxes 7c and 8; sizes of the paper stamp).

The leader's picture stands between post and name; the seal, in its true size, covers a third of it on the left.
"""

import itertools

from signing import places
from signing.errors import BlankNotFound
from signing.records import LEADER_FIELD, SEAL_FIELD, Place

POINTS_A_MM = 72 / 25.4
_SIGNATURE_WIDTH, _LOWEST, _HIGHEST = 96.0, 26.0, 74.0  # 34 mm at most, as tall as the white allows
SHARE = 1 / 3  # of the leader's picture, from its left, that lies under the seal
_ALIGNED = 48.0  # points the middles of post and name may differ
_COLUMN_GAP = 14.0  # points of white that part two columns of one line
_ADVICE = (
    "Không tìm thấy chỗ ký: cần chức vụ (chữ in hoa) và họ tên người ký ở nửa phải trang, "
    "giữa hai dòng ấy để trống vài dòng (Nghị định 30, ô số 7). Hãy sửa bản thảo rồi tải lại."
)


def find_boxes(
    pages, signer_name: str = "", diameter_mm: float = 36.0, picture_size: tuple[float, float] | None = None
) -> tuple[Place, Place]:
    """The leader's signature field and the seal's field. Raises BlankNotFound.

    `diameter_mm` is the true diameter of the agency's seal; the picture is never scaled (ND30 PL I II.8.a).
    `picture_size` are the proportions of the leader's picture: its field is the picture as it will be shown.
    """
    wanted = places.fold(signer_name)
    for number in range(len(pages.pages), 0, -1):
        page = pages.pages[number - 1]
        sheet = places.sheet_of(page)
        gap = _gap_above_name(places.read_lines(page), sheet.width, wanted)
        if gap:
            return _boxes(number, sheet, gap, diameter_mm, picture_size)
        page.close()
    raise BlankNotFound(_ADVICE)


def usual_boxes(
    page: int, sheet, diameter_mm: float = 36.0, picture_size: tuple[float, float] | None = None
) -> tuple[Place, Place]:
    """Both where Decree 30 draws boxes 7c and 8, for a page on which no post and name can be read."""
    middle = sheet.height - 226 * POINTS_A_MM * sheet.height / 841.89
    gap = (156 * POINTS_A_MM * sheet.width / 595.28, middle - _HIGHEST / 2, middle + _HIGHEST / 2)
    return _boxes(page, sheet, gap, diameter_mm, picture_size)


def _gap_above_name(lines, width, wanted):
    """(centre, lower edge, upper edge) of the white between post and name on this page, or None.

    The post is in capitals, the name is not; both stand in the right half, nothing between them.
    """
    found = None
    column = [
        run for line in lines for run in runs(line) if run[0].x0 > width * 0.42 and not _is_signed_note(run)
    ]
    for post, name in itertools.pairwise(column):
        if _upper_edge(post) - _lower_edge(name) < _LOWEST or not _is_post(post) or not _is_name(name):
            continue
        if abs(_centre(post) - _centre(name)) > _ALIGNED:
            continue
        found = _centre(name), _lower_edge(name), _upper_edge(post)
        if wanted and wanted in places.fold(_text(name)):
            return found
    return found


def runs(line) -> list[list[places.Letter]]:
    """The parts of a line between wide gaps: what stands in one column."""
    found = [[line[0]]]
    for letter in line[1:]:
        if letter.x0 - found[-1][-1].x1 > _COLUMN_GAP:
            found.append([])
        found[-1].append(letter)
    return found


def _is_post(run):
    letters = [c for c in _text(run) if c.isalpha()]
    return len(letters) >= 4 and sum(c.isupper() for c in letters) > 0.8 * len(letters)


def _is_name(run):
    letters = [c for c in _text(run) if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return (
        4 <= len(letters) <= 48 and 2 <= capitals < len(letters) and not any(c.isdigit() for c in _text(run))
    )


def _is_signed_note(run):
    """«(Đã ký)», which a published copy prints where the signature stood."""
    return places.fold(_text(run)).strip("()[]") == "daky"


def _centre(run):
    return (run[0].x0 + run[-1].x1) / 2


def _text(run):
    return "".join(letter.text for letter in run)


def _upper_edge(post):
    return post[0].baseline - post[0].size * 0.25


def _lower_edge(name):
    return name[0].baseline + name[0].size * 0.8


def _boxes(number, sheet, gap, diameter_mm, picture_size):
    centre, lower, upper = gap
    width, height = fitted(picture_size, (_SIGNATURE_WIDTH, min(upper - lower, _HIGHEST)))
    middle = (upper + lower) / 2
    left = min(max(centre - width / 2, 30), sheet.width - width - 10)
    leader = Place(LEADER_FIELD, number, left, middle - height / 2, left + width, middle + height / 2)
    return leader, seal_beside(leader, sheet, diameter_mm)


def fitted(size: tuple[float, float] | None, room: tuple[float, float]) -> tuple[float, float]:
    """A picture's width and height in points inside the room, in its own proportions; the room without a picture."""
    if not size or min(size) <= 0:
        return room
    scale = min(room[0] / size[0], room[1] / size[1])
    return size[0] * scale, size[1] * scale


def seal_beside(leader: Place, sheet, diameter_mm: float, share: float = SHARE, rise: float = 0.0) -> Place:
    """The seal's field over the left part of the leader's picture, in its true size, wholly on the page.

    `share` of the picture's width lies under the seal; `rise`: points its middle stands above the picture's.
    """
    diameter = diameter_mm * POINTS_A_MM
    right = leader.x0 + (leader.x1 - leader.x0) * share
    left = max(min(right - diameter, sheet.width - diameter), 0)
    bottom = (leader.y0 + leader.y1) / 2 + rise - diameter / 2
    bottom = max(min(bottom, sheet.height - diameter - 3), 3)
    return Place(SEAL_FIELD, leader.page, left, bottom, left + diameter, bottom + diameter)
