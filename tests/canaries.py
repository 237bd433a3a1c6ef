"""Canary words: a letter of a stranger whose every part carries a word of its own, and where such words may still be found."""

import base64
from datetime import date

from models import agencies, db, edxml, edxml_write, files, reception, text

SENDER = "H98.77"
PARTS = ("subject", "body", "annexname", "annex", "note")
SKIPPED = ("backups",)  # copies of the database; a restore carries the recalls out again (features K10)


def word(part: str, place: int) -> str:
    """The word of one part of one letter; letters only, so that no index cuts it in two."""
    return f"kanari{part}{chr(97 + place // 26)}{chr(97 + place % 26)}zq"


def pdf(words: str) -> bytes:
    """A PDF of one page with these words as its text, readable in its bytes as well."""
    stream = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table, len(out),
    )  # fmt: skip


def envelope(receivers, place: int, folder) -> edxml.Envelope:
    """Letter number `place` to these agencies."""
    said = {part: word(part, place) for part in PARTS}
    main, annex = folder / f"main-{place}.pdf", folder / f"annex-{place}.pdf"
    main.write_bytes(pdf(f"Noi dung {said['body']} cua cong van"))
    annex.write_bytes(pdf(f"Phu luc {said['annex']}"))
    return edxml.Envelope(
        sender=edxml.Organ(SENDER, "Viện Mẫu"), recipients=tuple(edxml.Organ(one.code, one.name) for one in receivers),
        document_id=f"{SENDER},2026/03/02,{place + 1}/VM-VP", subject=f"Về việc {said['subject']}",
        code_number=str(place + 1), code_notation="VM-VP", issued_date=date(2026, 3, 2), type_code=18,
        type_name="Công văn", signer_position="Viện trưởng", signer_name="Ngô Văn Mẫu", to_places=(f"Như trên {said['note']}",),
        attachments=(edxml.Attachment("cong-van.pdf", main, f"Ghi chú {said['note']}"),
                     edxml.Attachment(f"{said['annexname']}.pdf", annex, f"Phụ lục {said['note']}")),
    )  # fmt: skip


def status(
    receiver, place: int, word_="recall_asked", description="Phát hành nhầm", sender=SENDER, at=None
) -> edxml.Status:
    """The message that asks letter number `place` back."""
    about = edxml.Answered(
        receiver.code, f"{place + 1}/VM-VP", f"{SENDER},2026/03/02,{place + 1}/VM-VP", date(2026, 3, 2)
    )
    return edxml.Status(edxml.Organ(sender, "Viện Mẫu"), about, word_, description, at)


def take(content, folder, axis_id="1"):
    """Receive a packet as the axis gives it; the receipts."""
    path = edxml_write.encode(content, folder / "goi.edxml")
    try:
        return reception.receive_from_axis(path, axis_id)
    finally:
        path.unlink()


def partner() -> agencies.Agency:
    """The sender in the address book."""
    with db.write():
        return agencies.create("Viện Mẫu", code=SENDER, connection="axis")


def forms(found: str) -> list[bytes]:
    """The ways a word may lie in a file: plain, folded, wide, and in base64 at each of its three places."""
    raw = found.encode()
    coded = [base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
    return [raw, text.fold(found).encode(), found.encode("utf-16-le"), found.encode("utf-16-be"), *coded]


def left_in_files(data, words) -> list[str]:
    """«path: word» for each word that some file of the data folder still holds, the database's free pages included."""
    db.empty_log()
    wanted, found = {form: one for one in words for form in forms(one)}, []
    for path in sorted(data.rglob("*")):
        if path.is_file() and path.relative_to(data).parts[0] not in SKIPPED:
            content = path.read_bytes()
            found += [f"{path.relative_to(data)}: {one}" for form, one in wanted.items() if form in content]
    return sorted(set(found))


def left_in_rows(words) -> list[str]:
    """«table: word» for the same in the rows, to find the place of a leak."""
    found = []
    for (table,) in db.database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table.endswith("_words"):
            continue  # an index: its own tables hold what it holds
        for row in db.database.execute_sql(f'SELECT * FROM "{table}"').fetchall():
            said = repr(row).lower()
            found += [f"{table}: {one}" for one in words if one in said]
    return sorted(set(found))


def lists_of_store() -> set[str]:
    """Names of everything in the store."""
    return {path.name for path in files.root().glob("??/*")}
