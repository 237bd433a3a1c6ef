"""Chứng cứ kiểm tra ký số: the report as a PDF, the evidence to take along, the check repeated from it (Q16.4, SIG-23)."""

import hashlib
import io
import json
import zipfile
from datetime import date

from starlette.responses import Response
from starlette.routing import Route

from jobs import checking
from models import (
    checks,
    checks_evidence,
    clock,
    errors,
    files,
    filetypes,
    permissions,
    signatures,
)
from signing import Expectation, trust, verdict
from views import prints, verification, verification_words, web
from views.files import disposition

SUFFIXES = {"certificate": "cer", "crl": "crl", "ocsp": "ors"}
FOLDERS = {"certificate": "chung-thu", "crl": "danh-sach-thu-hoi", "ocsp": "tra-loi-ocsp"}


def show_report(request):
    """GET /documents/{id}/verification/report.pdf"""
    doc, check = _checked(request)
    return prints.pdf(request, "verification/report.html", name=f"{_stem(doc)}.pdf", **_printed(doc, check))


def show_evidence(request):
    """GET /documents/{id}/verification/evidence.json: the evidence as it is kept."""
    doc, check = _checked(request)
    if check.evidence is None:
        raise errors.NotFound("Lần kiểm tra này không lưu chứng cứ.")
    headers = {"Content-Disposition": disposition(f"{_stem(doc)}-chung-cu.json"), "Cache-Control": "no-store"}
    return Response(check.evidence.read(), media_type="application/json", headers=headers)


def show_pack(request):
    """GET /documents/{id}/verification/pack.zip: file, report, certificates, lists, answers, for a court or an archive."""
    doc, check = _checked(request)
    headers = {"Content-Disposition": disposition(f"{_stem(doc)}.zip"), "Cache-Control": "no-store"}
    shown = {"actor": request.user, "agency": request.user.agency, "printed_at": clock.now()}
    report = prints.draw("verification/report.html", **shown, **_printed(doc, check))
    return Response(_pack(doc, check, report), media_type="application/zip", headers=headers)


def create_repetition(request):
    """POST /documents/{id}/verification/repetition: once more, offline, as of then, with what was kept then."""
    doc, check = _checked(request)
    kept = checks_evidence.of(check)
    if kept is None or kept.checked_at is None:
        raise errors.Refused(
            "Lần kiểm tra này không lưu đủ chứng cứ để làm lại. Kết quả đã lưu vẫn giữ nguyên."
        )
    if doc.is_closed:
        raise errors.Refused(
            "Nội dung đã đóng nên không kiểm tra lại được. Kết quả và chứng cứ đã lưu vẫn giữ nguyên."
        )
    before = verification.report_of(check)
    after = checks_evidence.harmless(_repeated(kept).to_dict())
    rows = verification_words.comparison(before, after)
    return web.page(
        request, "verification/repetition.html", doc=doc, check=check, kept=kept, rows=rows,
        same=all(row["same"] for row in rows), engine=after["engine"],
        after=after, signed=[verification_words.signature(one, n) for n, one in enumerate(after["signatures"], 1)],
    )  # fmt: skip


def _checked(request):
    """The document and the check asked for: `?check=ID`, else the newest. Raises NotFound."""
    doc = permissions.get(request.user, request.path_params["id"])
    asked = request.query_params.get("check", "")
    check = signatures.newest_check(doc)
    if asked.isdecimal() and len(asked) < 12:
        check = next((row for row in checks.history(doc) if row.id == int(asked)), None)
    if check is None:
        raise errors.NotFound("Chưa có kết quả kiểm tra ký số của văn bản này.")
    return doc, check


def _repeated(kept):
    """The report made again. Raises Refused when a file of that day is no longer here."""
    believed, report, annexes = _trust(kept), None, []
    for name, sha256, kind in kept.files:
        content = _content(name, sha256)
        expect = _expectation(kept.expected) if kind == "main" else _annex(kept.expected)
        if kind != "main" and b"%PDF-" not in content[:1024]:
            annexes.append((name, None))
            continue
        found = checking.examine(
            content, believed, moment=kept.checked_at, expect=expect, online=False
        ).report
        if kind == "main":
            report = found
        else:
            annexes.append((name, found))
    if report is None:
        raise errors.Refused("Chứng cứ không nói tới tệp chính nào. Kết quả đã lưu vẫn giữ nguyên.")
    return verdict.combine(report, annexes)


def _content(name, sha256):
    row = files.File.get_or_none(files.File.sha256 == sha256)
    if row is None or not row.path().exists():
        raise errors.Refused(
            f"Tệp «{name}» của ngày đó không còn (nội dung đã hủy), nên chỉ còn kết quả và chứng cứ đã lưu."
        )
    return row.read()


def _trust(kept):
    """The authorities of that day, with the certificates, lists and answers that were kept."""
    return trust.with_evidence(trust.trust_of(kept.authorities), kept.items)


def _expectation(said):
    return Expectation(
        date.fromisoformat(said["issued_day"]) if said.get("issued_day") else None, tuple(said.get("organisations") or ()), said.get("number"),
        parents=tuple(said.get("parents") or ()), issued=bool(said.get("issued")), copy=bool(said.get("copy")),
    )  # fmt: skip


def _annex(said):
    return Expectation(
        organisations=tuple(said.get("organisations") or ()),
        parents=tuple(said.get("parents") or ()),
        attachment=True,
    )


def _printed(doc, check):
    facts = verification.report_of(check)
    return {
        "doc": doc, "check": check, "facts": facts, "lines": verification_words.explained(facts), "kept": checks_evidence.of(check),
        "signed": [verification_words.signature(one, n) for n, one in enumerate(facts["signatures"], 1)],
    }  # fmt: skip


def _pack(doc, check, report: bytes) -> bytes:
    made, kept = io.BytesIO(), checks_evidence.of(check)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bao-cao.pdf", report)
        archive.writestr("bao-cao.json", json.dumps(check.facts, ensure_ascii=False, indent=1))
        if check.evidence is not None:
            archive.writestr("chung-cu.json", check.evidence.read())
        for kind, body in kept.items if kept else ():
            if kind in FOLDERS:
                archive.writestr(
                    f"{FOLDERS[kind]}/{hashlib.sha256(body).hexdigest()[:32]}.{SUFFIXES[kind]}", body
                )
        for number, file in enumerate([] if doc.is_closed else verification.files_of(doc), 1):
            archive.writestr(f"tep/{number:02d}-{filetypes.safe_name(file.name)}", file.read())
    return made.getvalue()


def _stem(doc) -> str:
    number = doc.number_text.replace("/", "-") or f"van-ban-{doc.id}"
    return filetypes.safe_name(f"kiem-tra-ky-so-{number}")


ROUTES = [
    Route("/documents/{id:int}/verification/report.pdf", web.endpoint(show_report), methods=["GET"]),
    Route("/documents/{id:int}/verification/evidence.json", web.endpoint(show_evidence), methods=["GET"]),
    Route("/documents/{id:int}/verification/pack.zip", web.endpoint(show_pack), methods=["GET"]),
    Route("/documents/{id:int}/verification/repetition", web.endpoint(create_repetition), methods=["POST"]),
]
