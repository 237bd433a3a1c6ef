"""Bản lúc ký: what a signature signed, pages beside each other; a hostile file ends in a sentence."""

import io

import pikepdf
import pytest

from jobs import revisions
from models import db, errors, files
from tests.signing.conftest import letter


def kept(content):
    with db.connection():
        return files.put(content, "thu.pdf", "application/pdf")


def test_the_first_signature_saw_empty_blanks_the_last_saw_all(data, sealed):
    file = kept(sealed)
    first, last = revisions.comparison(file, "ChuKyLanhDao"), revisions.comparison(file, "DauCoQuan")
    assert last["whole"] and not first["whole"]
    assert [page["page"] for page in first["changed"]] == [1] and first["pages"] == [1, 1]
    assert sealed.startswith(revisions.signed_bytes(file, "ChuKyLanhDao"))
    assert revisions.signed_bytes(file, "DauCoQuan") == sealed
    assert revisions.picture(file, "ChuKyLanhDao", "after", 1).read_bytes().startswith(b"\x89PNG")


def test_a_page_added_after_the_signature_is_told(data, sealed):
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        extra = pikepdf.new()
        extra.add_blank_page()
        pdf.pages.extend(extra.pages)
        made = io.BytesIO()
        pdf.save(made)
    with pytest.raises(
        (errors.Refused, errors.NotFound)
    ):  # rewritten as a whole: what was signed is not in it any more
        revisions.comparison(kept(made.getvalue()), "ChuKyLanhDao")


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n%%EOF", letter("report"), b"%PDF-1.7\n" + b"<<" * 200_000]
)
def test_what_holds_no_signature_ends_in_a_sentence(data, content):
    with pytest.raises((errors.Refused, errors.NotFound)) as told:
        revisions.comparison(kept(content), "ChuKyLanhDao")
    assert str(told.value).endswith(".")


@pytest.mark.parametrize("field", ["", "../../x", "ChuKyLanhDao\x00", "x" * 5000])
def test_a_strange_field_is_not_there(data, sealed, field):
    with pytest.raises((errors.Refused, errors.NotFound)):
        revisions.comparison(kept(sealed), field)


def test_hostile_files_end_in_a_sentence(data, shared):
    folder = shared / "corpus" / "hostile" / "made"
    for name in ("pdf_pagetree_loop.pdf", "pdf_xref_prev_loop.pdf", "pdf_flate_twice_10GiB.pdf"):
        with pytest.raises((errors.Refused, errors.NotFound)):
            revisions.comparison(kept((folder / name).read_bytes()), "a")
