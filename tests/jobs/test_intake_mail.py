"""The mail box: documents come in once each, strangers and other files stay out, the line is verified."""

import base64

import mailbox_double
import pytest
import scanned
from mailbox_double import message

from jobs import intake_erasing, intake_mail
from models import config, db, files, intake, outbox, scans

PDF = scanned.scan(width=165, height=234, dpi=20)
ATTACHED = (PDF, "application", "pdf", "Công văn số 5.pdf")


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """The mail server of this file's tests."""
    server = mailbox_double.Server(tmp_path_factory.mktemp("mail"))
    yield server
    server.close()


@pytest.fixture
def server(certified):
    certified.folders = {"INBOX": [], "Da nhan": []}
    certified.heard.clear()
    certified.lie = certified.cut = 0
    certified.capabilities = "IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE"
    return certified


@pytest.fixture(autouse=True)
def connected(office):
    with db.connection():
        yield


@pytest.fixture
def box(office, server):
    return entered(office, server)


def entered(office, double, **changed):
    values = {
        "server": "127.0.0.1", "port": double.port, "login": mailbox_double.LOGIN, "password": mailbox_double.PASSWORD,
        "folder": "INBOX", "moved_to": "", "senders": "", "authority": double.pem, "active": True,
    } | changed  # fmt: skip
    return intake.enter_mailbox(office.quantri, office.a, values)


def taken() -> list:
    intake_mail.look_into_all()
    return list(scans.Scan.select().order_by(scans.Scan.id))


def trouble(box) -> str:
    return intake.IntakeMailbox.get_by_id(box.id).trouble


def refusals() -> list[str]:
    return [row.reason for row in intake.IntakeRefusal.select().order_by(intake.IntakeRefusal.id)]


def test_a7_a_document_comes_in_once_with_its_sender(server, box):
    kept = server.deliver(message(ATTACHED))
    (scan,) = taken()
    assert (scan.name, scan.source, scan.came_from) == ("Công văn số 5.pdf", "mail", "Hộp thư: an@so.vidu.vn")
    assert scan.file.read() == PDF and scan.state == "waiting"
    assert kept.flags == {"\\Seen"} and server.folders["INBOX"] == [kept]
    assert taken() == [scan]
    kept.flags.clear()  # somebody marked it unread
    assert taken() == [scan]
    server.deliver(message(ATTACHED, number="<2@so.vidu.vn>"))  # sent again by its sender: shown as a double
    assert len(taken()) == 2 and trouble(box) == ""


def test_a7_done_messages_can_be_moved(office, server):
    entered(office, server, moved_to="Da nhan")
    server.deliver(message(ATTACHED))
    assert len(taken()) == 1
    assert not server.folders["INBOX"] and len(server.folders["Da nhan"]) == 1
    server.capabilities = "IMAP4rev1 AUTH=PLAIN UIDPLUS"
    server.deliver(message(ATTACHED, number="<2@x>"))
    assert len(taken()) == 2
    assert not server.folders["INBOX"] and len(server.folders["Da nhan"]) == 2


def test_a7_a_cut_line_doubles_nothing(server, box, monkeypatch):
    server.deliver(message(ATTACHED))
    with monkeypatch.context() as broken:
        broken.setattr(intake_mail, "_put_away", _cut)
        assert len(taken()) == 1
        assert "Đứt kết nối" in trouble(box)
    assert len(taken()) == 1 and trouble(box) == ""
    server.deliver(message((PDF + b"\n", *ATTACHED[1:]), number="<2@x>"))
    server.cut = 700
    assert len(taken()) == 1
    server.cut = 0
    assert len(taken()) == 2


def _cut(*_):
    raise OSError("line cut")


def test_a7_other_attachments_are_refused_with_a_reason(server, box):
    logo = (b"\x89PNG\r\n\x1a\n" + bytes(40), "image", "png", "logo.png")
    mail = message(ATTACHED, (b"MZ\x90\x00 program" * 9, "application", "pdf", "bang luong.pdf"), logo)
    *_, inline = mail.iter_attachments()
    inline.replace_header("Content-Disposition", 'inline; filename="logo.png"')
    inline["Content-ID"] = "<logo>"
    server.deliver(mail)
    (scan,) = taken()
    assert scan.name == "Công văn số 5.pdf"
    (reason,) = refusals()
    assert "bang luong.pdf" in reason and "chương trình" in reason and "Thư còn trong hộp thư" in reason
    taken()
    assert len(refusals()) == 1


def test_a7_strangers_stay_out_where_senders_are_named(office, server):
    entered(office, server, senders="@so.vidu.vn")
    server.deliver(message(ATTACHED, sender="X <x@la.vn>"))
    server.deliver(message(ATTACHED, sender='"an@so.vidu.vn" <x@la.vn>', number="<2@la>"))
    server.deliver(message(ATTACHED, number="<3@so>"))
    assert [scan.sender for scan in taken()] == ["an@so.vidu.vn"]
    assert len(refusals()) == 2 and "x@la.vn không có trong danh sách" in refusals()[0]
    assert not scans.Scan.get().document_id  # a known sender proves nothing: it waits like any scan


def test_a7_an_unknown_certificate_gets_no_password(office, server):
    box = entered(office, server, authority="")
    server.deliver(message(ATTACHED))
    assert taken() == [] and "không tin cậy được" in trouble(box) and "Chưa gửi mật khẩu" in trouble(box)
    entered(office, server, server="localhost")
    assert taken() == [] and "không tin cậy được" in trouble(box)  # the right authority, another name
    assert server.heard == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "sai"}, "tên đăng nhập hoặc mật khẩu"),
        ({"folder": "Khong co"}, "Khong co"),
        ({"port": 1}, "Không nối được"),
    ],
)
def test_a7_what_is_wrong_is_said_in_words(office, server, changed, said):
    box = entered(office, server, **changed)
    assert taken() == [] and said in trouble(box)
    assert any(said in sentence for sentence in intake.troubles(office.a.id))


def test_a7_a_folder_that_is_not_there_stops_nothing_that_was_taken(office, server):
    box = entered(office, server, moved_to="Khong co")
    server.deliver(message(ATTACHED))
    assert len(taken()) == 1 and "Khong co" in trouble(box)
    assert len(taken()) == 1


def deep(levels):
    head, tail = b"", b""
    for number in range(levels):
        head += b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number)
        tail = b"\r\n--%d--\r\n" % number + tail
    return b"From: a@b.vn\r\nMessage-ID: <d@x>\r\n" + head + b"Content-Type: application/pdf\r\n\r\nx" + tail


def many(parts):
    mail = message(number="<many@x>")
    for number in range(parts):
        mail.add_attachment(b"x%d" % number, maintype="text", subtype="x-log", filename=f"{number}.log")
    return bytes(mail)


HOSTILE = {
    "deep": deep(3000),
    "many": many(200),
    "no_boundary": b"From: a@b.vn\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n--\r\n",
    "bad_base64": b"From: a@b.vn\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%===\r\n",
    "bad_charset": b"From: =?x-none?B?////?=\r\nSubject: =?utf-8?B?/w==?=\r\nContent-Type: text/plain; charset=x\r\n"
    b'Content-Disposition: attachment; filename*=x\'\'%FF"; filename="../../etc/passwd"\r\n\r\nroot',
    "long_header": b"From: " + b"a" * 300_000 + b"@b.vn\r\nMessage-ID: <" + b"m" * 300_000 + b">\r\n\r\nx",
    "nothing": b"",
    "external": b'From: a@b.vn\r\nContent-Type: message/external-body; access-type=local-file; name="/etc/passwd"\r\n\r\nContent-Type: application/pdf\r\n\r\n',
    "partial": b"From: a@b.vn\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"x"),
    "uu": b"From: a@b.vn\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 a\r\n\xff\xff\r\nend\r\n",
}  # fmt: skip


def test_u1_hostile_messages_harm_nothing_and_hold_up_nothing(data, server, box):
    for content in HOSTILE.values():
        server.deliver(content)
    server.deliver(message(ATTACHED, number="<good@x>"))
    assert [scan.name for scan in taken()] == ["Công văn số 5.pdf"]
    assert trouble(box) == ""
    assert all("\\Seen" in kept.flags for kept in server.folders["INBOX"])
    assert not any("root:" in reason for reason in refusals())
    assert list(files.spool().iterdir()) == []


def test_u1_a_server_that_lies_about_sizes_is_cut_off(server, box):
    server.deliver(message(ATTACHED))
    server.lie = config.current().upload_megabytes << 30
    assert taken() == [] and "Đứt kết nối" in trouble(box)


def test_u1_a_message_too_large_is_not_fetched(server, box, monkeypatch):
    kept = server.deliver(message(ATTACHED))
    monkeypatch.setattr(
        config, "_current", config.Config(data=config.current().data, mode="demo", upload_megabytes=0)
    )
    assert taken() == []
    assert "quá mức" in refusals()[0] and "\\Seen" in kept.flags
    assert not any("BODY" in command for command in server.heard)


@pytest.mark.parametrize("moved_to", ["", "Da nhan"])
@pytest.mark.parametrize("number", ["<s@so.vidu.vn>", ""])
def test_q1_2_a_secret_paper_s_mail_goes_too(data, office, server, moved_to, number):
    entered(office, server, moved_to=moved_to)
    canary = b"kalari-canary-5521"
    secret = (PDF + b"\n% " + canary + b"\n%%EOF\n", *ATTACHED[1:])
    server.deliver(message(secret, number=number))
    server.deliver(message(ATTACHED, number="<other@so.vidu.vn>"))
    first, _ = taken()
    scan = scans.begin_reading(first.id)
    scans.finish_reading(scan, 1, "TỐI MẬT", {}, None)
    intake_erasing.erase_received(outbox.claim({"erase_received"}))
    left = [kept.content for folder in server.folders.values() for kept in folder]
    assert len(left) == 1 and b"<other@so.vidu.vn>" in left[0]
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not [path for path in data.data.rglob("*") if path.is_file() and canary in path.read_bytes()]


def test_q1_2_the_mail_is_removed_later_when_the_line_is_down(office, server, box):
    server.deliver(message(ATTACHED))
    (scan,) = taken()
    scans.finish_reading(scans.begin_reading(scan.id), 1, "MẬT", {}, None)
    with db.write():
        box.set(port=1)
    with pytest.raises(outbox.Retry):
        intake_erasing.erase_received(outbox.claim({"erase_received"}))
    assert len(server.folders["INBOX"]) == 1


def test_a7_a_server_without_sasl_is_signed_in_to(office, server):
    server.capabilities = "IMAP4rev1"
    box = entered(office, server)
    assert taken() == [] and "mật khẩu" in trouble(box)  # LOGIN cannot say «ậ»: a sentence, no crash


def test_folder_names_are_spelt_as_imap_does():
    assert intake_mail._quoted("Đã nhận & xong") == '"&ARAA4w- nh&Hq0-n &- xong"'
    assert intake_mail._quoted('a"b\\c') == '"a\\"b\\\\c"'
