"""Khóa xác nhận: our key to read out over the telephone, the partners' keys, those that wait to be compared."""

from starlette.routing import Route

from models import errors, exchange_chains, exchange_keys, exchange_pins, lookups, parked_keys
from views import web
from views.admin import ADMINISTRATORS, page

AT = "/admin/proofs"
KEEPERS = (lookups.PROVINCE_ADMIN,)


def show(request, status=200, wrong=None, typed=None):
    """GET /admin/proofs"""
    keys = exchange_pins.of_partners()
    waiting = [(row, len(parked_keys.waiting_of(row))) for row in keys if row.state == exchange_pins.WAITING]
    gaps = exchange_chains.gaps()
    return page(
        request, "proofs/show.html", request.user.agency, AT, status, own=exchange_keys.history(),
        fingerprint=exchange_keys.fingerprint, waiting=waiting,
        others=[row for row in keys if row.state != exchange_pins.WAITING], wrong=wrong or {}, typed=typed or {},
        received=sum(here for here, _ in gaps.values()),
        missing=[(chain.split(">"), here, lost) for chain, (here, lost) in gaps.items() if lost],
    )  # fmt: skip


def create_rotation(request):
    """POST /admin/proofs/rotation"""
    if not request.state.form.get("sure"):
        return show(request, 422, {"sure": "Hãy đánh dấu xác nhận trước khi thay khóa."})
    row = exchange_keys.rotate(request.user)
    said = exchange_keys.fingerprint(row.key_id)
    return web.go(
        request, AT, f"Đã thay khóa. Mã khóa mới: {said}. Các nơi liên thông tự nhận biết qua tin kế tiếp."
    )


def create_confirmation(request):
    """POST /admin/proofs/keys/{id}/confirmation"""
    row = exchange_pins.load(request.path_params["id"])
    read = str(request.state.form.get(f"read-{row.id}", ""))[:80]
    try:
        many = parked_keys.confirm(row, request.user, read)
    except errors.Invalid as error:
        return show(request, 422, error.fields, {row.id: read})
    words = f" {many} tin đang chờ đã được tính." if many else ""
    return web.go(request, AT, f"Đã xác nhận khóa của {row.partner.name}.{words}")


def create_refusal(request):
    """POST /admin/proofs/keys/{id}/refusal"""
    row = exchange_pins.load(request.path_params["id"])
    many = parked_keys.refuse(row, request.user)
    words = f" {many} tin ký bằng khóa này không được tính." if many else ""
    return web.go(request, AT, f"Đã ghi: không công nhận khóa này là của {row.partner.name}.{words}")


ROUTES = [
    Route(AT, web.endpoint(show, roles=ADMINISTRATORS), methods=["GET"]),
    Route(f"{AT}/rotation", web.endpoint(create_rotation, roles=KEEPERS), methods=["POST"]),
    Route(
        f"{AT}/keys/{{id:int}}/confirmation",
        web.endpoint(create_confirmation, roles=KEEPERS),
        methods=["POST"],
    ),
    Route(f"{AT}/keys/{{id:int}}/refusal", web.endpoint(create_refusal, roles=KEEPERS), methods=["POST"]),
]
