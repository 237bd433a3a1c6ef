"""Vietnamese words that OCR read with wrong or lost marks, set right from the document's own other words. Pure.

«SỞ Y TE» in the head and «Sở Y tế» five times in the body: the body is right. Nothing is invented: a word is only
replaced by one with the same letters that stands in the same document, or in the language of the form itself.
"""

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise

from models import text
from models.extraction_lines import letters

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


_STOPS = re.compile(r"(c|ch|p|t)$")
_SHARP_OR_HEAVY = {"\u0301", "\u0323"}  # the only tones a syllable ending in a stop can carry


def vote_words(readings: list[str], body: str) -> tuple[str, float]:
    """(a text put together word by word from several readings of one place, share of its words not in doubt).

    The first reading gives the order. Of differing spellings the one most readings have wins; the document's own other
    words and what Vietnamese allows (a stop ending takes a sharp or heavy tone) weigh in.
    """
    readings = [text.clean(said).split() for said in readings if said.strip()]
    if not readings:
        return "", 0.0
    pivot, rest = readings[0], readings[1:]
    spellings = [Counter({word: 1}) for word in pivot]
    for other in rest:
        folded = [letters(word) for word in other]
        matcher = SequenceMatcher(None, [letters(word) for word in pivot], folded, autojunk=False)
        for tag, a0, a1, b0, b1 in matcher.get_opcodes():
            if tag == "equal" or (tag == "replace" and a1 - a0 == b1 - b0):
                for offset in range(a1 - a0):
                    spellings[a0 + offset][other[b0 + offset]] += 1
    known = Counter(_EDGES.sub("", word).lower() for word in body.split())
    chosen, clear = [], 0
    for options in spellings:
        best = max(options, key=lambda word, seen=options: _weight(word, seen, known))
        chosen.append(best)
        clear += options[best] >= max(2, 0.75 * sum(options.values())) and _weight(best, options, known) > 1.5
    return " ".join(chosen), clear / len(chosen)


def _weight(word, options, known) -> float:
    bare = _EDGES.sub("", word)
    return options[word] + 0.7 * min(known[bare.lower()], 3) - (0 if is_possible(bare) else 2.5)


def is_possible(word: str) -> bool:
    """False for a lower-case syllable Vietnamese cannot have: a stop at its end without a sharp or heavy tone."""
    if not word.isalpha() or word.isupper() or len(word) < 2 or not _STOPS.search(word.lower()):
        return True
    parts = unicodedata.normalize("NFD", word)
    marked = any(unicodedata.combining(c) for c in parts)
    return not marked or any(c in _SHARP_OR_HEAVY for c in parts)


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
    for one, other in pairwise(words):
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
