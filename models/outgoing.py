"""Văn bản đi (Quy chế 12; ND30 Điều 10–19): draft → content → form → signature → number → seal → release.

Two approvals before the signature, each with its own name (13.1): the head of the unit for the content, the form checker
for form and layout. Whoever holds the next role as well goes on at once, and each approval is still a line of its own.
The clerk's acts after the signature are in issuing.py.
"""

from models import (
    db,
    documents,
    drafts,
    errors,
    failpoints,
    files,
    journal,
    lookups,
    permissions,
    registers,
    text,
    users,
    workflow,
)
from models import outgoing_guards as guards
from models.workflow import Step

CLERK, SIGNERS = (lookups.CLERK,), (lookups.LEADER, lookups.UNIT_HEAD)
HEADS = (lookups.UNIT_HEAD, lookups.LEADER)
CHECKERS = (lookups.FORM_CHECKER, lookups.CLERK)
RETURNERS = (lookups.UNIT_HEAD, lookups.LEADER, lookups.FORM_CHECKER, lookups.CLERK)
IN_REVIEW = ("content_review", "form_review", "awaiting_signature")
SIGNED_HERE = ("signed", "numbered", "sealed")
AT_THE_CLERK = ("paper_issued", *SIGNED_HERE)  # issued on paper and still to go out digitised (12.5)
UNFINISHED = ("draft", *IN_REVIEW, *AT_THE_CLERK)
SIGNABLE = "Bản trình ký, có ô trống cho số và ngày"
SHORTEST_REASON = 5
PAGE = 50

STEPS = (
    # verb, from, to, who, button, state label, law
    Step("submit", {"draft"}, "content_review", drafts.WRITERS, "Trình", "Chờ duyệt nội dung", "Quy chế 12.1.a"),
    Step("approve", {"content_review"}, "form_review", HEADS, "Duyệt nội dung", "Chờ kiểm tra thể thức",
         "Quy chế 13.1; ND30 Điều 12.1"),
    Step("check_form", {"form_review"}, "awaiting_signature", CHECKERS, "Thể thức đạt, trình ký", "Chờ ký",
         "Quy chế 13.1; ND30 Điều 12.2"),
    Step("sign", {"awaiting_signature"}, "signed", SIGNERS, "Ký số", "Đã ký, chờ phát hành",
         "Quy chế 6.1.a, 12.1.b; ND30 Điều 13"),
    Step("number", {"signed"}, "numbered", CLERK, "Cấp số", "Đã cấp số, chờ đóng dấu", "Quy chế 12.1.c, 12.2"),
    Step("seal", {"numbered"}, "sealed", CLERK, "Đóng dấu", "Đã đóng dấu, chờ gửi", "Quy chế 6.1.b, 12.1.c"),
    Step("issue", {"sealed"}, "issued", CLERK, "Phát hành", "Đã phát hành", "Quy chế 12.1.e, 13.2"),
    Step("return", {*IN_REVIEW, *SIGNED_HERE}, "draft", RETURNERS, "Trả lại", "Dự thảo", "ND30 Điều 10.3"),
    Step("ask_again", {"signed", "numbered"}, "awaiting_signature", CLERK, "Trình ký lại", "Chờ ký", "Quy chế 12.2"),
    Step("pull_back", set(IN_REVIEW), "draft", drafts.WRITERS, "Lấy lại để sửa", "Dự thảo", "ND30 Điều 11.2"),
    Step("discard", {"draft"}, "discarded", drafts.WRITERS, "Bỏ dự thảo", "Đã bỏ", "ND30 Điều 10"),
    Step("seal_copy", {"paper_issued"}, "sealed", CLERK, "Ký số bản sao", "Đã đóng dấu, chờ gửi",
         "Quy chế 12.5; ND30 Điều 18.6, 25.1.c"),
    Step("rescan", {"sealed"}, "paper_issued", CLERK, "Thay bản quét", "Đã phát hành giấy, chờ ký số bản sao", "Quy chế 12.5"),
    Step("void_paper", {"paper_issued"}, "discarded", CLERK, "Hủy đăng ký", "Đã bỏ", "ND30 Điều 15"),
    Step("recall", {"issued"}, "recalled", (lookups.CLERK, lookups.LEADER), "", "Đã thu hồi", "Quy chế 12.6"),
)  # fmt: skip


GUARDS = {
    "submit": guards.may_submit, "approve": guards.may_approve, "check_form": guards.may_check_form,
    "sign": guards.may_sign, "number": guards.may_number, "seal": guards.may_seal, "issue": guards.may_issue,
    "return": guards.may_return, "pull_back": guards.may_draft, "discard": guards.may_draft,
    "seal_copy": guards.may_seal_copy, "rescan": guards.may_rescan,
}  # fmt: skip
workflow.declare("outgoing", STEPS, guards=GUARDS, start_labels={"draft": "Dự thảo"})


# ---- verbs -----------------------------------------------------------------------------------------------------


def submit(doc, actor, signable: files.Stored, note: str = ""):
    """Trình duyệt (12.1.a): the file to be signed is fixed, with its empty fields, and goes to the head of the unit.

    `signable` is the draft's PDF as signing.prepare_draft made it. Where the drafter is himself the head, or checks the
    form, those approvals are recorded with it. Raises Refused, NotAllowed, Conflict.
    """
    with db.write():
        workflow.step(doc, "submit", actor, text.clean(note))
        row = files.record(signable, drafts.draft_pdf(doc).name, "application/pdf")
        documents.add_version(doc, row, "draft", actor, SIGNABLE)
        _to_reviewers(doc)
        _go_on(doc, actor)


def approve(doc, actor, note: str = ""):
    """Duyệt nội dung (13.1; ND30 Điều 12.1). Raises Refused, NotAllowed, Conflict."""
    with db.write():
        _approve(doc, actor, note)
        _go_on(doc, actor)


def check_form(doc, actor, note: str = ""):
    """Kiểm tra thể thức, kỹ thuật trình bày; đạt thì trình ký (13.1; ND30 Điều 12.2)."""
    with db.write():
        _check_form(doc, actor, note)


def sign(doc, actor, signed: files.Stored, signed_at, note: str = "", facts: dict | None = None):
    """Người ký đã ký số (12.1.b): the signed file becomes a version, the document goes to the clerk by itself.

    `signed` was verified by the caller; `signed_at` is the aware moment of the signature; `facts` go into the journal.
    Raises Refused, Conflict.
    """
    with db.write():
        failpoints.reach("sign.begin")
        workflow.step(doc, "sign", actor, text.clean(note), facts)
        row = files.record(signed, drafts.draft_pdf(doc).name, "application/pdf")
        documents.add_version(doc, row, "signed", actor, text.clean(note))
        failpoints.reach("sign.version-row")
        doc.set(signed_at=signed_at, signer_name=actor.name, signer_position=actor.title)
        _to_clerk(doc)
        failpoints.reach("sign.commit")


def give_back(doc, actor, reason: str):
    """Trả lại người soạn (ND30 Điều 10.3) with the reason; a number already taken is voided and never used again."""
    reason = needed_reason(reason)
    with db.write():
        void_number(doc, actor, reason)
        workflow.step(doc, "return", actor, reason)
        doc.set(signed_at=None)
        documents.hand_to(doc, doc.drafter)


def ask_again(doc, actor, reason: str = ""):
    """Trình ký lại trên bản chưa ký: the signature's day is not today's (12.2); a number taken is voided."""
    reason = text.clean(reason) or "Ngày ký khác ngày ban hành (Quy chế Điều 12.2)."
    with db.write():
        void_number(doc, actor, reason)
        workflow.step(doc, "ask_again", actor, reason)
        documents.add_version(doc, signable_file(doc), "draft", actor, SIGNABLE)
        doc.set(signed_at=None)
        documents.hand_to(doc, doc.signer)


def pull_back(doc, actor, reason: str = ""):
    """Lấy lại để sửa; what was approved so far must be approved again (ND30 Điều 11.2)."""
    with db.write():
        workflow.step(doc, "pull_back", actor, text.clean(reason))
        documents.hand_to(doc, doc.drafter)


def discard(doc, actor, reason: str = ""):
    """Bỏ dự thảo: it leaves the lists; its versions and history stay."""
    with db.write():
        workflow.step(doc, "discard", actor, text.clean(reason))
        doc.set(holder=None)


def signable_file(doc) -> files.File | None:
    """The file the signer signs: the newest draft prepared with its empty fields."""
    prepared = [one for one in documents.versions(doc) if one.kind == "draft" and one.note == SIGNABLE]
    return prepared[-1].file if prepared else None


def void_number(doc, actor, reason: str) -> None:
    """Hủy số of a document that goes back: the number stays in the book with its reason, the document has none."""
    if not doc.code_number or doc.register_id is None:
        return
    registers.void(doc.register_id, doc.register_year, int(doc.code_number), actor, reason)
    facts = {"number": doc.code_number, "document_id": doc.document_id}
    journal.record("void_number", actor, doc, doc.state, doc.state, reason, facts)
    _unseal_annexes(doc)
    doc.set(code_number="", issued_date=None, document_id="", register_id=None, register_year=None, verdict="",
            verdict_note="")  # fmt: skip


def needed_reason(reason: str) -> str:
    """The reason, cleaned. Raises Invalid when it says nothing."""
    reason = text.clean(reason)
    if len(reason) < SHORTEST_REASON:
        raise errors.Invalid({"reason": "Hãy ghi rõ lý do; người soạn sẽ đọc nguyên văn lý do này."})
    return reason


# ---- queries ---------------------------------------------------------------------------------------------------


def my_drafts(actor):
    """What I drafted and is not released yet, and since when who has it; the newest act first."""
    return _list(actor, UNFINISHED).where(documents.Document.drafter == actor.post.id)


def to_review(actor):
    """What waits for my approval of content or form."""
    model = documents.Document
    mine = model.holder == actor.post.id
    if actor.has(lookups.UNIT_HEAD):
        unit = model.unit == actor.unit_id if actor.unit_id else model.unit.is_null()
        mine |= (model.state == "content_review") & unit
    if actor.has(lookups.FORM_CHECKER):
        mine |= model.state == "form_review"
    return _list(actor, ("content_review", "form_review")).where(mine)


def awaiting_signature(actor):
    """What waits for my signature, urgent ones first."""
    return _list(actor, ("awaiting_signature",)).where(documents.Document.signer == actor.post.id)


def running(actor):
    """Everything of the agency this person may see that is under way."""
    return _list(actor, (*IN_REVIEW, *AT_THE_CLERK))


def return_reason(doc) -> str:
    """Why the draft lies with its drafter again, "" when it was not sent back last."""
    last = next((event for event in reversed(journal.of(doc)) if event.from_state != event.to_state), None)
    return f"{last.who}: {last.note}" if last and last.verb == "return" and doc.state == "draft" else ""


def _list(actor, states):
    model = documents.Document
    return (
        permissions.visible(actor, "outgoing")
        .where(model.state.in_(states), model.recalled_at.is_null())
        .order_by(model.urgency.desc(), model.held_since.desc())
        .limit(200)
    )


# ---- inside ----------------------------------------------------------------------------------------------------


def _approve(doc, actor, note=""):
    workflow.step(doc, "approve", actor, text.clean(note))
    documents.hand_to(doc, next(iter(guards.form_checkers(doc)), None))


def _check_form(doc, actor, note=""):
    workflow.step(doc, "check_form", actor, text.clean(note))
    permissions.grant(doc, "Người kiểm tra thể thức", post=actor.post)
    permissions.grant(doc, "Người ký", post=doc.signer)
    documents.hand_to(doc, doc.signer)


def _go_on(doc, actor) -> None:
    """The same person holds the next role as well: his approval is recorded at once."""
    words = "Người trình giữ luôn vai trò này."
    if doc.state == "content_review" and actor.has(*HEADS) and guards.may_approve(doc, actor) is None:
        _approve(doc, actor, words)
    if doc.state == "form_review" and actor.has(*CHECKERS) and guards.may_check_form(doc, actor) is None:
        _check_form(doc, actor, words)


def _to_reviewers(doc) -> None:
    found = guards.reviewers(doc)
    for post in found:
        permissions.grant(doc, "Duyệt nội dung", post=post)
    if doc.unit_id:
        permissions.grant(doc, "Đơn vị soạn thảo", unit=doc.unit)
    documents.hand_to(doc, found[0] if found else None)


def _to_clerk(doc) -> None:
    clerks = users.holders(doc.agency_id, lookups.CLERK)
    documents.hand_to(doc, clerks[0] if clerks else None)


def _unseal_annexes(doc) -> None:
    rows = list(
        drafts.AnnexSeal.select().join(documents.Attachment).where(documents.Attachment.document == doc)
    )
    for row in rows:
        row.attachment.set(file=row.original)
        row.delete_instance()
