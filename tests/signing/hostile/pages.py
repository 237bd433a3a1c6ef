"""What a reader sees: words, pages, boxes, fonts, layers and pictures changed after signing."""

from pikepdf import Array, Dictionary, Name, String

from tests.signing import workshop
from tests.signing.hostile import CHANGED, TOUCHED, attack
from tests.signing.revisions import append_stream, revise

RED = b"q 1 0 0 rg 60 380 480 60 re f Q"
COVER = b"q 1 1 1 rg 60 300 480 200 re f Q BT /F1 14 Tf 80 400 Td (Noi dung khac) Tj ET"


def staged(change, name="report"):
    """The change made after the seal, and between the leader's signature and the seal."""
    yield "after the seal", revise(workshop.sealed(name), change)
    yield "between the signatures", workshop.seal(revise(workshop.led(name), change))


def everywhere(changes, name="report"):
    """Every change after the seal, the first one also between the signatures."""
    for place, (title, change) in enumerate(changes):
        for stage, pdf in staged(change, name):
            if place == 0 or stage == "after the seal":
                yield f"{title}: {stage}", pdf


def _streams(page):
    return [item for item in page.Contents] if isinstance(page.Contents, Array) else [page.Contents]


def _appended(words):
    def change(document):
        page = document.pages[0].obj
        page.Contents = Array([*_streams(page), document.make_stream(words)])
        return [page, page.Contents[-1]]

    return change


def _prepended(document):
    page = document.pages[0].obj
    page.Contents = Array([document.make_stream(b"q 1 1 0 rg 0 0 600 850 re f Q"), *_streams(page)])
    return [page, page.Contents[0]]


def _replaced(document):
    content = _streams(document.pages[0].obj)[0]
    content.write(RED)
    return [content]


def _shortened(document):
    content = _streams(document.pages[0].obj)[0]
    content.write(content.read_bytes()[:-900])
    return [content]


def _drawn_by_form(document):
    page = document.pages[0].obj
    form = document.make_stream(RED, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 600, 850])
    page.Resources.XObject = Dictionary(Evil=form)
    call = document.make_stream(b"/Evil Do")
    page.Contents = Array([*_streams(page), call])
    return [page, form, call, *([page.Resources] if page.Resources.is_indirect else [])]


def _emptied(document):
    page = document.pages[0].obj
    del page.Contents
    return [page]


@attack("page content", CHANGED)
def content():
    yield from everywhere(
        [
            ("words added", _appended(COVER)), ("ground painted", _prepended), ("content replaced", _replaced),
            ("content cut", _shortened), ("drawn by a form", _drawn_by_form), ("content gone", _emptied),
            ("one dot", _appended(b"q 0 g 300 500 1.5 1.5 re f Q")),
        ]
    )  # fmt: skip
    yield "packed in a stream", revise(workshop.sealed(), _appended(RED), append_stream)


def _page_added(document):
    document.add_blank_page()
    return [document.pages[-1].obj, document.Root.Pages, *_parents(document)]


def _parents(document):
    return [document.pages[0].obj.Parent] if "/Parent" in document.pages[0].obj else []


def _page_removed(document):
    kids = document.Root.Pages.Kids
    del kids[len(kids) - 1]
    document.Root.Pages.Count = len(kids)
    return [document.Root.Pages]


def _pages_swapped(document):
    kids = document.Root.Pages.Kids
    first, second = kids[1], kids[2]
    kids[1], kids[2] = second, first
    return [document.Root.Pages]


def _page_doubled(document):
    kids = document.Root.Pages.Kids
    kids.append(kids[0])
    document.Root.Pages.Count = len(kids)
    return [document.Root.Pages]


def _page_replaced(document):
    kids = document.Root.Pages.Kids
    new = document.make_indirect(
        Dictionary(
            Type=Name.Page,
            Parent=document.Root.Pages,
            MediaBox=[0, 0, 595, 842],
            Contents=document.make_stream(RED),
        )
    )
    kids[2] = new
    return [document.Root.Pages, new, new.Contents]


def _pages_elsewhere(document):
    page = document.pages[1].obj
    tree = document.make_indirect(Dictionary(Type=Name.Pages, Count=1, Kids=Array([page])))
    document.Root.Pages = tree
    return [document.Root, tree]


def _count_lied(document):
    document.Root.Pages.Count = 1
    return [document.Root.Pages]


def _hidden_between(document):
    kids = document.Root.Pages.Kids
    new = document.make_indirect(
        Dictionary(
            Type=Name.Page,
            Parent=document.Root.Pages,
            MediaBox=[0, 0, 595, 842],
            Contents=document.make_stream(RED),
        )
    )
    kids.insert(1, new)
    document.Root.Pages.Count = len(kids)
    return [document.Root.Pages, new, new.Contents]


@attack("set of pages", TOUCHED)
def pages():
    for name, change in (
        ("added", _page_added), ("removed", _page_removed), ("swapped", _pages_swapped), ("doubled", _page_doubled),
        ("replaced", _page_replaced), ("another tree", _pages_elsewhere), ("count lies", _count_lied),
        ("put between", _hidden_between),
    ):  # fmt: skip
        yield name, revise(workshop.long_sealed(), change)
    early = workshop.lead(workshop.long_draft())
    yield "removed between the signatures", workshop.seal(revise(early, _page_removed))


def _on_page(key, value):
    def change(document):
        page = document.pages[0].obj
        page[key] = value
        return [page]

    return change


def _on_tree(key, value):
    def change(document):
        document.Root.Pages[key] = value
        return [document.Root.Pages]

    return change


@attack("page box and rotation", CHANGED)
def boxes():
    yield from everywhere(
        [
            ("crop box", _on_page("/CropBox", Array([0, 400, 595, 842]))),
            ("media box", _on_page("/MediaBox", Array([0, 0, 595, 500]))),
            ("media box wider", _on_page("/MediaBox", Array([0, 0, 1500, 1500]))),
            ("turned", _on_page("/Rotate", 180)), ("turned aside", _on_page("/Rotate", 90)),
            ("unit", _on_page("/UserUnit", 2)), ("trim box", _on_page("/TrimBox", Array([0, 0, 100, 100]))),
            ("inherited turn", _on_tree("/Rotate", 180)), ("inherited box", _on_tree("/CropBox", Array([0, 0, 90, 90]))),
            ("transition", _on_page("/Trans", Dictionary(S=Name.Dissolve))), ("time on screen", _on_page("/Dur", 1)),
        ]
    )  # fmt: skip


def _fonts(document):
    found = document.pages[0].obj.Resources.Font
    return [found[name] for name in list(found)]


def _font_program(document):
    programs = [f.FontDescriptor.FontFile2 for f in _descended(document) if "/FontFile2" in f.FontDescriptor]
    programs[0].write(programs[-1].read_bytes() if len(programs) > 1 else b"")
    return [programs[0]]


def _descended(document):
    for font in _fonts(document):
        yield font.DescendantFonts[0] if "/DescendantFonts" in font else font


def _widths(document):
    font = next(iter(_descended(document)))
    key = "/W" if "/W" in font else "/Widths"
    font[key] = Array([0, Array([900] * 40)]) if key == "/W" else Array([900] * len(font.Widths))
    return [font]


def _base_font(document):
    font = _fonts(document)[0]
    font.BaseFont = Name("/Courier")
    return [font]


def _to_unicode(document):
    fonts = [font for font in _fonts(document) if "/ToUnicode" in font]
    fonts[0].ToUnicode.write(b"/CMapName /Evil def 1 beginbfrange <01> <FF> <0041> endbfrange")
    return [fonts[0].ToUnicode]


def _exchanged(document):
    fonts = document.pages[0].obj.Resources
    names = list(fonts.Font)
    first, last = fonts.Font[names[0]], fonts.Font[names[-1]]
    fonts.Font[names[0]], fonts.Font[names[-1]] = last, first
    return [
        fonts if fonts.is_indirect else document.pages[0].obj,
        *([fonts.Font] if fonts.Font.is_indirect else []),
    ]


@attack("fonts", TOUCHED)
def fonts():
    yield from everywhere(
        [
            ("program", _font_program), ("widths", _widths), ("another font", _base_font), ("copied text", _to_unicode),
            ("exchanged", _exchanged),
        ]
    )  # fmt: skip


def _with_layers(document, visible=True):
    """The author puts two texts on the page, one of them in a layer that is off."""
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lop 1")))
    page = document.pages[0].obj
    if not page.Resources.is_indirect:
        page.Resources = document.make_indirect(page.Resources)
    page.Resources.Properties = Dictionary(L1=group)
    words = document.make_stream(b"/OC /L1 BDC q 1 0 0 rg 80 380 400 60 re f Q EMC")
    page.Contents = Array([*_streams(page), words])
    default = Dictionary(ON=Array([]), OFF=Array([group]), Order=Array([group]))
    document.Root.OCProperties = Dictionary(OCGs=Array([group]), D=default)


def _layer_on(document):
    settings = document.Root.OCProperties.D
    settings.ON, settings.OFF = settings.OFF, Array([])
    return [document.Root]


def _layer_base(document):
    document.Root.OCProperties.D.BaseState = Name.ON
    document.Root.OCProperties.D.OFF = Array([])
    return [document.Root]


def _layers_gone(document):
    del document.Root.OCProperties
    return [document.Root]


def _layer_use(document):
    group = document.Root.OCProperties.OCGs[0]
    group.Usage = Dictionary(View=Dictionary(ViewState=Name.ON), Print=Dictionary(PrintState=Name.ON))
    document.Root.OCProperties.D.AS = Array(
        [Dictionary(Event=Name.View, Category=Array([Name.View]), OCGs=Array([group]))]
    )
    return [group, document.Root]


def _layer_added(document):
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("Moi")))
    document.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    return [document.Root, group]


@attack("layers", TOUCHED)
def layers():
    layered = workshop.seal(workshop.lead(workshop.redrafted(_with_layers)))
    for name, change in (
        ("switched on", _layer_on), ("base state", _layer_base), ("properties gone", _layers_gone), ("by use", _layer_use),
    ):  # fmt: skip
        yield name, revise(layered, change)
    yield "layers added", revise(workshop.sealed(), _layer_added)
    half = revise(workshop.lead(workshop.redrafted(_with_layers)), _layer_on)
    yield "switched on between the signatures", workshop.seal(half)


def _picture(colour):
    return bytes(colour) * (40 * 40)


def _with_picture(document):
    picture = document.make_stream(
        _picture((255, 255, 255)), Type=Name.XObject, Subtype=Name.Image, Width=40, Height=40,
        ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
    )  # fmt: skip
    page = document.pages[0].obj
    if not page.Resources.is_indirect:
        page.Resources = document.make_indirect(page.Resources)
    page.Resources.XObject = Dictionary(Pic=picture)
    page.Contents = Array([*_streams(page), document.make_stream(b"q 90 0 0 90 80 380 cm /Pic Do Q")])


def _on_picture(change):
    def act(document):
        picture = document.pages[0].obj.Resources.XObject.Pic
        change(document, picture)
        return [picture]

    return act


def _mask(document, picture):
    picture.Mask = Array([0, 255, 0, 255, 0, 255])


@attack("pictures", CHANGED)
def pictures():
    with_picture = workshop.seal(workshop.lead(workshop.redrafted(_with_picture)))
    for name, change in (
        ("other pixels", lambda _, picture: picture.write(_picture((255, 0, 0)))),
        ("decoded the other way", lambda _, picture: picture.__setitem__("/Decode", Array([1, 0, 1, 0, 1, 0]))),
        ("size", lambda _, picture: picture.__setitem__("/Height", 20)), ("mask", _mask),
    ):  # fmt: skip
        yield name, revise(with_picture, _on_picture(change))
