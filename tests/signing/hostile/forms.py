"""Drawn over the page or written into fields: annotations, appearances, number and date filled again."""

from pikepdf import Array, Dictionary, Name, String

from tests.signing import workshop
from tests.signing.hostile import CHANGED, INTACT, TOUCHED, attack
from tests.signing.hostile.pages import everywhere
from tests.signing.revisions import append_stream, revise

OVER_NUMBER, OVER_BODY = [60, 730, 240, 760], [80, 350, 520, 450]


def field(document, name):
    """A field by its name."""
    return next(item for item in document.Root.AcroForm.Fields if str(item.T) == name)


def drawing(document, rectangle, words=b"99", ground=b"1 1 1"):
    """A form that covers a rectangle and writes in it."""
    left, bottom, right, top = map(float, rectangle)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
    size = b"%d %d" % (right - left, top - bottom)
    data = b"q %s rg 0 0 %s re f Q BT /F 14 Tf 0 g 4 4 Td (%s) Tj ET" % (ground, size, words)
    return document.make_stream(
        data, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, right - left, top - bottom],
        Resources=Dictionary(Font=Dictionary(F=font)),
    )  # fmt: skip


def annotated(subtype, rectangle, drawn=True, **more):
    """Puts an annotation on the first page."""

    def change(document):
        page = document.pages[0].obj
        entries = {"Type": Name.Annot, "Subtype": Name(f"/{subtype}"), "Rect": rectangle, "F": 4, **more}
        annotation = document.make_indirect(Dictionary(**entries))
        touched = [annotation, page]
        if drawn:
            form = drawing(document, rectangle)
            annotation.AP = Dictionary(N=form)
            touched.append(form)
        annotations = page.Annots
        annotations.append(annotation)
        return [*touched, *([annotations] if annotations.is_indirect else [])]

    return change


@attack("annotations", CHANGED)
def annotations():
    quad = Array([80, 450, 520, 450, 80, 350, 520, 350])
    yield from everywhere(
        [
            ("free text", annotated("FreeText", OVER_NUMBER, Contents=String("99"), DA=String("/Helv 12 Tf"))),
            ("stamp", annotated("Stamp", OVER_BODY, Name=Name.Approved)),
            ("white square", annotated("Square", OVER_BODY, IC=Array([1, 1, 1]))),
            ("ink", annotated("Ink", OVER_BODY, InkList=Array([Array([80, 360, 500, 440])]))),
            ("highlight", annotated("Highlight", OVER_BODY, QuadPoints=quad)),
            ("strike-out", annotated("StrikeOut", OVER_BODY, QuadPoints=quad)),
            ("redaction", annotated("Redact", OVER_BODY, QuadPoints=quad)),
            ("note", annotated("Text", [500, 780, 520, 800], drawn=False, Contents=String("Da thu hoi"))),
            ("link", annotated("Link", OVER_BODY, drawn=False, A=Dictionary(S=Name.URI, URI=String("http://evil.example")))),
            ("attached file", annotated("FileAttachment", [500, 700, 520, 720])),
            ("button", annotated("Widget", OVER_BODY, FT=Name.Btn, T=String("nut"))),
            ("watermark", annotated("Watermark", [0, 0, 595, 842])),
            ("invisible", annotated("Square", [0, 0, 1, 1], drawn=False, F=2)),
            ("screen", annotated("Screen", OVER_BODY)), ("popup", annotated("Popup", OVER_BODY, drawn=False)),
            ("line", annotated("Line", OVER_BODY, L=Array([80, 350, 520, 450]))),
        ]
    )  # fmt: skip
    yield "packed in a stream", revise(workshop.sealed(), annotated("FreeText", OVER_NUMBER), append_stream)


def _annotations_gone(document):
    page = document.pages[0].obj
    page.Annots = Array([])
    return [page]


def _rewritten(name):
    def change(document):
        form = field(document, name).AP.N
        form.write(b"q 1 0 0 rg 0 0 300 300 re f Q")
        return [form]

    return change


def _new_drawing(name):
    def change(document):
        item = field(document, name)
        form = drawing(document, item.Rect, b"99/BC-KHAC")
        item.AP = Dictionary(N=form)
        return [item, form]

    return change


def _key(name, **entries):
    def change(document):
        item = field(document, name)
        for key, value in entries.items():
            item[f"/{key}"] = value
        return [item]

    return change


def _no_drawing(name):
    def change(document):
        item = field(document, name)
        del item.AP
        return [item]

    return change


def _matrix(name):
    def change(document):
        form = field(document, name).AP.N
        form.Matrix = Array([4, 0, 0, 4, 0, 0])
        return [form]

    return change


@attack("appearances", CHANGED)
def appearances():
    for title, change in (
        ("number written over in place", _rewritten("so")), ("day written over in place", _rewritten("ngay")),
        ("number drawn anew", _new_drawing("so")), ("leader drawn anew", _new_drawing("ChuKyLanhDao")),
        ("seal drawn anew", _new_drawing("DauCoQuan")), ("number not drawn", _no_drawing("so")),
        ("form stretched", _matrix("so")), ("all annotations off the page", _annotations_gone),
        ("second drawing", _key("so", AP=Dictionary())), ("hidden", _key("so", F=2)),
        ("background", _key("so", MK=Dictionary(BG=Array([1, 0, 0])))),
    ):  # fmt: skip
        yield title, revise(workshop.sealed(), change)
    for title, change in (
        ("leader drawn anew", _new_drawing("ChuKyLanhDao")),
        ("annotations off", _annotations_gone),
    ):
        led = revise(workshop.led(), change)
        yield f"{title} after the leader", led, {"integrity": CHANGED}


def filled(name, words, value=True, drawn=True):
    """A field's value and drawing as another hand writes them."""

    def change(document):
        item = field(document, name)
        touched = [item]
        if value:
            item.V = String(words)
        if drawn:
            form = drawing(document, item.Rect, words.encode())
            item.AP = Dictionary(N=form)
            touched.append(form)
        return touched

    return change


@attack("number changed", CHANGED)
def number():
    for title, change in (
        ("filled again", filled("so", "99")), ("value only", filled("so", "99", drawn=False)),
        ("drawing only", filled("so", "99", value=False)), ("emptied", filled("so", "")),
        ("the same value", filled("so", "05")), ("a null name", _key("so", V=Name.Null)),
        ("default value", _key("so", DV=String("99"))), ("as a name", _key("so", V=Name("/99"))),
    ):  # fmt: skip
        yield title, revise(workshop.sealed(), change)
    twice = revise(revise(workshop.led(), filled("so", "05")), filled("so", "99"))
    yield "twice without a seal", twice, {"integrity": TOUCHED | INTACT}
    yield "once without a seal", revise(workshop.led(), filled("so", "05")), {"integrity": INTACT | CHANGED}
    yield "after the next revision", revise(revise(workshop.sealed(), _key("so")), filled("so", "07"))
    yield "packed in a stream", revise(workshop.sealed(), filled("so", "99"), append_stream)


@attack("date changed", CHANGED)
def date():
    for name, words in (("ngay", "28"), ("thang", "12")):
        yield f"{name} filled again", revise(workshop.sealed(), filled(name, words))
        yield f"{name} value only", revise(workshop.sealed(), filled(name, words, drawn=False))
        yield f"{name} drawing only", revise(workshop.sealed(), filled(name, words, value=False))


@attack("fields moved or made otherwise", CHANGED)
def moved():
    wide = Array([40, 40, 560, 800])
    for name, change in (
        ("number elsewhere", _key("so", Rect=Array([300, 400, 400, 420]))), ("number as large as the page", _key("so", Rect=wide)),
        ("seal elsewhere", _key("DauCoQuan", Rect=Array([10, 10, 150, 150]))), ("writable", _key("so", Ff=0)),
        ("another kind", _key("so", FT=Name.Btn)), ("renamed", _key("so", T=String("khac"))),
        ("with a script", _key("so", AA=Dictionary(F=Dictionary(S=Name.JavaScript, JS=String("x"))))),
        ("other lock", _key("ChuKyLanhDao", Lock=Dictionary(Type=Name.SigFieldLock, Action=Name.Include, Fields=Array([])))),
        ("rich text", _key("so", RV=String("<body>99</body>"))), ("other font", _key("so", DA=String("/Helv 40 Tf 1 0 0 rg"))),
    ):  # fmt: skip
        yield name, revise(workshop.sealed(), change)
        if name in ("number elsewhere", "number as large as the page", "other lock"):
            yield f"{name} between the signatures", workshop.seal(revise(workshop.led(), change))


def _stray_field(**entries):
    """An empty text field the author left in the draft, to be filled when all have signed."""

    def change(document):
        item = document.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("so_tien"), Rect=OVER_BODY, F=4,
                DA=String("/Times 13 Tf 0 g"), P=document.pages[0].obj, **entries,
            )
        )  # fmt: skip
        document.Root.AcroForm.Fields.append(item)
        document.pages[0].obj.Annots.append(item)

    return change


@attack("stray fields filled", TOUCHED | INTACT, ("invalid", "look"))
def stray():
    """Form filling that the leader's lock or the seal's lock forbids, whatever the library's own policy thinks."""
    for title, draft in (
        ("empty", workshop.redrafted(_stray_field())), ("with a value", workshop.redrafted(_stray_field(V=String("1")))),
        ("multiline", workshop.redrafted(_stray_field(Ff=4096))),
    ):  # fmt: skip
        led = workshop.lead(draft)
        sealed = workshop.seal(led)
        yield (
            f"{title}: after the seal",
            revise(sealed, filled("so_tien", "$ 1000")),
            {"integrity": CHANGED, "verdicts": {"invalid"}},
        )
        yield f"{title}: between the signatures", workshop.seal(revise(led, filled("so_tien", "$ 1000")))


def _unlocked(document):
    for name in ("ChuKyLanhDao", "DauCoQuan"):
        item = field(document, name)
        item.Lock = Dictionary(Type=Name.SigFieldLock, Action=Name.Include, Fields=Array([]), P=2)


@attack("fields that were left open", TOUCHED | INTACT, ("invalid", "look"))
def open_fields():
    """The dishonest author takes the locks out of the draft first."""
    draft = workshop.redrafted(_unlocked)
    sealed = workshop.seal(workshop.lead(draft))
    for name, words in (("so", "99"), ("ngay", "28"), ("thang", "12")):
        yield f"{name} again", revise(sealed, filled(name, words))
    yield "value only", revise(sealed, filled("so", "99", drawn=False))
    yield "drawing only", revise(sealed, filled("so", "99", value=False))
    late = workshop.lead(draft)
    yield "number twice before the seal", revise(revise(late, filled("so", "77")), filled("so", "78"))
