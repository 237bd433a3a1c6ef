"""Words the layout of official documents is known by: types, beginnings of agency names, positions. Pure.

The lists are of the law (ND30 Điều 7, PL III; Luật 2025 on legal documents) and of the language, never of single agencies.
"""

import re

from models import lookups, text
from models.extraction_lines import alike, letters

COUNTRY = "conghoaxahoichunghiavietnam"
MOTTO = "doclaptudohanhphuc"
PARTY = "dangcongsanvietnam"

# Legal documents and papers outside the 29 administrative types, with their abbreviation in the notation.
OTHER_TYPES = {
    "Luật": "QH", "Pháp lệnh": "UBTVQH", "Lệnh": "L", "Nghị định": "NĐ", "Thông tư": "TT", "Thông tư liên tịch": "TTLT",
    "Nghị quyết liên tịch": "NQLT", "Điều lệ": "ĐL", "Nội quy": "NQ", "Kết luận": "KL", "Giấy chứng nhận": "",
    "Tờ khai": "", "Phiếu trình": "PTr", "Thông tri": "TT", "Báo cáo tóm tắt": "BC",
}  # fmt: skip
TYPES = {kind.name: kind.abbreviation for kind in lookups.DOCUMENT_TYPES if kind.code != "CV"} | OTHER_TYPES
BY_LETTERS = {letters(name): name for name in TYPES}
BY_ABBREVIATION = {text.fold(mark): name for name, mark in reversed(TYPES.items()) if mark}
LETTER = "Công văn"

# A line of box 2 that begins so is the beginning of an agency's name, not the rest of the line above.
AGENCY_STARTS = (
    "uy ban", "ubnd", "so", "bo", "ban", "phong", "truong", "cuc", "chi cuc", "tong cuc", "vu", "trung tam", "hoi dong",
    "hdnd", "van phong", "thanh tra", "to", "cong ty", "tong cong ty", "tap doan", "benh vien", "vien", "hoc vien",
    "khoa", "dang uy", "cong an", "chi nhanh", "hoi", "lien doan", "quy", "kho bac", "bao hiem", "toa an", "tinh uy",
    "huyen uy", "thanh uy", "ngan hang", "doan", "mat tran", "chinh phu", "thu tuong", "quoc hoi", "chu tich", "dai hoc",
    "lien hiep", "tram", "doi", "xi nghiep", "hat", "thue", "hai quan", "bo chi huy", "bo tu lenh", "ubmttq", "chi bo",
)  # fmt: skip
NO_STARTS = (
    "phong chong",
    "phong, chong",
    "phong ve",
    "doan the",
    "so huu",
    "bo doi",
    "to chuc",
    "hoi nghi",
    "hoi nhap",
)
KINDS_ONLY = (
    "uy ban", "uy ban nhan dan", "ubnd", "uy ban thuong vu", "hoi dong", "hoi dong nhan dan", "hdnd", "van phong", "so",
    "ban", "ban chap hanh", "ban thuong vu", "ban chi dao", "ban chi huy", "ban quan ly", "ban quan ly du an", "ban dieu hanh",
    "ban to chuc", "ban van dong", "truong", "truong dai hoc", "trung tam", "benh vien", "cuc", "chi cuc", "tong cuc", "vu",
    "cong ty", "tong cong ty", "cong ty tnhh", "cong ty tnhh mtv", "cong ty tnhh mot thanh vien", "cong ty co phan", "cong ty cp",
    "phong", "thanh tra", "thuong truc", "dang uy", "dang bo", "chi bo", "chi nhanh", "hoi", "lien doan", "vien", "hoc vien",
    "toa an", "toa an nhan dan", "vien kiem sat", "vien kiem sat nhan dan", "to cong tac", "doan", "doan kiem tra", "bch",
    "bch dang bo", "ban chap hanh dang bo", "uy ban kiem tra", "uy ban mat tran to quoc", "uy ban mttq", "ngan hang", "tram",
    "hat", "hat kiem lam", "quy", "tap doan", "cong an", "bo chi huy", "bo tu lenh", "cong doan", "ban lien lac",
)  # fmt: skip
# Provinces and centrally run cities, before and after 2025: a place of issue read without its marks is one of them.
PROVINCES = (
    "An Giang", "Bà Rịa - Vũng Tàu", "Bạc Liêu", "Bắc Giang", "Bắc Kạn", "Bắc Ninh", "Bến Tre", "Bình Dương", "Bình Định",
    "Bình Phước", "Bình Thuận", "Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Đắk Nông", "Điện Biên", "Đồng Nai",
    "Đồng Tháp", "Gia Lai", "Hà Giang", "Hà Nam", "Hà Nội", "Hà Tĩnh", "Hải Dương", "Hải Phòng", "Hậu Giang", "Hòa Bình",
    "Hưng Yên", "Khánh Hòa", "Kiên Giang", "Kon Tum", "Lai Châu", "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Long An", "Nam Định",
    "Nghệ An", "Ninh Bình", "Ninh Thuận", "Phú Thọ", "Phú Yên", "Quảng Bình", "Quảng Nam", "Quảng Ngãi", "Quảng Ninh",
    "Quảng Trị", "Sóc Trăng", "Sơn La", "Tây Ninh", "Thái Bình", "Thái Nguyên", "Thanh Hóa", "Thừa Thiên Huế", "Tiền Giang",
    "Thành phố Hồ Chí Minh", "TP. Hồ Chí Minh", "Trà Vinh", "Tuyên Quang", "Vĩnh Long", "Vĩnh Phúc", "Yên Bái", "Huế",
)  # fmt: skip
_PROVINCES = {letters(name): name for name in PROVINCES}
POSITIONS = (
    "giam doc", "pho giam doc", "chu tich", "pho chu tich", "bo truong", "thu truong", "thu tuong", "pho thu tuong",
    "hieu truong", "pho hieu truong", "cuc truong", "pho cuc truong", "vu truong", "pho vu truong", "truong phong",
    "pho truong phong", "chanh van phong", "pho chanh van phong", "thong doc", "pho thong doc", "tong thanh tra",
    "pho tong thanh tra", "chanh thanh tra", "pho chanh thanh tra", "tong giam doc", "pho tong giam doc", "vien truong",
    "pho vien truong", "truong ban", "pho truong ban", "bi thu", "pho bi thu", "chi cuc truong", "pho chi cuc truong",
    "tong cuc truong", "pho tong cuc truong", "chu nhiem", "pho chu nhiem", "chanh an", "pho chanh an", "tong bi thu",
    "truong khoa", "to truong", "bo truong chu nhiem", "thu ky", "doi truong", "truong cong an", "nguoi dung dau",
    "chu tich nuoc", "chu tich quoc hoi", "tong kiem toan nha nuoc", "ke toan truong", "tram truong", "giam thi",
)  # fmt: skip
# «V/v …» of box 5b, as it is printed and as it is read
ABOUT = re.compile(
    r"^[\W_]{0,4}([Vv][/⁄7í1liI|]{1,2}\s?[vyw]?|V\s?/|VN|Vv|W/?v|[Vv]ề\s+việc|Vê\s+việc)(?!\w)\W{0,3}\s*"
)
CAPACITY = re.compile(r"^\W{0,2}(TM|KT|K\.T|TL|TUQ|Q|T\.M|T\.L)\s*[.,:;]?\s*(?=\W|[A-ZĐ]{2})")
URGENCIES = {"hoatochengio": 4, "hoatoc": 3, "thuongkhan": 2, "khan": 1}


def place_spelled(place: str) -> str:
    """A place of issue read from a scan, with the marks of the province of that name where it is one."""
    return _PROVINCES.get(letters(place), place)


def type_of(line: str) -> tuple[str, float, str]:
    """The type a capital line names: (name, how alike 0–1, what follows on the line); ("", 0, "") for none."""
    words = line.split()
    best, most = ("", 0.0, ""), 0
    spaced = [len(words)] if len(words) > 4 and max(len(word) for word in words) <= 2 else []
    for count in [*range(1, min(len(words), 4) + 1), *spaced]:
        head = letters("".join(words[:count]))
        for known, name in BY_LETTERS.items():
            if abs(len(head) - len(known)) > 2:
                continue
            score = 1.0 if head == known else alike(head, known)
            wanted = 1.0 if len(known) < 7 else 0.84
            if score >= wanted and (score, count) > (best[1], most):
                best, most = (name, score, " ".join(words[count:])), count
    return best


def type_of_notation(notation: str) -> str:
    """The type whose abbreviation stands in a notation («QĐ-SKT» → Quyết định), "" when it is a công văn's."""
    part = next((part for part in re.split(r"[-/.]", notation) if not part.isdecimal()), "")
    return BY_ABBREVIATION.get(text.fold(part), "") if part[:1].isupper() else ""


def starts_agency(line: str) -> bool:
    """True when a line of box 2 begins an agency's name."""
    folded = text.fold(line) + " "
    return not folded.startswith(NO_STARTS) and any(folded.startswith(start + " ") for start in AGENCY_STARTS)


def is_kind_only(line: str) -> bool:
    """True for what only says what kind of body it is, its name still to come («ỦY BAN THƯỜNG VỤ», «CHI NHÁNH»)."""
    return text.fold(line).strip(" -–,.*") in KINDS_ONLY


def has_position(line: str) -> float:
    """How surely a capital line of box 7a names a position, 0 to 1."""
    folded = re.sub(r"[^a-z ]", " ", text.fold(line))
    folded = re.sub(r"^\s*(tm|kt|k t|tl|tuq|q)\s+", "", folded).strip()
    if any(folded == known or folded.startswith(known + " ") for known in POSITIONS):
        return 1.0
    close = letters(folded)
    return (
        max((alike(close, letters(known)) for known in POSITIONS), default=0.0)
        if 5 <= len(close) <= 30
        else 0.0
    )
