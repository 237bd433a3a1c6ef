"""Luật sao văn bản (ND30 Điều 3.10–3.12, 25; PL I Phần II.I): the forms, the ways the decree knows, the scan standard."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from models import errors, files, signatures

PAPER, ELECTRONIC = "paper", "electronic"
MEDIA = {PAPER: "bản giấy", ELECTRONIC: "bản điện tử"}
LEAST_DPI, LEAST_VERSION = 200, 1.4
MOST_PAGES, MOST_COPIES = 500, 999


class Form(NamedTuple):
    """A form of copying: its words, the abbreviation of its number (PL III I) and the ways the decree allows."""

    name: str
    abbreviation: str
    ways: frozenset
    law: str


FORMS = {
    "sao_y": Form("Sao y", "SY", frozenset({(PAPER, PAPER), (ELECTRONIC, PAPER), (PAPER, ELECTRONIC)}), "25.1"),
    "sao_luc": Form("Sao lục", "SL", frozenset({(PAPER, PAPER), (PAPER, ELECTRONIC), (ELECTRONIC, PAPER)}), "25.2"),
    "trich_sao": Form(
        "Trích sao", "TrS", frozenset((a, b) for a in (PAPER, ELECTRONIC) for b in (PAPER, ELECTRONIC)), "25.3"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """A file for a copy that was accepted and lies in the store; `warnings` what it lacks of the scan standard."""

    name: str
    stored: files.Stored
    pages: int
    warnings: tuple[str, ...] = ()


def medium_of(source) -> str:
    """Of what the source is: paper when it came or went out on paper, or lies outside the system."""
    return PAPER if source is None or source.source == "paper" else ELECTRONIC


def is_copy(source) -> bool:
    """True for a received file that bears an agency's signature and no person's: itself a sao y, not an original."""
    kinds = {row.kind for row in signatures.of(source)} - {"stamp"}
    return kinds == {"organisation"}


def way_refusal(form: str, source_medium: str, medium: str) -> str | None:
    """Why the decree knows no such copy, None when it does (25.1–25.3)."""
    kind = FORMS[form]
    if (source_medium, medium) in kind.ways:
        return None
    instead = "Hãy gửi chính văn bản điện tử đã ký số, hoặc sao ra giấy."
    return f"Không có hình thức {kind.name.lower()} từ văn bản điện tử sang văn bản điện tử (ND30 Điều {kind.law}). {instead}"


def shortcomings(facts: dict) -> tuple[str, ...]:
    """What a scan lacks of the standard (PL I Phần II.I.2; Quy chế 10.1): warnings for the clerk, never a stop."""
    found = []
    if facts["dpi"] and facts["dpi"] < LEAST_DPI - 2:
        found.append(f"{facts['dpi']} dpi – thấp hơn quy định ({LEAST_DPI} dpi).")
    if facts["grey"]:
        found.append(f"Trang {_numbers(facts['grey'])} không phải ảnh màu.")
    if facts["odd_sizes"]:
        found.append(f"Trang {_numbers(facts['odd_sizes'])} không phải khổ A4, tỷ lệ 100%.")
    if facts["drawn"]:
        found.append(f"Trang {_numbers(facts['drawn'])} không phải ảnh quét: có thể thiếu chữ ký và dấu.")
    if float(facts["version"]) < LEAST_VERSION:
        found.append(f"Tệp PDF phiên bản {facts['version']}, thấp hơn {LEAST_VERSION}.")
    return tuple(found)


def read_pages(typed: str, most: int = MOST_PAGES) -> list[int]:
    """Page numbers of «1-3, 5». Raises Invalid at "pages"."""
    found = []
    for piece in filter(None, (one.strip() for one in typed.replace(";", ",").split(","))):
        match = re.fullmatch(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?", piece)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last or len(found) + last - first >= most:
            raise errors.Invalid({"pages": f"«{piece}» không phải số trang. Gõ như 1-3, 5."})
        found += range(first, last + 1)
    return found


def _numbers(pages) -> str:
    shown = ", ".join(map(str, pages[:8]))
    return f"{shown}…" if len(pages) > 8 else shown
