"""Ký số từ trang (Quy chế 6, 12.1).

The page asks the agent which certificates are there, opens a session here, hands the nonce to the agent, and brings the
answer back. What is signed the agent fetches from `ticket` by itself. No key and no PIN comes by here.
"""

import base64
import binascii
import json
from datetime import datetime

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import signing
from models import (
    clock,
    config,
    db,
    documents,
    drafts,
    errors,
    files,
    issuing,
    outgoing,
    permissions,
    registers,
    signatures,
    tokens,
    workflow,
)
from models import trust as trust_list
from signing import certificates, protocol, trust, verdict, verify
from views import web

MOST_CHAIN = 5
STEPS = {"leader": ("sign",), "seal": ("number", "seal")}
LABELS = {"awaiting_signature": "Ký số", "signed": "Cấp số và đóng dấu", "numbered": "Đóng dấu"}
ACCEPTED = ("valid", "unchecked")  # of a leader's signature; at the seal all must be valid


def box(doc, actor) -> dict | None:
    """What `_box.html` shows to who may sign this document now; None for everybody else."""
    for purpose, verbs in STEPS.items():
        offers = [offer for verb in verbs if (offer := workflow.offered(doc, actor, verb))]
        if offers:
            return {
                "purpose": purpose, "document": doc.id, "agent": config.current().agent_url,
                "label": LABELS[doc.state],
                "certificates": signatures.certificates_of(actor, purpose), "reason": offers[0].reason,
            }  # fmt: skip
    return None


def show_box(request):
    """GET /outgoing/{id}/signing: the button to sign, alone."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.part(request, "signatures/_box.html", signing=box(doc, request.user))


# ---- sessions --------------------------------------------------------------------------------------------------


def create_session(request):
    """POST /signing/sessions {document, purpose, certificate, chain}: prepare the files; the answer carries the nonce."""
    asked, actor = request.state.json or {}, request.user
    doc = permissions.get(actor, _number(asked.get("document")), "outgoing")
    purpose = asked.get("purpose")
    if purpose not in STEPS:
        raise errors.NotFound()
    info = _certificate(asked.get("certificate"))
    certificate = signatures.certificate_for(actor, purpose, info.sha256)
    chain = _chain(asked.get("chain"))
    make = _leader_items if purpose == "leader" else _seal_items
    try:
        base, items = make(doc, actor, bytes(certificate.der), chain)
    except signing.SigningError as error:
        raise errors.Refused(str(error)) from error
    session, nonce = signatures.open_session(doc, actor, purpose, certificate, base.sha256, items)
    return JSONResponse({"session": session.id, "nonce": nonce})


def ticket(request):
    """GET /signing/tickets/{nonce}: what the agent is to sign, once; the nonce is the only key to it."""
    nonce = request.path_params["nonce"]
    if not protocol.is_nonce(nonce):
        return JSONResponse({"error": signatures.STALE}, status_code=404)
    try:
        found = signatures.hand_out(nonce)
    except errors.NotFound as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return Response(protocol.encode(**found), media_type="application/json")


def create_answer(request):
    """POST /signing/sessions/{id} {nonce, signatures}: fill the holes, check the result, and only then go on."""
    asked, actor = request.state.json or {}, request.user
    session = signatures.handed(request.path_params["id"], actor, str(asked.get("nonce", "")))
    doc = permissions.get(actor, session.document_id, "outgoing")
    try:
        finished = _finish(session, asked.get("signatures"))
        if session.purpose == "leader":
            _sign(doc, actor, session, finished)
        else:
            _seal(doc, actor, session, finished)
    except signing.SigningError as error:
        signatures.fail(session, actor, str(error))
        raise errors.Refused(str(error)) from error
    except errors.Refused as error:
        signatures.fail(session, actor, str(error))
        raise
    place = f"/outgoing/{doc.id}" if session.purpose == "leader" else f"/issuing?doc={doc.id}"
    return JSONResponse({"url": place, "message": workflow.label(doc)})


def _leader_items(doc, actor, certificate, chain):
    _require(doc, actor, "sign")
    base = outgoing.signable_file(doc)
    pictured = tokens.picture(actor.agency_id, actor.id)
    image = pictured.file.read() if pictured else None
    pending = signing.begin_signature(base.read(), certificate, chain, clock.now(), image)
    return base, [_item(base.name, pending)]


def _seal_items(doc, actor, certificate, chain):
    """The number is taken when everything is known to fit: a trial with the coming number goes first."""
    base = _signed_file(doc)
    pictured = tokens.picture(actor.agency_id)
    image = pictured.file.read() if pictured else None
    annexes = _annexes(doc)
    if doc.state == "signed":
        _require(doc, actor, "number")
        coming = registers.coming(registers.of(doc.agency_id, "outgoing", doc.type_code))
        signing.begin_seal(
            base.read(), coming, doc.code_notation, clock.today(), certificate, chain, clock.now(), image
        )
        issuing.number(doc, actor)
    _require(doc, actor, "seal")
    number = int(doc.code_number)
    main = signing.begin_seal(
        base.read(), number, doc.code_notation, doc.issued_date, certificate, chain, clock.now(), image
    )
    items = [_item(base.name, main)]
    for row in annexes:
        pending = signing.begin_attachment_seal(
            row.file.read(), number, doc.code_notation, certificate, chain, clock.now()
        )
        items.append(_item(row.file.name, pending, row))
    return base, items


def _annexes(doc):
    rows = drafts.unsealed(doc)
    wrong = [row.file.name for row in rows if row.file.media_type != "application/pdf"]
    if wrong:
        raise errors.Refused(
            f"Phụ lục {', '.join(wrong)} không phải PDF nên không ký số của cơ quan được (Quy chế Điều 6.2.b). "
            "Hãy trả lại để người soạn chuyển phụ lục sang PDF."
        )
    return rows


def _item(name, pending, attachment=None):
    return signatures.Item(
        name=name, work=files.store(pending.work), digest=pending.digest, mechanism=pending.mechanism,
        hash=pending.hash, half=pending.state, attachment=attachment,
    )  # fmt: skip


def _finish(session, answers):
    """[(item, finished bytes)] with the token's signatures in them. Raises SigningError, Refused."""
    rows = signatures.items_of(session)
    if not isinstance(answers, list) or len(answers) != len(rows):
        raise errors.Refused("Phần mềm ký trả lời thiếu chữ ký. Chưa ký gì; hãy ký lại.")
    tsa_url = config.current().tsa_url
    return [
        (row, signing.finish_signature(row.work.read(), json.loads(row.half), _raw(text), tsa_url).pdf)
        for row, text in zip(rows, answers, strict=True)
    ]


def _sign(doc, actor, session, finished):
    pdf = finished[0][1]
    report = verify.verify(pdf, _trusted(), moment=clock.now())
    found = report.signatures[-1] if report.signatures else None
    if found is None or report.integrity != "intact" or found.verdict not in ACCEPTED:
        reason = (found.reasons if found else report.reasons)[:1] or [report.sentence]
        raise errors.Refused(f"Đã ký thử nhưng kiểm tra lại chưa hợp lệ: {reason[0]} Văn bản vẫn chờ ký.")
    stored = files.store(pdf)
    with db.write():
        signatures.close(session, outgoing.signable_file(doc).sha256)
        outgoing.sign(doc, actor, stored, datetime.fromisoformat(found.signed_at))


def _seal(doc, actor, session, finished):
    trusted, reports, stored, proofs = _trusted(), [], {}, []
    main = None
    for row, pdf in finished:
        attachment = row.attachment_id is not None
        expect = signing.Expectation(
            doc.issued_date,
            (actor.agency.name, doc.organ_name),
            int(doc.code_number),
            attachment,
            (doc.parent_organ_name,),
        )
        found = verify.verify_with_proofs(pdf, trusted, moment=clock.now(), expect=expect)
        report, kept = found.report, files.store(pdf)
        proofs += [[kind, base64.b64encode(body).decode()] for kind, body in dict.fromkeys(found.evidence)]
        if attachment:
            reports.append((row.name, report))
            stored[row.attachment_id] = kept
        else:
            main = (report, kept)
    report = verdict.combine(main[0], reports)
    evidence = files.store(json.dumps(proofs).encode())
    with db.write():
        signatures.close(session, _signed_file(doc).sha256)
        issuing.seal(doc, actor, main[1], stored, report.verdict, report.sentence)
        signatures.checked(doc, report.to_dict(), evidence)


def _signed_file(doc):
    rows = [row for row in documents.versions(doc) if row.kind == "signed"]
    if not rows:
        raise errors.Refused("Người ký chưa ký số, nên chưa đóng dấu được (Quy chế Điều 12.1).")
    return rows[-1].file


def _require(doc, actor, verb):
    offer = workflow.offered(doc, actor, verb)
    if offer is None:
        raise errors.NotAllowed("Văn bản không còn ở bước này, hoặc việc này không thuộc vai trò của bạn.")
    if offer.reason:
        raise errors.Refused(offer.reason)


def _trusted():
    return trust.trust_of(trust_list.trusted())


def _certificate(text):
    try:
        return certificates.read_certificate(_raw(text))
    except signing.SigningError as error:
        raise errors.Refused(str(error)) from error


def _chain(texts):
    """Certificates of authorities that came with the token, and those we know: what the file should carry."""
    found = [_raw(text) for text in texts[:MOST_CHAIN]] if isinstance(texts, list) else []
    found += [bytes(row.der) for row in trust_list.trusted() if row.role == "intermediate"]
    return list(dict.fromkeys(der for der in found if certificates.is_authority(der)))


def _raw(text) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as problem:
        raise errors.Refused(
            "Dữ liệu từ phần mềm ký không đúng quy cách. Chưa ký gì; hãy ký lại."
        ) from problem


def _number(value) -> int:
    return value if isinstance(value, int) and 0 < value < 1 << 62 else 0


ROUTES = [
    Route("/signing/sessions", web.endpoint(create_session), methods=["POST"]),
    Route("/signing/sessions/{id:int}", web.endpoint(create_answer), methods=["POST"]),
    Route("/signing/tickets/{nonce}", web.endpoint(ticket, public=True), methods=["GET"]),
    Route("/outgoing/{id:int}/signing", web.endpoint(show_box), methods=["GET"]),
]
