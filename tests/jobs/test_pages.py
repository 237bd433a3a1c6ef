"""Đọc trang văn bản đến: pages counted, words found by the search, secrecy marks refused with nothing kept (1.2)."""

import pytest
from arrivals import consigned, morning, statuses  # noqa: F401

from jobs import pages, render
from models import db, documents, files, fulltext, outbox, seed_letters


@pytest.fixture(scope="module")
def letters():
    """A plain letter, and one with a secrecy mark in its box."""

    def made(*body):
        letter = seed_letters.Letter("Sở Mẫu", "SM-VP", "Minh Sơn", "thử", body, "Giám đốc", "Người Mẫu")
        return render.to_pdf(seed_letters.docx(letter), "docx")

    return (
        made("Rà soát quỹ đất tái định cư."),
        made("MẬT", "Nội dung không được lưu."),
        made("Giữ bí mật nhà nước."),
    )


def arrived(office, content):
    doc = consigned(office)
    row = files.put(content, "thu.pdf", "application/pdf")
    with db.write():
        documents.attach(doc, row, "main")
        order = outbox.place("pages", doc.id, f"pages:{doc.id}")
    pages.look_at_pages(order)
    return documents.Document.get_by_id(doc.id), row


def test_pages_are_counted_and_their_words_found(morning, letters):  # noqa: F811
    doc, _ = arrived(morning, letters[0])
    assert doc.page_amount == 1
    assert fulltext.matching(morning.a.id, "quỹ đất tái định cư") == [doc.id]


def test_a_changed_subject_keeps_the_words_of_the_pages(morning, letters):  # noqa: F811
    doc, _ = arrived(morning, letters[0])
    with db.write():
        documents.describe(doc, subject="Trích yếu mới")
    assert fulltext.matching(morning.a.id, "quy dat") == [doc.id]


def test_1_2_a_marked_letter_goes_back_and_nothing_of_it_is_kept(morning, letters):  # noqa: F811
    doc, row = arrived(morning, letters[1])
    assert doc.state == "refused" and "1.2" in doc.verdict_note and doc.arrival_number is None
    assert statuses(doc) == ["refused"]
    assert documents.attachments(doc) == [] and not row.path().exists()
    assert not files.File.select().where(files.File.sha256 == row.sha256).exists()
    assert fulltext.matching(morning.a.id, "khong duoc luu") == []


def test_the_word_in_running_text_is_no_mark(morning, letters):  # noqa: F811
    doc, row = arrived(morning, letters[2])
    assert doc.state == "arrived" and row.path().exists()


def test_a_content_that_another_document_uses_stays(morning, letters):  # noqa: F811
    kept = files.put(letters[1], "ban-luu.pdf", "application/pdf")
    doc, _ = arrived(morning, letters[1])
    assert doc.state == "refused" and kept.path().exists() and kept.read() == letters[1]


def test_the_recalled_documents_words_leave_the_search(morning, letters):  # noqa: F811
    doc, _ = arrived(morning, letters[0])
    with db.write():
        documents.forget_words(doc)
    assert fulltext.matching(morning.a.id, "tai dinh cu") == []
    assert fulltext.matching(morning.a.id, "thử") == [doc.id]
