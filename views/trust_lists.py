"""Danh sách thu hồi nạp bằng tay, và địa chỉ được phép gọi ra: how fresh the checks' ground is, and where it comes from."""

from starlette.responses import Response
from starlette.routing import Route

import jobs
from models import clock, db, errors, files, outbox, trust, trust_hosts, trust_lists
from signing import SigningError, list_files
from views import forms, web
from views.files import disposition
from views.trust import PROVINCE, SEES, tabs


class ListForm(forms.Form):
    """A revocation list as a file."""

    def parse(self):
        self.file = self.uploads("list", needed="Hãy chọn tệp danh sách thu hồi (.crl).")


class HostForm(forms.Form):
    """A host that may be asked."""

    def parse(self):
        self.host = self.text("host", needed="Hãy ghi tên máy chủ.", longest=260)
        self.why = self.text("why", longest=200)
        self.inside = self.yes("inside")


def show(request, status=200, form=None):
    """GET /trust/lists"""
    have = {row.issuer_id: row for row in trust_lists.kept()}
    authorities = [row for row in trust.trusted() if row.role != "tsa"]
    return web.page(
        request, "trust/lists.html", status=status, form=form or ListForm(), tabs=tabs(request),
        rows=[(row, have.get(row.id)) for row in authorities], fetches=trust_lists.fetches(),
        kinds=trust_lists.KINDS,
    )  # fmt: skip


def create(request):
    """POST /trust/lists: one revocation list, checked against the key of its authority."""
    form = ListForm(request.state.form)
    if form.ok:
        try:
            row = _bring_in(request.user, form.file[0].file.read(list_files.LARGEST + 1))
        except errors.Invalid as error:
            form.fail(error)
        else:
            told = " Danh sách này đã quá ngày nơi cấp hẹn ra bản mới." if row.is_stale else ""
            return web.redirect(
                "/trust/lists", f"Đã nạp danh sách thu hồi của «{row.issuer.name}», {row.entries} mục.{told}"
            )
    return show(request, 422, form)


def _bring_in(actor, content):
    authorities = {row.sha256: row for row in trust.trusted()}
    try:
        info = list_files.read_list(content, [row.der for row in authorities.values()])
    except SigningError as error:
        raise errors.Invalid({"list": str(error)}) from error
    return trust_lists.bring_in(actor, authorities[info.issuer], info, files.store(info.der))


def show_addresses(request, status=200, form=None):
    """GET /trust/addresses"""
    return web.page(
        request, "trust/addresses.html", status=status, form=form or HostForm(), tabs=tabs(request),
        hosts=trust_hosts.hosts(), proposals=trust_hosts.proposals(_named()), fetches=trust_lists.fetches(),
        kinds=trust_lists.KINDS,
    )  # fmt: skip


def create_address(request):
    """POST /trust/addresses"""
    form = HostForm(request.state.form)
    if form.ok:
        try:
            row = trust_hosts.allow(request.user, form.host, form.why, form.inside)
            return web.redirect("/trust/addresses", f"Đã cho phép gọi ra {row.host}.")
        except errors.Invalid as error:
            form.fail(error)
    return show_addresses(request, 422, form)


def end_address(request):
    """POST /trust/addresses/{id}/end"""
    row = trust_hosts.OutboundHost.get_or_none(trust_hosts.OutboundHost.id == request.path_params["id"])
    if row is None:
        raise errors.NotFound()
    trust_hosts.forbid(request.user, row)
    return web.redirect("/trust/addresses", f"Không gọi ra {row.host} nữa.")


def try_connection(request):
    """POST /trust/addresses/trial: ask for every list now; the answers show on the page."""
    with db.write():
        outbox.place("try_lists", 0, f"try_lists:{clock.now():%Y%m%d%H%M%S%f}", priority=1)
    jobs.wake("try_lists")
    return web.redirect(
        "/trust/addresses", "Đang thử từng địa chỉ; tải lại trang sau giây lát để xem kết quả."
    )


def show_statement(request):
    """GET /trust/{id}/statement: the authority's quy chế chứng thực as it was attached."""
    file = trust.load(request.path_params["id"]).statement
    if file is None:
        raise errors.NotFound()
    headers = {
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(file.read(), media_type="application/pdf", headers=headers)


def _named():
    """(kind, address, whose) of what the trusted authorities' own certificates name."""
    return [
        (kind, url, row.name)
        for row in trust.trusted()
        for kind, url in list_files.addresses_of(bytes(row.der))
    ]


ROUTES = [
    Route("/trust/lists", web.endpoint(show, roles=SEES), methods=["GET"]),
    Route("/trust/lists", web.endpoint(create, roles=PROVINCE), methods=["POST"]),
    Route("/trust/addresses", web.endpoint(show_addresses, roles=SEES), methods=["GET"]),
    Route("/trust/addresses", web.endpoint(create_address, roles=PROVINCE), methods=["POST"]),
    Route("/trust/addresses/trial", web.endpoint(try_connection, roles=PROVINCE), methods=["POST"]),
    Route("/trust/addresses/{id:int}/end", web.endpoint(end_address, roles=PROVINCE), methods=["POST"]),
    Route("/trust/{id:int}/statement", web.endpoint(show_statement, roles=SEES), methods=["GET"]),
]
