"""Vì sao chưa làm được: the conditions of each step of an outgoing document, each a sentence with its article.

A guard answers None when the step may be taken. outgoing.py binds them to the table of steps.
"""

from models import clock, documents, drafts, lookups, paper, secrecy, signatures, users


def reviewers(doc) -> list[users.Post]:
    """Who may approve the content: the heads of the drafting unit; where it has none, the leaders."""
    posts = users.holders(doc.agency_id)
    heads = [post for post in posts if post.has(lookups.UNIT_HEAD) and post.unit_id == doc.unit_id]
    return heads or [post for post in posts if post.has(lookups.LEADER)]


def form_checkers(doc) -> list[users.Post]:
    """Who may check form and layout: those with the role; where nobody has it, the clerks."""
    posts = users.holders(doc.agency_id)
    checkers = [post for post in posts if post.has(lookups.FORM_CHECKER)]
    return checkers or [post for post in posts if post.has(lookups.CLERK)]


def may_submit(doc, actor) -> str | None:
    """Why the draft cannot be submitted: not one's own, or something is still missing."""
    reason = may_draft(doc, actor)
    if reason:
        return reason
    lacking = drafts.missing(doc)
    return " ".join(lacking) if lacking else None


def may_approve(doc, actor) -> str | None:
    """Why this person cannot approve the content (13.1)."""
    if any(post.id == actor.post.id for post in reviewers(doc)):
        return None
    return f"Nội dung do {_names(reviewers(doc))} duyệt (Quy chế Điều 13.1)."


def may_check_form(doc, actor) -> str | None:
    """Why this person cannot pass the form (13.1)."""
    if any(post.id == actor.post.id for post in form_checkers(doc)):
        return None
    return f"Thể thức do {_names(form_checkers(doc))} kiểm tra (Quy chế Điều 13.1)."


def may_sign(doc, actor) -> str | None:
    """Why this person cannot sign: only the signer named does, with his own certificate (6.1.a)."""
    if doc.signer_id == actor.post.id:
        return None
    return f"Văn bản trình {doc.signer_name} ký; chỉ người đó ký, bằng chứng thư số cá nhân (Quy chế Điều 6.1.a)."


def may_return(doc, actor) -> str | None:
    """Why this person cannot send the document back: it is not with him, or it is out on paper already."""
    if doc.source == "paper":
        return "Văn bản đã phát hành bản giấy, không trả lại để soạn lại. Quét nhầm thì bấm «Thay bản quét»."
    if doc.state == "content_review":
        return may_approve(doc, actor)
    if doc.state == "form_review":
        return may_check_form(doc, actor)
    if doc.state == "awaiting_signature":
        return may_sign(doc, actor)
    return None if actor.has(lookups.CLERK) else "Văn bản đang ở văn thư."


def may_draft(doc, actor) -> str | None:
    """Only the drafter takes his own draft back or drops it."""
    return None if doc.drafter_id == actor.post.id else "Chỉ người soạn thảo làm được việc này."


def may_number(doc, actor) -> str | None:
    """12.2: the day of the signature is the day of issue, which is today; 14.2.b, 6.2.b are said before a number goes."""
    if doc.signed_at is None:
        return "Người ký chưa ký số (Quy chế Điều 12.1)."
    day = clock.local(doc.signed_at).date()
    if day != clock.today():
        return (
            f"Văn bản được ký ngày {day:%d/%m/%Y}, hôm nay là {clock.today():%d/%m/%Y}: ngày ký phải trùng ngày ban "
            "hành (Quy chế Điều 12.2). Hãy bấm «Trình ký lại» để người ký ký mới hôm nay."
        )
    return no_code(doc) or paper.closed_recipients(doc)


def may_seal(doc, actor) -> str | None:
    """12.2: the seal is set on the day of issue; a number of another day goes back with its reason."""
    if doc.issued_date != clock.today():
        return (
            f"Số đã cấp ngày {doc.issued_date:%d/%m/%Y} nhưng hôm nay là {clock.today():%d/%m/%Y}: dấu phải đóng đúng ngày "
            "ban hành (Quy chế Điều 12.2). Hãy bấm «Trình ký lại»: số cũ được hủy có lý do, văn bản ký và cấp số lại."
        )
    return None


def may_issue(doc, actor) -> str | None:
    """Why the document cannot be released: 12.1, 13.2, 6.2.b, 14.2.b, 1.2, or nowhere to go."""
    if doc.source == "paper":
        if not is_certified(doc):
            return "Bản số hóa chưa có chữ ký số hợp lệ của cơ quan nên không được phát hành (Quy chế Điều 12.5, 13.2)."
    elif not _has_both_signatures(doc):
        return "Văn bản chưa có đủ hai chữ ký số hợp lệ nên không được phát hành (Quy chế Điều 12.1, 13.2)."
    bare = drafts.unsealed(doc)
    if bare:
        names = ", ".join(f"«{row.file.name}»" for row in bare)
        return f"Phụ lục {names} chưa được ký số của cơ quan (Quy chế Điều 6.2.b). Hãy đóng dấu lại."
    if not doc.recipients.exists():
        return "Văn bản chưa có nơi nhận."
    return no_code(doc) or paper.closed_recipients(doc) or _secret(doc)


def may_seal_copy(doc, actor) -> str | None:
    """12.5, ND30 25.1.c, 32.2.d: only a scan this office took up from its own paper is sealed as a copy; nothing secret."""
    if not any(version.kind == "scan" for version in documents.versions(doc)):
        return "Chưa có bản quét. Hãy tải bản quét của văn bản giấy lên rồi ký số (Quy chế Điều 12.5)."
    return _secret(doc)


def may_rescan(doc, actor) -> str | None:
    """Only a digitised paper can be scanned again before it is sent."""
    return None if doc.source == "paper" else "Chỉ văn bản phát hành bản giấy mới có bản quét để thay."


def is_certified(doc) -> bool:
    """13.2, 12.5: the file that would leave is a scan of ours with one valid signature, the agency's, and no other."""
    kinds = {version.kind for version in documents.versions(doc)}
    main = documents.main_file(doc)
    if doc.verdict != "valid" or not {"scan", "sealed"} <= kinds or main is None:
        return False
    found = [row for row in signatures.of(doc) if row.file_sha256 == main.sha256 and row.kind != "stamp"]
    return [(row.kind, row.verdict) for row in found] == [("organisation", "valid")]


def no_code(doc) -> str | None:
    """14.2: an agency without a code in force releases nothing."""
    if doc.agency.code:
        return None
    return "Cơ quan chưa có mã định danh còn hiệu lực nên không phát hành được (Quy chế Điều 14.2). Hãy báo quản trị."


def _has_both_signatures(doc) -> bool:
    kinds = {version.kind for version in documents.versions(doc)}
    return doc.verdict == "valid" and {"signed", "sealed"} <= kinds


def _secret(doc) -> str | None:
    names = [row.file.name for row in drafts.annexes_of(doc)]
    level = secrecy.found("\n".join([doc.subject, doc.description, doc.to_places, *names]))
    return secrecy.refusal(level) if level else None


def _names(posts) -> str:
    return ", ".join(post.label for post in posts) or "người có vai trò"
