"""Vì sao: every reason the check can give, with its stable code, its sentence, why it matters and what the sender does.

`REASONS` is the one list (docs/ma-ly-do.md says the same to administrators); a code never changes its meaning.
`ACTIONS` says for each sub-indication of EN 319 102-1 what may follow from it: "invalid" (the sender gets it back),
"unchecked" (neither accepted nor returned, checked again by itself), "look" (a person decides).
"""

from dataclasses import dataclass

from signing.records import Reason


@dataclass(frozen=True)
class Meaning:
    """What a code stands for. `verdict` it leads to, `message` with {holes}, `law` the article, `sub` the indication."""

    verdict: str
    message: str
    why: str = ""
    remedy: str = ""
    sub: str = ""
    law: str = ""


_SEND_SIGNED = "Đề nghị nơi gửi gửi lại đúng tệp đã ký, không mở ra lưu lại hay in thành tệp khác."
_BOTH = (
    "Đề nghị nơi gửi ký đủ hai chữ ký số theo thứ tự: người có thẩm quyền trước, cơ quan sau; rồi gửi lại."
)
_GOOD_CERTIFICATE = "Đề nghị nơi gửi ký lại bằng chứng thư số còn hiệu lực và gửi lại."
_NEW_FILE = "Đề nghị nơi gửi lập lại tệp PDF, ký số và gửi lại."
_NEW_SIGNATURE = "Đề nghị nơi gửi ký số lại và gửi lại."
_NOTHING = "Nơi gửi chưa phải làm gì."
_ASK = "Hỏi quản trị viên để thêm nơi cấp vào danh sách tin cậy sau khi xác minh; nơi gửi chưa phải làm gì."
_LATER = "Từ khi ký, tệp đã khác đi, nên chữ ký không còn bảo đảm nội dung."

REASONS: dict[str, Meaning] = {
    # The file
    "unreadable": Meaning(
        "invalid", "Không đọc được tệp để kiểm tra chữ ký.", "Tệp hỏng hoặc cấu trúc PDF sai.", _NEW_FILE, "FORMAT_FAILURE"
    ),
    "not_pdf": Meaning(
        "invalid", "Tệp không phải PDF nên không có chữ ký số kiểm tra được.", "Văn bản điện tử ký số phải ở dạng PDF.",
        "Đề nghị nơi gửi gửi bản PDF đã ký số.", "FORMAT_FAILURE",
    ),
    "empty": Meaning("invalid", "Tệp rỗng.", "Tệp không có byte nào.", "Đề nghị nơi gửi gửi lại tệp.", "FORMAT_FAILURE"),
    "missing": Meaning("invalid", "Không mở được tệp: {what}.", "", "Kiểm tra lại đường dẫn và quyền đọc."),
    "too_large": Meaning(
        "invalid", "Tệp lớn hơn {megabytes} MB nên không kiểm tra.", "Tệp quá lớn có thể được làm để phá phần mềm.", _NEW_FILE
    ),
    "too_costly": Meaning(
        "invalid",
        "Không kiểm tra được tệp: tệp quá phức tạp, hỏng nặng hoặc được làm để phá phần mềm. Không nên tiếp nhận.",
        "Việc kiểm tra đã dừng ở giới hạn về thời gian hoặc bộ nhớ.", _NEW_FILE, "FORMAT_FAILURE",
    ),
    "encrypted": Meaning(
        "invalid", "Tệp có mật khẩu hoặc được mã hóa nên không mở ra kiểm tra được.",
        "Chữ ký chỉ kiểm tra được khi đọc được nội dung.", "Đề nghị nơi gửi bỏ mật khẩu trước khi ký, rồi gửi lại.",
        "FORMAT_FAILURE",
    ),
    "no_main_file": Meaning(
        "invalid", "Gói tin không có tệp văn bản chính để kiểm tra. Hãy trả lại nơi gửi.", "",
        "Đề nghị nơi gửi gửi lại gói tin có tệp văn bản chính.", "SIGNED_DATA_NOT_FOUND",
    ),
    "unsigned": Meaning(
        "invalid", "Văn bản không có chữ ký số.", "Hình con dấu hay chữ ký trên trang không phải là chữ ký số.",
        "Đề nghị nơi gửi ký số rồi gửi lại.", "SIGNED_DATA_NOT_FOUND", "Điều 13.2",
    ),
    "seal_picture": Meaning(
        "invalid", "Có hình dấu nhưng không có chữ ký số (trang {pages}).",
        "Hình con dấu trên trang không phải là chữ ký số, ai cũng chép được.",
        "Đề nghị nơi gửi ký số rồi gửi lại; bản quét có dấu đỏ cũng phải được ký số bản số hóa.",
        "SIGNED_DATA_NOT_FOUND", "Điều 13.2",
    ),
    "signature_removed": Meaning(
        "invalid", "Chữ ký số còn trong tệp nhưng đã bị gỡ khỏi biểu mẫu: tệp đã bị sửa sau khi ký.", _LATER, _SEND_SIGNED,
        "FORMAT_FAILURE",
    ),
    "structure_tolerant": Meaning(
        "look", "Chữ ký khớp, nhưng cấu trúc tệp có lỗi nên cần người xem.",
        "Phần mềm chỉ mở được tệp bằng cách bỏ qua lỗi cấu trúc.", "Đề nghị nơi gửi xuất lại PDF bằng phần mềm khác nếu có thể.",
        "POLICY_PROCESSING_ERROR",
    ),
    "structure_hybrid": Meaning(
        "look", "Chữ ký khớp, nhưng tệp có hai bảng mục lục khác nhau (hybrid) nên cần người xem.",
        "Hai phần mềm có thể cho thấy hai nội dung khác nhau của cùng một tệp.",
        "Đề nghị nơi gửi xuất lại PDF bằng phần mềm khác nếu có thể.", "POLICY_PROCESSING_ERROR",
    ),
    "not_compared": Meaning(
        "look", "Văn bản quá dài hoặc quá nặng: hình ảnh trước và sau khi ký chưa được so sánh hết.",
        "Hệ thống chỉ so sánh trong giới hạn về thời gian.", _NOTHING, "POLICY_PROCESSING_ERROR",
    ),
    "too_many_signatures": Meaning(
        "look", "Tệp có quá nhiều chữ ký hoặc lần ghi thêm; hệ thống không xét hết.", "", _NOTHING, "POLICY_PROCESSING_ERROR"
    ),
    # One signature: the bytes
    "signature_broken": Meaning(
        "invalid", "Chữ ký của {who} không khớp với nội dung tệp: tệp đã bị sửa hoặc hỏng.", _LATER, _SEND_SIGNED, "HASH_FAILURE"
    ),
    "signature_forged": Meaning(
        "invalid", "Chữ ký của {who} không phải do khóa của chứng thư này tạo ra.", "Chữ ký hỏng hoặc bị làm giả.",
        _NEW_SIGNATURE, "SIG_CRYPTO_FAILURE",
    ),
    "signature_malformed": Meaning(
        "invalid", "Chữ ký ở ô «{field}» sai định dạng nên không kiểm tra được.", "Không đọc được khối chữ ký.",
        _NEW_SIGNATURE, "FORMAT_FAILURE",
    ),
    "signature_unsupported": Meaning(
        "invalid", "Chữ ký ở ô «{field}» thuộc loại cũ hoặc lạ nên không kiểm tra được.",
        "Chỉ chữ ký PDF dạng CMS/PAdES được chấp nhận (TT 15/2025).", "Đề nghị nơi gửi ký lại bằng phần mềm ký theo PAdES.",
        "SIG_CONSTRAINTS_FAILURE",
    ),
    "signer_not_found": Meaning(
        "look", "Trong chữ ký ở ô «{field}» không có chứng thư của người ký.", "Không biết ai đã ký.", _NEW_SIGNATURE,
        "NO_SIGNING_CERTIFICATE_FOUND",
    ),
    "signature_covers_part": Meaning(
        "invalid", "Chữ ký của {who} không bao trùm hết phần tệp đã ký: có phần nằm ngoài chữ ký.",
        "Phần nằm ngoài chữ ký có thể bị thay mà chữ ký vẫn khớp.", _SEND_SIGNED, "FORMAT_FAILURE",
    ),
    "certificate_swapped": Meaning(
        "invalid", "Chứng thư trong chữ ký của {who} không phải chứng thư đã dùng khi ký.",
        "Chữ ký ghi vân tay của một chứng thư khác.", _NEW_SIGNATURE, "SIG_CONSTRAINTS_FAILURE",
    ),
    # One signature: what came after
    "changed_after": Meaning(
        "invalid", "Nội dung đã bị thay đổi sau khi ký{pages}.", _LATER, _SEND_SIGNED, "SIG_CONSTRAINTS_FAILURE"
    ),
    "added_foreign": Meaning(
        "look", "Có phần được thêm sau khi ký{fields}.",
        "Phần mềm nơi gửi có thể đã ghi số, ngày sau khi người có thẩm quyền ký; cần người xác nhận.",
        "Đề nghị nơi gửi xác nhận số, ngày của văn bản nếu chưa rõ.", "SIGNATURE_POLICY_NOT_AVAILABLE", "Điều 12.1",
    ),
    "added_harmless": Meaning(
        "look", "Tệp được ghi thêm sau chữ ký cuối cùng{fields}; nội dung và hình ảnh các trang không đổi.",
        "Văn bản không được sửa gì sau khi cơ quan ký.", _SEND_SIGNED, "SIGNATURE_POLICY_NOT_AVAILABLE", "Điều 12.1",
    ),
    # One signature: the certificate
    "certificate_revoked": Meaning(
        "invalid", "Chứng thư của {who} đã bị thu hồi ngày {day}.", "Chứng thư phải còn hiệu lực lúc ký.", _GOOD_CERTIFICATE,
        "REVOKED", "TT 41 Điều 8",
    ),
    "certificate_expired": Meaning(
        "invalid", "Chứng thư của {who} đã hết hạn ngày {day}, trước khi ký.", "Chứng thư phải còn hiệu lực lúc ký.",
        _GOOD_CERTIFICATE, "EXPIRED", "TT 41 Điều 8",
    ),
    "certificate_not_yet": Meaning(
        "invalid", "Chứng thư của {who} chưa có hiệu lực lúc ký.", "Chứng thư phải còn hiệu lực lúc ký.", _GOOD_CERTIFICATE,
        "NOT_YET_VALID", "TT 41 Điều 8",
    ),
    "chain_invalid": Meaning(
        "invalid", "Chuỗi chứng thư của {who} không hợp lệ.", "Chứng thư không do đúng nơi cấp có quyền ký ra.",
        _GOOD_CERTIFICATE, "CHAIN_CONSTRAINTS_FAILURE",
    ),
    "chain_unclear": Meaning(
        "unchecked", "Chưa dựng được chuỗi chứng thư của {who}. Hệ thống sẽ tự kiểm lại.", "Việc dựng chuỗi gặp lỗi.",
        _NOTHING, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    ),
    "wrong_usage": Meaning(
        "invalid", "Chứng thư của {who} không được cấp để ký.", "Mục đích dùng khóa trong chứng thư không cho ký văn bản.",
        "Đề nghị nơi gửi ký lại bằng chứng thư ký.", "SIG_CONSTRAINTS_FAILURE",
    ),
    "issuer_unknown": Meaning(
        "look", "Chưa có nơi cấp «{issuer}» trong danh sách tin cậy.", "Hệ thống chưa được báo là tin nơi cấp này.", _ASK,
        "NO_CERTIFICATE_CHAIN_FOUND",
    ),
    "revocation_unchecked": Meaning(
        "unchecked",
        "Chưa kiểm được thu hồi chứng thư (không lấy được danh sách thu hồi). Hệ thống sẽ tự kiểm lại.",
        "Không lấy được danh sách thu hồi hay trả lời OCSP của nơi cấp.", _NOTHING, "TRY_LATER",
    ),
    "revocation_stale": Meaning(
        "unchecked", "Danh sách thu hồi đã cũ (ngày {day}) so với lúc ký. Hệ thống sẽ tự kiểm lại.",
        "Danh sách lập trước khi ký không cho biết chứng thư có bị thu hồi lúc ký hay không.", _NOTHING, "TRY_LATER",
    ),
    "revocation_out_of_bounds": Meaning(
        "unchecked", "Dữ liệu thu hồi có được sau khi chứng thư của {who} hết hạn nên chưa kết luận được.",
        "Sau khi chứng thư hết hạn, nơi cấp có thể bỏ nó khỏi danh sách thu hồi.", _NEW_SIGNATURE, "OUT_OF_BOUNDS_NO_POE",
    ),
    "revoked_later": Meaning(
        "look", "Chứng thư của {who} bị thu hồi ngày {day}, mà chữ ký không có dấu thời gian.",
        "Không có dấu thời gian thì không chứng minh được ký trước khi thu hồi.", _GOOD_CERTIFICATE, "REVOKED_NO_POE",
    ),
    "authority_revoked": Meaning(
        "look", "Chứng thư của nơi cấp cho {who} đã bị thu hồi, chưa chứng minh được ký trước đó.",
        "Khi chứng thư của nơi cấp bị thu hồi, các chứng thư nó cấp không còn bảo đảm.", _GOOD_CERTIFICATE, "REVOKED_CA_NO_POE",
    ),
    "weak_algorithm": Meaning(
        "look", "Chữ ký của {who} dùng thuật toán {algorithm} đã lỗi thời.",
        "Thông tư 15/2025 yêu cầu SHA-2 hoặc SHA-3; thuật toán cũ có thể bị làm giả.",
        "Đề nghị nơi gửi ký lại bằng phần mềm ký mới.", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "TT 15/2025",
    ),
    "weak_key": Meaning(
        "look", "Khóa của {who} quá ngắn ({algorithm}).", "Thông tư 15/2025 yêu cầu RSA từ 2048 bit, ECDSA từ 256 bit.",
        "Đề nghị nơi gửi ký lại bằng chứng thư có khóa đủ dài.", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "TT 15/2025",
    ),
    # One signature: the time
    "no_signing_time": Meaning(
        "look", "Chữ ký của {who} không ghi thời gian ký.", "Không biết chứng thư có hiệu lực lúc ký hay không.", _NEW_SIGNATURE,
        "NO_POE",
    ),
    "time_in_future": Meaning(
        "look", "Chữ ký của {who} ghi thời gian ký sau giờ hiện tại ({day}).", "Đồng hồ máy ký hoặc máy này sai.",
        "Đề nghị nơi gửi chỉnh đồng hồ và ký lại.", "TIMESTAMP_ORDER_FAILURE",
    ),
    "stamp_broken": Meaning(
        "invalid", "Dấu thời gian trên chữ ký của {who} bị hỏng.", "Dấu thời gian không khớp với chữ ký.", _NEW_SIGNATURE,
        "SIG_CRYPTO_FAILURE",
    ),
    "stamp_order": Meaning(
        "look", "Dấu thời gian trên chữ ký của {who} sớm hơn thời gian ký ghi trong chữ ký.", "Thứ tự thời gian không thể có.",
        _NEW_SIGNATURE, "TIMESTAMP_ORDER_FAILURE",
    ),
    "stamp_late": Meaning(
        "look", "Chữ ký của {who} ghi ngày {claimed} nhưng dấu thời gian là ngày {stamped}.",
        "Chữ ký có thể đã được lùi ngày.", "Đề nghị nơi gửi xác nhận thời gian ký.", "TIMESTAMP_ORDER_FAILURE",
    ),
    "container_rubbish": Meaning(
        "look", "Trong khối chữ ký của {who} có dữ liệu lạ.", "Phần mềm ký để thừa dữ liệu, hoặc tệp bị chèn thêm.",
        _NEW_SIGNATURE, "POLICY_PROCESSING_ERROR",
    ),
    "certificate_not_named": Meaning(
        "look", "Chữ ký của {who} không ghi vân tay chứng thư người ký như PAdES yêu cầu.",
        "Không có vân tay thì chứng thư có thể bị thay bằng chứng thư khác cùng khóa.", _NEW_SIGNATURE,
        "SIGNATURE_POLICY_NOT_AVAILABLE", "TT 15/2025",
    ),
    # The document
    "no_person": Meaning(
        "look", "Chỉ có chữ ký số của cơ quan: đúng cho bản số hóa văn bản giấy hoặc bản sao (Điều 12.5).",
        "Văn bản điện tử gốc phải có chữ ký số của người có thẩm quyền rồi mới đến chữ ký số của cơ quan (Điều 12.1).", _BOTH,
        "", "Điều 12.1, 12.5",
    ),
    "no_seal": Meaning(
        "invalid", "Thiếu chữ ký số của cơ quan (Điều 12.1).",
        "Chữ ký số của cơ quan thay cho con dấu; thiếu nó thì văn bản chưa được phát hành.", _BOTH, "", "Điều 12.1",
    ),
    "seal_not_found": Meaning(
        "look", "Không có chữ ký số của cơ quan; văn bản phát hành phải có (Điều 12.1).",
        "Chữ ký số của cơ quan thay cho con dấu; thiếu nó thì văn bản chưa được phát hành.", _BOTH, "", "Điều 12.1",
    ),
    "order_unusual": Meaning(
        "look", "Cơ quan đã ký trước một người khác; văn bản phát hành thì cơ quan ký sau cùng (Điều 12.1).",
        "Cơ quan chỉ được ký sau người có thẩm quyền.", _BOTH, "", "Điều 12.1",
    ),
    "order": Meaning(
        "invalid", "Cơ quan đã ký trước người có thẩm quyền (Điều 12.1).", "Cơ quan chỉ được ký sau người có thẩm quyền.", _BOTH,
        "", "Điều 12.1",
    ),
    "sender_mismatch": Meaning(
        "look", "Gửi từ {sender} nhưng chữ ký số của {signer}.", "Chữ ký số của cơ quan phải là của nơi gửi.",
        "Đề nghị nơi gửi ký bằng chứng thư của chính cơ quan ban hành.", "", "Điều 6.1.b",
    ),
    "date_mismatch": Meaning(
        "look", "Ký số ngày {signed}, văn bản ghi {written} – lệch {off} ngày (Điều 12.2).",
        "Thời gian ký số của người có thẩm quyền và của cơ quan phải là ngày ban hành.",
        "Đề nghị nơi gửi ký lại đúng ngày ban hành.", "", "Điều 12.2",
    ),
    "two_days": Meaning(
        "look", "Hai chữ ký khác ngày: {signed} (Điều 12.2).",
        "Thời gian ký số của người có thẩm quyền và của cơ quan phải là ngày ban hành.",
        "Đề nghị nơi gửi ký lại đúng ngày ban hành.", "", "Điều 12.2",
    ),
    "number_mismatch": Meaning(
        "look", "Số ghi trong tệp là {written}, gói tin ghi số {sent}.", "Số của văn bản phải là số đã được ký.",
        "Đề nghị nơi gửi kiểm tra lại số văn bản.", "", "Điều 12.1",
    ),
    "annex_unsigned": Meaning(
        "look", "{names} chưa có chữ ký số của cơ quan (Điều 6.2.b).",
        "Tệp kèm riêng phải có chữ ký số của cơ quan thì mới biết nó thuộc văn bản này.",
        "Đề nghị nơi gửi ký số tệp kèm bằng chứng thư của cơ quan và gửi lại.", "", "Điều 6.2.b",
    ),
    "annex_invalid": Meaning(
        "invalid", "Chữ ký trên {names} không hợp lệ.", "Tệp kèm đã bị sửa hoặc ký không đúng.",
        "Đề nghị nơi gửi ký số lại tệp kèm và gửi lại.", "", "Điều 6.2.b",
    ),
    "annex_waiting": Meaning(
        "look", "Chữ ký trên {names} cần xem lại.", "Chữ ký của tệp kèm chưa được kết luận.", _NOTHING, "", "Điều 6.2.b"
    ),
}  # fmt: skip

# Every sub-indication of EN 319 102-1 as DSS names them, and what may follow (never acceptance by itself).
ACTIONS: dict[str, str] = {
    "FORMAT_FAILURE": "invalid", "HASH_FAILURE": "invalid", "SIG_CRYPTO_FAILURE": "invalid",
    "SIGNED_DATA_NOT_FOUND": "invalid", "REVOKED": "invalid", "EXPIRED": "invalid", "NOT_YET_VALID": "invalid",
    "CHAIN_CONSTRAINTS_FAILURE": "invalid", "SIG_CONSTRAINTS_FAILURE": "invalid", "CRYPTO_CONSTRAINTS_FAILURE": "invalid",
    "TRY_LATER": "unchecked", "NO_POE": "unchecked", "OUT_OF_BOUNDS_NOT_REVOKED": "unchecked",
    "OUT_OF_BOUNDS_NO_POE": "unchecked", "REVOCATION_OUT_OF_BOUNDS_NO_POE": "unchecked", "REVOKED_NO_POE": "unchecked",
    "REVOKED_CA_NO_POE": "unchecked", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "unchecked",
    "NO_CERTIFICATE_CHAIN_FOUND": "unchecked", "NO_CERTIFICATE_CHAIN_FOUND_NO_POE": "unchecked",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": "unchecked",
    "NO_SIGNING_CERTIFICATE_FOUND": "look", "TIMESTAMP_ORDER_FAILURE": "look", "SIGNATURE_POLICY_NOT_AVAILABLE": "look",
    "POLICY_PROCESSING_ERROR": "look",
}  # fmt: skip


def reason(code: str, **facts) -> Reason:
    """The reason of that code, its sentence filled with the facts."""
    meaning = REASONS[code]
    return Reason(code, meaning.message.format(**facts), meaning.remedy)
