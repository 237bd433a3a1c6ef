"""Keeps what the child programs said of a file, so that a change in the rules of reading is measured in seconds.

A kept answer is named after the bytes of the file, the program that read it and what it was asked: when a program of
`jobs/` changes, its answers are made anew; when only rules in `models/` change, they are used again.
"""

import hashlib
import json
import shutil
from pathlib import Path

from jobs import reading, reading_again, reading_pages
from models import extraction

_OLD: list[bool] = []
PROGRAMS = {
    "words": ("child_words.py",),
    "ocr": ("child_ocr.py", "ocr_plugin.py", "child_words.py"),
    "again": ("child_reread.py",),
}


def use(folder: Path, old: bool = False) -> None:
    """From now on reading.read asks the folder first. `old`: answers of earlier programs do, too."""
    folder.mkdir(parents=True, exist_ok=True)
    _OLD.append(old)
    reading.words = _words(folder, reading.words)
    reading.ocr = _ocr(folder, reading.ocr)
    reading_again.second_readings = _again(folder, reading_again.second_readings)


def _place(folder, kind, ending, path, *asked) -> Path:
    seen = hashlib.sha256(Path(path).read_bytes() + json.dumps(asked).encode()).hexdigest()[:24]
    programs = hashlib.sha256(b"".join((reading_pages.HERE / name).read_bytes() for name in PROGRAMS[kind]))
    exact = folder / f"{kind}-{seen}-{programs.hexdigest()[:8]}{ending}"
    earlier = sorted(folder.glob(f"{kind}-{seen}-*{ending}")) if _OLD[-1] and not exact.exists() else []
    return earlier[0] if earlier else exact


def _kept(place: Path, make):
    if not place.exists():
        place.write_text(json.dumps(make(), ensure_ascii=False), encoding="utf-8")
    return json.loads(place.read_text(encoding="utf-8"))


def _words(folder, real):
    return lambda path, *most: _kept(_place(folder, "words", ".json", path, *most), lambda: real(path, *most))


def _ocr(folder, real):
    def ocr(source, box, *rest, **more):
        place = _place(folder, "ocr", ".pdf", source)
        if not place.exists():
            shutil.copyfile(real(source, box, *rest, **more), place)
        return place

    return ocr


def _again(folder, real):
    def second_readings(rendition, pages):
        place = _place(folder, "again", ".json", rendition, extraction.boxes_to_reread(pages))
        return _kept(place, lambda: real(rendition, pages))

    return second_readings
