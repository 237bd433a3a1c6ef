"""Trợ giúp names the article each screen serves (obligation QĐ.1)."""


def test_help_names_the_article_of_the_signature_check(browser):
    page = browser("lan").get("/help").text
    assert "Kiểm tra ký số" in page and "10.2" in page
