"""Tên cơ quan ban hành as letters write it: «UBND tỉnh» and «Ủy ban nhân dân tỉnh» are one issuer. Pure; no table."""

import re

from models import text

_WORD = re.compile(r"[0-9a-z]+")
_JOINED = re.compile(r"(?<=\w)\s*&\s*(?=\w)")
# What offices abbreviate in one another's names, spelt out without marks and without «và».
SPELT_OUT = {
    "ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan", "vp": "van phong", "tp": "thanh pho", "tx": "thi xa",
    "ubmttq": "uy ban mat tran to quoc", "mttq": "mat tran to quoc", "tand": "toa an nhan dan",
    "vksnd": "vien kiem sat nhan dan", "ldld": "lien doan lao dong", "bhxh": "bao hiem xa hoi",
    "bch": "ban chi huy", "bql": "ban quan ly", "qlda": "quan ly du an", "tnmt": "tai nguyen moi truong",
    "khdt": "ke hoach dau tu", "gddt": "giao duc dao tao", "gtvt": "giao thong van tai", "khcn": "khoa hoc cong nghe",
    "nnptnt": "nong nghiep phat trien nong thon", "ldtbxh": "lao dong thuong binh xa hoi",
    "tttt": "thong tin truyen thong", "vhttdl": "van hoa the thao du lich", "nnmt": "nong nghiep moi truong",
}  # fmt: skip
_PLACES = {"tinh", "thanh", "huyen", "quan", "thi", "xa", "phuong", "dac", "nuoc"}
GENERIC = 2  # a name of so few words («Văn phòng») says nothing without the line above it


def key(name: str, parent: str = "") -> str:
    """The name as it is compared: without marks, spelt out, without «và»; with its parent's where it is too short alone."""
    words = _spelt(name)
    above = _spelt(parent) if len(words) <= GENERIC else []
    return " ".join(words) + (f" | {' '.join(above)}" if above else "")


def is_alike(one: str, other: str) -> bool:
    """True for two keys of one issuer: equal, or one says its place («tỉnh …») and the other leaves it out."""
    if one == other:
        return bool(one)
    short, long = sorted((one, other), key=len)
    tail = long[len(short) :].split()
    return bool(short) and long.startswith(f"{short} ") and tail[0] in _PLACES and len(short.split()) > 1


def letters(name: str) -> list[str]:
    """What a name is found by when only first letters are typed: «stnvmt», «stnmt», and from the later words on «tnmt»."""
    full = _expanded(name)
    shorter = [word for word in full if word not in ("va", "cua")]
    found = ["".join(word[0] for word in full)]
    found += ["".join(word[0] for word in shorter[start:]) for start in range(min(5, len(shorter)))]
    return [one for one in dict.fromkeys(found) if len(one) > 1]


def words(name: str) -> list[str]:
    """The words of a name without marks, as written and spelt out."""
    return list(dict.fromkeys([*_WORD.findall(text.fold(name)), *_expanded(name)]))


def _spelt(name: str) -> list[str]:
    return [word for word in _expanded(name) if word != "va"]


def _expanded(name: str) -> list[str]:
    plain = _WORD.findall(text.fold(_JOINED.sub(_joint(name), name or "")))
    return [part for word in plain for part in SPELT_OUT.get(word, word).split()]


def _joint(name: str) -> str:
    """«TN&MT» is one abbreviation; «Tài nguyên & Môi trường» are two words."""
    return "" if re.search(r"\b\w{1,4}&\w{1,4}\b", name or "") else " va "
