"""Pages of the administrator for scanners' folders and the mail box."""

import authorities
from cryptography.hazmat.primitives.serialization import Encoding

from models import db, intake, journal, outbox, vault

BOX = {
    "server": "mail.vidu.vn", "port": "993", "login": "vanthu@vidu.vn", "password": "mật khẩu dài",
    "folder": "INBOX", "moved_to": "", "senders": "a@vidu.vn\n@so.vidu.vn", "active": "1",
}  # fmt: skip


def post(browser, at, **data):
    return browser("quantri").post(f"/admin/intake{at}", data=data)


def test_a2_a_scanner_s_folder_is_named_changed_and_stopped(browser, office):
    answer = post(browser, "/folders", name="Máy tầng 2", path="tang-2", unit="")
    assert answer.status_code == 303
    with db.connection():
        (row,) = intake.folders(office.a.id)
        assert row.path == str(intake.own_root(office.a) / "tang-2") and row.active
        unit = next(iter(office.units.values()))
    page = browser("quantri").get("/admin/intake").text
    assert "Máy tầng 2" in page and row.path in page
    post(browser, f"/folders/{row.id}", name="Máy tầng 3", unit=str(unit.id))
    with db.connection():
        (row,) = intake.folders(office.a.id)
        assert (row.name, row.unit_id, row.active) == ("Máy tầng 3", unit.id, False)


def test_a2_a_wrong_folder_says_where_it_may_lie_and_keeps_what_was_typed(browser, office):
    answer = post(browser, "/folders", name="Máy tầng 2", path="/etc")
    assert answer.status_code == 422
    assert 'value="/etc"' in answer.text and "phải nằm trong" in answer.text
    answer = post(browser, "/folders", name="", path="x")
    assert "Hãy đặt tên máy quét" in answer.text


def test_a7_the_mail_box_s_password_is_sealed_and_never_shown(browser, office, data):
    assert post(browser, "/mailbox", **BOX).status_code == 303
    page = browser("quantri").get("/admin/intake").text
    assert "vanthu@vidu.vn" in page and BOX["password"] not in page
    with db.connection():
        row = intake.mailbox(office.a.id)
        assert row.password == BOX["password"] and BOX["password"] not in row.locked_password
        assert row.allows("A@vidu.vn") and row.allows("b@so.vidu.vn")
        assert not row.allows("a@vidu.vn.xa") and not row.allows("b@vidu.vn")
        assert outbox.Order.select().where(outbox.Order.kind == "look_into_mailbox").count() == 1
        assert all(BOX["password"] not in event.note for event in journal.Event.select())
    post(browser, "/mailbox", **BOX | {"password": "", "folder": "Công văn"})
    with db.connection():
        assert intake.mailbox(office.a.id).password == BOX["password"]
        assert vault.unlock("") == ""


def test_a7_another_server_asks_for_the_password_again(browser, office):
    """Else whoever may write the page could have the password sent to a machine of his own."""
    post(browser, "/mailbox", **BOX)
    answer = post(browser, "/mailbox", **BOX | {"password": "", "server": "mail.khac.vn"})
    assert answer.status_code == 422 and "phải nhập lại mật khẩu" in answer.text
    with db.connection():
        assert intake.mailbox(office.a.id).server == "mail.vidu.vn"


def test_a7_wrong_values_are_named_each(browser, office):
    wrong = {"server": "imaps://x/", "port": "99999", "login": "", "password": "", "senders": "ai đó"}
    answer = post(browser, "/mailbox", **BOX | wrong)
    assert answer.status_code == 422
    assert "số từ 1 đến 65535" in answer.text and 'value="imaps://x/"' in answer.text
    answer = post(browser, "/mailbox", **BOX | wrong | {"port": "993", "senders": "ai"})
    for words in ("không kèm imap://", "tên đăng nhập", "mật khẩu của hộp thư", "«ai» không phải"):
        assert words in answer.text


def test_a7_a_private_authority_is_taken_and_given_back(browser, office):
    pem = authorities.authority("Nơi cấp nội bộ").certificate.public_bytes(Encoding.PEM)
    admin = browser("quantri")

    def sent(content, **more):
        found = [("authority_file", ("ca.pem", content))] if content else None
        return admin.post("/admin/intake/mailbox", data=BOX | more, files=found)

    assert "PEM" in sent(b"not a certificate").text
    assert sent(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").status_code == 422
    assert sent(pem).status_code == 303
    with db.connection():
        assert intake.mailbox(office.a.id).authority == pem.decode().strip()
    assert sent(None, no_authority="1").status_code == 303
    with db.connection():
        assert intake.mailbox(office.a.id).authority == ""


def test_an_administrator_of_another_agency_cannot_reach_it(browser, office):
    post(browser, "/folders", name="Máy A", path="a")
    with db.connection():
        row = intake.folders(office.a.id)[0]
        login = next(
            one.person.login for one in office.everybody()
            if getattr(one, "agency_id", 0) == office.b.id and one.has("admin")
        )  # fmt: skip
    other = browser(login)
    assert other.post(f"/admin/intake/folders/{row.id}", data={"name": "x"}).status_code == 404
    assert other.post("/admin/intake/folders", data={"name": "x", "path": row.path}).status_code == 422
    assert "Máy A" not in other.get("/admin/intake").text
