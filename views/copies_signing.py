"""What the agency's key signs on a copy (ND30 Điều 25, 32.2.d; Quy chế 12.5): the line of box 14 on the scan, checked by us."""

from functools import partial

from models import (
    checks_evidence,
    clock,
    copies,
    db,
    documents,
    errors,
    files,
    signatures,
    signing_outcomes,
    signing_sessions,
    workflow,
)
from signing import copies as certified
from signing.records import Expectation
from views import signatures_acts as acts


def items(doc, actor, key) -> list[signing_sessions.Item]:
    """The scan with its line and the place of the signature; `key` None: the scan whole, for a program that draws the line."""
    workflow.require(doc, actor, "seal_copy")
    base, shown = copies.scan_of(doc).file, documents.main_file(doc)
    if shown is None or shown.sha256 != base.sha256:
        raise errors.Conflict(signing_sessions.CHANGED)
    item = partial(
        signing_sessions.Item, name=base.name, document=doc, base_sha256=base.sha256, pages=doc.page_amount
    )
    if key is None:
        return [item(work=files.store(base.read()))]
    form = copies.of(doc).form_name
    pending = certified.begin_copy_seal(base.read(), form, actor.agency.name, key.der, key.chain, clock.now())
    return [
        item(work=files.store(pending.work), digest=pending.digest, mechanism=pending.mechanism, hash=pending.hash,
             half=pending.state)
    ]  # fmt: skip


def expectation(doc, actor, item) -> Expectation:
    """A copy bears the seal of the agency that made it, and nothing else; a file another program drew the line on must show it."""
    drawn_here = bool(item.digest)
    return Expectation(
        organisations=(actor.agency.name,),
        parents=(actor.agency.parent_name,),
        copy=drawn_here,
        issued=not drawn_here,
    )


def land(doc, actor, session, made, certificate, facts) -> None:
    """The copy is sealed and our own check says valid: it goes on, in one transaction."""
    report, item = made[0].report, made[0].item
    plain = checks_evidence.harmless(report.to_dict())
    evidence = acts.evidence_of(doc, plain, made, expectation(doc, actor, item))
    with db.write():
        signing_outcomes.require_fresh(session, item, copies.scan_of(doc).file.sha256)
        acts.settle(session, made, actor, certificate, facts["machine"])
        copies.seal(doc, actor, made[0].stored, report.verdict, _note(doc, item, report), facts)
        signatures.checked(doc, plain, evidence)


def _note(doc, item, report) -> str:
    if item.digest or report.verdict == "valid":
        return report.sentence
    form = copies.of(doc).form_name
    return (
        f"{report.sentence} Trang 1 phải có dòng «{form}; tên cơ quan; ngày; giờ» ở góc trên bên phải (ND30 Phụ lục I "
        "Phần II); phần mềm ký Văn Thư tự ghi dòng này."
    )


def place(doc) -> str:
    """Where the clerk goes on: the desk for a digitised paper, else the page of the copy."""
    return f"/issuing?doc={doc.id}" if doc.flow == "outgoing" else f"/copies/{doc.id}"


acts.declare(acts.Act(
    "copy", "Ký số bản sao", "seal", items, expectation, land, place, paper=lambda item: "copy", verbs=("seal_copy",),
))  # fmt: skip
