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
# Pairs of words that stand beside one another in names of offices; never a single word, for BINH is not BÌNH.
_AGENCY = (
    "ỦY BAN", "BAN NHÂN", "NHÂN DÂN", "UBND TỈNH", "UBND HUYỆN", "UBND XÃ", "UBND PHƯỜNG", "DÂN TỈNH", "DÂN HUYỆN", "DÂN XÃ",
    "THÀNH PHỐ", "SỞ Y", "Y TẾ", "SỞ GIÁO", "BỘ GIÁO", "GIÁO DỤC", "DỤC VÀ", "VÀ ĐÀO", "ĐÀO TẠO", "THÔNG TIN", "TRUYỀN THÔNG",
    "TÀI CHÍNH", "TÀI NGUYÊN", "MÔI TRƯỜNG", "XÂY DỰNG", "NÔNG NGHIỆP", "CÔNG NGHỆ", "KHOA HỌC", "CÔNG THƯƠNG", "LAO ĐỘNG",
    "THƯƠNG BINH", "XÃ HỘI", "NỘI VỤ", "SỞ NỘI", "NGOẠI GIAO", "GIAO THÔNG", "VẬN TẢI", "TƯ PHÁP", "THỦ TƯỚNG", "CHÍNH PHỦ",
    "TRƯỜNG ĐẠI", "ĐẠI HỌC", "CAO ĐẲNG", "TRUNG TÂM", "BỆNH VIỆN", "VĂN PHÒNG", "HỘI ĐỒNG", "THANH TRA", "CHI CỤC", "KẾ HOẠCH",
    "SỞ KẾ", "ĐẦU TƯ", "DÂN TỘC", "CÔNG AN", "NHÀ NƯỚC", "NGÂN HÀNG", "QUỐC HỘI", "VIỆT NAM", "HÀ NỘI",
)  # fmt: skip
_PAIRS = {tuple(text.fold(pair).split()): pair.split() for pair in _AGENCY}
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
    seen, words, told = _phrases(body), value.split(), 0
    folded, out = [text.fold(word) for word in words], list(words)
    for index in range(len(words)):
        known = _known_spelling(folded, index)
        beside = Counter()
        for other in folded[max(0, index - 1) : index] + folded[index + 1 : index + 2]:
            beside += seen.get((folded[index], other), Counter())
        best, count = beside.most_common(1)[0] if beside else ("", 0)
        if known or (count >= 2 and count > beside[words[index].upper()]):
            out[index] = known or best
        told += bool(known) or count >= 2
    return " ".join(out), 0.1 if told == len(words) else 0.0


def _known_spelling(folded, index) -> str:
    """The spelling a pair of the form's own language gives a word, "" for none."""
    if index + 1 < len(folded) and tuple(folded[index : index + 2]) in _PAIRS:
        return _PAIRS[tuple(folded[index : index + 2])][0]
    if index and tuple(folded[index - 1 : index + 1]) in _PAIRS:
        return _PAIRS[tuple(folded[index - 1 : index + 1])][1]
    return ""


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
