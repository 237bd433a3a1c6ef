"""Signature fields and the form around them: signatures moved, shared, taken out, added; certification attacks."""

import asyncio
import hashlib
import re

from pikepdf import Array, Dictionary, Name, String

from tests.signing import authority, workshop
from tests.signing.hostile import CHANGED, DAMAGED, INTACT, TOUCHED, UNSIGNED, attack
from tests.signing.hostile.forms import OVER_BODY, drawing, field
from tests.signing.revisions import revise

EITHER = ("invalid", "look")


def _other_letter() -> bytes:
    return workshop.sealed("bare")


@attack("signature of another file", DAMAGED)
def transplanted():
    """The CMS of one file in the hole of another; two files' holes are of one size."""
    target = workshop.sealed()
    for name, donor, which in (
        ("seal", _other_letter(), -1),
        ("leader", _other_letter(), 0),
        ("own leader", target, 0),
    ):
        yield f"{name} in the seal's place", workshop.put(target, workshop.taken(donor, which))
    led = workshop.led()
    yield "another leader's", workshop.put(led, workshop.taken(_other_letter(), 0))
    yield "an annex's", workshop.put(target, workshop.taken(workshop.annex()))
    yield "the unsigned draft with the seal's", workshop.put(_hollow(), workshop.taken(target))
    yield "a time stamp", workshop.put(target, _stamp_alone(target)), {"integrity": DAMAGED | INTACT}


def _hollow():
    return workshop.half_sealed(workshop.led(), number=99).work


def _stamp_alone(pdf):
    cast = authority.usual()
    maker = authority.stamper(cast.tsa, cast.moment)
    return asyncio.run(maker.async_timestamp(hashlib.sha256(workshop.covered(pdf)).digest(), "sha256")).dump()


def _value(name, other):
    def change(document):
        item = field(document, name)
        item.V = field(document, other).V
        return [item]

    return change


def _new_field(document, name="Signature9", value=None, rectangle=(0, 0, 0, 0), **more):
    item = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(name),
            Rect=list(rectangle),
            F=132,
            **more,
        )
    )
    item.Lock = Dictionary(Type=Name.SigFieldLock, Action=Name.Include, Fields=Array([String(name)]), P=2)
    if value is not None:
        item.V = value
    page, form = document.pages[0].obj, document.Root.AcroForm
    page.Annots.append(item)
    form.Fields.append(item)
    touched = [item, page, form]
    return touched + [part for part in (page.Annots, form.Fields) if part.is_indirect]


def _shared(name):
    return lambda document: _new_field(document, value=field(document, name).V)


def _second_widget(document):
    page = document.pages[0].obj
    item = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            Parent=field(document, "DauCoQuan"),
            Rect=[80, 80, 300, 300],
            F=4,
        )
    )
    form = drawing(document, item.Rect, b"DA KY")
    item.AP = Dictionary(N=form)
    page.Annots.append(item)
    return [item, form, page, *([page.Annots] if page.Annots.is_indirect else [])]


def _kids(document):
    item, form = field(document, "DauCoQuan"), document.Root.AcroForm
    parent = document.make_indirect(Dictionary(T=String("Nhom"), FT=Name.Sig, Kids=Array([item]), V=item.V))
    item.Parent = parent
    fields = form.Fields
    fields[list(range(len(fields)))[-1]] = parent
    return [item, parent, form, *([fields] if fields.is_indirect else [])]


@attack("signature shared or copied", TOUCHED | INTACT)
def shared():
    sealed = workshop.sealed()
    yield "seal in a new field", revise(sealed, _shared("DauCoQuan"))
    yield "leader in a new field", revise(sealed, _shared("ChuKyLanhDao"))
    yield "leader's in the seal's field", revise(sealed, _value("DauCoQuan", "ChuKyLanhDao"))
    yield "seal's in the leader's field", revise(sealed, _value("ChuKyLanhDao", "DauCoQuan"))
    yield "leader's for the seal before sealing", revise(workshop.led(), _value("DauCoQuan", "ChuKyLanhDao"))
    yield "second widget", revise(sealed, _second_widget)
    yield "under a parent", revise(sealed, _kids)


def _without(name):
    def change(document):
        item = field(document, name)
        del item.V
        return [item]

    return change


def _field_gone(name):
    def change(document):
        form = document.Root.AcroForm
        form.Fields = Array([item for item in form.Fields if str(item.T) != name])
        return [form]

    return change


def _form_gone(document):
    del document.Root.AcroForm
    return [document.Root]


def _null_value(document):
    item = field(document, "ChuKyLanhDao")
    item.V = Dictionary()
    return [item]


@attack("signature taken out", TOUCHED | UNSIGNED)
def taken_out():
    sealed = workshop.sealed()
    for name in ("ChuKyLanhDao", "DauCoQuan"):
        yield f"value of {name}", revise(sealed, _without(name))
        yield f"field {name}", revise(sealed, _field_gone(name))
    yield "form gone", revise(sealed, _form_gone)
    yield "form gone after the leader", revise(workshop.led(), _form_gone)
    yield "empty value", revise(sealed, _null_value)
    resealed = _resealed(revise(workshop.led(), _without("ChuKyLanhDao")))
    yield "leader taken out, then sealed", resealed, {"integrity": TOUCHED | INTACT, "verdicts": set(EITHER)}


def _resealed(pdf):
    """The seal on its own, as a program without our guards would set it."""
    return workshop.sign_in(
        pdf, "DauCoQuan", authority.usual().seal, authority.MOMENT + workshop.SEALED_AFTER
    )


def _form_key(**entries):
    def change(document):
        form = document.Root.AcroForm
        for key, value in entries.items():
            form[f"/{key}"] = value
        return [form]

    return change


def _xfa(document):
    packet = document.make_stream(
        b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template>99</template></xdp:xdp>"
    )
    document.Root.AcroForm.XFA = packet
    return [document.Root.AcroForm, packet]


def _rendering(document):
    document.Root.NeedsRendering = True
    return [document.Root]


@attack("form", CHANGED)
def form():
    for name, change in (
        ("xfa", _xfa), ("xfa and rendering", lambda d: [*_xfa(d), *_rendering(d)]), ("needs rendering", _rendering),
        ("appearances asked for", _form_key(NeedAppearances=True)), ("other resources", _form_key(DR=Dictionary())),
        ("order of calculation", _form_key(CO=Array([]))), ("default look", _form_key(DA=String("/Helv 40 Tf"))),
        ("signature flags off", _form_key(SigFlags=0)), ("no fields", _form_key(Fields=Array([]))),
        ("not a dictionary", lambda document: _broken_form(document)),
    ):  # fmt: skip
        harmless = name in ("other resources", "default look")
        shape = {"integrity": INTACT, "verdicts": {"look"}} if harmless else {"integrity": TOUCHED | UNSIGNED}
        yield name, revise(workshop.sealed(), change), shape


def _broken_form(document):
    document.Root.AcroForm = Array([1, 2, 3])
    return [document.Root]


def _visible_field(rectangle, words=b"NOI DUNG KHAC"):
    def change(document):
        touched = _new_field(document, rectangle=rectangle)
        drawn = drawing(document, rectangle, words)
        touched[0].AP = Dictionary(N=drawn)
        return [*touched, drawn]

    return change


@attack("sneaky signatures", TOUCHED | INTACT, EITHER)
def sneaky():
    """SSA: a further signature whose picture is the attack; signed by a stranger and by an insider."""
    stranger = authority.issue("Kẻ Lạ", organisation="Không Rõ", secret=authority.key("p256", "stranger"))
    insider = authority.usual().leader
    for name, party in (("stranger", stranger), ("insider", insider)):
        for place, rectangle in (
            ("over the text", OVER_BODY),
            ("whole page", [0, 0, 595, 842]),
            ("invisible", [0, 0, 0, 0]),
        ):
            yield f"{name} {place}", _signed_again(workshop.sealed(), party, rectangle)
    for place, rectangle in (("over the text", OVER_BODY), ("whole page", [0, 0, 595, 842])):
        first = _signed_again(workshop.led(), insider, rectangle)
        yield f"between the signatures {place}", workshop.seal(first)
    unsigned = revise(workshop.sealed(), _visible_field(OVER_BODY))
    yield "empty field over the text", unsigned
    yield "empty field over the number", revise(workshop.sealed(), _visible_field([60, 730, 240, 760], b"99"))


def _signed_again(pdf, party, rectangle):
    with_field = revise(pdf, _visible_field(rectangle, b"99") if any(rectangle) else _new_field)
    return workshop.sign_in(with_field, "Signature9", party, authority.MOMENT + 2 * workshop.SEALED_AFTER)


def _certified(level):
    """A draft whose author certified it, as a dishonest sender's program may."""

    def change(document):
        for item in document.Root.AcroForm.Fields:
            if "/Lock" in item:
                item.Lock.P = level

    return workshop.redrafted(change)


@attack("evil annotations", TOUCHED)
def evil_annotations():
    """EAA: what P=3 lets pass is not let pass here."""
    led = workshop.lead(_certified(3))
    sealed = workshop.seal(led)
    from_forms = (("FreeText", OVER_BODY), ("Stamp", OVER_BODY), ("FreeText", [60, 730, 240, 760]))
    for place, (kind, rectangle) in enumerate(from_forms):
        change = _annotation(kind, rectangle)
        number = rectangle[1] > 700  # where other programs write it: a person looks
        shape = {"integrity": TOUCHED | INTACT, "verdicts": set(EITHER)} if number else {}
        yield f"{kind} {place} after the seal", revise(sealed, change), shape
        yield f"{kind} {place} between", workshop.seal(revise(led, change)), shape


def _annotation(kind, rectangle):
    def change(document):
        page, drawn = document.pages[0].obj, drawing(document, rectangle)
        item = document.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=rectangle, F=4, AP=Dictionary(N=drawn))
        )
        page.Annots.append(item)
        return [item, drawn, page, *([page.Annots] if page.Annots.is_indirect else [])]

    return change


def _signature_key(which, key, value):
    """An entry of a signature dictionary written over in place, in the same number of bytes."""
    pdf = workshop.sealed()
    found = list(re.finditer(key, pdf))[which]
    return (
        pdf[: found.start()]
        + value.ljust(found.end() - found.start())[: found.end() - found.start()]
        + pdf[found.end() :]
    )


@attack("signature dictionary edited", DAMAGED | UNSIGNED | CHANGED)
def dictionary_edited():
    for which, who in ((-1, "seal"), (0, "leader")):
        yield f"{who}: sub-filter", _signature_key(which, rb"/ETSI.CAdES.detached", b"/adbe.pkcs7.sha1")
        yield f"{who}: filter", _signature_key(which, rb"/Adobe.PPKLite", b"/None")
        yield f"{who}: type", _signature_key(which, rb"/Type /Sig\b", b"/Type /Foo")
        yield f"{who}: moment", _signature_key(which, rb"D:2026", b"D:2016")
