"""Shadow attacks: the author prepares a second content before the leader signs and shows it afterwards."""

import re

from pikepdf import Array, Dictionary, Name, String

from tests.signing import workshop
from tests.signing.hostile import INTACT, TOUCHED, attack
from tests.signing.hostile.forms import OVER_BODY, _unlocked, drawing
from tests.signing.hostile.pages import RED, _streams
from tests.signing.revisions import append, append_stream, revise

EITHER = ("invalid", "look")


def both(draft, change, write=append):
    """Shown after the seal, and between the leader's signature and the seal."""
    led = workshop.lead(draft)
    yield "after the seal", revise(workshop.seal(led), change, write)
    yield "between the signatures", workshop.seal(revise(led, change, write))


def _covered_by_form(document):
    """The true content lies under a white form that says something else."""
    page = document.pages[0].obj
    if not page.Resources.is_indirect:
        page.Resources = document.make_indirect(page.Resources)
    cover = drawing(document, OVER_BODY, b"noi dung cho lanh dao xem")
    page.Resources.XObject = Dictionary(Cover=cover)
    calls = document.make_stream(RED + b" q 1 0 0 1 80 350 cm /Cover Do Q")
    page.Contents = Array([*_streams(page), calls])


def _form_emptied(document):
    cover = document.pages[0].obj.Resources.XObject.Cover
    cover.write(b" ")
    return [cover]


def _form_small(document):
    cover = document.pages[0].obj.Resources.XObject.Cover
    cover.BBox = Array([0, 0, 0, 0])
    return [cover]


def _form_unlisted(document):
    resources = document.pages[0].obj.Resources
    del resources.XObject
    return [resources]


def _form_replaced(document):
    resources = document.pages[0].obj.Resources
    cover = drawing(document, OVER_BODY, b"$ 1000")
    resources.XObject.Cover = cover
    return [resources, cover]


@attack("shadow: hide", TOUCHED)
def hide():
    draft = workshop.redrafted(_covered_by_form)
    for name, change in (
        ("emptied", _form_emptied),
        ("without extent", _form_small),
        ("not listed", _form_unlisted),
    ):
        for stage, pdf in both(draft, change):
            yield f"{name} {stage}", pdf
    led = workshop.lead(draft)
    sealed = workshop.seal(led)
    yield "set free", append(sealed, {}, free=[_cover_number(sealed)])
    yield "another kind of object", append(sealed, {_cover_number(sealed): b"null"})
    yield (
        "in an object stream",
        append_stream(sealed, {_cover_number(sealed): b"null"}, packed=(_cover_number(sealed),)),
    )


def _cover_number(pdf):
    return int(re.search(rb"/Cover (\d+) 0 R", pdf).group(1))


@attack("shadow: replace", TOUCHED)
def replace():
    draft = workshop.redrafted(_covered_by_form)
    for stage, pdf in both(draft, _form_replaced):
        yield f"form {stage}", pdf
    draft = workshop.redrafted(_boxes_with_values)
    for name, change in (
        ("value and drawing", _refilled(True, True)), ("drawing", _refilled(False, True)), ("value", _refilled(True, False)),
    ):  # fmt: skip
        for stage, pdf in both(draft, change):
            yield f"form field: {name} {stage}", pdf
    for place, name in enumerate(("value and drawing", "drawing", "value")):
        sealed = workshop.seal(workshop.lead(workshop.redrafted(_unlocked_boxes)))
        yield f"unlocked form field: {name}", revise(sealed, _refilled(place != 1, place != 2))
    draft = workshop.redrafted(_own_font)
    for stage, pdf in both(draft, _glyphs_exchanged):
        yield f"glyphs {stage}", pdf
    for stage, pdf in both(draft, _encoding_exchanged):
        yield f"encoding {stage}", pdf


def _boxes_with_values(document):
    page = document.pages[0].obj
    for place, words in enumerate((b"Nguyen Van A", b"$ 10")):
        rectangle = [80, 420 - 60 * place, 300, 440 - 60 * place]
        drawn = drawing(document, rectangle, words)
        item = document.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String(f"o{place}"), V=String(words.decode()), F=4,
                Rect=rectangle, DA=String("/Times 13 Tf 0 g"), AP=Dictionary(N=drawn), P=page,
            )
        )  # fmt: skip
        document.Root.AcroForm.Fields.append(item)
        page.Annots.append(item)


def _unlocked_boxes(document):
    """Files of other programs lock nothing: there the library's own policy lets the fields be filled again."""
    _unlocked(document)
    _boxes_with_values(document)


def _refilled(value, drawn):
    def change(document):
        touched = []
        for item in document.Root.AcroForm.Fields:
            if str(item.T) not in ("o0", "o1"):
                continue
            touched.append(item)
            if value:
                item.V = String("Attacker")
            if drawn:
                form = drawing(document, item.Rect, b"$ 1000")
                item.AP = Dictionary(N=form)
                touched.append(form)
        return touched

    return change


def _own_font(document):
    """A font of the author's own whose letters are drawings."""
    glyphs = {
        n: document.make_stream(b"600 0 0 0 500 700 d1 %s" % d)
        for n, d in ((b"a", b"0 0 500 100 re f"), (b"b", b"0 0 100 700 re f"))
    }
    procedures = document.make_indirect(Dictionary(a=glyphs[b"a"], b=glyphs[b"b"]))
    encoding = document.make_indirect(
        Dictionary(Type=Name.Encoding, Differences=Array([97, Name("/a"), Name("/b")]))
    )
    font = document.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=[0, 0, 600, 800], FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=procedures, Encoding=encoding, FirstChar=97, LastChar=98, Widths=[600, 600],
        )
    )  # fmt: skip
    page = document.pages[0].obj
    page.Resources.Font.Own = font
    words = document.make_stream(b"BT /Own 60 Tf 80 380 Td (aabab) Tj ET")
    page.Contents = Array([*_streams(page), words])


def _glyphs_exchanged(document):
    procedures = document.pages[0].obj.Resources.Font.Own.CharProcs
    first, second = procedures.a, procedures.b
    procedures.a, procedures.b = second, first
    return [procedures]


def _encoding_exchanged(document):
    encoding = document.pages[0].obj.Resources.Font.Own.Encoding
    encoding.Differences = Array([97, Name("/b"), Name("/a")])
    return [encoding]


def _two_documents(draft):
    """A second catalog with its own page lies in the draft, reached by nobody."""
    return append(
        draft,
        {
            9501: b"<< /Type /Catalog /Pages 9502 0 R >>",
            9502: b"<< /Type /Pages /Kids [9503 0 R] /Count 1 >>",
            9503: b"<< /Type /Page /Parent 9502 0 R /MediaBox [0 0 595 842] /Contents 9504 0 R >>",
            9504: b"<< /Length %d >>\nstream\n" % len(RED) + RED + b"\nendstream",
        },
    )


@attack("shadow: hide and replace", TOUCHED | {"unsigned"})
def hide_and_replace():
    led = workshop.lead(_two_documents(workshop.draft()))
    sealed = workshop.seal(led)
    yield "other catalog after the seal", append(sealed, {}, root=b"9501 0 R", free=[9999])
    yield "other catalog after the leader", append(led, {}, root=b"9501 0 R", free=[9999])
    pages = re.search(rb"/Pages (\d+) 0 R", sealed)
    number = int(pages.group(1))
    yield "other pages", append(sealed, {number: b"<< /Type /Pages /Kids [9503 0 R] /Count 1 >>"})
    yield "catalog with both forms", _with_form(sealed)
    yield "only a row of the table", _row(sealed, number, b"9502 0 obj")
    yield (
        "other catalog, stream",
        append_stream(sealed, {9505: b"<< /Type /Catalog /Pages 9502 0 R >>"}, root=b"9505 0 R"),
    )


def _with_form(pdf):
    form = re.findall(rb"/AcroForm (\d+ 0 R)", pdf)[-1]
    return append(
        pdf, {9506: b"<< /Type /Catalog /Pages 9502 0 R /AcroForm " + form + b" >>"}, root=b"9506 0 R"
    )


def _row(pdf, number, target):
    place = pdf.index(target)
    made = append(pdf, {number: b"null"})
    start = made.rindex(b"xref\n%d 1\n" % number)
    row = re.compile(rb"\d{10} 00000 n")
    return made[:start] + row.sub(b"%010d 00000 n" % place, made[start:], count=1)


def _covered_by_stamp(document):
    """The words the leader approves are an annotation."""
    page, drawn = document.pages[0].obj, drawing(document, OVER_BODY, b"noi dung da duyet")
    item = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=OVER_BODY, F=4, AP=Dictionary(N=drawn))
    )
    page.Annots.append(item)
    page.Contents = Array([*_streams(page), document.make_stream(RED)])


def _stamp(change):
    def act(document):
        page = document.pages[0].obj
        item = next(a for a in page.Annots if a.Subtype == Name.Stamp)
        change(item)
        return [item]

    return act


def _stamp_off_page(document):
    page = document.pages[0].obj
    page.Annots = Array([item for item in page.Annots if item.Subtype != Name.Stamp])
    return [page]


@attack("shadow: annotations", TOUCHED)
def by_annotation():
    draft = workshop.redrafted(_covered_by_stamp)
    for name, change in (
        ("hidden", _stamp(lambda item: item.__setitem__("/F", 2))), ("moved", _stamp(lambda i: i.__setitem__("/Rect", [0, 0, 9, 9]))),
        ("off the page", _stamp_off_page), ("not drawn", _stamp(lambda item: item.__delitem__("/AP"))),
    ):  # fmt: skip
        for stage, pdf in both(draft, change):
            yield f"{name} {stage}", pdf


@attack("added between the signatures", TOUCHED | INTACT, EITHER)
def between():
    """What looks lawful to a library: the number's field and more in one revision before the seal."""
    from_fields = workshop.led()
    for name, objects in (
        ("unreferenced object", {9600: b"<< /Type /Catalog >>"}), ("second catalog", {9601: b"<< /Type /Catalog /Pages 1 0 R >>"}),
    ):  # fmt: skip
        yield name, workshop.seal(append(from_fields, objects))
