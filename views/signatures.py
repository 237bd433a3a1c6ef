"""Ký số từ trang (Quy chế 6, 12.1): one session behind every way of signing.

The page opens a session here, does the step its way of signing asks for, and brings the answer back; our agent fetches
what is signed from `ticket` by itself, another program fetches and brings whole files (signatures_files.py). No key and
no PIN comes by here.
"""

import base64
import binascii

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import signing
from models import (
    config,
    documents,
    errors,
    notifications,
    permissions,
    signing_outcomes,
    signing_sessions,
    workflow,
)
from models import trust as trust_list
from signing import certificates, protocol, providers, providers_vgca
from views import signatures_acts as acts
from views import web

MOST_CHAIN = 5
NOT_REACHED = "Chưa ký: việc ký dừng trước văn bản này."


# ---- ways of signing -------------------------------------------------------------------------------------------


def ways(purpose: str) -> list[providers.Capabilities]:
    """What can sign for this purpose here, in the order in which the page looks for them."""
    own = [can for one in _own().values() if purpose in (can := one.capabilities()).functions]
    return own + [can for can in providers.all_of(purpose) if can.name not in _own()]


def way(name: str, purpose: str):
    """The provider of this name that can do it. Raises Refused."""
    found = _own().get(name) or providers.find(name)
    if found is None or purpose not in found.capabilities().functions:
        raise errors.Refused("Cách ký này không dùng được ở đây. Hãy chọn cách ký khác.")
    return found


def _own() -> dict:
    settings = config.current()
    return {
        providers.AGENT: providers.Agent(tuple(settings.agent_url.split())),
        providers.VGCA: providers_vgca.Vgca(settings.vgca_url),
        providers.UPLOAD: providers.ByHand(),
    }


def for_loopback(response):
    """Let the page of this answer talk to the signing programs of its PC, which no other page may."""
    endpoints = [url for one in _own().values() for url in one.capabilities().endpoints]
    policy = web.HEADERS["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace(
        "connect-src 'self'", " ".join(["connect-src 'self'", *endpoints])
    )
    response.headers["Permissions-Policy"] = "loopback-network=(self), local-network-access=(self)"
    return response


# ---- the button ------------------------------------------------------------------------------------------------


def box(doc, actor) -> dict | None:
    """What `_box.html` shows to who may sign this document now; None for everybody else."""
    for purpose, act in acts.ACTS.items():
        offers = [offer for verb in act.verbs if (offer := workflow.offered(doc, actor, verb))]
        if offers:
            shown = documents.main_file(doc)
            return {
                "purpose": purpose, "documents": [doc.id], "shown": [shown.sha256 if shown else ""],
                "label": act.labels.get(doc.state, act.label), "reason": offers[0].reason, "hand": f"/documents/{doc.id}/signing",
                **tools(actor, purpose), "open": signing_sessions.open_of(doc, actor),
            }  # fmt: skip
    return None


def tools(actor, purpose: str) -> dict:
    """What the page's script needs to know: the certificates that count, the ways and the one chosen last."""
    return {
        "certificates": signing_sessions.certificates_of(actor, acts.ACTS[purpose].certificates),
        "ways": ways(purpose), "way": signing_sessions.chosen(actor),
    }  # fmt: skip


def show_box(request):
    """GET /outgoing/{id}/signing: the button to sign, alone."""
    doc = permissions.get(request.user, request.path_params["id"], "outgoing")
    return web.part(request, "signatures/_box.html", signing=box(doc, request.user))


# ---- sessions --------------------------------------------------------------------------------------------------


def create_session(request):
    """POST /signing/sessions {documents, shown, purpose, way, certificate, chain}: prepare the files, tell the next step."""
    asked, actor = request.state.json or {}, request.user
    docs = [permissions.get(actor, one) for one in _numbers(asked.get("documents"))]
    purpose = asked.get("purpose")
    if not docs or purpose not in acts.ACTS:
        raise errors.NotFound()
    name = str(asked.get("way") or providers.AGENT)
    provider = way(name, purpose)
    _require_shown(docs, asked.get("shown"))
    key, certificate = None, None
    if provider.capabilities().family == "digest":
        key, certificate = _key(asked, actor, purpose)
    opened, refused = open_session(actor, purpose, provider, docs, key, certificate)
    if asked.get("remember"):
        signing_sessions.choose(actor, name)
    order = order_of(opened.session, origin_of(request), opened)
    return JSONResponse({
        "session": opened.session.id, "nonce": opened.nonce, "step": step_words(provider.begin(order)),
        "family": provider.capabilities().family, "items": items_words(opened.session), "refused": refused,
        "expires": opened.session.expires_at.isoformat(),
    })  # fmt: skip


def open_session(actor, purpose, provider, docs, key=None, certificate=None):
    """(opened, refused): files made ready; a document that cannot be signed now stays out, with its cause."""
    act, can = acts.ACTS[purpose], provider.capabilities()
    items, refused = [], []
    for doc in docs:
        try:
            items += act.make(doc, actor, key)
        except (signing.SigningError, errors.Refused, errors.Conflict, errors.NotAllowed) as error:
            if len(docs) == 1:
                raise (
                    error if isinstance(error, errors.DomainError) else errors.Refused(str(error))
                ) from error
            refused.append({"document": doc.id, "title": doc.subject, "reason": str(error)})
    if not items:
        raise errors.Refused(
            "Không văn bản nào ký được lúc này: " + " ".join(one["reason"] for one in refused[:3])
        )
    if len(items) > can.most:
        raise errors.Refused(f"{can.label} ký mỗi lần tối đa {can.most} tệp. Hãy chọn bớt văn bản.")
    opened = signing_sessions.open_session(
        actor, purpose, can.name, certificate, items, life=can.life, whole=can.family == "file"
    )
    return opened, refused


def ticket(request):
    """GET /signing/tickets/{nonce}: what the agent is to sign, once; the nonce is the only key to it."""
    nonce = request.path_params["nonce"]
    if not protocol.is_nonce(nonce):
        return JSONResponse({"error": signing_sessions.STALE}, status_code=404)
    try:
        found = signing_sessions.hand_out(nonce)
    except errors.NotFound as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return Response(protocol.encode(**found), media_type="application/json")


def create_answer(request):
    """POST /signing/sessions/{id} {nonce, …}: what the page was told; sent twice it counts once."""
    asked, actor = request.state.json or {}, request.user
    session = signing_sessions.answered(request.path_params["id"], actor, str(asked.get("nonce", "")))
    provider = way(session.provider, session.purpose)
    outcome = provider.receive(order_of(session), asked)
    if provider.capabilities().family == "digest":
        settle(session, actor, outcome)
        _single_failure(session, outcome)
    elif outcome.kind in ("cancelled", "refused") and session.is_open:
        signing_outcomes.cancel(session, actor)
    return _told(session, outcome)


def _told(session, outcome=None):
    """How far it is, as JSON; what a finished signature lacks is said on the page that comes next."""
    words = state_words(session, outcome)
    response = JSONResponse(words)
    if words["url"] and session.failure:
        web.leave(response, f"{words['done']}. {session.failure}")
    return response


def settle(session, actor, outcome) -> None:
    """Every document whose signatures are there is finished, checked and goes on; each failure keeps its cause."""
    if session.state == "done":
        return
    raws = outcome.signatures or (None,) * len(signing_sessions.items_of(session))
    items, notes = signing_sessions.items_of(session), []
    found = {item.id: raw for item, raw in zip(items, raws, strict=True)}
    for group in signing_sessions.by_document(items):
        if all(item.state == "done" for item in group):
            continue
        if not all(found[item.id] for item in group):
            reason = outcome.sentence or NOT_REACHED
            verb = "signature_cancelled" if outcome.kind == "cancelled" else "signature_failed"
            signing_outcomes.fail_items(session, group, actor, reason, verb)
            continue
        try:
            doc = permissions.get(actor, group[0].document_id)
            made = [acts.finish(session, item, found[item.id], doc, actor) for item in group]
            notes.append(acts.land(session, doc, actor, session.certificate, made, outcome.machine))
        except (signing.SigningError, errors.DomainError) as error:
            signing_outcomes.fail_items(session, group, actor, str(error))
    _close(session, outcome, " ".join(dict.fromkeys(filter(None, notes))))


def _close(session, outcome, note: str) -> None:
    states = {item.state for item in signing_sessions.items_of(session)}
    state = "done" if "done" in states else "cancelled" if outcome.kind == "cancelled" else "failed"
    signing_outcomes.end(session, state, note or outcome.sentence, outcome.machine)
    if state == "done":
        notifications.spread()


def _single_failure(session, outcome) -> None:
    """One document that failed is an error, with its cause."""
    items = signing_sessions.items_of(session)
    if len(signing_sessions.by_document(items)) == 1 and items[0].state != "done":
        raise errors.Refused(items[0].failure or outcome.sentence or NOT_REACHED)


def show_session(request):
    """GET /signing/sessions/{id}.json: how far a session is; a way that is asked from here is asked now."""
    actor = request.user
    session = signing_sessions.mine(request.path_params["id"], actor)
    provider = way(session.provider, session.purpose)
    if session.is_open and (outcome := provider.poll(order_of(session))):
        settle(session, actor, outcome)
    return _told(session)


def create_cancellation(request):
    """POST /signing/sessions/{id}/cancellation: stop; what was signed by then stays signed."""
    session = signing_sessions.mine(request.path_params["id"], request.user)
    way(session.provider, session.purpose).cancel(order_of(session))
    signing_outcomes.cancel(session, request.user)
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse(state_words(session))
    item = signing_sessions.items_of(session)[0]
    place = acts.ACTS[session.purpose].place(item.document)
    return web.go(request, place, "Đã hủy phiên ký. Văn bản chưa bị thay đổi.")


# ---- words for the page ----------------------------------------------------------------------------------------


def state_words(session, outcome=None) -> dict:
    """How far a session is, for the page's script."""
    items = signing_sessions.items_of(session)
    done = all(item.state == "done" for item in items)
    doc = items[0].document
    return {
        "state": session.state if session.is_open or session.state not in signing_sessions.OPEN else "expired",
        "outcome": outcome.kind if outcome else "", "message": outcome.sentence if outcome else session.failure,
        "items": items_words(session), "url": acts.ACTS[session.purpose].place(doc) if done else "",
        "done": workflow.label(documents.Document.get_by_id(doc.id)) if done else "",
    }  # fmt: skip


def items_words(session) -> list[dict]:
    """The files of a session as the page lists them; `mark` is what the agent's window shows too."""
    return [
        {
            "id": item.id, "document": item.document_id, "title": item.document.subject, "name": item.name,
            "pages": item.pages, "mark": protocol.fingerprint(item.digest or item.work.sha256), "state": item.state,
            "reason": item.failure,
        }
        for item in signing_sessions.items_of(session)
    ]  # fmt: skip


def step_words(step) -> dict:
    """What the page does next, as data."""
    if isinstance(step, providers.Wait):
        return {"kind": "wait", "every": step.poll_seconds, "say": step.say}
    return {
        "kind": "browser", "urls": step.urls, "frames": step.frames, "together": step.together,
        "permission": step.permission,
    }  # fmt: skip


def order_of(session, origin: str = "", opened=None) -> providers.Order:
    """The session as a way of signing is told; addresses only while it is being opened."""
    act, items = acts.ACTS[session.purpose], signing_sessions.items_of(session)
    sources = opened.sources if opened else []
    papers = tuple(
        providers.Paper(
            item.id, item.name, act.paper(item),
            f"{origin}/signing/files/{sources[place]}/van-ban-{item.id}.pdf" if sources else "",
        )
        for place, item in enumerate(items)
    )  # fmt: skip
    doc = items[0].document
    return providers.Order(
        session.id, opened.nonce if opened else "", papers,
        f"{origin}/signing/uploads/{opened.upload}" if opened and opened.upload else "", doc.number_text, doc.issued_date,
    )  # fmt: skip


def origin_of(request) -> str:
    """Address of this installation as the signer's PC reaches it."""
    own = config.current().base_url.rstrip("/")
    return own or f"{request.url.scheme}://{request.headers.get('host', '')}"


# ---- inside ----------------------------------------------------------------------------------------------------


def _key(asked, actor, purpose):
    info = _certificate(asked.get("certificate"))
    certificate = signing_sessions.certificate_for(actor, acts.ACTS[purpose].certificates, info.sha256)
    return acts.Key(bytes(certificate.der), tuple(_chain(asked.get("chain")))), certificate


def _require_shown(docs, shown) -> None:
    """The page says which file it showed; another one now is not signed (V7)."""
    if shown is None and len(docs) == 1:
        return
    known = [getattr(documents.main_file(doc), "sha256", "") for doc in docs]
    if shown != known:
        raise errors.Conflict(signing_sessions.CHANGED)


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


def _numbers(values) -> list[int]:
    """Document numbers of a request, each once; none for anything else."""
    if not isinstance(values, list) or len(values) > signing_sessions.MOST_ITEMS:
        return []
    if any(type(value) is not int or not 0 < value < 1 << 62 for value in values):
        return []
    return list(dict.fromkeys(values))


ROUTES = [
    Route("/signing/sessions", web.endpoint(create_session), methods=["POST"]),
    Route("/signing/sessions/{id:int}", web.endpoint(create_answer), methods=["POST"]),
    Route("/signing/sessions/{id:int}.json", web.endpoint(show_session), methods=["GET"]),
    Route("/signing/sessions/{id:int}/cancellation", web.endpoint(create_cancellation), methods=["POST"]),
    Route("/signing/tickets/{nonce}", web.endpoint(ticket, public=True), methods=["GET"]),
    Route("/outgoing/{id:int}/signing", web.endpoint(show_box), methods=["GET"]),
]
