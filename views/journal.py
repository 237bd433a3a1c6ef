"""Nhật ký: read one's agency's journal, the newest first, and verify the chain of the installation."""

from starlette.routing import Route

from models import db, errors, journal, lookups, workflow
from views import web

READERS = (lookups.ADMIN, lookups.ARCHIVIST)
READS_CONTENT = (lookups.CLERK, lookups.LEADER, lookups.ARCHIVIST)
PAGE = 50
WORDS = {
    "sign_in": "Đăng nhập", "sign_in_failed": "Đăng nhập sai", "sign_out": "Đăng xuất",
    "change_password": "Đổi mật khẩu", "reset_password": "Cấp mật khẩu dùng một lần", "disable": "Khóa tài khoản",
    "enable": "Mở lại tài khoản", "appoint": "Giao chức danh, vai trò", "end_post": "Thôi chức danh",
    "change_person": "Sửa thông tin người dùng", "open_agency": "Mở cơ quan", "close_agency": "Giải thể cơ quan",
    "change_agency": "Sửa thông tin cơ quan", "open_code": "Mở mã định danh", "close_code": "Đóng mã định danh",
    "open_unit": "Lập đơn vị", "change_unit": "Sửa đơn vị", "close_unit": "Giải thể đơn vị",
    "make_contact_point": "Chọn đầu mối gửi, nhận", "set_hours": "Đặt giờ hành chính", "enter_day": "Ghi ngày nghỉ, làm bù",
    "remove_day": "Bỏ ngày khỏi lịch", "propose_calendar": "Lập đề xuất ngày nghỉ lễ", "open_register": "Mở sổ",
    "close_register": "Khóa sổ", "enter_partner": "Ghi sổ địa chỉ", "change_partner": "Sửa sổ địa chỉ",
    "merge_agency": "Ghi sáp nhập cơ quan", "undo_merger": "Hủy ghi sáp nhập", "join_twins": "Gộp hai mã của một cơ quan",
    "synchronise": "Đồng bộ sổ địa chỉ", "decide_directory": "Quyết định thay đổi danh bạ",
    "enter_paper_rule": "Thêm dòng gửi kèm bản giấy", "end_paper_rule": "Cho hết hiệu lực dòng gửi kèm bản giấy",
    "save_group": "Ghi nhóm nơi nhận", "remove_group": "Bỏ nhóm nơi nhận",
    "choose_paper": "Đổi cách gửi, số bản giấy", "redirect_recipient": "Gửi tới cơ quan kế nhiệm",
    "leave_out_recipient": "Bỏ nơi nhận đã đóng mã", "paper_sent": "Gửi bản giấy", "paper_received": "Nơi nhận đã nhận bản giấy",
    "paper_returned": "Bì bị trả lại", "paper_copy_back": "Bản giấy đã về từ nơi nhận", "paper_stopped": "Thôi gửi bản giấy",
    "paper_arrived": "Nhận bản giấy đến sau", "join_paper": "Ghép bản giấy", "join_electronic": "Ghép bản điện tử",
    "join_scan": "Ghép bản quét vào văn bản đã có", "keep_apart": "Đăng ký riêng văn bản giống nhau", "move_paper": "Ghi nơi giữ bản giấy",
    "correct_entry": "Sửa dòng sổ", "hand_unregistered": "Chuyển không đăng ký", "pass_scan_on": "Chuyển bản quét không đăng ký",
    "take_passed_on": "Nhận văn bản không đăng ký", "add_sender": "Thêm nơi gửi", "merge_sender": "Gộp nơi gửi",
    "part_sender": "Tách nơi gửi", "open_route_rule": "Thêm quy định chuyển văn bản", "end_route_rule": "Kết thúc quy định chuyển văn bản",
    "rename_register": "Đổi tên sổ",
    "verify_journal": "Kiểm tra nhật ký", "first_run": "Bắt đầu dùng hệ thống", "begin": "Tạo văn bản",
    "take_arrival_number": "Lấy số đến", "take_number": "Lấy số đi", "void_number": "Hủy số", "describe": "Sửa thông tin văn bản",
    "new_version": "Tải bản mới", "add_annex": "Thêm phụ lục", "remove_annex": "Bỏ phụ lục", "print": "In bản đóng dấu",
    "dispatch": "Gửi đi", "resend": "Gửi lại", "send_failed": "Gửi không được", "status": "Nhận trạng thái",
    "status_failed": "Báo trạng thái không được", "acknowledge": "Đã xem để biết", "report": "Báo cáo tiến độ",
    "born_recalled": "Đến khi đã bị thu hồi", "recall_partly": "Thu hồi chưa đủ nơi", "withdraw": "Rút lại", "conflict": "Gói tin mâu thuẫn",
    "park": "Giữ gói tin chưa đọc được", "refuse_at_door": "Từ chối ở cửa vào", "give_up": "Thôi thử lại",
    "call_partner": "Cần gọi văn thư bên nhận", "offer_again": "Gửi lại gói cũ", "put_aside": "Để riêng việc làm hỏng nhiều lần",
    "axis_secret_changed": "Đổi khóa kết nối trục", "axis_secret_refused": "Trục không nhận khóa mới",
    "connect_axis": "Kết nối trục", "check_axis": "Thử kết nối trục", "open_system": "Mở hệ thống kết nối",
    "register_system": "Ghi hệ thống kết nối", "new_secret": "Đổi khóa kết nối", "trust": "Thêm gốc tin cậy",
    "distrust": "Gỡ nơi cấp tin cậy", "trust_period": "Đổi thời gian tin cậy", "trust_statement": "Gắn quy chế chứng thực",
    "revocation_list": "Nạp danh sách thu hồi", "allow_host": "Cho phép địa chỉ gọi ra", "forbid_host": "Thôi cho phép địa chỉ gọi ra",
    "unsigned_rule": "Đổi cách xử lý văn bản không ký số", "approve_alias": "Chấp nhận tên trên chứng thư", "end_alias": "Thôi chấp nhận tên trên chứng thư",
    "check_window_over": "Hết thời gian tự kiểm tra ký số", "decide_unchecked": "Quyết định khi chưa kiểm được chữ ký",
    "order_check": "Yêu cầu kiểm tra ký số", "hand_over_token": "Bàn giao thiết bị", "load_picture": "Tải hình chữ ký, con dấu",
    "wrong_certificate": "Chứng thư của người khác",
    "bind_certificate": "Ghi chứng thư số", "renew_certificate": "Thay chứng thư số", "strike_certificate": "Bỏ chứng thư ghi nhầm",
    "revoke_certificate": "Thu hồi chứng thư số", "certificate_expires": "Chứng thư sắp hết hạn", "use_key": "Dùng khóa để ký",
    "look_at_tokens": "Xem sổ thiết bị ký số", "open_hand_over": "Lập bàn giao thiết bị", "refuse_hand_over": "Không nhận thiết bị",
    "withdraw_hand_over": "Rút bàn giao thiết bị", "attach_minutes": "Đính kèm biên bản đã ký", "number_minutes": "Ghi số biên bản",
    "lose_token": "Báo mất thiết bị", "find_token": "Tìm lại thiết bị", "give_back_token": "Trả thiết bị",
    "note_revocation_notice": "Ghi thông báo thu hồi", "name_token_reader": "Cho xem sổ thiết bị",
    "give_copy_signing": "Giao ký bản sao", "end_copy_signing": "Thôi giao ký bản sao",
    "dismiss_token_reader": "Thôi quyền xem sổ thiết bị",
    "make_evidence": "Lập gói chứng cứ", "damaged_file": "Tệp bị thay đổi trên đĩa", "forged": "Tin có chữ ký không đúng",
    "unknown_key": "Tin ký bằng khóa chưa xác nhận", "proof_fork": "Hai tin khác nhau cùng số", "pin_key": "Ghi nhớ khóa nơi liên thông",
    "key_waiting": "Khóa mới chờ đối chiếu", "confirm_key": "Xác nhận khóa nơi liên thông", "refuse_key": "Không công nhận khóa",
    "rotate_proof_key": "Thay khóa xác nhận", "take_up_proof_key": "Nhận lại khóa xác nhận", "proof_key_lost": "Mất tệp khóa xác nhận",
    "quarantine": "Cách ly gói tin không đọc được", "retry_quarantined": "Thử đọc lại gói tin", "end_quarantined": "Xử lý xong gói tin cách ly",
    "download_quarantined": "Tải gói tin cách ly", "assign_parked": "Gắn phản hồi vào văn bản", "close_parked": "Đóng phản hồi chưa khớp",
    "make_bundle": "Lập gói mang tay", "bundle_made": "Gói mang tay đã lập", "by_courier": "Đi bằng USB", "sent_by_courier": "Biên nhận về bằng USB",
    "take_bundle": "Nhận gói mang tay", "bundle_taken": "Đã nhận hết gói mang tay", "refuse_bundle": "Từ chối gói mang tay", "lose_bundle": "Bỏ gói mang tay",
    "again_bundle": "Làm tiếp gói mang tay", "bundle_answered": "Gói mang tay đã được trả lời đủ", "difference": "Đối soát thấy điểm khác",
    "close_difference": "Xử lý xong điểm khác", "reconcile": "Đối soát với trục",
    "recall": "Thu hồi", "recall_done": "Nơi nhận đã hủy văn bản", "recall_declined": "Nơi nhận từ chối thu hồi",
    "recall_waits": "Nơi gửi yêu cầu thu hồi, chờ thủ trưởng", "refuse_recall": "Từ chối thu hồi (16)",
    "recall_by_stranger": "Nơi khác đòi thu hồi, không thực hiện", "recall_replayed": "Thu hồi lại sau khôi phục",
    "press_recall": "Nhắc lại lệnh thu hồi", "touched_by_recall": "Văn bản liên quan bị thu hồi",
    "set_recall_rule": "Đặt quy định thực hiện thu hồi", "paper_back": "Nhận lại bản giấy", "paper_given_back": "Gửi trả bản giấy",
    "add_recipients": "Gửi thêm nơi nhận", "begin_correct": "Soạn đính chính", "begin_replace": "Soạn văn bản thay thế",
    "agree_update": "Đồng ý cập nhật (15)", "decline_update": "Từ chối cập nhật (16)",
}  # fmt: skip
KINDS = {
    "document": "Văn bản", "person": "Tài khoản", "agency": "Cơ quan", "unit": "Đơn vị", "register": "Sổ",
    "calendarday": "Lịch", "officehours": "Giờ hành chính", "certificate": "Chứng thư số", "keytoken": "Thiết bị", "copysigner": "Người ký bản sao", "tokenreader": "Người xem sổ thiết bị",
}  # fmt: skip


def browse(request):
    """GET /journal?before=&verb="""
    actor, before = request.user, request.query_params.get("before", "")
    before = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    known = {verb: _words(verb) for verb in journal.verbs_of(actor.agency_id)}
    verb = request.query_params.get("verb", "")
    verb = verb if verb in known else ""
    events = journal.of_agency(actor.agency_id, before, verb, PAGE + 1)
    more = events[PAGE - 1].id if len(events) > PAGE else None
    rows = [
        (
            event,
            known.get(event.verb, event.verb),
            KINDS.get(event.subject_kind, event.subject_kind),
            _note(event, actor),
        )
        for event in events[:PAGE]
    ]
    choices = sorted(known.items(), key=lambda pair: pair[1])
    return web.page(request, "journal/list.html", rows=rows, verb=verb, verbs=[("", "Mọi việc"), *choices],
                    pager={"older": f"/journal?before={more}&verb={verb}" if more else "", "newer": "/journal" if before else ""},
                    head=journal.head())  # fmt: skip


def verify(request):
    """POST /journal/verification: walk the whole chain; `number` and `hash` are a head noted before."""
    form = request.state.form
    number, hashed = str(form.get("number", "")).strip(), str(form.get("hash", "")).strip().lower()
    noted = {int(number): hashed} if number.isascii() and number.isdecimal() and hashed else None
    breaks = journal.verify(noted)
    with db.write():
        journal.record("verify_journal", request.user, note=f"{len(breaks)} chỗ hỏng")
    if breaks:
        raise errors.Refused(" ".join(breaks[:10]))
    return web.redirect(
        "/journal", "Nhật ký nguyên vẹn: mọi dòng nối đúng với dòng trước, không dòng nào bị sửa."
    )


def _words(verb: str) -> str:
    if verb in WORDS:
        return WORDS[verb]
    for flow in ("incoming", "outgoing", "copies"):
        label = next((step.button or step.label for step in workflow.steps(flow) if step.verb == verb), "")
        if label:
            return label
    return verb


def _note(event, actor) -> str:
    """What was written, except a document's words for those who may read no document."""
    if event.subject_kind == "document" and not actor.has(*READS_CONTENT):
        return ""
    return event.note


ROUTES = [
    Route("/journal", web.endpoint(browse, roles=READERS), methods=["GET"]),
    Route("/journal/verification", web.endpoint(verify, roles=READERS), methods=["POST"]),
]
