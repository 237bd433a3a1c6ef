"""Kiểm tra ký số: the card, the whole report, the file as it was signed, checking again (Quy chế 10.2)."""

from starlette.responses import FileResponse, Response
from starlette.routing import Route

import jobs
import signing
from jobs import revisions
from models import (
    checks,
    checks_evidence,
    documents,
    errors,
    files,
    filetypes,
    lookups,
    permissions,
    signatures,
    trust_aliases,
)
from views import verification_words, web
from views.files import CLOSED, disposition

CHECKED_STATES = (
    "sealed",
    "issued",
    "recalled",
)  # of a document of ours: only what is sealed is checked again
NOTHING = {"lines": [], "signatures": [], "reasons": []}


def show(request):
    """GET /documents/{id}/verification: the whole report of the last check."""
    doc = permissions.get(request.user, request.path_params["id"])
    return web.page(request, "verification/show.html", **whole(request.user, doc))


def whole(actor, doc) -> dict:
    """What the report's page shows: the card, the signatures in order with their trees, the checks so far."""
    shown, first = card(doc), checks.first_at_arrival(doc)
    kept = checks_evidence.of(shown["check"])
    return {
        "doc": doc, **shown, "first": first, "kept": kept, "history": checks.history(doc),
        "signed": [verification_words.signature(one, number) for number, one in enumerate(shown["found"], 1)],
        "files": [] if doc.is_closed else files_of(doc), "may_check": may_check(doc), "may_open": not doc.is_closed and main_file(doc) is not None,
        "may_approve": actor.has(lookups.CLERK) and doc.flow == "incoming" and bool(shown["alias"]),
    }  # fmt: skip


def card(doc) -> dict:
    """What `_card.html` shows: the last check's verdict, its lines and signatures, and what waits."""
    check = signatures.newest_check(doc)
    facts = report_of(check)
    codes = {reason["code"] for reason in facts["reasons"]}
    lines = verification_words.explained(facts)
    return {
        "check": check, "lines": lines, "found": facts["signatures"], "reasons": facts["reasons"],
        "waiting": checks.waiting(doc), "alias": _alias(doc, facts, codes),
        "default": verification_words.default_act(doc.verdict, codes, checks.needs_reason(doc)),
    }  # fmt: skip


def report_of(check) -> dict:
    """The report of a check as plain data in today's words, fit to be shown; empty for none."""
    if check is None:
        return dict(NOTHING)
    return checks_evidence.harmless(signing.Report.from_dict(check.facts).to_dict())


def return_words(doc) -> str:
    """The text of a return, made from what the check found and what the sender must do; the clerk may change it."""
    if doc.source == "paper" or doc.verdict not in ("invalid", "look"):
        return ""
    return verification_words.return_text(report_of(signatures.newest_check(doc)), doc.verdict_note)


def may_check(doc) -> bool:
    """True for what can be checked again: electronic, not closed, and of ours only what was sealed."""
    if doc.source == "paper" or doc.is_recalled:
        return False
    return doc.flow == "incoming" or doc.state in CHECKED_STATES


def create_check(request):
    """POST /documents/{id}/verification: check again, now."""
    doc = permissions.get(request.user, request.path_params["id"])
    if not may_check(doc):
        raise errors.Refused("Văn bản này không có chữ ký số để kiểm tra lại.")
    checks.order_check(doc, request.user)
    jobs.wake("verify")
    return web.go(
        request, f"/documents/{doc.id}/verification", "Đang kiểm tra lại; kết quả hiện ở đây trong giây lát."
    )


def create_alias(request):
    """POST /documents/{id}/verification/alias: the name on the certificate is this sender's; checked again at once."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    trust_aliases.approve(doc, request.user, card(doc)["alias"])
    if may_check(doc):
        checks.order_check(doc, request.user)
        jobs.wake("verify")
    return web.go(
        request,
        f"/documents/{doc.id}/verification",
        "Đã ghi nhớ tên của nơi gửi; đang kiểm tra lại theo tên đó.",
    )


def create_question(request):
    """POST /documents/{id}/verification/question: ask the province to look at an authority it does not know."""
    doc = permissions.get(request.user, request.path_params["id"], "incoming")
    permissions.require(request.user, lookups.CLERK)
    issuers = ", ".join(
        dict.fromkeys(one["issuer"] for one in card(doc)["found"] if one["trust"] == "unknown")
    )
    if not issuers:
        raise errors.Refused("Không có nơi cấp lạ nào trong kết quả kiểm tra.")
    checks.ask_about_issuer(doc, request.user, issuers)
    return web.go(
        request, f"/documents/{doc.id}/verification",
        "Đã hỏi quản trị toàn tỉnh. Văn bản vẫn chờ; nơi cấp được thêm thì kiểm tra lại.",
    )  # fmt: skip


# ---- the file as it was signed ---------------------------------------------------------------------------------


def show_signed(request):
    """GET /documents/{id}/verification/signatures/{number}: what this signature signed, beside what the file is now."""
    doc, file, one = _signature(request)
    seen = revisions.comparison(file, one["field_name"])
    number = request.path_params["number"]
    return web.page(
        request, "verification/signed.html", doc=doc, number=number, seen=seen, file=file,
        one=verification_words.signature(one, number), shown=seen.get("changed", [])[: seen.get("shown", 0)],
    )  # fmt: skip


def show_signed_file(request):
    """GET /documents/{id}/verification/signatures/{number}/signed.pdf: the very bytes that were signed."""
    _, file, one = _signature(request)
    stem = filetypes.safe_name(file.name).rsplit(".", 1)[0]
    headers = {
        "Content-Disposition": disposition(f"{stem}-luc-ky-{request.path_params['number']}.pdf"),
        "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
    }  # fmt: skip
    content = revisions.signed_bytes(file, one["field_name"])
    return Response(content, media_type="application/pdf", headers=headers)


def show_signed_page(request):
    """GET /documents/{id}/verification/signatures/{number}/{which}/{page}.png: a page before or after, outlined."""
    _, file, one = _signature(request)
    asked = request.path_params
    path = revisions.picture(file, one["field_name"], asked["which"], asked["page"])
    return FileResponse(path, media_type="image/png", headers={"Cache-Control": "no-store"})


def main_file(doc) -> files.File | None:
    """The file the card speaks of."""
    rows = documents.attachments(doc) if doc.flow == "incoming" else []
    return next((row.file for row in rows if row.kind == "main"), None) or documents.main_file(doc)


def files_of(doc) -> list[files.File]:
    """Every file that travels with the document; each can be checked by itself."""
    main = main_file(doc)
    annexes = [row.file for row in documents.attachments(doc) if row.kind == "annex"]
    return [main, *annexes] if main else annexes


def _signature(request):
    doc = permissions.get(request.user, request.path_params["id"])
    if doc.is_closed:
        raise errors.Refused(CLOSED)
    file, facts = main_file(doc), signing.Report.from_dict(_facts(doc)).to_dict()
    number = request.path_params["number"]
    if file is None or not 1 <= number <= len(facts["signatures"]):
        raise errors.NotFound()
    return doc, file, facts["signatures"][number - 1]


def _facts(doc):
    check = signatures.newest_check(doc)
    return check.facts if check else NOTHING


def _alias(doc, facts, codes) -> str:
    """The name the clerk may accept as this sender's, "" when the agency fits or nothing is known."""
    if not codes & verification_words.OTHER_AGENCY or not doc.organ_id:
        return ""
    seals = [
        one for one in facts["signatures"] if one["kind"] == "organisation" and one["trust"] == "trusted"
    ]
    return (seals[-1]["signer"] or seals[-1]["organisation"]) if seals else ""


ROUTES = [
    Route("/documents/{id:int}/verification", web.endpoint(show), methods=["GET"]),
    Route("/documents/{id:int}/verification", web.endpoint(create_check), methods=["POST"]),
    Route("/documents/{id:int}/verification/alias", web.endpoint(create_alias), methods=["POST"]),
    Route("/documents/{id:int}/verification/question", web.endpoint(create_question), methods=["POST"]),
    Route(
        "/documents/{id:int}/verification/signatures/{number:int}", web.endpoint(show_signed), methods=["GET"]
    ),
    Route(
        "/documents/{id:int}/verification/signatures/{number:int}/signed.pdf",
        web.endpoint(show_signed_file),
        methods=["GET"],
    ),
    Route(
        "/documents/{id:int}/verification/signatures/{number:int}/{which}/{page:int}.png",
        web.endpoint(show_signed_page),
        methods=["GET"],
    ),
]
