"""Bản sao (ND30 Điều 25–27, PL I Phần II; Quy chế 12.5): sao y, sao lục, trích sao, and papers that go out digitised.

A copy is a document of the flow "copies": draft → awaiting_seal → sealed → issued where it becomes electronic,
draft → awaiting_number → numbered → issued where it becomes paper. A document issued on paper stays an outgoing one: it has
its number of the outgoing book, and its scan goes out as a sao y (copies_paper.py). The head decides on each copy and on who
signs them (27.1); the agency's key signs only copies the agency makes itself (32.2.d).
"""

from datetime import date

from models import (
    clock,
    copies_requests,
    copies_rules,
    copies_signers,
    db,
    documents,
    drafts,
    errors,
    exchange,
    files,
    journal,
    lookups,
    paper,
    permissions,
    registers,
    text,
    users,
    workflow,
)
from models import outgoing_guards as guards
from models.copies_rows import Copy, of
from models.workflow import Step

CLERK, DECIDERS = (lookups.CLERK,), drafts.WRITERS


TABLES = (*copies_signers.TABLES, Copy)


# ---- the steps -------------------------------------------------------------------------------------------------

STEPS = (
    # verb, from, to, who, button, state label, law
    Step("decide", {"draft"}, "awaiting_seal", DECIDERS, "Đồng ý sao", "Chờ ký số bản sao", "ND30 Điều 27.1"),
    Step("decide_paper", {"draft"}, "awaiting_number", DECIDERS, "Đồng ý sao", "Chờ cấp số bản sao", "ND30 Điều 27.1"),
    Step("decline", {"draft"}, "declined", DECIDERS, "Không đồng ý", "Không cho sao", "ND30 Điều 27.1"),
    Step("discard", {"draft", "awaiting_seal", "awaiting_number"}, "discarded", DECIDERS, "Bỏ", "Đã bỏ", "ND30 Điều 27"),
    Step("seal_copy", {"awaiting_seal"}, "sealed", CLERK, "Ký số bản sao", "Đã ký số, chờ gửi",
         "ND30 Điều 25, 32.2; Quy chế 6.1.b"),
    Step("number_copy", {"awaiting_number"}, "numbered", CLERK, "Cấp số bản sao", "Đã có số, chờ ký và đóng dấu",
         "ND30 PL I Phần II.II"),
    Step("release", {"sealed"}, "issued", CLERK, "Phát hành bản sao", "Đã phát hành", "Quy chế 12.1.e, 13.2"),
    Step("hand_over", {"numbered"}, "issued", CLERK, "Đã ký, đóng dấu và giao", "Đã phát hành", "ND30 Điều 25.4"),
    Step("recall", {"draft", "awaiting_seal", "awaiting_number", "sealed", "numbered", "issued"}, "recalled", (), "",
         "Đã thu hồi", "Quy chế 12.6; ND30 Điều 18.4"),
)  # fmt: skip


def may_decide(doc, actor) -> str | None:
    """27.1: a leader decides, or who was given the signing of copies."""
    if actor.has(lookups.LEADER) or copies_signers.given(actor.post):
        return None
    names = (
        ", ".join(post.label for post in copies_signers.deciders(doc.agency_id)) or "người đứng đầu cơ quan"
    )
    return f"Việc sao văn bản do {names} quyết định (ND30 Điều 27.1)."


def _may_decide_for(medium):
    def guard(doc, actor):
        if of(doc).medium != medium:
            return f"Bản sao này là {copies_rules.MEDIA[of(doc).medium]}."
        return may_decide(doc, actor)

    return guard


def _may_discard(doc, actor) -> str | None:
    made_by = of(doc).made_by_id
    return (
        None
        if made_by == actor.post.id or actor.has(*CLERK)
        else "Chỉ người đề nghị sao hoặc văn thư bỏ được."
    )


def _may_release(doc, actor) -> str | None:
    if not guards.is_certified(doc):
        return "Bản sao chưa có chữ ký số hợp lệ của cơ quan nên không được phát hành (Quy chế Điều 13.2)."
    return guards.no_code(doc)


workflow.declare(
    "copies", STEPS,
    guards={"decide": _may_decide_for(copies_rules.ELECTRONIC), "decide_paper": _may_decide_for(copies_rules.PAPER), "decline": may_decide,
            "discard": _may_discard, "seal_copy": guards.may_seal_copy, "release": _may_release},
    start_labels={"draft": "Chờ quyết định sao"},
)  # fmt: skip


# ---- verbs -----------------------------------------------------------------------------------------------------


def propose(
    actor, fields: dict, scan: copies_rules.Scan | None = None, source=None, recipients=(), names=()
) -> documents.Document:
    """Đề nghị sao (25, 27): a copy to be decided on; where the proposer decides himself, it is decided at once.

    `fields`: form, medium, purpose, part, copied_from, amount, to_places and, without a `source` in the system, organ_name,
    code_number, code_notation, issued_date, type_code, subject. `source` must be visible to the actor. Raises Invalid
    with the decree's sentence for a way it does not know.
    """
    permissions.require(actor, *DECIDERS)
    medium = copies_rules.medium_of(source)
    wrong = copies_requests.wrong(fields, medium, source, scan)
    if wrong:
        raise errors.Invalid(wrong)
    described = copies_requests.described(fields, source)
    with db.write():
        doc = workflow.begin("copies", "draft", actor, copies_rules.FORMS[fields["form"]].name, agency=actor.agency, source="paper" if fields["medium"] == copies_rules.PAPER else "copy",
                             created_at=clock.now(), place=actor.agency.place, drafter=actor.post)  # fmt: skip
        made = Copy.create(
            document=doc, form=fields["form"], source_medium=medium, medium=fields["medium"], source=source,
            copied_from=fields.get("copied_from", ""), part=fields.get("part", ""), purpose=fields["purpose"],
            amount=fields.get("amount") or 1, made_by=actor.post, made_at=clock.now(),
        )  # fmt: skip
        documents.describe(doc, **described)
        permissions.grant(doc, "Người đề nghị sao", post=actor.post)
        drafts.address(doc, recipients, names)
        doc.set(to_places=_lines(fields.get("to_places", "")) or doc.to_places)
        keep_scan(doc, actor, scan or copies_requests.own_scan(source))
        if may_decide(doc, actor) is None:
            _decide(doc, made, actor)
        else:
            documents.hand_to(doc, next(iter(copies_signers.deciders(actor.agency_id)), None))
    return doc


def decide(doc, actor, note: str = "") -> None:
    """Đồng ý sao (27.1); a paper copy bears this person's name. Raises Refused, NotAllowed, Conflict."""
    with db.write():
        _decide(doc, of(doc), actor, text.clean(note))


def decline(doc, actor, reason: str) -> None:
    """Không đồng ý sao, with the reason the proposer reads. Raises Invalid, Refused, NotAllowed."""
    reason = text.clean(reason)
    if len(reason) < 5:
        raise errors.Invalid({"reason": "Hãy ghi rõ lý do; người đề nghị đọc nguyên văn."})
    with db.write():
        workflow.step(doc, "decline", actor, reason)
        documents.hand_to(doc, of(doc).made_by)  # who reads the reason


def discard(doc, actor) -> None:
    """Bỏ đề nghị sao before anything was sealed or numbered."""
    with db.write():
        workflow.step(doc, "discard", actor)
        documents.hand_to(doc, None)


def seal(doc, actor, sealed: files.Stored, verdict: str, note: str = "", facts: dict | None = None) -> None:
    """Đã ký số bản sao (25.1.c, Quy chế 12.5): our own check says valid. For copies and for digitised papers.

    Raises Refused when the check is not valid: nothing is sent, the seal is done again.
    """
    if verdict != "valid":
        raise errors.Refused(
            f"Đã ký số thử bản sao nhưng kiểm tra lại chưa hợp lệ: {note or 'không rõ nguyên nhân'}. Chưa có gì được gửi; "
            "hãy ký lại."
        )
    with db.write():
        workflow.step(doc, "seal_copy", actor, text.clean(note), facts)
        made = of(doc)
        row = files.record(
            sealed, f"{_file_name(doc)}-{text.fold(made.form_name).replace(' ', '-')}.pdf", "application/pdf"
        )
        documents.add_version(doc, row, "sealed", actor, made.form_name)
        made.set(sealed_at=clock.now(), made_on=clock.today())
        doc.set(verdict="valid", verdict_note="")
        documents.hand_to(doc, actor.post)


def number(doc, actor) -> str:
    """Cấp số bản sao giấy (PL I Phần II.II.1.c): the next of the one sequence of all copies, from 01 each year."""
    with db.write():
        workflow.step(doc, "number_copy", actor)
        made, day = of(doc), clock.today()
        taken = registers.take(registers.of(doc.agency_id, "copies"), day, doc)
        made.set(number=taken, made_on=day)
        documents.hand_to(doc, actor.post)
        journal.record(
            "take_number", actor, doc, doc.state, doc.state, f"Số {made.number_text}", {"number": taken}
        )
    return made.number_text


def hand_over(doc, actor) -> None:
    """Bản sao giấy đã ký tay, đóng dấu và giao: recorded in the book."""
    with db.write():
        workflow.step(doc, "hand_over", actor)
        doc.set(issued_at=clock.now(), printed_copies=of(doc).amount)
        documents.hand_to(doc, None)


def release(doc, actor) -> list[exchange.Consignment]:
    """Phát hành bản sao điện tử; without recipients it is only kept for download. Call jobs.wake("deliver") after it."""
    with db.write():
        workflow.step(doc, "release", actor)
        paper.settle(doc)
        doc.set(issued_at=clock.now(), issued_amount=max(len(list(doc.recipients)), 1))
        sent = exchange.dispatch(doc, actor)
        documents.hand_to(doc, None)
    return sent


# ---- queries -----------------------------------------------------------------------------------------


def scan_of(doc) -> documents.Version | None:
    """The newest base of a copy or a digitised paper."""
    rows = [row for row in documents.versions(doc) if row.kind == "scan"]
    return rows[-1] if rows else None


def require_own(doc, actor) -> None:
    """Raises NotAllowed unless this person proposed the copy or is a clerk."""
    if not actor.has(*CLERK) and of(doc).made_by_id != actor.post.id:
        raise errors.NotAllowed("Chỉ người đề nghị sao hoặc văn thư thay được bản quét.")


def replace_scan(doc, actor, scan: copies_rules.Scan) -> None:
    """Thay bản quét of a copy that is not sealed yet; the earlier one stays as a version. Raises Refused, NotAllowed."""
    require_own(doc, actor)
    with db.write():
        if documents.Document.get_by_id(doc.id).state not in ("draft", "awaiting_seal"):
            raise errors.Refused(f"Bản sao đang «{workflow.label(doc)}» nên không thay bản quét được nữa.")
        keep_scan(doc, actor, scan)
        journal.record("new_version", actor, doc, doc.state, doc.state, scan.name)


def waiting(actor) -> list[documents.Document]:
    """Copies under way that this person may see, the newest act first."""
    model = documents.Document
    rows = permissions.visible(actor, "copies").where(
        model.state.in_(("draft", "awaiting_seal", "awaiting_number", "sealed", "numbered"))
    )
    return list(rows.order_by(model.held_since.desc()).limit(200))


def of_source(actor, source) -> list[Copy]:
    """The copies made of a document, that this person may see."""
    mine = permissions.visible(actor, "copies").select(documents.Document.id)
    return list(Copy.select().where(Copy.source == source, Copy.document.in_(mine)).order_by(Copy.id))


def book(actor, year: int) -> list[Copy]:
    """Sổ đăng ký bản sao of a year in order of time: every copy numbered or sealed, digitised papers too."""
    seen = permissions.visible(actor).select(documents.Document.id)
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = Copy.select().where(Copy.document.in_(seen), Copy.made_on.between(first, last))
    return list(rows.order_by(Copy.made_on, Copy.id))


# ---- inside ----------------------------------------------------------------------------------------------------


def keep_scan(doc, actor, scan: copies_rules.Scan) -> None:
    """The file a copy is made of becomes a version, with what it lacks of the standard; inside a write()."""
    row = files.record(scan.stored, scan.name, "application/pdf")
    documents.add_version(doc, row, "scan", actor, " ".join(scan.warnings))
    doc.set(page_amount=scan.pages)


def _decide(doc, made, actor, note="") -> None:
    verb = "decide" if made.medium == copies_rules.ELECTRONIC else "decide_paper"
    workflow.step(doc, verb, actor, note)
    mandate = copies_signers.given(actor.post)
    made.set(signer=actor.post, decided_at=clock.now(), capacity=mandate.capacity if mandate else "")
    permissions.grant(doc, "Người quyết định sao", post=actor.post)
    clerks = users.holders(doc.agency_id, lookups.CLERK)
    documents.hand_to(doc, clerks[0] if clerks else None)


def _file_name(doc) -> str:
    return (doc.number_text.replace("/", "-") or "van-ban").strip("…-") or "van-ban"


def _lines(typed) -> str:
    return "\n".join(line for line in map(text.clean, typed.splitlines()) if line)
