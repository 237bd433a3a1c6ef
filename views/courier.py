"""Gói mang tay (USB): make a bundle for offices without a line, take one that came, see what became of each packet."""

import tempfile
from pathlib import Path

from starlette.responses import FileResponse
from starlette.routing import Route

import jobs
from models import config, courier, courier_taking, errors, files, lookups
from views import files as shown_files
from views import forms, web

CLERKS = (lookups.CLERK,)
KINDS = {"answered": "done", "taken": "done", "failed": "late", "lost": "late", "travelling": "soon"}
ITEM_KINDS = (
    dict.fromkeys(courier.ARRIVED, "done") | dict.fromkeys(courier.REFUSED, "late") | {"not_ours": ""}
)
SAID_TO_ALL = ("not_ours", "broken")  # sentences that tell nothing of what is inside
MOVING = ("making", "taking")


class MakingForm(forms.Form):
    """For whom, and who carries it."""

    prefix = "out-"

    def parse(self):
        self.partners = [
            int(value) for value in self.values("partners") if value.isdecimal() and len(value) < 15
        ]
        self.carrier = self.text("carrier", longest=200)


class TakingForm(forms.Form):
    """The file from the stick."""

    prefix = "in-"

    def parse(self):
        found = self.uploads("file", needed="Hãy chọn tệp gói trên USB (tên bắt đầu bằng vanthu-usb_).")
        self.file = found[0] if found else None


def show_all(request):
    """GET /exchange/courier"""
    return _list(request)


def _list(request, status=200, making=None, taking=None):
    agency_id = request.user.agency_id
    chosen = request.query_params.getlist("partner")
    return web.page(
        request, "courier/list.html", status=status, making=making or MakingForm(partners=chosen), kinds=KINDS,
        taking=taking or TakingForm(), waiting=courier.waiting(agency_id), bundles=courier.of_agency(agency_id),
        most=config.current().upload_megabytes * 2,
    )  # fmt: skip


def create(request):
    """POST /exchange/courier/bundles: ordered now, the file is made beside."""
    form = MakingForm(request.state.form)
    if form.ok:
        try:
            bundle = courier.order(request.user, form.partners, form.carrier)
        except errors.Invalid as error:
            form.fail(error)
        else:
            jobs.wake("courier_make")
            return web.go(
                request, f"/exchange/courier/{bundle.id}", "Đang lập gói; xong thì tải về và chép vào USB."
            )
    return _list(request, 422, making=form)


def create_arrival(request):
    """POST /exchange/courier/arrivals: the file is judged while the clerk waits, its packets are taken beside."""
    form = TakingForm(request.state.form)
    if form.ok:
        try:
            bundle = _taken(request.user, form.file)
        except errors.Invalid as error:
            form.fail(error)
        except errors.Refused as error:
            form.errors["file"] = str(error)
        else:
            jobs.wake("courier_take")
            return web.go(
                request,
                f"/exchange/courier/{bundle.id}",
                "Gói đúng chữ ký. Bảng dưới cho biết từng gói tin ra sao.",
            )
    return _list(request, 422, taking=form)


def _taken(actor, upload):
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="in-usb-") as spooled:
        while chunk := upload.file.read(1 << 20):
            spooled.write(chunk)
        spooled.flush()
        return courier_taking.enter(actor, Path(spooled.name))


def show(request):
    """GET /exchange/courier/{id}"""
    return web.page(request, "courier/show.html", **_context(request, _load(request)))


def show_items(request):
    """GET /exchange/courier/{id}/items: the table alone while it changes; the whole page once it is over."""
    bundle = _load(request)
    if bundle.state not in MOVING:
        return web.go(request, f"/exchange/courier/{bundle.id}")
    return web.part(request, "courier/_items.html", **_context(request, bundle))


def _load(request):
    return courier.load(request.user, request.path_params["id"])


def _context(request, bundle):
    return {
        "bundle": bundle,
        "rows": [_row(bundle, item) for item in courier.items_of(bundle)],
        "moving": bundle.state in MOVING and not bundle.failure,
        "kind": KINDS.get(bundle.state, ""),
        "trust": courier_taking.TRUST.get(bundle.trust, ""),
        "may_answer": bundle.direction == "in" and bundle.state == "taken" and _has_more(bundle),
        "may_lose": bundle.direction == "out" and bundle.state in ("making", "travelling", "failed"),
        "may_resume": bundle.state == "failed" or (bundle.state == "taking" and bool(bundle.failure)),
        "form": MakingForm(),
    }


def _has_more(bundle):
    """True while something waits to be carried back to the bundle's sender."""
    return any(line.partner.id == bundle.partner_id for line in courier.waiting(bundle.agency_id))


def _row(bundle, item):
    """What this agency's clerk may see of a packet: of another agency of the installation only that it was passed on."""
    mine = bundle.direction == "out" or item.agency_id == bundle.agency_id
    one = item.consignment if mine else None
    delivered = (
        bundle.direction == "out" and not item.outcome and one and not item.message_id and one.acknowledged_at
    )
    outcome = "delivered" if delivered else item.outcome
    flow = one.document.flow if one and one.document_id else ""
    page = (
        {"outgoing": f"/outgoing/{one.document_id}/dispatch", "incoming": f"/incoming/{one.document_id}"}
        if one
        else {}
    )
    return {
        "number": item.number, "type": "Văn bản" if item.type == "edoc" else "Phản hồi", "size": item.size,
        "code": one.code if one else "", "subject": one.document.subject if flow else "", "place": page.get(flow, ""),
        "partner": one.partner_name if one else "", "outcome": _words(bundle, outcome),
        "kind": "done" if delivered else ITEM_KINDS.get(outcome, ""), "sentence": item.sentence if mine or outcome in SAID_TO_ALL else "",
        "others": not mine and bool(item.agency_id),
    }  # fmt: skip


def _words(bundle, outcome):
    if outcome:
        return courier.OUTCOMES[outcome]
    return "Chờ trả lời" if bundle.direction == "out" else "Chờ nhận"


def download(request):
    """GET /exchange/courier/{id}/file: for the stick."""
    bundle = _load(request)
    if bundle.direction != "out" or bundle.file is None:
        raise errors.NotFound()
    return FileResponse(bundle.file.path(), media_type="application/zip",
                        headers={"Content-Disposition": shown_files.disposition(bundle.file.name)})  # fmt: skip


def create_loss(request):
    """POST /exchange/courier/{id}/loss"""
    bundle = _load(request)
    courier.lose(bundle, request.user)
    return web.go(
        request, "/exchange/courier", f"Gói {bundle.code} không tính nữa; văn bản trong gói chờ gửi lại."
    )


def create_resumption(request):
    """POST /exchange/courier/{id}/resumption"""
    bundle = _load(request)
    courier.again(bundle, request.user)
    jobs.wake("courier_make", "courier_take")
    return web.go(request, f"/exchange/courier/{bundle.id}", "Đang làm tiếp.")


ROUTES = [
    Route("/exchange/courier", web.endpoint(show_all, roles=CLERKS)),
    Route("/exchange/courier/bundles", web.endpoint(create, roles=CLERKS), methods=["POST"]),
    Route("/exchange/courier/arrivals", web.endpoint(create_arrival, roles=CLERKS), methods=["POST"]),
    Route("/exchange/courier/{id:int}", web.endpoint(show, roles=CLERKS)),
    Route("/exchange/courier/{id:int}/items", web.endpoint(show_items, roles=CLERKS)),
    Route("/exchange/courier/{id:int}/file", web.endpoint(download, roles=CLERKS)),
    Route("/exchange/courier/{id:int}/loss", web.endpoint(create_loss, roles=CLERKS), methods=["POST"]),
    Route(
        "/exchange/courier/{id:int}/resumption",
        web.endpoint(create_resumption, roles=CLERKS),
        methods=["POST"],
    ),
]
