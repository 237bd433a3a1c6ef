"""Child program of ocr.py and extract.py, run inside the sandbox: the words of a PDF with their places, as JSON.

    child_words.py FILE MOST_PAGES   → one JSON object a line and page:
        {"number", "of", "width", "height", "scanned", "text": bool, "words": [[text, x0, y0, x1, y1, bold, italic], …]}

`scanned`: the page is a picture (what text it has came from OCR); bold and italic are null there. Points from the upper
left. Ends with 4 for a password, 5 for a file that cannot be read.
"""

import json
import logging
import sys
import tempfile

import pdfplumber
import pypdfium2
import pypdfium2.raw
from pdfminer.layout import LTChar, LTContainer, LTImage
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import PdfminerException

PASSWORD, BROKEN = 4, 5
MOST_WORDS = 6_000
FLATTENED = 40  # pages
FEW_LETTERS = 25
PICTURE_SHARE = 0.6  # of the page covered by one picture: a scan


def main(path, most):
    """Print the words of the first `most` pages."""
    logging.disable(logging.CRITICAL)
    try:
        with (
            tempfile.NamedTemporaryFile(suffix=".pdf") as flat,
            pdfplumber.open(flattened(path, flat.name)) as document,
        ):
            ours = "ocrmypdf" in str((document.metadata or {}).get("Creator", "")).lower()
            total = len(document.pages)
            for page in document.pages[: int(most)]:
                page._objects = letters_and_pictures(page)
                print(json.dumps(words_of(page, total, ours), ensure_ascii=False), flush=True)
                page.close()
    except PdfminerException as error:
        return PASSWORD if error.args and isinstance(error.args[0], PDFPasswordIncorrect) else BROKEN
    except (
        PDFException,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        OSError,
    ) as error:
        print(type(error).__name__, error, file=sys.stderr)  # libraries raise all of these on broken files
        return BROKEN
    return 0


def flattened(path, target):
    """A copy whose form fields and stamps (number, date) are text of the pages; the file itself where it has no form."""
    try:
        document = pypdfium2.PdfDocument(path)
        if document.get_formtype() == pypdfium2.raw.FORMTYPE_NONE:
            return path
        for number in range(min(len(document), FLATTENED)):
            pypdfium2.raw.FPDFPage_Flatten(document[number], pypdfium2.raw.FLAT_NORMALDISPLAY)
        document.save(target)
    except pypdfium2.PdfiumError:
        return path  # the other reader says what is wrong with it
    return target


def letters_and_pictures(page) -> dict:
    """What pdfplumber would list of a page, only its letters and pictures and only what is asked of them: twice as fast."""
    left, top = page.mediabox[0], page.mediabox[1] + page.height
    found = {"char": [], "image": []}
    for item in _items(page.layout):
        at = {
            "x0": item.x0 + left, "x1": item.x1 + left, "top": top - item.y1, "bottom": top - item.y0,
            "width": item.width, "height": item.height,
        }  # fmt: skip
        if isinstance(item, LTChar):
            name = item.fontname
            at |= {
                "text": item.get_text(), "upright": item.upright, "size": item.size, "doctop": page.initial_doctop + at["top"],
                "fontname": name.decode(errors="replace") if isinstance(name, bytes) else name,
            }  # fmt: skip
            found["char"].append(at)
        else:
            found["image"].append(at)
    return found


def _items(container):
    for item in container:
        if isinstance(item, (LTChar, LTImage)):
            yield item
        elif isinstance(item, LTContainer):
            yield from _items(item)


def words_of(page, total, ours):
    """One page as it is printed."""
    area = float(page.width * page.height) or 1.0
    covered = max((_area(image) for image in page.images), default=0.0) / area
    letters = sum(1 for char in page.chars if not char["text"].isspace())
    scanned = covered >= PICTURE_SHARE or (letters < FEW_LETTERS and (covered > 0.2 or letters == 0))
    # words that OCR placed are stretched, but stand in reading order with a space between
    settings = (
        {"x_tolerance_ratio": 0.9, "use_text_flow": True} if ours and scanned else {"x_tolerance_ratio": 0.27}
    )
    found = page.extract_words(return_chars=True, keep_blank_chars=False, **settings)[:MOST_WORDS]
    left, top = float(page.bbox[0]), float(page.bbox[1])
    return {
        "number": page.page_number, "of": total, "width": float(page.width), "height": float(page.height),
        "scanned": scanned, "text": letters >= FEW_LETTERS,
        "words": [_word(word, left, top, scanned) for word in found],
    }  # fmt: skip


def _area(image):
    return max(0.0, float(image["x1"] - image["x0"])) * max(0.0, float(image["bottom"] - image["top"]))


def _word(word, left, top, scanned):
    edges = (word["x0"] - left, word["top"] - top, word["x1"] - left, word["bottom"] - top)
    fonts = [char["fontname"].lower() for char in word["chars"]]
    style = (
        (None, None)
        if scanned
        else (_most(fonts, ("bold", "black", "heavy")), _most(fonts, ("italic", "oblique")))
    )
    return [word["text"], *(round(float(edge), 1) for edge in edges), *style]


def _most(fonts, marks):
    return sum(any(mark in font for mark in marks) for font in fonts) * 2 > len(fonts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
