"""Trợ giúp: what each screen serves in the regulation, the keys, and where to turn."""

from starlette.routing import Route

from views import web

# Screen → article of Quy chế 102/2019, in the order of a document's life.
SCREENS = (
    ("Chờ lưu trữ", "10.1, 10.2, 10.3", "Văn bản giấy quét vào và văn bản điện tử vừa đến. Kiểm tra ký số, vào sổ, trình ngay trong ngày."),
    ("Kiểm tra ký số", "10.2, 12.1, 12.2, 6.2.b", "Hợp lệ thì tiếp nhận, nơi gửi tự động được báo. Không hợp lệ thì trả lại, nêu lý do. Chưa kiểm được thì chờ, hệ thống tự kiểm lại."),
    ("Văn bản đến", "11.2, 12.6", "Lãnh đạo phân phối: một chủ trì, các đơn vị phối hợp, để biết, ý kiến chỉ đạo và thời hạn. Trạng thái tự động báo về nơi gửi."),
    ("Văn bản đi", "12.1.a, 13.1", "Soạn, trình; lãnh đạo đơn vị duyệt nội dung, người kiểm tra thể thức duyệt thể thức, người ký ký số."),
    ("Phát hành", "12.1.c–e, 12.2, 12.3, 12.4", "Một lần bấm: lấy số, ghi số và ngày, ký số cơ quan, kiểm lại, gửi tới mọi nơi nhận."),
    ("Sao văn bản", "12.5; NĐ30 25–27", "Sao y, sao lục, trích sao ra bản điện tử ký số hoặc bản giấy; văn bản phát hành bản giấy được số hóa, ký số rồi gửi."),
    ("Thu hồi", "12.6", "Yêu cầu mọi nơi nhận hủy văn bản và theo dõi từng nơi xác nhận đã hủy."),
    ("Thiết bị ký số", "5, 6.1", "Ai giữ thiết bị của cơ quan, chứng thư của ai, biên bản bàn giao."),
)  # fmt: skip

KEYS = (
    ("/", "tới ô tìm"), ("↑ ↓", "chọn dòng trong danh sách"), ("Enter", "mở, hoặc làm việc chính của trang"),
    ("F2", "tới ô kế tiếp cần xem"), ("F8", "trả lại, từ chối"), ("Ctrl+Enter", "gửi khi đang ở ô nhiều dòng"),
    ("Ctrl+← →", "văn bản trước, văn bản sau"), ("PgUp PgDn", "lật trang ảnh"), ("+ −", "phóng to, thu nhỏ"),
)  # fmt: skip


def show(request):
    """GET /help"""
    return web.page(request, "help/show.html", screens=SCREENS, keys=KEYS)


ROUTES = [Route("/help", web.endpoint(show), methods=["GET"])]
