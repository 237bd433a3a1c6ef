"""What may be asked of a copy (ND30 Điều 3.10–3.12, 25): each condition a sentence at its field, with the article."""

from models import copies_rules, documents, errors, files, secrecy, workflow
from models.copies_rows import of


def proposed(source) -> dict:
    """What the form starts with: of a sao y a sao lục is made, of an original a sao y."""
    if not is_sao_y(source):
        return {"form": "sao_y"}
    own = of(source) if source.flow == "copies" else None
    number = f" số {own.number_text}" if own and own.number else ""
    name = source.agency.name if own else source.organ_name
    return {"form": "sao_luc", "copied_from": f"Bản sao y{number} của {name}"}


def is_sao_y(source) -> bool:
    """True for a copy of ours that is a sao y, and for a received file that bears an agency's signature alone."""
    if source.flow == "copies":
        return of(source).form == "sao_y"
    return source.flow == "incoming" and source.source != "paper" and copies_rules.is_copy(source)


def _not_ready(source) -> str:
    """Why a document cannot be copied yet or any more, "" when it can."""
    if source.is_recalled:
        return "Văn bản đã bị thu hồi nên không sao (Quy chế Điều 12.6)."
    if source.flow == "incoming" and source.arrival_number is None:
        return "Văn bản đến chưa vào sổ nên chưa sao được (Quy chế Điều 10.2)."
    if source.flow != "incoming" and source.state != "issued":
        return f"Văn bản đang «{workflow.label(source)}»; chỉ sao văn bản, bản sao đã phát hành."
    return ""


def wrong(fields, medium, source, scan) -> dict:
    """Field → sentence of what the decree or the form does not allow."""
    found, form = {}, fields["form"]
    way = copies_rules.way_refusal(form, medium, fields["medium"])
    if way:
        found["medium"] = way
    if not fields.get("purpose"):
        found["purpose"] = "Hãy ghi sao để làm gì."
    if form == "sao_luc" and not fields.get("copied_from"):
        found["copied_from"] = (
            "Sao lục chỉ làm từ bản sao y: hãy ghi bản sao y đó, ví dụ «Bản sao y số 03/SY-SKH» (ND30 Điều 25.2)."
        )
    if source is not None and (source.flow == "copies" or medium == copies_rules.ELECTRONIC):
        second_hand = is_sao_y(source)
        if form == "sao_luc" and not second_hand:
            found["form"] = (
                "Văn bản này không phải bản sao y: hãy chọn sao y hoặc trích sao (ND30 Điều 25.2.b)."
            )
        if form != "sao_luc" and (second_hand or source.flow == "copies"):
            found["form"] = (
                "Văn bản này đã là bản sao: chỉ sao lục được từ bản sao y (ND30 Điều 3.10–3.12, 25.2)."
            )
    if form == "trich_sao" and not fields.get("part"):
        found["part"] = "Hãy ghi phần cần trích, ví dụ «Điều 3 và Phụ lục II» (ND30 Điều 25.3)."
    if scan is None and own_scan(source) is None:
        found["scan"] = "Hãy tải bản quét (PDF) của văn bản cần sao lên."
    if source is not None and _not_ready(source):
        found[""] = _not_ready(source)
    said = "\n".join([fields.get("subject", ""), fields["purpose"], source.subject if source else ""])
    if secrecy.found(said):
        found[""] = secrecy.refusal(secrecy.found(said))
    return found


def described(fields, source) -> dict:
    """The data of the document copied: of the source, else as typed. Raises Invalid when the paper is not named."""
    names = ("organ_name", "code_number", "code_notation", "issued_date", "type_code", "subject")
    given_ = {name: getattr(source, name) if source else fields.get(name) for name in names}
    if not given_["subject"] or not given_["organ_name"]:
        raise errors.Invalid({"subject": "Hãy nhập cơ quan ban hành và trích yếu của văn bản cần sao."})
    urgency = source.urgency if source else 0
    return {name: value for name, value in given_.items() if value is not None} | {"urgency": urgency}


def base_file(source) -> files.File | None:
    """The PDF of a document that a copy can be made of: of a paper its scan, else what people read; None when there is none."""
    if source is None or (source.flow == "copies" and of(source).medium == copies_rules.PAPER):
        return None  # the copy that was signed and stamped by hand is not in the system
    scans = [
        row.file for row in documents.versions(source) if row.kind == "scan" and source.source == "paper"
    ]
    row = scans[-1] if scans else documents.main_file(source)
    return row if row is not None and row.media_type == "application/pdf" else None


def own_scan(source) -> copies_rules.Scan | None:
    """The same as something to make a copy of."""
    row = base_file(source)
    if row is None:
        return None
    return copies_rules.Scan(row.name, files.Stored(row.sha256, row.size), max(source.page_amount, 1))
