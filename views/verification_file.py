"""Kiểm tra ký số một tệp: any file a person holds, with its attachments; shown once, nothing of it is kept."""

import threading

from starlette.routing import Route

from jobs import checking, revocation
from models import (
    checks_evidence,
    clock,
    documents,
    errors,
    filetypes,
    lookups,
    permissions,
    text,
    trust_aliases,
)
from signing import Expectation, verdict
from views import forms, verification_words, web

MOST_ATTACHMENTS = 10
LARGEST_MB, LARGEST_ALL_MB = 50, 100
ROLES = (
    lookups.CLERK, lookups.LEADER, lookups.UNIT_HEAD, lookups.OFFICER, lookups.FORM_CHECKER, lookups.ARCHIVIST,
    lookups.ADMIN, lookups.PROVINCE_ADMIN,
)  # fmt: skip
_turns = threading.BoundedSemaphore(2)  # people who check files of their own never take all threads


class FileForm(forms.Form):
    """A signed PDF with its attachments, and what it should be."""

    def parse(self):
        self.file = self.uploads("file", needed="Hãy chọn tệp PDF đã ký số.")
        self.attachments = self.uploads("attachments")
        if len(self.attachments) > MOST_ATTACHMENTS:
            self.errors["attachments"] = f"Mỗi lần kiểm tra tối đa {MOST_ATTACHMENTS} tệp kèm. Hãy bỏ bớt."
        self.issued = self.yes("issued")


def show(request, status=200, form=None):
    """GET /verification"""
    clerk = request.user.has(lookups.CLERK)
    return web.page(
        request, "verification/file.html", status=status, form=form or FileForm(None, issued="1"), result=None, signed=[],
        aliases=trust_aliases.of_agency(request.user.agency_id) if clerk else [], most=LARGEST_MB,
    )  # fmt: skip


def create(request):
    """POST /verification: check what was chosen and show the result."""
    form = FileForm(request.state.form)
    if form.ok:
        try:
            files_ = _read(form)
        except errors.Invalid as error:
            form.fail(error)
        else:
            with _turns:
                result = _checked(files_, form.issued)
            return web.page(
                request, "verification/file.html", form=FileForm(None, issued="1" if form.issued else ""),
                result=result, signed=result["signed"], aliases=[], most=LARGEST_MB,
            )  # fmt: skip
    return show(request, 422, form)


def create_for_file(request):
    """POST /documents/{id}/verification/files/{file}: one file of a document by itself, an annex for instance."""
    doc = permissions.get(request.user, request.path_params["id"])
    wanted = request.path_params["file"]
    rows = [*documents.attachments(doc), *documents.versions(doc)] if not doc.is_closed else []
    row = next((row for row in rows if row.file_id == wanted), None)
    if row is None:
        raise errors.NotFound()
    with _turns:
        result = _checked([(row.file.name, row.file.read())], False)
    return web.page(
        request, "verification/file.html", form=FileForm(None, issued="1"), result=result, signed=result["signed"], aliases=[],
        most=LARGEST_MB,
    )  # fmt: skip


def end_alias(request):
    """POST /verification/aliases/{id}/end: an accepted name counts no more."""
    trust_aliases.end(request.user, request.path_params["id"])
    return web.redirect(
        "/verification", "Tên này không còn được coi là của nơi gửi; áp dụng cho lần kiểm tra sau."
    )


def _read(form):
    """[(name, bytes)], the main file first. Raises Invalid for what is too large."""
    found, total = [], 0
    for field, uploads in (("file", form.file[:1]), ("attachments", form.attachments)):
        for upload in uploads:
            content = upload.file.read((LARGEST_MB << 20) + 1)
            total += len(content)
            if len(content) > LARGEST_MB << 20 or total > LARGEST_ALL_MB << 20:
                name = filetypes.safe_name(upload.filename)
                raise errors.Invalid(
                    {
                        field: f"«{name}» làm quá {LARGEST_MB} MB một tệp hoặc {LARGEST_ALL_MB} MB một lần. Chưa kiểm tra gì."
                    }
                )
            found.append((filetypes.safe_name(upload.filename), content))
    return found


def _checked(files_, issued) -> dict:
    here, moment = revocation.here(), clock.now()
    reports = []
    for place, (name, content) in enumerate(files_):
        expect = Expectation(issued=issued) if place == 0 else Expectation(attachment=True)
        if place and b"%PDF-" not in content[:1024]:
            reports.append((name, None))
            continue
        found = checking.examine(
            content, here.trust, moment=moment, expect=expect, allowed=here.allowed, ask=here.ask
        )
        reports.append((name, found.report))
    (name, report), annexes = reports[0], reports[1:]
    if annexes:
        report = verdict.combine(report, annexes)
    facts = checks_evidence.harmless(report.to_dict())
    return {
        "name": text.harmless(name), "names": [name for name, _ in annexes], "facts": facts, "moment": moment,
        "lines": verification_words.explained(facts),
        "signed": [verification_words.signature(one, n) for n, one in enumerate(facts["signatures"], 1)],
    }  # fmt: skip


ROUTES = [
    Route("/verification", web.endpoint(show, roles=ROLES), methods=["GET"]),
    Route("/verification", web.endpoint(create, roles=ROLES), methods=["POST"]),
    Route(
        "/verification/aliases/{id:int}/end",
        web.endpoint(end_alias, roles=(lookups.CLERK,)),
        methods=["POST"],
    ),
    Route(
        "/documents/{id:int}/verification/files/{file:int}", web.endpoint(create_for_file), methods=["POST"]
    ),
]
