"""The wrong people: certificates of another kind or agency, roots that only look like ours, dates, revocation, order."""

import functools
from datetime import timedelta

from asn1crypto import core, x509
from pikepdf import Array, Dictionary, Name, String

from signing.records import Expectation, Trust
from tests.signing import authority, workshop
from tests.signing.authority import AGENCY, LEADER, MOMENT, YEAR, issue, key
from tests.signing.hostile import INTACT, attack
from tests.signing.hostile.fields import _resealed

NOT_YET = ("unchecked", "look", "invalid")
EITHER = ("invalid", "look")


@functools.cache
def party(name, secret="p256", **shape):
    """A certificate of the usual authority."""
    return authority.usual().issue(name, secret=key(secret, name), **dict(shape))


@attack("wrong kind of certificate", INTACT, EITHER)
def kinds():
    cast = authority.usual()
    second = party("Nguyễn Văn Hai", title="Chuyên viên")
    yield "two people", workshop.both_by(cast.leader, second)
    yield "two seals", workshop.both_by(party("Sở Kiểm thử Hai", organisation="Sở Kiểm thử Hai"), cast.seal)
    yield "seal signs as leader", workshop.both_by(cast.seal, cast.seal)
    yield "leader signs as seal", workshop.both_by(cast.leader, cast.leader)
    for name, shape in (
        ("web server", {"purposes": ("server_auth",)}), ("program signing", {"purposes": ("code_signing",)}),
        ("time stamps", {"purposes": ("time_stamping",)}), ("answers about revocation", {"purposes": ("ocsp_signing",)}),
    ):  # fmt: skip
        yield f"seal for {name}", workshop.both_by(cast.leader, party(AGENCY, "p256", **shape))


def _by(seal):
    return workshop.dishonest(workshop.unsealed(), seal, workshop.plain)


@attack("certificates that may not sign", INTACT, EITHER)
def usages():
    cast = authority.usual()
    for name, shape in (
        ("encryption only", {"usage": ("key_encipherment",)}), ("agreement only", {"usage": ("key_agreement",)}),
        ("authority", {"ca": True}), ("lists only", {"usage": ("crl_sign",)}),
    ):  # fmt: skip
        yield name, _by(party(AGENCY, "p256", **shape))
    yield "issuing authority itself", _by(cast.issuer)
    yield "root itself", _by(cast.root)
    critical = [("1.2.3.4.5", True, core.ParsableOctetString(b"\x05\x00"))]
    yield "unknown critical extension", _by(cast.issue(AGENCY, secret=key("p256", "x"), more=critical))


@attack("another agency", INTACT, EITHER)
def agencies():
    cast = authority.usual()
    for name in ("UBND xã Khác", "Sở Y tế", "Sở Kiểm thử tỉnh Khác", "SỞ KIỂM THƯ", "Sở  Kiem thu 2"):
        yield f"seal of {name}", workshop.both_by(cast.leader, party(name, organisation=name))
    pdf, day = workshop.sealed(), workshop.DAY
    yield (
        "sent by another",
        pdf,
        {"expect": Expectation(day, ("UBND xã Khác",), workshop.NUMBER, issued=True)},
    )
    yield "another number in the packet", pdf, {"expect": Expectation(day, (AGENCY,), 6, issued=True)}
    yield (
        "another day in the packet",
        pdf,
        {"expect": Expectation(day - timedelta(days=1), (AGENCY,), 5, issued=True)},
    )
    two = party(LEADER, organisation="UBND xã Khác", title="Chủ tịch")
    yield (
        "both of another",
        workshop.both_by(two, party("UBND xã Khác", organisation="UBND xã Khác")),
    )


@functools.cache
def lookalike():
    """An authority whose names are ours and whose keys are not."""
    ours = authority.usual()
    root = issue("x", ca=True, secret=key("rsa2048", "fake root"), subject=ours.root.certificate.subject)
    issuer = issue(
        "x", root, ca=True, secret=key("rsa2048", "fake issuer"), subject=ours.issuer.certificate.subject
    )
    return root, issuer


@attack("roots that only look like ours", INTACT, EITHER)
def roots():
    ours = authority.usual()
    root, issuer = lookalike()
    fake = issue(AGENCY, issuer, secret=key("p256", "fake seal"), **ours.points)
    yield "same names, other keys", _by(fake)
    yield "root sent along", _with_certificates(fake, [issuer.der, root.der])
    yield "our root sent along", _with_certificates(fake, [issuer.der, ours.root.der, ours.issuer.der])
    yield "self-signed seal", _by(issue(AGENCY, secret=key("p256", "self")))
    yield (
        "self-signed of the issuer's name",
        _by(issue("x", secret=key("p256", "s2"), subject=ours.issuer.certificate.subject)),
    )
    below = issue(AGENCY, ours.leader, secret=key("p256", "below"))
    yield "issued by a person", _with_certificates(below, [ours.leader.der])
    deep = issue("CA thứ ba", ours.issuer, ca=True, secret=key("p256", "third"))
    yield (
        "one authority too deep",
        _with_certificates(issue(AGENCY, deep, secret=key("p256", "deep")), [deep.der]),
    )
    no_signer = ours.issue(
        "CA không được ký", ca=True, secret=key("p256", "ns"), usage=("digital_signature",)
    )
    yield (
        "authority that may not issue",
        _with_certificates(issue(AGENCY, no_signer, secret=key("p256", "b2")), [no_signer.der]),
    )
    ended = issue(
        "CA hết hạn",
        ours.root,
        ca=True,
        secret=key("p256", "ended"),
        start=MOMENT - 4 * YEAR,
        end=MOMENT - YEAR,
    )
    yield "authority expired", _with_certificates(issue(AGENCY, ended, secret=key("p256", "b3")), [ended.der])
    yield "name not permitted", _with_certificates(*_constrained())
    forged = _forged_by_name(ours)
    yield "issuer's name, signature of another", _with_certificates(forged, [ours.issuer.der])
    none = Trust()
    yield "nobody trusted", workshop.sealed(), {"trust": none}
    yield "another root trusted", workshop.sealed(), {"trust": Trust(roots=(root.der,), crls=ours.lists())}
    yield (
        "issuer not sent and not known",
        workshop.sealed(),
        {
            "trust": Trust(roots=(root.der,), intermediates=(), crls=ours.lists()),
        },
    )


def _with_certificates(seal, others):
    def write(data, digest, signer):
        info = workshop.signer_info(signer, workshop.attributes(digest, signer), data)
        return workshop.container([info], [signer.der, *others])

    return workshop.dishonest(workshop.unsealed(), seal, write)


def _constrained():
    """An authority for one province issues for another."""
    ours = authority.usual()
    allowed = x509.Name.build({"country_name": "VN", "organization_name": "Tỉnh Khác"})
    tree = {"permitted_subtrees": [{"base": x509.GeneralName("directory_name", allowed)}]}
    narrow = issue(
        "CA tỉnh Khác", ours.root, ca=True, secret=key("p256", "nc"), more=[("name_constraints", True, tree)]
    )
    return issue(AGENCY, narrow, secret=key("p256", "nc seal")), [narrow.der]


def _forged_by_name(ours):
    stranger = authority.Party(ours.issuer.certificate, key("rsa2048", "stranger"), ours.root)
    return issue(AGENCY, stranger, secret=key("p256", "forged"))


@attack("certificates out of their time", INTACT, EITHER)
def dates():
    for name, start, end in (
        ("expired a day before", MOMENT - 2 * YEAR, MOMENT - timedelta(days=1)),
        ("expired a minute before", MOMENT - 2 * YEAR, MOMENT - timedelta(minutes=1)),
        ("valid from tomorrow", MOMENT + timedelta(days=1), MOMENT + YEAR), ("valid from next year", MOMENT + YEAR, MOMENT + 2 * YEAR),
        ("ends before it begins", MOMENT + YEAR, MOMENT - YEAR),
    ):  # fmt: skip
        yield name, _by(party(AGENCY, "p256", start=start, end=end))
    old = party(LEADER, "p256", start=MOMENT - 3 * YEAR, end=MOMENT - YEAR)
    yield "leader expired", workshop.both_by(old, authority.usual().seal)


@attack("revoked", INTACT, NOT_YET)
def revoked():
    cast, pdf = authority.usual(), workshop.sealed()

    def trust(*lists, **more):
        return {"trust": Trust((cast.root.der,), (cast.issuer.der,), crls=lists, **more)}

    before, good = MOMENT - timedelta(days=20), cast.lists()
    for name, who in (("leader", cast.leader), ("seal", cast.seal)):
        yield (
            f"{name} before signing",
            pdf,
            trust(*cast.lists([(who.serial, before)])) | {"verdicts": {"invalid"}},
        )
        yield (
            f"{name} an hour before",
            pdf,
            trust(*cast.lists([(who.serial, MOMENT - timedelta(hours=1))])) | {"verdicts": {"invalid"}},
        )
        yield (
            f"{name} afterwards, no time stamp",
            pdf,
            trust(*cast.lists([(who.serial, MOMENT + timedelta(minutes=50))])) | {"verdicts": set(EITHER)},
        )
    of_root = authority.revocation_list(
        cast.root,
        [(cast.issuer.serial, before)],
        made=MOMENT + timedelta(hours=1),
        until=MOMENT + timedelta(days=9),
    )
    yield "issuing authority", pdf, trust(of_root, good[1]) | {"verdicts": set(NOT_YET)}
    yield "no list at all", pdf, trust()
    yield "list of the root only", pdf, trust(good[0])
    stranger = authority.revocation_list(
        cast.issuer, made=MOMENT + timedelta(hours=1), secret=key("rsa2048", "stranger")
    )
    yield "list signed by a stranger", pdf, trust(good[0], stranger)
    _, issuer = lookalike()
    yield (
        "list of a lookalike",
        pdf,
        trust(good[0], authority.revocation_list(issuer, made=MOMENT + timedelta(hours=1))),
    )
    late = authority.revocation_list(cast.issuer, made=MOMENT - 2 * YEAR, until=MOMENT - YEAR)
    yield "list of two years ago", pdf, trust(good[0], late)
    for status in ("unknown", "revoked"):
        told = [
            authority.answer(who, cast.responder, status, revoked_at=before)
            for who in (cast.leader, cast.seal)
        ]
        yield f"answer says {status}", pdf, trust(good[0], ocsps=tuple(told))
    alone = tuple(
        authority.answer(who, issue("OCSP lạ", purposes=("ocsp_signing",)))
        for who in (cast.leader, cast.seal)
    )
    yield "answers by a stranger", pdf, trust(good[0], ocsps=alone)
    other = tuple(
        authority.answer(who, cast.responder, serial=who.serial + 7) for who in (cast.leader, cast.seal)
    )
    yield "answers about others", pdf, trust(good[0], ocsps=other)
    yield "rubbish for lists", pdf, trust(b"", b"\x30\x80", b"0" * 500, good[0])
    yield (
        "answers by the leader himself",
        pdf,
        trust(good[0], ocsps=tuple(authority.answer(w, cast.leader) for w in (cast.leader, cast.seal))),
    )


@attack("order and number of signatures", INTACT, EITHER)
def order():
    """Điều 12.1: the leader, then the number, then the seal."""
    cast = authority.usual()
    yield "leader only", workshop.led(), {"verdicts": {"invalid"}}
    yield "seal only", _resealed(workshop.draft())
    first = _resealed(workshop.redrafted(_open_seal))
    yield "seal, then leader", workshop.sign_in(first, "ChuKyLanhDao", cast.leader)
    yield "leader twice", workshop.sign_in(workshop.led(), "DauCoQuan", cast.leader)
    yield "annex as the document", workshop.annex()
    three = workshop.sign_in(_resealed_open(), "ThuBa", cast.leader_ec)
    yield "a leader behind the seal", three
    early = workshop.lead(workshop.draft(), at=MOMENT + 2 * workshop.SEALED_AFTER)
    yield "seal's clock a day before the leader's", workshop.seal(early, at=MOMENT - timedelta(days=1))


def _lock(name):
    return Dictionary(Type=Name.SigFieldLock, Action=Name.Include, Fields=Array([String(name)]), P=2)


def _open_seal(document):
    for item in document.Root.AcroForm.Fields:
        if str(item.T) == "DauCoQuan":
            item.Lock = _lock("DauCoQuan")


def _resealed_open():
    draft = workshop.redrafted(_third_field)
    return workshop.seal(workshop.lead(draft))


def _third_field(document):
    _open_seal(document)
    seal = next(item for item in document.Root.AcroForm.Fields if str(item.T) == "DauCoQuan")
    third = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String("ThuBa"),
            Rect=seal.Rect,
            F=4,
            P=seal.P,
            Lock=_lock("ThuBa"),
        )
    )
    document.Root.AcroForm.Fields.append(third)
    document.pages[0].obj.Annots.append(third)
    leader = next(item for item in document.Root.AcroForm.Fields if str(item.T) == "ChuKyLanhDao")
    leader.Lock.Fields.append(third.T)


@attack("signing day is not the day of issue", INTACT, EITHER)
def days():
    """Điều 12.2."""
    day = timedelta(days=1)
    for name, leader_at, seal_at in (
        ("leader the day before", MOMENT - day, MOMENT), ("leader a month before", MOMENT - 30 * day, MOMENT),
        ("seal the day after", MOMENT, MOMENT + day), ("both the day before", MOMENT - day, MOMENT - day),
        ("across midnight", MOMENT + timedelta(hours=7), MOMENT + timedelta(hours=8)),
    ):  # fmt: skip
        led = workshop.lead(workshop.draft(), at=leader_at)
        yield name, workshop.seal(led, at=seal_at), {"moment": MOMENT + 3 * day}
    yield (
        "clock in the future",
        workshop.seal(workshop.lead(workshop.draft(), at=MOMENT + 3 * day), at=MOMENT + 3 * day),
    )
