"""Uploads of a draft: accepted by content, kept, turned into PDF in a child process; all before anything is written.

A file that cannot be used costs nobody anything: the sentence stands at its field, what was typed stays.
"""

import tempfile
from pathlib import Path

from jobs import papers, render
from models import config, drafts, errors, files, filetypes
from models import text as words_of
from signing import BlankNotFound, SigningError

ACCEPTED = ("docx", "odt", "doc", "rtf", "pdf")
ACCEPT = ".docx,.odt,.doc,.rtf,.pdf"


def take(upload, field: str = "file", is_annex: bool = False) -> drafts.Paper:
    """An upload as an accepted paper; of a draft the notation printed on it is read too.

    Raises Invalid at `field`, Refused when disk or converter are missing.
    """
    name = filetypes.safe_name(upload.filename)
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="draft-") as spooled:
        path = Path(spooled.name)
        _copy(upload, spooled)
        kind = filetypes.accept(path, upload.filename, ACCEPTED, config.current().upload_megabytes, field)
        try:
            return _paper(path, kind, name, is_annex)
        except errors.Invalid as error:
            raise errors.Invalid({field: " ".join(error.fields.values())}) from error


def prepared(doc, placed: dict) -> tuple[files.Stored, str]:
    """The draft with its empty fields for number, date and signatures (12.1) and its marks, stored; and what a person
    should know of it ("" for nothing). `placed`: places set by hand (placements.of).

    Raises Invalid({"": sentence}) when the page lacks a blank or prints another notation than the data say; the
    sentence says which and what to do.
    """
    try:
        made = papers.prepare_draft(drafts.draft_pdf(doc).read(), papers.wish_of(doc, placed))
    except BlankNotFound as error:
        raise errors.Invalid(
            {"": f"{error} Hoặc bấm «Chỗ ký, chỗ đóng dấu» để tự đặt các ô trên ảnh trang."}
        ) from error
    except SigningError as error:
        raise errors.Invalid({"": str(error)}) from error
    if made.notation and _alike(made.notation) != _alike(doc.code_notation):
        raise errors.Invalid(
            {
                "": f"Trang 1 in ký hiệu «{made.notation}» nhưng thông tin văn bản ghi «{doc.code_notation}». Sổ và văn bản "
                "phải giống nhau: hãy sửa ký hiệu trong «Sửa thông tin», hoặc sửa tệp rồi tải lên bản mới."
            }
        )
    return files.store(made.pdf), made.note


def _copy(upload, spooled) -> None:
    try:
        while chunk := upload.file.read(files.CHUNK):
            spooled.write(chunk)
        spooled.flush()
    except OSError as error:
        raise errors.Refused(
            "Chưa lưu được tệp vì đĩa của máy chủ đầy hoặc lỗi. Chưa có gì bị thay đổi; hãy báo quản trị rồi thử lại."
        ) from error


def _paper(path, kind, name, is_annex) -> drafts.Paper:
    source = files.store(path)
    pdf = (
        source
        if kind.name == "pdf"
        else files.store(render.to_pdf(files.place(source.sha256), kind.name, name))
    )
    kept = files.File(sha256=pdf.sha256, name=name, media_type="application/pdf", size=pdf.size)
    pages = render.page_count(kept.path(), name)
    words = "\n".join(line[0] for line in render.page_text(kept, 1)["lines"])
    notation = "" if is_annex else papers.notation(kept.path())
    return drafts.Paper(name, kind.media_type, source, pdf, pages, words, notation)


def _alike(notation: str) -> str:
    return words_of.fold(notation).replace("–", "-").replace(" ", "").rstrip(".,;")
