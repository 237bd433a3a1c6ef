"""Văn bản giấy ở B: a scan is read by itself, confirmed by the clerk and registered; the scan stays as it came."""

import html
import re
from pathlib import Path

from jobs import demo_letters, demo_papers
from models import clock
from tests.stories.outward import digest
from tests.stories.stage import wait_for

READING_SECONDS = 300


class Paper:
    """What the clerk of B does with a paper letter."""

    def __init__(self, world, timeline):
        self.world, self.b, self.timeline = world, world.b, timeline
        self.mai = world.browser(self.b, "mai")

    def register(self, scan: Path | None) -> None:
        """From the scanner to the leader. `scan`: a file of one's own, else a letter of the demonstration."""
        name, content = (scan.name, scan.read_bytes()) if scan else ("quet-0001.pdf", own_scan())
        number = self._read(name, content)
        self._confirm(number, content, known=scan is None)

    def _read(self, name, content) -> int:
        with self.timeline.step("Quét văn bản giấy, máy tự đọc", "Mai (văn thư B)", "Quy chế 10.1") as line:
            self.mai.submit("/scans", files=[("file", (name, content))])
            row = wait_for(
                lambda: self._scan("state NOT IN ('waiting', 'reading')"),
                "đọc xong bản quét",
                seconds=READING_SECONDS,
            )
            line.check(row["state"] == "read", f"đọc xong {row['pages_total']} trang")
            found = re.findall(r'"(\w+)": \{"value": "([^"]*)"', row["proposals"])
            for field, value in found[:8]:
                line.saw(f"đề xuất {field}: {value[:90]}")
            line.check(bool(found), f"{len(found)} ô được đề xuất, có vị trí trên trang")
        return row["id"]

    def _confirm(self, scan: int, content: bytes, known: bool) -> None:
        with self.timeline.step(
            "Đối chiếu, vào sổ và trình", "Mai (văn thư B)", "Quy chế 10.1, 10.3"
        ) as line:
            before = self.b.fact(
                "SELECT max(number) FROM entry e JOIN register r ON r.id = e.register_id WHERE r.flow = 'incoming'"
            )
            fields = filled(self.mai.get(f"/incoming/waiting?tab=paper&scan={scan}"))
            typed = {
                "organ_name": "Cơ quan trên văn bản giấy",
                "subject": "Văn bản giấy",
                "issued_date": f"{clock.today():%d/%m/%Y}",
            }
            for field, value in typed.items():
                if not fields.get(field):
                    fields[field] = value
                    line.saw(f"văn thư tự nhập {field}")
            fields |= {"leader": str(self._post("binh")), "known": "1", "act": "forward"}
            self.mai.submit(f"/scans/{scan}/registration", **fields)
            row = self.b.facts(
                "SELECT d.* FROM document d JOIN scan s ON s.document_id = d.id WHERE s.id = ?", scan
            )[0]
            line.check(row["state"] == "forwarded", "đã trình lãnh đạo")
            line.check(
                row["arrival_number"] == before + 1, f"số đến liền kề: {before} → {row['arrival_number']}"
            )
            sha256 = self.b.fact(
                "SELECT f.sha256 FROM scan s JOIN file f ON f.id = s.file_id WHERE s.id = ?", scan
            )
            line.check(
                self.b.stored(sha256).read_bytes() == content, "tệp quét giữ nguyên từng byte như khi nhận"
            )
            line.check(digest(self.b.stored(sha256)) == sha256, "mã băm của tệp quét đúng")
            if known:
                letter = demo_letters.PAPER[0]
                line.check(row["code_number"] == letter.number and row["code_notation"] == letter.notation,
                           f"máy đọc đúng số và ký hiệu {letter.number}/{letter.notation}")  # fmt: skip

    def _scan(self, condition):
        rows = self.b.facts(f"SELECT * FROM scan WHERE {condition} ORDER BY id DESC LIMIT 1")
        return rows[0] if rows else None

    def _post(self, login):
        return self.b.fact(
            "SELECT p.id FROM post p JOIN person n ON n.id = p.person_id WHERE n.login = ?", login
        )


def own_scan() -> bytes:
    """A letter of the demonstration as a scanner gives it: a page picture without text."""
    return demo_papers.scan(demo_letters.PAPER[0], clock.today())


def filled(page: str) -> dict:
    """The values a form shows, as a browser would send them back."""
    form = re.search(r'<form[^>]*action="/scans/\d+/registration".*?</form>', page, re.DOTALL)
    part = form[0] if form else page
    found = {}
    for tag in re.finditer(r"<input\b([^>]*)>", part):
        name, value = re.search(r'\bname="(\w+)"', tag[1]), re.search(r'\bvalue="([^"]*)"', tag[1])
        if name and "checkbox" not in tag[1]:
            found[name[1]] = html.unescape(value[1]) if value else ""
    for tag in re.finditer(r'<textarea\b[^>]*\bname="(\w+)"[^>]*>(.*?)</textarea>', part, re.DOTALL):
        found[tag[1]] = html.unescape(tag[2])
    for tag in re.finditer(r'<select\b[^>]*\bname="(\w+)"[^>]*>(.*?)</select>', part, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', tag[2])
        found[tag[1]] = chosen[1] if chosen else ""
    return found
