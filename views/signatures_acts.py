"""What each purpose signs: the file made ready, and what follows once the signed file has been verified.

`ACTS` is the list of purposes; another area adds its own with `declare` (certified copies). The rules are in models/; here
files go through `signing/` on their way between the rows.
"""

import base64
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import signing
from jobs import checking, comparing, papers, revocation
from models import (
    checks_evidence,
    clock,
    config,
    db,
    documents,
    errors,
    files,
    issuing,
    outgoing,
    registers,
    signatures,
    signing_outcomes,
    signing_sessions,
    tokens,
    workflow,
)
from signing import archive, begin, verdict
from signing.records import WHOLE, Expectation, Report

ONE_MORE = (
    "Tệp đã ký phải có đúng một chữ ký số mới so với tệp đã giao ký. Văn bản chưa bị thay đổi; "
    "hãy ký đúng tệp hệ thống giao, một lần."
)
NOT_KEPT = "Chưa ghi được dữ liệu lưu trữ lâu dài vào tệp; chữ ký vẫn có giá trị."
ACCEPTED = ("valid", "unchecked")  # of a leader's signature; at the seal all must be valid


@dataclass(frozen=True)
class Key:
    """The certificate that will sign, with the authorities' certificates the file should carry."""

    der: bytes
    chain: tuple = ()


@dataclass
class Made:
    """One signed file, verified: its content, the report and its proofs; `note`: what it lacks (a time stamp)."""

    item: signing_sessions.SigningItem
    content: bytes
    report: Report
    evidence: list = field(default_factory=list)
    note: str = ""

    @functools.cached_property
    def stored(self) -> files.Stored:
        """The content safely in the store."""
        return files.store(self.content)


@dataclass(frozen=True)
class Act:
    """One purpose of signing.

    `make(doc, actor, key)`: the files as sessions.Item, `key` None where another program signs the whole file.
    `expect(doc, actor, item)`: what the checker compares with. `land(doc, actor, session, made, facts)`: takes the
    document on, inside one write(). `paper`: the purpose of a file as a way of signing is told; `place`: the page after it.
    """

    purpose: str
    label: str
    certificates: str  # leader | seal: whose certificate signs
    make: Callable
    expect: Callable
    land: Callable
    place: Callable
    paper: Callable = lambda item: "annex" if item.attachment_id else "seal"
    signatures_before: Callable = lambda item: 0
    archived: bool = False  # gets long-term data after the signature
    verbs: tuple = ()  # steps of the workflow behind the button, the first of them offered shows it
    labels: dict = field(default_factory=dict)  # state of the document → words of the button


ACTS: dict[str, Act] = {}


def declare(act: Act) -> Act:
    """Add a purpose of signing."""
    ACTS[act.purpose] = act
    return act


# ---- made ready ------------------------------------------------------------------------------------------------


def leader_items(doc, actor, key: Key | None) -> list[signing_sessions.Item]:
    """The prepared draft for the leader's signature (12.1.b). Raises NotAllowed, Refused, SigningError."""
    workflow.require(doc, actor, "sign")
    base = outgoing.signable_file(doc)
    _require_shown(doc, base)
    if key is None:
        return [_whole(doc, base.name, base.sha256, base.read(), doc.page_amount)]
    pictured = tokens.picture(actor.agency_id, actor.id)
    image = pictured.file.read() if pictured else None
    pending = signing.begin_signature(base.read(), key.der, key.chain, clock.now(), image)
    return [_digest(doc, base.name, base.sha256, pending, doc.page_amount)]


def seal_items(doc, actor, key: Key | None) -> list[signing_sessions.Item]:
    """Number, day and the places of the seal, main file and annexes (12.1.c, 6.2.b).

    The number is taken when everything is known to fit: a trial with the coming number goes first.
    Raises NotAllowed, Refused, SigningError.
    """
    base = issuing.signed_file(doc)
    _require_shown(doc, base)
    annexes, content = [(row, _ready(row, key)) for row in issuing.annexes_to_seal(doc)], base.read()
    if doc.state == "signed":
        workflow.require(doc, actor, "number")
        coming = registers.coming(registers.of(doc.agency_id, "outgoing", doc.type_code))
        _seal_main(doc, actor, key, base, content, coming, clock.today())
        issuing.number(doc, actor)
    workflow.require(doc, actor, "seal")
    number = int(doc.code_number)
    items = [_seal_main(doc, actor, key, base, content, number, doc.issued_date)]
    return items + [_annex(doc, base, row, ready, number, key) for row, ready in annexes]


def _ready(row, key):
    """An annex that people uploaded, made ready in a limited child; None where another program takes the file as it is."""
    return papers.prepare_attachment(row.file.path()) if key else None


def _annex(doc, base, row, ready, number, key):
    """An annex in a file of its own (6.2.b)."""
    name = row.file.name
    if ready is None:
        return _whole(doc, name, base.sha256, row.file.read(), 0, row)
    pending = signing.begin_attachment_seal(
        ready.pdf, number, doc.code_notation, key.der, key.chain, clock.now()
    )
    return _digest(doc, name, base.sha256, pending, ready.page_amount, row)


def _seal_main(doc, actor, key, base, content, number, day):
    if key is None:
        filled = begin.fill_number(content, number, doc.code_notation, day)
        return _whole(doc, base.name, base.sha256, filled, doc.page_amount)
    pictured = tokens.picture(actor.agency_id)
    image = pictured.file.read() if pictured else None
    pending = signing.begin_seal(
        content, number, doc.code_notation, day, key.der, key.chain, clock.now(), image
    )
    return _digest(doc, base.name, base.sha256, pending, doc.page_amount)


def _require_shown(doc, base) -> None:
    """What is signed is what the page shows (V7)."""
    shown = documents.main_file(doc)
    if shown is None or shown.sha256 != base.sha256:
        raise errors.Conflict(signing_sessions.CHANGED)


def _digest(doc, name, base_sha256, pending, pages, attachment=None):
    return signing_sessions.Item(
        name=name, document=doc, base_sha256=base_sha256, work=files.store(pending.work), digest=pending.digest,
        mechanism=pending.mechanism, hash=pending.hash, half=pending.state, attachment=attachment, pages=pages,
    )  # fmt: skip


def _whole(doc, name, base_sha256, content, pages, attachment=None):
    return signing_sessions.Item(
        name=name,
        document=doc,
        base_sha256=base_sha256,
        work=files.store(content),
        attachment=attachment,
        pages=pages,
    )


# ---- verified --------------------------------------------------------------------------------------------------


def finish(session, item, raw: bytes, doc, actor) -> Made:
    """The key's answer put into our file, checked by our own checker. Raises SigningError, Refused."""
    done = signing.finish_signature(item.work.read(), json.loads(item.half), raw, config.current().tsa_url)
    act = ACTS[session.purpose]
    return _checked(act, item, done.pdf, act.expect(doc, actor, item), done.note)


def take(session, item, content: bytes, doc, actor) -> tuple[Made, tokens.Certificate]:
    """A signed file that somebody brought: checked in a child, and ours but for one new signature of this person.

    Raises Refused with what is wrong; then nothing of it counts.
    """
    act = ACTS[session.purpose]
    comparing.require_same_pages(item.work.read(), content)
    made = _checked(act, item, content, act.expect(doc, actor, item))
    found = [one for one in made.report.signatures if one.kind != "stamp"]
    if len(found) != act.signatures_before(item) + 1:
        raise errors.Refused(ONE_MORE)
    if made.report.integrity not in WHOLE:
        raise errors.Refused(
            f"Tệp đã ký không còn nguyên vẹn: {made.report.sentence} Văn bản chưa bị thay đổi."
        )
    sha256 = found[-1].certificate_sha256
    return made, signing_sessions.certificate_for(actor, act.certificates, sha256)


def _checked(act, item, content: bytes, expect, note: str = "") -> Made:
    """The file with its report; a sealed one with long-term data where a time stamp can be had, checked once more."""
    found = examine(content, expect)
    made = Made(item, content, found.report, list(found.evidence), note)
    if not act.archived or found.report.verdict != "valid":
        return made
    longer = archive.extend(
        content, revocation.here().trust, found.evidence, config.current().tsa_url, clock.now()
    )
    made.note = longer.note or note
    if longer.timestamped:
        again = examine(longer.pdf, expect)
        if again.report.verdict == "valid":
            return Made(item, longer.pdf, again.report, [*found.evidence, *again.evidence], made.note)
        made.note = NOT_KEPT
    return made


def kept(made: Made, certificate: str) -> str:
    """The report and proofs of a file that waits for its document's other files, as text."""
    proofs = [[kind, base64.b64encode(body).decode()] for kind, body in made.evidence]
    found = {
        "report": made.report.to_dict(),
        "evidence": proofs,
        "certificate": certificate,
        "note": made.note,
    }
    return json.dumps(found, ensure_ascii=False)


def kept_of(item) -> Made:
    """The same back again."""
    found = json.loads(item.half)
    evidence = [(kind, base64.b64decode(body)) for kind, body in found["evidence"]]
    return Made(item, item.signed.read(), Report.from_dict(found["report"]), evidence, found["note"])


def certificate_of(item) -> str:
    """SHA-256 of the certificate such a file was signed with."""
    return json.loads(item.half)["certificate"]


def examine(content: bytes, expect: Expectation | None):
    """The check of a file in a limited child, asking only the addresses that may be asked."""
    here = revocation.here()
    return checking.examine(
        content,
        here.trust,
        moment=clock.now(),
        expect=expect,
        answers=here.known,
        allowed=here.allowed,
        ask=here.ask,
    )


# ---- landed ----------------------------------------------------------------------------------------------------


def land(session, doc, actor, certificate, made: list[Made], machine: str = "") -> str:
    """All files of one document are signed and verified: it goes on, in one transaction. Raises Refused, Conflict.

    Returns what the signature lacks, "" for nothing.
    """
    facts = facts_of(session, certificate, made, machine)
    ACTS[session.purpose].land(doc, actor, session, made, certificate, facts)
    return facts["note"]


def facts_of(session, certificate, made: list[Made], machine: str) -> dict:
    """What the journal keeps of a use of a key."""
    return {
        "session": session.id, "certificate": certificate.sha256, "sha256": [one.stored.sha256 for one in made],
        "machine": machine, "way": session.provider, "out_of_hours": session.out_of_hours,
        "note": " ".join(dict.fromkeys(one.note for one in made if one.note)),
    }  # fmt: skip


def land_leader(doc, actor, session, made, certificate, facts) -> None:
    """The leader's signature is good: the document goes to the clerk by itself (12.1.b)."""
    report = made[0].report
    found = report.signatures[-1] if report.signatures else None
    if found is None or report.integrity not in WHOLE or found.verdict not in ACCEPTED:
        reasons = (found.reasons if found else report.reasons)[:1] or [report.sentence]
        raise errors.Refused(f"Đã ký thử nhưng kiểm tra lại chưa hợp lệ: {reasons[0]} Văn bản vẫn chờ ký.")
    with db.write():
        signing_outcomes.require_fresh(session, made[0].item, outgoing.signable_file(doc).sha256)
        settle(session, made, actor, certificate, facts["machine"])
        outgoing.sign(doc, actor, made[0].stored, datetime.fromisoformat(found.signed_at), facts=facts)


def land_seal(doc, actor, session, made, certificate, facts) -> None:
    """Number, day and seal are in the file and everything is valid (12.1.c)."""
    main = next(one for one in made if one.item.attachment_id is None)
    annexes = [one for one in made if one is not main]
    report = verdict.combine(main.report, [(one.item.name, one.report) for one in annexes])
    plain = checks_evidence.harmless(report.to_dict())
    evidence = evidence_of(doc, plain, made, seal_expectation(doc, actor, main.item))
    with db.write():
        signing_outcomes.require_fresh(session, main.item, issuing.signed_file(doc).sha256)
        settle(session, made, actor, certificate, facts["machine"])
        sealed = {one.item.attachment_id: one.stored for one in annexes}
        issuing.seal(doc, actor, main.stored, sealed, report.verdict, report.sentence, facts)
        signatures.checked(doc, plain, evidence)


def evidence_of(doc, report: dict, made: list[Made], expect: Expectation) -> files.Stored:
    """What the check of these files rests on and compared, in one file that can be checked again; before the write()."""
    proofs = [proof for one in made for proof in one.evidence]
    seen = [(one.item.name, one.stored.sha256, "annex" if one.item.attachment_id else "main") for one in made]
    return checks_evidence.pack(doc, report, proofs, vars(expect), checked_files=seen)


def settle(session, made: list[Made], actor, certificate, machine: str) -> None:
    """The files of one document are kept and the use of the key is recorded; inside the write() of its verb."""
    for one in made:
        if one.item.state != "signed":
            signing_outcomes.keep_signed(one.item, one.stored)
    signing_outcomes.settle(session, [one.item for one in made], actor, certificate, machine)


def seal_expectation(doc, actor, item) -> Expectation:
    """What a sealed file of this document must say."""
    return Expectation(
        doc.issued_date,
        (actor.agency.name, doc.organ_name),
        int(doc.code_number),
        item.attachment_id is not None,
        (doc.parent_organ_name,),
        issued=item.attachment_id is None,
    )


declare(Act(
    "leader", "Ký số", "leader", leader_items, lambda doc, actor, item: Expectation(leader_only=True), land_leader,
    lambda doc: f"/outgoing/{doc.id}", paper=lambda item: "leader", verbs=("sign",),
))  # fmt: skip
declare(Act(
    "seal", "Cấp số và đóng dấu", "seal", seal_items, seal_expectation, land_seal, lambda doc: f"/issuing?doc={doc.id}",
    signatures_before=lambda item: 0 if item.attachment_id else 1, archived=True, verbs=("number", "seal"), labels={"numbered": "Đóng dấu"},
))  # fmt: skip
