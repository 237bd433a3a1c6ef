"""A scanned letter as its reading left it, for tests of what the clerk does with it."""

import io

from PIL import Image

from models import db, extraction, files, scans


def sheet() -> bytes:
    """One white page."""
    held = io.BytesIO()
    Image.new("L", (120, 170), 255).save(held, "PDF")
    return held.getvalue()


PDF = sheet()


def field(value, sure=True):
    return extraction.Field(value, 0.97 if sure else 0.7, sure, 1, [100, 100, 200, 112])


READ = dict.fromkeys(extraction.FIELDS) | {
    "code_number": field("125"), "code_notation": field("SGT-VP"), "issued_date": field("2026-07-10"),
    "organ_name": field("SỞ GIẢ TƯỞNG TỈNH MẪU"), "type_name": field("Công văn"), "subject": field("V/v thử bản quét", False),
    "signer_name": field("Lò Văn Mẫu"), "signer_position": field("GIÁM ĐỐC"),
}  # fmt: skip


def read_scan(actor, name="thu.pdf", fields=READ, content=PDF):
    """An uploaded scan whose fields were read."""
    with db.connection():
        scan = scans.upload(actor, files.store(content), name, "application/pdf")
        scan = scans.begin_reading(scan.id)
        scans.finish_reading(scan, 1, "thử bản quét", fields, None, [(595, 842)])
        return scan
