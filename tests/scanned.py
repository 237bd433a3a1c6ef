"""Scanned papers for tests: one picture a page, of any size, colour and turn."""

import io

import pikepdf
from PIL import Image, ImageDraw

from models import copies, copies_rules, db, files, signatures

PDF = b"%PDF-1.7\n% quet\n%%EOF\n"


def scan(width=1654, height=2339, mode="RGB", dpi=200, pages=1, rotate=0, crop=0, plain=True) -> bytes:
    """A scanned letter of A4 in colour at 200 dpi, if nothing else is said; `plain`: as a scanner writes it."""
    sheets = []
    for _ in range(pages):
        sheet = Image.new(mode, (width, height), "white")
        pen = ImageDraw.Draw(sheet)
        for top in range(height // 8, height // 2, 60):
            pen.line((width // 8, top, width - width // 8, top), fill=0, width=8)
        sheets.append(sheet)
    out = io.BytesIO()
    sheets[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=sheets[1:])
    if not plain:
        return out.getvalue()
    with pikepdf.open(io.BytesIO(out.getvalue())) as document:
        for page in document.pages:
            if rotate:
                page.obj.Rotate = rotate
            if crop:
                box = [float(value) for value in page.mediabox]
                page.obj.CropBox = pikepdf.Array([box[0] + crop, box[1] + crop, box[2] - crop, box[3] - crop])
        kept = io.BytesIO()
        document.save(kept, min_version="1.4")
    return kept.getvalue()


def taken(content: bytes | None = None, name="quet.pdf", pages=1, warnings=()) -> copies_rules.Scan:
    """An accepted scan."""
    return copies_rules.Scan(name, files.store(content or PDF), pages, tuple(warnings))


def seal(doc, actor, kind="organisation", verdict="valid"):
    """A seal on the copy and what our check found in it."""
    content = files.store(PDF + b"da ky so" + str(doc.id).encode())
    report = {
        "sha256": content.sha256, "verdict": verdict, "sentence": "", "retry": False,
        "signatures": [{"field_name": "x", "kind": kind, "signer": "Sở", "organisation": "Sở", "certificate_sha256": "",
                        "stamped_at": "", "signed_at": "", "verdict": verdict}],
    }  # fmt: skip
    with db.write():
        copies.seal(doc, actor, content, verdict, "lỗi thử")
        signatures.checked(doc, report)
