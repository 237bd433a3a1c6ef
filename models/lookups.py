"""Fixed lists of the law with their Vietnamese labels: roles, document types, urgency, secrecy, capacities."""

from typing import NamedTuple

CLERK, LEADER, UNIT_HEAD, OFFICER = "clerk", "leader", "unit_head", "officer"
FORM_CHECKER, ARCHIVIST, ADMIN, PROVINCE_ADMIN = "form_checker", "archivist", "admin", "province_admin"

ROLES = {
    CLERK: "Văn thư",
    LEADER: "Lãnh đạo",
    UNIT_HEAD: "Lãnh đạo đơn vị",
    OFFICER: "Chuyên viên",
    FORM_CHECKER: "Người kiểm tra thể thức",
    ARCHIVIST: "Lưu trữ",
    ADMIN: "Quản trị",
    PROVINCE_ADMIN: "Quản trị toàn tỉnh",
}


class DocumentType(NamedTuple):
    """An administrative document type: code used by us, name, abbreviation in the notation, number on the wire."""

    code: str
    name: str
    abbreviation: str
    wire: int


# The 29 types of ND30 Điều 7 with abbreviations of PL III; wire numbers of QCVN 102:2016 SĐ1:2022 table B.
DOCUMENT_TYPES = tuple(
    DocumentType(*row)
    for row in (
        ("NQ", "Nghị quyết", "NQ", 1),
        ("QD", "Quyết định", "QĐ", 2),
        ("CT", "Chỉ thị", "CT", 3),
        ("QC", "Quy chế", "QC", 4),
        ("QYD", "Quy định", "QyĐ", 5),
        ("TC", "Thông cáo", "TC", 6),
        ("TB", "Thông báo", "TB", 7),
        ("HD", "Hướng dẫn", "HD", 8),
        ("CTR", "Chương trình", "CTr", 9),
        ("KH", "Kế hoạch", "KH", 10),
        ("PA", "Phương án", "PA", 11),
        ("DEA", "Đề án", "ĐA", 12),
        ("DA", "Dự án", "DA", 13),
        ("BC", "Báo cáo", "BC", 14),
        ("BB", "Biên bản", "BB", 15),
        ("TTR", "Tờ trình", "TTr", 16),
        ("HDG", "Hợp đồng", "HĐ", 17),
        ("CV", "Công văn", "", 18),
        ("CD", "Công điện", "CĐ", 19),
        ("BGN", "Bản ghi nhớ", "BGN", 20),
        ("BTT", "Bản thỏa thuận", "BTT", 22),
        ("GUQ", "Giấy ủy quyền", "GUQ", 24),
        ("GM", "Giấy mời", "GM", 25),
        ("GGT", "Giấy giới thiệu", "GGT", 26),
        ("GNP", "Giấy nghỉ phép", "GNP", 27),
        ("PG", "Phiếu gửi", "PG", 30),
        ("PC", "Phiếu chuyển", "PC", 31),
        ("PB", "Phiếu báo", "PB", 18),
        ("TCG", "Thư công", "", 32),
    )
)
# What also comes in, and many offices register apart (ND30 22.1 «loại được đăng ký riêng»): no type of Điều 7, never sent.
ARRIVING_TYPES = (DocumentType("DTU", "Đơn, thư", "", 0),)
_BY_CODE = {kind.code: kind for kind in (*DOCUMENT_TYPES, *ARRIVING_TYPES)}

URGENCIES = {0: "Thường", 1: "Khẩn", 2: "Thượng khẩn", 3: "Hỏa tốc", 4: "Hỏa tốc hẹn giờ"}
# ND30 PL I III.2.b–c: what is drawn on page 1.
URGENCY_MARKS = {1: "KHẨN", 2: "THƯỢNG KHẨN", 3: "HOẢ TỐC", 4: "HOẢ TỐC"}
CIRCULATIONS = {"": "", "return": "XEM XONG TRẢ LẠI", "internal": "LƯU HÀNH NỘI BỘ"}
# What a document is for, where that decides whether paper goes with it (Quy chế 9.2.b, 9.3.b).
NATURES = {
    "notice": "Thông báo",
    "communique": "Thông cáo",
    "telegram": "Công điện",
    "guidance": "Hướng dẫn chuyên môn, nghiệp vụ",
    "coordination": "Phối hợp xử lý công việc",
    "opinions": "Xin ý kiến, góp ý dự thảo văn bản",
    "information": "Văn bản để biết",
    "periodic_report": "Báo cáo định kỳ (tháng, quý, 6 tháng, 9 tháng)",
    "statistics": "Báo cáo số liệu thống kê",
    "invitation": "Giấy mời họp",
    "online_procedure": "Hồ sơ thủ tục hành chính trực tuyến liên thông",
    "legal": "Văn bản quy phạm pháp luật",
    "other": "Loại khác",
}
NATURE_OF_TYPE = {"TB": "notice", "TC": "communique", "CD": "telegram", "HD": "guidance", "GM": "invitation"}
# Whom Quy chế 9.3 names among recipients; "" is everybody else.
RECIPIENT_CLASSES = {
    "": "Cơ quan hành chính nhà nước",
    "government": "Chính phủ, Thủ tướng Chính phủ",
    "party": "Tỉnh ủy",
    "council": "Hội đồng nhân dân tỉnh",
    "legal_review": "Cơ quan giúp UBND tỉnh kiểm tra văn bản QPPL",
    "outside": "Ngoài hệ thống hành chính nhà nước",
}
RETENTIONS = {"": "Chưa xác định", "timed": "Có thời hạn", "permanent": "Vĩnh viễn"}
SECRECIES = {"confidential": "Mật", "secret": "Tối mật", "top_secret": "Tuyệt mật"}
# ND30 Điều 13: in whose name the signer signs.
CAPACITIES = {
    "": "",
    "on_behalf": "TM.",
    "acting": "Q.",
    "for_head": "KT.",
    "by_order": "TL.",
    "by_delegation": "TUQ.",
}

SOURCES = {
    "axis": "Trục liên thông",
    "local": "Trong hệ thống",
    "paper": "Văn bản giấy",
    "draft": "Soạn thảo",
}
VERDICTS = {
    "": "",
    "valid": "HỢP LỆ",
    "look": "CẦN XEM",
    "invalid": "KHÔNG HỢP LỆ",
    "unchecked": "CHƯA KIỂM TRA ĐƯỢC",
}


def document_type(code: str) -> DocumentType | None:
    """The type with this code, None for a code we do not know."""
    return _BY_CODE.get(code)


def type_name(code: str) -> str:
    """The type's name, empty for none."""
    kind = _BY_CODE.get(code)
    return kind.name if kind else ""
