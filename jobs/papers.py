"""Drafts and annexes made ready for signing, always in a limited child process: they are what somebody uploaded (D7).

The child sees the one file and no network; what it makes comes back as bytes. Its sentences come back as the same
SigningError that the functions of `signing` raise.
"""

import json
import sys
import tempfile
from pathlib import Path

from jobs import sandbox
from models import files, lookups, tokens
from signing import (
    BlankNotFound,
    MissingFont,
    Place,
    Prepared,
    SigningError,
    UnreadablePdf,
    WrongOrder,
    appearance,
    layout,
    marks,
)

ROOT = Path(__file__).resolve().parents[1]
CHILD = ROOT / "jobs" / "child_papers.py"
SECONDS, MEGABYTES, FILE_MEGABYTES = 60, 1024, 300
MADE = "made.pdf"
USUAL_DIAMETER = 36.0  # millimetres, until the agency's seal is loaded
MOST_LAYOUTS = 64  # kept in memory, the oldest goes first
_layouts: dict[tuple[str, str], layout.Layout] = {}
_KINDS = {kind.code: kind for kind in (BlankNotFound, MissingFont, UnreadablePdf, WrongOrder)}
_BROKEN_OFF = (
    "Không chuẩn bị được tệp để ký: tệp quá lớn, quá phức tạp hoặc bị hỏng. Tệp vẫn còn nguyên; hãy xuất lại PDF từ phần "
    "mềm soạn thảo rồi tải lên."
)


def wish_of(doc, placed: dict) -> layout.Wish:
    """What the layout of a draft depends on: who signs with which picture, the seal's true size, the marks, the hand."""
    seal, hand = pictures(doc)
    return layout.Wish(
        signer_name=doc.signer_name,
        diameter_mm=float(seal.diameter_mm if seal and seal.diameter_mm else USUAL_DIAMETER),
        picture_size=appearance.picture_size(hand.file.read()) if hand else None,
        marks=tuple(marks_of(doc).values()),
        placed=placed,
    )


def marks_of(doc) -> dict[str, str]:
    """The marks page 1 bears, by the name of their place: urgency and circulation (ND30 PL I III.2.b–c)."""
    found = (lookups.URGENCY_MARKS.get(doc.urgency, ""), lookups.CIRCULATIONS.get(doc.circulation, ""))
    return {marks.name_of(text): text for text in found if text}


def pictures(doc) -> tuple:
    """(the agency's seal, the signer's hand) as tokens.Picture rows, None where none was loaded."""
    hand = tokens.picture(doc.agency_id, doc.signer.person_id) if doc.signer_id else None
    return tokens.picture(doc.agency_id), hand


def notation(pdf: bytes | Path) -> str:
    """The notation printed behind the blank for the number on page 1; "" for none, or for a page that cannot be read."""
    try:
        return _ask("notation", pdf, {})[0]["notation"]
    except SigningError:
        return ""


def find_layout(pdf: bytes | Path, wish: layout.Wish) -> layout.Layout:
    """Where fields and marks go on a draft, see `signing.layout`. Raises SigningError."""
    return _layout(_ask("layout", pdf, _plain(wish))[0])


def kept_layout(file: files.File, wish: layout.Wish) -> layout.Layout:
    """The same of a stored file, found once for each wish. Raises SigningError."""
    key = (file.sha256, json.dumps(_plain(wish), sort_keys=True))
    if key not in _layouts:
        while len(_layouts) >= MOST_LAYOUTS:
            _layouts.pop(next(iter(_layouts)), None)
        _layouts[key] = find_layout(file.read(), wish)
    return _layouts[key]


def _layout(said):
    return layout.Layout(
        fields=tuple(Place(**place) for place in said["fields"]),
        marks=tuple((text, Place(**place)) for text, place in said["marks"]),
        missing=said["missing"],
        usual=tuple(Place(**place) for place in said["usual"]),
        sheets={int(number): tuple(size) for number, size in said["sheets"].items()},
        printed=tuple(said["printed"]),
        page_amount=said["page_amount"],
        notes=tuple(said["notes"]),
        notation=said["notation"],
    )


def prepare_draft(pdf: bytes | Path, wish: layout.Wish) -> Prepared:
    """`signing.prepare_draft` in the child. Raises SigningError: BlankNotFound, UnreadablePdf, WrongOrder, MissingFont."""
    return _prepared(*_ask("prepare", pdf, _plain(wish)))


def prepare_attachment(pdf: bytes | Path) -> Prepared:
    """`signing.prepare.prepare_attachment` in the child. Raises SigningError."""
    return _prepared(*_ask("attachment", pdf, {}))


def _plain(wish):
    plain = {name: getattr(wish, name) for name in layout.Wish.__dataclass_fields__}
    return plain | {"marks": list(wish.marks)}


def _prepared(said, made):
    places = tuple(Place(**place) for place in said["places"])
    return Prepared(made, places, said["page_amount"], said["note"], said["notation"])


def _ask(act, pdf, wish):
    """(what the child says, the bytes it made). Raises SigningError."""
    with tempfile.TemporaryDirectory(dir=files.spool().resolve(), prefix="box-") as folder:
        path = pdf
        if isinstance(pdf, bytes):
            path = Path(folder, "in.pdf")
            path.write_bytes(pdf)
        job = json.dumps({"act": act, "file": str(path), "wish": wish})
        result = sandbox.run(
            (sys.executable, "-B", CHILD), stdin=job.encode(), seconds=SECONDS, megabytes=MEGABYTES,
            file_megabytes=FILE_MEGABYTES, readable=(path, ROOT / "signing", CHILD), writable=Path(folder),
            environment={"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"},
        )  # fmt: skip
        if not result.ok:
            raise UnreadablePdf(_BROKEN_OFF)
        said = json.loads(result.stdout)
        if "error" in said:
            raise _KINDS.get(said["code"], SigningError)(said["error"], said["code"])
        made = Path(folder, MADE)
        return said, made.read_bytes() if made.is_file() else b""
