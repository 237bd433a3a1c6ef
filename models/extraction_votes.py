"""Several readings of one place put together: what they agree on, and how surely. Pure.

A reading is a text of tesseract after one way of preparing the picture. A number or a date is sure only when readings by
two models of letters say the same; readings that differ are never mixed into a value nobody read.
"""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise

from models import extraction_language, text
from models.extraction_lines import letters
from models.extraction_repair import is_possible

_EDGES = re.compile(r"^\W+|\W+$")
SURE, SHOWN, ONCE = 0.96, 0.6, 0.7


def vote(readings: list[str], others: list[str] = ()) -> tuple[str, float]:
    """(the value most readings say, how surely) of a number or a date; "" in a list is a reading without a value.

    `readings` are of the usual model, `others` of a second one that errs differently.
    """
    said = [value for value in (*readings, *others) if value]
    if not said:
        return "", 0.0
    if len(readings) == 1:
        return said[0], ONCE
    counted = Counter(said)
    best, agreed = counted.most_common(1)[0]
    usual, second = sum(v == best for v in readings), sum(v == best for v in others)
    against = len(said) - agreed
    if against == 0 and usual >= 4 and second >= 2:
        return best, SURE
    if against == 0 and agreed >= 4:
        return best, 0.85
    if agreed >= 3 and agreed >= 3 * against:
        return best, SHOWN + min(0.2, 0.05 * (agreed - against - 1))
    return best, 0.3


def vote_notation(readings: list[str], others: list[str], abbreviations: set[str]) -> tuple[str, float]:
    """(the notation most readings say, how surely); of readings as frequent the one with a known type's abbreviation wins.

    The second model knows no Đ: it counts for what it says without marks.
    """
    said = [value for value in readings if value]
    if not said:
        return "", 0.0
    if len(readings) == 1:
        return said[0], ONCE
    plain = [text.fold(value) for value in others if value]
    counted = Counter(said)

    def weight(value):
        known = text.fold(re.split(r"[-/.]", value)[0]) in abbreviations
        return counted[value] + 0.5 * plain.count(text.fold(value)) + (0.6 if known else 0.0)

    best = max(counted, key=weight)
    agreed, against = counted[best], len(said) - counted[best]
    backed = plain.count(text.fold(best))
    if against == 0 and agreed >= 4 and backed >= 1:
        return best, SURE
    if agreed >= 4 and against <= 1 and backed >= 1 and backed * 2 > len(plain):
        return best, 0.92
    if agreed >= 2 and agreed >= against:
        return best, SHOWN + 0.03 * min(agreed + backed, 8)
    return best, 0.5 if agreed + backed >= 2 else 0.3


def vote_words(readings: list[str], body: str) -> tuple[str, float]:
    """(a text put together word by word from several readings of one place, share of its words not in doubt).

    The first reading gives the order. Of differing spellings the one most readings have wins; the document's own other
    words, alone and with their neighbours, and what Vietnamese allows (a stop ending takes a sharp or heavy tone) weigh in.
    """
    readings = [text.clean(said).split() for said in readings if said.strip()]
    if not readings:
        return "", 0.0
    pivot = readings[0]
    spellings = _spellings(pivot, readings[1:])
    seen = [_bare(word) for word in body.split()]
    known, pairs = Counter(seen), Counter(pairwise(seen))
    chosen, clear = [], 0
    for index, options in enumerate(spellings):
        before = _bare(chosen[-1]) if chosen else ""
        after = _bare(pivot[index + 1]) if index + 1 < len(pivot) else ""

        def weight(word, options=options, before=before, after=after):
            bare = _bare(word)
            beside = pairs[before, bare] + pairs[bare, after]
            possible = 0.0 if is_possible(_EDGES.sub("", word)) else 2.5
            return options[word] + 0.5 * min(known[bare], 3) + 0.8 * min(beside, 3) - possible

        best = max(options, key=weight)
        chosen.append(best)
        clear += options[best] >= max(2, 0.75 * sum(options.values())) and weight(best) > 1.5
    fixed = extraction_language.with_marks(" ".join(chosen)).split()
    doubted = sum(old != new for old, new in zip(chosen, fixed, strict=True))
    return " ".join(fixed), max(0, clear - doubted) / len(chosen)


def _spellings(pivot, rest) -> list[Counter]:
    """Each word of the first reading with how often it was read in which way."""
    found = [Counter({word: 1}) for word in pivot]
    plain = [letters(word) for word in pivot]
    for other in rest:
        matcher = SequenceMatcher(None, plain, [letters(word) for word in other], autojunk=False)
        for tag, a0, a1, b0, b1 in matcher.get_opcodes():
            if tag == "equal" or (tag == "replace" and a1 - a0 == b1 - b0):
                for offset in range(a1 - a0):
                    found[a0 + offset][other[b0 + offset]] += 1
    return found


def _bare(word: str) -> str:
    return _EDGES.sub("", word).lower()
