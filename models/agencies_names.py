"""What an agency's name says: the words it is found by, and whether Quy chế 9.3 speaks of it. Pure; no table."""

import re

from models import lookups, text

_WORD = re.compile(r"[0-9a-z]+")
TOKEN = "qqq"  # begins words of the index that no name holds
HOSTED_TOKEN = f"{TOKEN}day"
SPELT_OUT = {"ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan", "vp": "van phong"}
# A first proposal only; a person may set another class (Quy chế 9.3).
_CLASSES = (
    ("government", re.compile(r"^(van phong )?chinh phu$|^thu tuong chinh phu$")),
    ("party", re.compile(r"^(van phong )?(tinh|thanh) uy\b")),
    ("council", re.compile(r"^(thuong truc |van phong )?(hoi dong nhan dan|hdnd) (tinh|thanh pho)\b(?!.* va )")),
    ("legal_review", re.compile(r"^so tu phap\b")),
    ("outside", re.compile(
        r"^(toa an|vien kiem sat|uy ban mat tran|mat tran|lien doan lao dong|hoi |tinh doan|doan |cong ty|tong cong ty|"
        r"tap doan|ngan hang|doanh nghiep|hop tac xa|dang uy|ban (to chuc|tuyen giao|dan van|noi chinh) )"
    )),
)  # fmt: skip
_QD20, _QCVN102 = re.compile(r"^[A-Y]\d{2}(\.|$)"), re.compile(r"^\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}$")


def words_of(
    name: str, short_name: str = "", notation: str = "", *, hosted: bool = False, codes_: tuple = ()
) -> str:
    """What an agency is found by: its words without marks, spelt out, their first letters («skhdt», «ubndxsm»), and
    tokens that bring those of this installation and of one province to the front."""
    plain = _WORD.findall(text.fold(name))
    full = [part for word in plain for part in SPELT_OUT.get(word, word).split()]
    letters = "".join(word[0] for word in full)
    shorter = "".join(word[0] for word in full if word not in ("va", "cua"))
    other = _WORD.findall(text.fold(f"{short_name} {notation}")) if short_name or notation else ()
    tokens = ([HOSTED_TOKEN] if hosted else []) + [token for token in map(province_token, codes_) if token]
    return " ".join(dict.fromkeys([*plain, *other, *full, letters, shorter, *tokens]))


def level_1(code: str) -> str:
    """The group of level 1 in either scheme («H35»), "" for other codes (ID-2, ID-3)."""
    return code[:3] if _QD20.match(code) else code[-3:] if _QCVN102.match(code) else ""


def province_token(code: str) -> str:
    """The word of the index that stands for a code's level 1, "" for none."""
    group = level_1(code)
    return f"{TOKEN}{group.lower()}" if group else ""


def proposed_class(name: str) -> str:
    """Which of Quy chế 9.3's recipients a name speaks of; "" for an office of the administration."""
    folded = text.fold(name)
    found = next((key for key, pattern in _CLASSES if pattern.search(folded)), "")
    return found if found in lookups.RECIPIENT_CLASSES else ""
