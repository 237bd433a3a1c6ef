"""Child program of comparing.py, run inside the sandbox: is the second PDF the first one with one more signature?

    child_compare.py GIVEN BROUGHT      → JSON {"same": true} or {"same": false, "why": code, "page": n}

Pages are drawn without annotations and must agree pixel for pixel; of annotations, form fields and things that act by
themselves nothing may be added, removed or changed but one signature field. Ends with 5 for a file that cannot be read.
"""

import hashlib
import json
import sys

import pikepdf
import pypdfium2

SCALE = 100 / 72
MOST_PIXELS = 6_000_000
MOST_PAGES = 2_000
BROKEN = 5
ACTIVE = ("/OpenAction", "/AA")
ACTIVE_NAMES = ("/JavaScript", "/EmbeddedFiles")


class Different(Exception):
    """Where the files differ."""

    def __init__(self, why, page=0):
        super().__init__(why)
        self.why, self.page = why, page


def compare(given, brought):
    with pikepdf.open(given) as first, pikepdf.open(brought) as second:
        if len(first.pages) != len(second.pages) or len(first.pages) > MOST_PAGES:
            raise Different("pages")
        for key in ACTIVE:
            if digest(first.Root.get(key)) != digest(second.Root.get(key)):
                raise Different("active")
        for key in ACTIVE_NAMES:
            if digest(names(first, key)) != digest(names(second, key)):
                raise Different("active")
        signatures = sum(
            new_signatures(one, two, number)
            for number, (one, two) in enumerate(zip(first.pages, second.pages, strict=True), 1)
        )
        if signatures > 1:
            raise Different("signatures")
    pictures(given, brought)


def names(pdf, key):
    return pdf.Root.get("/Names", {}).get(key) if "/Names" in pdf.Root else None


def new_signatures(first, second, number):
    """How many signature fields the page gained; raises Different for anything else."""
    before, after = annotations(first), annotations(second)
    gained = 0
    for key, note in after.items():
        if key not in before:
            if not is_signature(note):
                raise Different("annotation", number)
            gained += 1
        elif digest(look(before[key])) != digest(look(note)) or field_value(before[key]) != field_value(note):
            if not (is_signature(note) and field_value(before[key]) is None):
                raise Different("annotation", number)
            gained += 1
    if set(before) - set(after):
        raise Different("annotation", number)
    return gained


def annotations(page):
    found = {}
    for note in page.obj.get("/Annots", []):
        edges = ",".join(f"{float(edge):.1f}" for edge in note.get("/Rect", []))
        key = (str(note.get("/Subtype", "")), str(inherited(note, "/T") or ""), edges)
        while key in found:
            key = (*key, "+")
        found[key] = note
    return found


def inherited(note, name):
    for _ in range(8):
        if name in note:
            return note[name]
        if "/Parent" not in note:
            return None
        note = note["/Parent"]
    return None


def is_signature(note):
    return str(note.get("/Subtype", "")) == "/Widget" and str(inherited(note, "/FT") or "") == "/Sig"


def field_value(note):
    value = inherited(note, "/V")
    return None if value is None else digest(value) if isinstance(value, pikepdf.Dictionary) else str(value)


def look(note):
    return note.get("/AP")


def digest(thing, depth=0):
    """What an object says, whatever its numbers in the file are."""
    if depth > 12:
        return "…"
    if isinstance(thing, pikepdf.Stream):
        body = hashlib.sha256(thing.read_bytes()).hexdigest()
        return "s" + body + digest_items(thing, depth, {"/Length", "/Filter", "/DecodeParms"})
    if isinstance(thing, pikepdf.Dictionary):
        if str(thing.get("/Type", "")) == "/Page":
            return "page"  # where a link or the first view leads; pages are compared by themselves
        return digest_items(thing, depth, {"/P", "/Parent"})
    if isinstance(thing, pikepdf.Array):
        return "[" + " ".join(digest(item, depth + 1) for item in thing) + "]"
    return repr(thing) if not isinstance(thing, pikepdf.Object) else repr(thing.unparse())


def digest_items(thing, depth, without):
    return (
        "{"
        + " ".join(
            f"{key}={digest(thing[key], depth + 1)}" for key in sorted(thing.keys()) if key not in without
        )
        + "}"
    )


def pictures(given, brought):
    first, second = pypdfium2.PdfDocument(given), pypdfium2.PdfDocument(brought)
    for index in range(len(first)):
        one, two = first[index], second[index]
        if one.get_size() != two.get_size() or one.get_rotation() != two.get_rotation():
            raise Different("size", index + 1)
        width, height = one.get_size()
        scale = min(SCALE, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
        drawn = [
            page.render(scale=scale, draw_annots=False, may_draw_forms=False).buffer for page in (one, two)
        ]
        if bytes(drawn[0]) != bytes(drawn[1]):
            raise Different("content", index + 1)


def main():
    try:
        compare(sys.argv[1], sys.argv[2])
        said = {"same": True}
    except Different as found:
        said = {"same": False, "why": found.why, "page": found.page}
    except (pikepdf.PdfError, pypdfium2.PdfiumError, ValueError, TypeError, KeyError, OSError) as problem:
        print(problem, file=sys.stderr)
        return BROKEN
    json.dump(said, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
