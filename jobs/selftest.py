"""Tự kiểm tra liên thông: calls the axis once and says of the one call whether it answers, who it is, what time it has,
and whether it takes our secret; then whether it lists our codes."""

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from jobs import lines, runner
from models import clock, config, errors, exchange_axis, outbox, selftest, vault, vxp
from models.selftest import Line

WAIT = httpx.Timeout(20.0, connect=10.0)  # seconds
MOST_REPLY = 1 << 20
CLOCK_WARN, CLOCK_BAD = 60, 300  # seconds
CERTIFICATE_DAYS = 30
REACH, NAME, CLOCK, SECRET, CODES = (
    "Gọi được trục", "Chứng thư máy chủ của trục", "Đồng hồ so với trục", "Khóa bí mật", "Mã định danh trên trục"
)  # fmt: skip


@runner.carries_out("self_test")
def run(order):
    """Look, and write down what was found after each step."""
    row = selftest.SelfTest.get_by_id(order.subject_id)
    if row.finished_at:
        return
    connection = exchange_axis.connected()
    if connection is None:
        selftest.note(row, [_undeclared()], len(selftest.STEPS), finished=True)
        return
    found = _call(connection)
    selftest.note(row, found, 1)
    codes = _codes(row.agency) if all(line.kind != "bad" for line in found) else []
    selftest.note(row, codes, len(selftest.STEPS), finished=True)


def _undeclared():
    if config.current().hub:
        words = "Hệ thống này là trục nội bộ và chưa nối lên trục cấp trên."
        return Line("none", REACH, words, law="Quy chế 18.5", url="/admin/axis")
    return Line("none", REACH, "Chưa khai báo kết nối trục, hoặc kết nối đang tắt.",
                "Quản trị toàn tỉnh khai báo ở Quản trị → Kết nối trục.", "Quy chế 14", "/admin/axis")  # fmt: skip


def _call(connection) -> list[Line]:
    """One signed, harmless call (the list of what waits), and what it shows."""
    try:
        secret = vault.unlock(connection.locked_secret)
    except errors.Refused as fault:
        return [
            Line(
                "bad",
                SECRET,
                str(fault),
                "Quản trị toàn tỉnh nhập lại khóa bí mật.",
                "Quy chế 20",
                "/admin/axis",
            )
        ]
    began = clock.now()
    try:
        answer, certificate, body = _answered(connection, secret)
    except httpx.HTTPError as fault:
        return [_unreachable(connection, fault)]
    took = clock.now() - began
    reached = Line("ok", REACH, f"{urlsplit(connection.url).hostname} trả lời sau {took.total_seconds():.1f} giây.",
                   law="Quy chế 14")  # fmt: skip
    return [
        reached,
        _certificate(connection, certificate),
        _clock(answer, began + took / 2),
        _secret(body),
    ]


def _answered(connection, secret):
    """The answer, the certificate it came with (only known while the line is open) and the body's beginning."""
    values = {"servicetype": "eDoc", "messagetype": "edoc"}
    headers = vxp.signed_headers(connection.system_id, secret, values, "application/json")
    place, body = f"{connection.url}/getReceivedEdocList", bytearray()
    client = httpx.Client(timeout=WAIT, follow_redirects=False, trust_env=False)
    with client, client.stream("POST", place, headers=headers, content=b"") as answer:
        certificate = _certificate_of(answer)
        for piece in answer.iter_raw(1 << 16):
            body += piece
            if len(body) > MOST_REPLY:
                break
    return answer, certificate, bytes(body)


def _unreachable(connection, fault):
    host = urlsplit(connection.url).hostname
    if "CERTIFICATE" in str(fault).upper():
        todo = "Không gửi gì qua kết nối này cho tới khi đơn vị vận hành trục thay chứng thư đúng."
        return Line("bad", NAME, f"Chứng thư của {host} không tin cậy được: {fault}", todo, "Quy chế 20")
    words = f"Không gọi được {host} ({type(fault).__name__})."
    todo = (
        "Kiểm tra dây mạng, modem, tường lửa; nếu các trang khác vẫn vào được thì báo đơn vị vận hành trục."
    )
    return Line("bad", REACH, words, todo, "Quy chế 14", "/admin/axis")


def _certificate_of(answer) -> dict | None:
    """The server's certificate as the library read and verified it; None without TLS."""
    stream = answer.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream else None
    return secured.getpeercert() if secured else None


def _certificate(connection, certificate):
    if certificate is None:
        words = "Kết nối trong mạng nội bộ, không dùng TLS."
        return Line("ok" if connection.url.startswith("http://") else "warn", NAME, words, law="Quy chế 20")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    left = (ends - clock.now()).days
    names = dict(pair for part in certificate.get("subject", ()) for pair in part)
    words = f"{names.get('commonName') or urlsplit(connection.url).hostname}, còn hạn {left} ngày."
    if left < CERTIFICATE_DAYS:
        return Line(
            "warn", NAME, words, "Nhắc đơn vị vận hành trục thay chứng thư trước khi hết hạn.", "Quy chế 20"
        )
    return Line("ok", NAME, words, law="Quy chế 20")


def _clock(answer, at):
    said = answer.headers.get("date", "")
    try:
        theirs = parsedate_to_datetime(said)
    except ValueError:
        return Line("none", CLOCK, "Trục không cho biết giờ của nó.", law="QĐ28 14.4")
    apart = round((theirs - at).total_seconds())
    kind = "bad" if abs(apart) > CLOCK_BAD else "warn" if abs(apart) > CLOCK_WARN else "ok"
    words = (
        f"Lệch {abs(apart)} giây ({'trục nhanh hơn' if apart > 0 else 'trục chậm hơn'})."
        if apart
        else "Không lệch."
    )
    todo = (
        ""
        if kind == "ok"
        else "Bật đồng bộ giờ (NTP) trên máy chủ này; nếu đã bật thì báo đơn vị vận hành trục."
    )
    return Line(kind, CLOCK, words, todo, "QĐ28 14.4")


def _secret(body):
    reply = vxp.parsed(body)
    if reply is None:
        words = "Máy chủ trả lời nhưng không theo giao thức của trục."
        return Line(
            "bad",
            SECRET,
            words,
            "Kiểm tra lại Địa chỉ trục, gồm cả phần sau tên máy.",
            "Quy chế 14",
            "/admin/axis",
        )
    if vxp.is_positive(reply):
        return Line("ok", SECRET, "Trục chấp nhận mã hệ thống và khóa bí mật.", law="Quy chế 20")
    words = f"Trục không chấp nhận (mã {reply['ErrorCode']}: {vxp.MEANINGS.get(reply['ErrorCode'], reply['ErrorDesc'])})."
    return Line("bad", SECRET, words, "Quản trị toàn tỉnh nhập lại mã hệ thống và khóa do đơn vị vận hành trục cấp.",
                "Quy chế 20", "/admin/axis")  # fmt: skip


def _codes(agency) -> list[Line]:
    try:
        with lines.upper() as line:
            known = {str(row.get(name) or "") for row in line.agencies() for name in ("code", "oldCode")}
    except (outbox.Retry, outbox.GiveUp) as fault:
        return [
            Line(
                "warn",
                CODES,
                f"Chưa lấy được danh mục mã của trục: {fault}",
                "Chạy lại sau ít phút.",
                "Quy chế 14.2",
            )
        ]
    missing = selftest.unknown_codes(known)
    if not missing:
        return [
            Line(
                "ok",
                CODES,
                f"Trục biết mã của mọi cơ quan ở đây ({len(known)} mã trong danh mục).",
                law="Quy chế 14.2",
            )
        ]
    names = "; ".join(f"{one.name} ({one.code})" for one in missing[:5]) + ("…" if len(missing) > 5 else "")
    kind = "bad" if agency in missing else "warn"
    todo = "Đề nghị đơn vị vận hành trục đăng ký mã này; văn bản gửi tới mã chưa đăng ký sẽ không tới."
    return [Line(kind, CODES, f"Trục chưa có mã của: {names}.", todo, "Quy chế 14.2", "/admin/agency")]
