"""What a person reads before agreeing: who asks, for which documents, with which certificate on which token."""

from dataclasses import dataclass

from signing.agent import keys
from signing.protocol import fingerprint

SECONDS = 120
PURPOSES = {
    "leader": "Ký số của người có thẩm quyền",
    "seal": "Ký số của cơ quan (con dấu)",
    "annex": "Ký số tệp kèm theo",
    "copy": "Ký số bản sao điện tử",
    "batch": "Ký số nhiều văn bản cùng lúc",
}


@dataclass(frozen=True)
class Question:
    """One question; `pad` when the PIN is typed on the token itself. Everything is text a person reads."""

    purpose: str
    origin: str
    title: str
    person: str
    agency: str
    files: tuple[str, ...]
    holder: str
    token: str
    notes: tuple[str, ...] = ()
    pad: bool = False

    @property
    def amount(self) -> str:
        """«1 tệp», or «30 tệp, một mã PIN»."""
        return "1 tệp" if len(self.files) == 1 else f"{len(self.files)} tệp, ký bằng một lần nhập mã PIN"

    def lines(self) -> list[str]:
        """The same as lines of text, every file named."""
        return [
            f"{self.purpose} — {self.origin}",
            f"Văn bản: {self.title}",
            f"Số tệp: {self.amount}",
            *(f"  {number}. {text}" for number, text in enumerate(self.files, 1)),
            f"Người yêu cầu: {self.person} – {self.agency}",
            f"Chứng thư: {self.holder}",
            f"Thiết bị: {self.token}",
            *(f"CHÚ Ý: {note}" for note in self.notes),
        ]


def question(origin: str, ticket: dict, held, entry) -> Question:
    """The question for a ticket of this origin and the certificate it names."""
    warnings = list(keys.notes(held.token, entry))
    if len(ticket["items"]) > 1:
        warnings.append(
            f"Bạn sắp ký {len(ticket['items'])} tệp bằng một lần nhập mã PIN. Hãy xem lại danh sách."
        )
    owner = " – ".join(dict.fromkeys(part for part in (entry.name, entry.title, entry.organisation) if part))
    return Question(
        purpose=PURPOSES[ticket["purpose"]],
        origin=origin,
        title=ticket["title"],
        person=ticket["person"],
        agency=ticket["agency"],
        files=tuple(_file(item, ticket["title"]) for item in ticket["items"]),
        holder=f"{owner} (số {entry.serial}, dùng đến {entry.until})",
        token=f"{held.label}{f' (số {held.serial})' if held.serial else ''}",
        notes=tuple(warnings),
        pad=keys.has_pad(held.token),
    )


def _file(item, title):
    pages = f", {item['pages']} trang" if item["pages"] else ""
    other = f" – {item['document']}" if item["document"] and item["document"] != title else ""
    return f"{item['name']}{pages}, mã {fingerprint(item['digest'])}{other}"
