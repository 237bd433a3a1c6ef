"""Kiểm tra ký số pages: who sees them, what they say."""


def test_a_document_that_is_not_there(browser):
    assert browser("lan").get("/documents/987654/verification").status_code == 404
