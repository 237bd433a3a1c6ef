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
    ("Mọi trang", (
        ("/", "tới ô tìm"), ("?", "trang này"), ("G rồi C, L, P, B, D, T", "tới Chờ lưu trữ, Lãnh đạo, Phát hành, Sổ đến, Sổ đi, Việc được giao"),
        ("Esc", "đóng, ra khỏi ô, trở lại"), ("Ctrl+Enter", "gửi khi đang ở ô nhiều dòng"),
    )),
    ("Danh sách", (
        ("↑ ↓", "chọn dòng"), ("Enter", "mở dòng"), ("Space", "đánh dấu dòng"), ("1–9", "đổi nhóm"),
    )),
    ("Văn bản", (
        ("Ctrl+← →", "văn bản trước, văn bản sau"), ("PgUp PgDn", "lật trang ảnh"), ("+ −", "phóng to, thu nhỏ ảnh"),
        ("R", "xoay ảnh"), ("T", "dải trang của bản quét: xoay, bỏ, đổi chỗ, tách"), ("Ctrl+↓", "phóng to chỗ trên trang nơi ô này được đọc"),
        ("Alt+V", "vẽ khung quanh chữ trên trang, chữ đọc được vào ô đang chọn: mũi tên dời, Shift+mũi tên đổi cỡ, Enter đọc"),
    )),
    ("Chờ lưu trữ", (
        ("Enter", "vào sổ, trả lời nơi gửi, trình, sang văn bản kế tiếp"), ("Ctrl+Enter", "như Enter, khi đang ở ô trích yếu"),
        ("F2", "tới ô kế tiếp cần xem; hết ô cần xem thì Tab đi qua mọi ô"), ("Tab", "ô cần xem kế tiếp và nút chính; nút «Đi qua mọi ô» đổi cách đi"),
        ("F4", "giữ cơ quan, loại, người ký, nơi trình cho loạt văn bản giống nhau; F4 lần nữa thì thôi"),
        ("Alt+1…9", "chọn gợi ý của ô đang ở; ngoài ô thì chọn nơi trình"), ("↓ Enter", "chọn nơi gửi trong danh sách dưới ô"),
        ("← →", "đổi nơi trình khi đang ở nút chính"), ("F8", "trả lại nơi gửi, hoặc bỏ bản quét; Enter để gửi lý do đã soạn"),
        ("F9", "in phiếu của văn bản vừa vào sổ hoặc các dòng đã đánh dấu"), ("Ctrl+Z", "hoàn tác vào sổ, trong 60 giây"),
        ("1, 2, 3", "khi có thể trùng: gắn vào văn bản đã có, vẫn đăng ký riêng, bỏ"),
    )),
)  # fmt: skip


def show(request):
    """GET /help"""
    return web.page(request, "help/show.html", screens=SCREENS, keys=KEYS)


ROUTES = [Route("/help", web.endpoint(show), methods=["GET"])]
