"""Vietnamese words that OCR read with wrong or lost marks, set right from the document's own other words. Pure.

«SỞ Y TE» in the head and «Sở Y tế» five times in the body: the body is right. Nothing is invented: a word is only
replaced by one with the same letters that stands in the same document, or in the language of the form itself.
"""

import re
from collections import Counter

from models import text

_TITLES = (
    "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "CHỦ TỊCH", "PHÓ CHỦ TỊCH", "BỘ TRƯỞNG", "THỨ TRƯỞNG", "THỦ TƯỚNG", "PHÓ THỦ TƯỚNG",
    "HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG", "TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG", "CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG",
    "CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "VỤ TRƯỞNG", "THỐNG ĐỐC", "CHÁNH THANH TRA", "TỔNG GIÁM ĐỐC", "VIỆN TRƯỞNG",
    "TRƯỞNG BAN", "PHÓ TRƯỞNG BAN", "ỦY BAN NHÂN DÂN", "HỘI ĐỒNG NHÂN DÂN", "CHÍNH PHỦ", "CHI CỤC TRƯỞNG", "QUỐC HỘI",
)  # fmt: skip
_AGENCY = (
    "ỦY BAN NHÂN DÂN TỈNH HUYỆN XÃ PHƯỜNG THÀNH PHỐ SỞ BỘ BAN PHÒNG TRƯỜNG ĐẠI HỌC CỤC CHI TỔNG VỤ TRUNG TÂM HỘI ĐỒNG "
    "VĂN THANH TRA CÔNG TY BỆNH VIỆN Y TẾ GIÁO DỤC VÀ ĐÀO TẠO THÔNG TIN TRUYỀN TÀI CHÍNH NGUYÊN MÔI XÂY DỰNG NGHIỆP "
    "KHOA CÔNG NGHỆ THƯƠNG LAO ĐỘNG BINH XÃ NỘI NGOẠI GIAO VẬN TẢI TƯ PHÁP THỦ TƯỚNG CHÍNH PHỦ QUỐC NƯỚC"
)
_KNOWN = {}
for _word in " ".join([*_TITLES, _AGENCY]).split():
    _KNOWN.setdefault(text.fold(_word), set()).add(_word)
_EDGES = re.compile(r"^\W+|\W+$")


def repair(value: str, body: str, field: str) -> tuple[str, float]:
    """(the value with its marks set right, how much surer it became: 0 to 0.1)."""
    if field == "organ_name" or field == "parent_organ_name":
        return _with_body(value, body)
    if field == "signer_position":
        return _position(value)
    return value, 0.0


def _with_body(value, body):
    seen = _phrases(body)
    words, sure = value.split(), 0
    out = []
    for index, word in enumerate(words):
        folded = text.fold(word)
        neighbours = {text.fold(words[index - 1])} if index else set()
        neighbours |= {text.fold(words[index + 1])} if index + 1 < len(words) else set()
        told = Counter()
        for other in neighbours:
            told += seen.get((folded, other), Counter())
        best, count = told.most_common(1)[0] if told else ("", 0)
        known = _KNOWN.get(folded, set())
        if best and count >= 2 and (count > told[word.upper()] or best == word.upper()):
            out.append(best)
            sure += 1
        elif word.upper() not in known and len(known) == 1:
            out.append(next(iter(known)))
        else:
            out.append(word)
            sure += word.upper() in known
    return " ".join(out), 0.1 if sure == len(words) else 0.0


def _phrases(body):
    """(folded word, folded neighbour) → how often each spelling of the word stands beside it."""
    words = [_EDGES.sub("", word) for word in body.split()]
    seen: dict = {}
    for one, other in zip(words, words[1:], strict=False):
        a, b = text.fold(one), text.fold(other)
        seen.setdefault((a, b), Counter())[one.upper()] += 1
        seen.setdefault((b, a), Counter())[other.upper()] += 1
    return seen


def _position(value):
    folded = text.fold(value)
    fixed, found = value, False
    for title in sorted(_TITLES, key=len, reverse=True):
        known = text.fold(title)
        start = folded.find(known)
        if start >= 0 and len(folded) == len(fixed):
            fixed = fixed[:start] + title + fixed[start + len(known) :]
            found = True
    return fixed, 0.08 if found else 0.0
