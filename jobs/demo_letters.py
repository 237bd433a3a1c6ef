"""What the letters of the demonstration say; plainly fictional."""

from typing import NamedTuple


class PaperLetter(NamedTuple):
    """A paper letter that came in: who wrote it, what about, how many days ago, and how far the work has gone."""

    issuer: str
    parent: str
    number: str
    notation: str
    place: str
    type_code: str
    subject: str
    signer_title: str
    signer_name: str
    days_ago: int
    stage: str  # arrived registered forwarded assigned in_progress completed
    urgency: int = 0
    due_in: int = 7  # working days given by the leader


PAPER = (
    PaperLetter("Bưu điện tỉnh Minh Sơn", "", "118", "BĐMS-KD", "Minh Sơn", "CV", "V/v phối hợp chuyển phát hồ sơ thủ tục "
                "hành chính tại các xã vùng cao", "Giám đốc", "Cà Văn Mẫu", 26, "in_progress", due_in=5),
    PaperLetter("Công ty Điện lực Minh Sơn", "", "342", "ĐLMS-KH", "Minh Sơn", "CV", "V/v kế hoạch ngừng cấp điện để sửa "
                "chữa đường dây 35 kV", "Phó Giám đốc", "Quàng Thị Thử", 19, "completed", due_in=7),
    PaperLetter("Hội Khuyến học tỉnh Minh Sơn", "", "27", "TTr-HKH", "Minh Sơn", "TTR", "Đề nghị hỗ trợ kinh phí tổ chức "
                "Tuần lễ hưởng ứng học tập suốt đời", "Chủ tịch", "Lường Văn Ví", 15, "assigned", due_in=6),
    PaperLetter("Ủy ban nhân dân xã Nà Mẫu", "Tỉnh Minh Sơn", "91", "BC-UBND", "Nà Mẫu", "BC", "Kết quả giải ngân vốn đầu tư "
                "công 10 tháng", "Chủ tịch", "Vàng A Dụ", 12, "completed", due_in=7),
    PaperLetter("Trung tâm Dự báo khí tượng Minh Sơn", "", "205", "TB-TTDB", "Minh Sơn", "TB", "Cảnh báo rét đậm, băng giá và "
                "sương muối trên địa bàn tỉnh", "Giám đốc", "Hoàng Thị Dụ", 6, "in_progress", urgency=1, due_in=2),
    PaperLetter("Công ty Tư vấn xây dựng Đèo Mẫu", "", "56", "CV-ĐM", "Minh Sơn", "CV", "V/v đề nghị thẩm định thiết kế cầu "
                "treo bản Thử Nghiệm", "Giám đốc", "Trịnh Văn Ví", 5, "assigned", due_in=7),
    PaperLetter("Hợp tác xã Chè Suối Mây", "", "14", "ĐN-HTX", "Suối Mây", "CV", "V/v đề nghị hướng dẫn thủ tục hỗ trợ vùng "
                "nguyên liệu", "Giám đốc", "Tẩn A Mẫu", 3, "forwarded"),
    PaperLetter("Trường Cao đẳng Minh Sơn", "UBND tỉnh Minh Sơn", "233", "GM-CĐMS", "Minh Sơn", "GM", "Mời dự lễ khai giảng "
                "năm học mới", "Hiệu trưởng", "Đinh Thị Dụ", 1, "registered"),
    PaperLetter("Ủy ban nhân dân xã Bản Thử", "Tỉnh Minh Sơn", "102", "CV-UBND", "Bản Thử", "CV", "V/v sạt lở đường vào bản "
                "Mẫu, đề nghị hỗ trợ khẩn cấp", "Chủ tịch", "Chang A Ví", 0, "arrived", urgency=3),
    PaperLetter("Công ty Cấp nước Minh Sơn", "", "77", "CNMS-KT", "Minh Sơn", "CV", "V/v thỏa thuận vị trí trạm bơm tăng áp",
                "Giám đốc", "Lò Thị Thử", 0, "arrived"),
)  # fmt: skip


class Draft(NamedTuple):
    """An outgoing letter: of which agency ("a" or "b"), about what, how far it has gone, to whom."""

    agency: str
    type_code: str
    notation: str
    subject: str
    body: tuple[str, ...]
    stage: str  # draft content_review form_review awaiting_signature signed issued
    to: tuple[str, ...]
    urgency: int = 0


DRAFTS = (
    Draft("a", "CV", "SKH-KH", "V/v báo cáo tiến độ lập kế hoạch phát triển năm 2027",
          (("Thực hiện chương trình công tác năm 2026, Sở Kế hoạch đề nghị Ủy ban nhân dân các xã báo cáo tiến độ lập kế "
           "hoạch phát triển kinh tế - xã hội năm 2027, gửi trước ngày 15 tháng 12 năm 2026 để tổng hợp."),
           "Đề nghị các đơn vị quan tâm thực hiện./."), "issued", ("b",)),
    Draft("a", "GM", "GM-SKH", "Họp giao ban công tác kế hoạch tháng 12",
          (("Sở Kế hoạch trân trọng kính mời đại diện lãnh đạo Ủy ban nhân dân xã Suối Mây dự họp giao ban công tác kế hoạch "
           "tháng 12, vào 08 giờ 00 phút tại phòng họp số 1."), "Rất mong sự tham dự của quý cơ quan./."),
          "issued", ("b",), 1),
    Draft("b", "BC", "BC-UBND", "Tình hình thiệt hại do mưa đá trên địa bàn xã",
          (("Trên địa bàn xã Suối Mây đã xảy ra mưa đá làm hư hỏng 12 mái nhà tại bản Mẫu và bản Thử Nghiệm; không có thiệt hại "
           "về người."), "Ủy ban nhân dân xã kính báo cáo và đề nghị xem xét hỗ trợ./."), "issued", ("a",), 3),
    Draft("b", "CV", "UBND-VP", "V/v đề nghị bổ sung danh mục đầu tư trung hạn",
          (("Ủy ban nhân dân xã Suối Mây đề nghị Sở Kế hoạch xem xét bổ sung danh mục đường vào bản Mẫu vào kế hoạch đầu tư "
           "trung hạn."), "Trân trọng cảm ơn./."), "issued", ("a",)),
    Draft("a", "KH", "KH-SKH", "Kiểm tra tiến độ các dự án trọng điểm quý IV",
          ("Thành lập đoàn kiểm tra tiến độ các dự án trọng điểm trong quý IV năm 2026.",), "signed", ("b",)),
    Draft("a", "TB", "TB-SKH", "Kết luận cuộc họp rà soát thủ tục đầu tư",
          ("Giám đốc Sở kết luận một số nội dung rà soát thủ tục đầu tư tại cuộc họp giao ban.",), "awaiting_signature", ("b",)),
    Draft("a", "TTR", "TTr-SKH", "Phê duyệt điều chỉnh dự toán kinh phí năm 2026",
          ("Sở Kế hoạch kính trình xem xét, phê duyệt điều chỉnh dự toán kinh phí năm 2026.",), "form_review", ("p",)),
    Draft("a", "BC", "BC-SKH", "Công tác cải cách hành chính tháng 11",
          ("Sở Kế hoạch báo cáo kết quả công tác cải cách hành chính tháng 11 năm 2026.",), "content_review", ("p",)),
    Draft("a", "CV", "SKH-KH", "V/v góp ý dự thảo quy chế phối hợp",
          ("Sở Kế hoạch góp ý dự thảo quy chế phối hợp như sau.",), "draft", ("b", "p")),
)  # fmt: skip
