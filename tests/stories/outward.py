"""Cơ quan A: the letter goes out, the answer comes in, a second letter is recalled."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models import seed_letters
from tests.stories.stage import StoryFailed, wait_for
from tests.stories.tools import annex_pdf, ink, page_words, pdfsig

FIRST = seed_letters.Letter(
    agency="Sở Kế hoạch tỉnh Minh Sơn", parent="UBND tỉnh Minh Sơn", notation="SKH-KH", place="Minh Sơn",
    subject="báo cáo tiến độ lập kế hoạch phát triển năm 2027", signer_title="Giám đốc", signer_name="Lê Văn Minh",
    body=(("Thực hiện chương trình công tác năm 2026, Sở Kế hoạch đề nghị Ủy ban nhân dân xã Suối Mây báo cáo tiến độ lập kế "
          "hoạch phát triển kinh tế - xã hội năm 2027 theo biểu mẫu gửi kèm."), "Trân trọng./."),
    addressees=("Ủy ban nhân dân xã Suối Mây",), to_places=("Như trên", "Lưu: VT, KH"),
)  # fmt: skip
SECOND = seed_letters.Letter(
    agency="Sở Kế hoạch tỉnh Minh Sơn", parent="UBND tỉnh Minh Sơn", notation="GM-SKH", place="Minh Sơn",
    type_name="Giấy mời", subject="Họp rà soát kế hoạch đầu tư", signer_title="Giám đốc", signer_name="Lê Văn Minh",
    body=("Sở Kế hoạch trân trọng kính mời đại diện Ủy ban nhân dân xã Suối Mây dự họp.",),
)  # fmt: skip
STATES = {"01": "arrived", "03": "accepted", "04": "assigned", "05": "in_progress", "06": "completed"}


@dataclass
class Issued:
    """A letter that went out: its id at the sender, number, files."""

    id: int
    number: int
    number_text: str
    sha256: str


class Outward:
    """What the people of A do."""

    def __init__(self, world, timeline):
        self.world, self.a, self.timeline = world, world.a, timeline
        self.tuan, self.thao, self.khoa, self.minh, self.lan = (
            world.browser(self.a, login) for login in ("tuan", "thao", "khoa", "minh", "lan")
        )
        self.leader_desk, self.clerk_desk = world.desk(self.minh), world.desk(self.lan)

    # ---- verbs of the story ---------------------------------------------------------------------------------------

    def issue_first(self, draft: Path | None) -> Issued:
        """The letter's way out, with an annex in a file of its own, refusals on the way, print copy."""
        name, content = (
            (draft.name, draft.read_bytes()) if draft else ("du-thao.docx", seed_letters.docx(FIRST))
        )
        document = self._draft(name, content, "V/v " + FIRST.subject, "CV", annex=True)
        self._approve(document)
        self._refuse_wrong_pin(document)
        self._sign(document)
        issued = self._seal(document)
        self._print(document)
        self._release(document, issued)
        return issued

    def take_answer(self, letter: Issued, answer: dict) -> None:
        """B's reply arrives, is checked, registered; the first letter's line says completed."""
        with self.timeline.step(
            "Nhận trả lời của B, kiểm tra ký số, vào sổ", "Lan (văn thư A)", "Quy chế 10.2, 12.6"
        ) as line:
            row = wait_for(lambda: self._arrived(answer["sha256"]), "văn bản trả lời đến A")
            line.check(row["verdict"] == "valid", "A kiểm tra văn bản trả lời: HỢP LỆ")
            self.lan.submit(
                f"/incoming/{row['id']}/registration", **registration(self.a, row["id"], self._post("minh"))
            )
            number = self.a.fact("SELECT arrival_number FROM document WHERE id = ?", row["id"])
            line.check(number == 1, "A vào sổ văn bản đến số 1")
            self.expect(line, letter, "completed")

    def recall_second(self) -> None:
        """A second letter takes the next number, goes out and is recalled."""
        document = self._draft("giay-moi.docx", seed_letters.docx(SECOND), SECOND.subject, "GM")
        self._approve(document)
        self._sign(document)
        issued = self._seal(document)
        self._release(document, issued)
        self._recall(document)

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _draft(self, name, content, subject, type_code, annex=False) -> int:
        with self.timeline.step(
            "Soạn dự thảo, đưa tệp, chọn nơi nhận", "Tuấn (chuyên viên A)", "Quy chế 12.1.a, 13.1"
        ) as line:
            self.tuan.get("/outgoing/new")
            fields = {
                "type_code": type_code, "code_notation": "", "subject": subject, "urgency": "0", "due_date": "",
                "capacity": "", "signer": str(self._post("minh")), "recipients": [str(self._partner())],
                "to_places": "Như trên; Lưu: VT, KH", "paper_names": "", "description": "", "note": "",
            }  # fmt: skip
            files = [("file", (name, content))]
            if annex:
                files.append(("annexes", ("bieu-mau.pdf", annex_pdf(), "application/pdf")))
            where = self.tuan.submit("/outgoing", files=files, **fields)
            document = int(where.rstrip("/").split("/")[-1].split("?")[0])
            kinds = [
                r["kind"] for r in self.a.facts("SELECT kind FROM version WHERE document_id = ?", document)
            ]
            line.check(
                "source" in kinds and "draft" in kinds, f"bản gửi lên «{name}» và bản PDF đều được giữ"
            )
            line.check(self._state(document) == "draft", "trạng thái: dự thảo")
        return document

    def _approve(self, document) -> None:
        path = f"/outgoing/{document}"
        with self.timeline.step("Trình; trả lại có lý do; trình lại; duyệt nội dung; duyệt thể thức",
                                "Tuấn, Thảo (trưởng phòng), Khoa (thể thức)", "Quy chế 12.1.a, 13.1") as line:  # fmt: skip
            self.tuan.submit(f"{path}/submission", note="Kính trình")
            self.thao.submit(f"{path}/return", reason="Bổ sung căn cứ")
            line.check(self._state(document) == "draft", "trả lại: dự thảo về người soạn, lý do còn đó")
            self.tuan.submit(f"{path}/submission", note="Đã bổ sung")
            self.tuan.refused(f"{path}/form-check")
            line.check(self._state(document) == "content_review", "chuyên viên không tự duyệt được")
            self.thao.submit(f"{path}/approval", note="Đồng ý nội dung")
            self.khoa.submit(f"{path}/form-check", note="Đúng thể thức")
            line.check(self._state(document) == "awaiting_signature", "đủ hai bước duyệt, chờ ký")

    def _refuse_wrong_pin(self, document) -> None:
        with self.timeline.step("Ký với mã PIN sai", "Minh (lãnh đạo A)", "Quy chế 5.3") as line:
            try:
                self.leader_desk.sign(document, "leader", f"/outgoing/{document}", pin="999999")
            except StoryFailed as error:
                line.check("PIN" in str(error), str(error))
            line.check(
                self._state(document) == "awaiting_signature", "văn bản vẫn chờ ký, chưa có gì thay đổi"
            )

    def _sign(self, document) -> None:
        with self.timeline.step("Ký số cá nhân", "Minh (lãnh đạo A)", "Quy chế 6.1.a, 12.1.b") as line:
            self.leader_desk.sign(document, "leader", f"/outgoing/{document}")
            line.check(self._state(document) == "signed", "đã ký, tự chuyển văn thư")
            found = pdfsig(self.a.stored(self._version(document, "signed")))
            line.check(found.count("Signature is Valid.") == 1, "pdfsig: 1 chữ ký, toàn vẹn")

    def _seal(self, document) -> Issued:
        before = self.a.fact(
            "SELECT count(*) FROM entry e JOIN register r ON r.id = e.register_id WHERE r.flow = 'outgoing'"
        )
        with self.timeline.step("Lấy số, ghi số và ngày, ký số cơ quan, ký phụ lục, kiểm lại: một lần bấm",
                                "Lan (văn thư A)", "Quy chế 12.1.c, 12.2, 6.2.b") as line:  # fmt: skip
            self.clerk_desk.sign(document, "seal", f"/issuing?doc={document}")
            row = self.a.facts("SELECT * FROM document WHERE id = ?", document)[0]
            line.check(
                row["state"] == "sealed",
                f"trạng thái đã đóng dấu, số {row['code_number']}/{row['code_notation']}",
            )
            line.check(int(row["code_number"]) == before + 1, f"số liền kề: {before} → {row['code_number']}")
            sha256 = self._version(document, "sealed")
            found = pdfsig(self.a.stored(sha256))
            line.check(found.count("Signature is Valid.") == 2, "pdfsig: 2 chữ ký, toàn vẹn")
            number_text = f"{int(row['code_number']):02d}"
            words = page_words(self.a.stored(sha256))
            line.check(
                f"{number_text}/{row['code_notation']}" in words.replace(" ", ""),
                "chữ trên trang 1 có số và ký hiệu",
            )
            blank = ink(self.a.stored(self._version(document, "signed")), "so")
            line.check(ink(self.a.stored(sha256), "so") > blank + 20, "số hiện trên trang 1 khi vẽ trang")
            line.check(row["verdict"] == "valid", "tự kiểm tra: HỢP LỆ, cả hai chữ ký")
        return Issued(document, int(row["code_number"]), f"{number_text}/{row['code_notation']}", sha256)

    def _print(self, document) -> None:
        with self.timeline.step(
            "In bản không dấu đỏ để đóng dấu, ghi nhận", "Lan (văn thư A)", "Quy chế 12.1.d, 12.4.b"
        ) as line:
            copy = self.lan.download(f"/outgoing/{document}/print-copy")
            line.check(copy.startswith(b"%PDF"), f"bản in {len(copy)} byte, không có hình dấu đỏ")
            self.lan.submit(f"/outgoing/{document}/prints", copies="1", day="")
            line.check(
                self.a.fact("SELECT printed_copies FROM document WHERE id = ?", document) == 1,
                "ghi nhận 1 bản in",
            )

    def _release(self, document, issued) -> None:
        with self.timeline.step(
            "Phát hành qua trục", "Lan (văn thư A)", "Quy chế 11.1, 12.1.e, 12.3"
        ) as line:
            self.lan.submit(f"/issuing/{document}/issuance")
            sent = wait_for(
                lambda: self.a.facts(
                    "SELECT * FROM consignment WHERE document_id = ? AND sent_at IS NOT NULL", document
                ),
                "trục báo đã nhận",
            )
            line.check(len(sent) == 1, "thời điểm gửi chỉ có sau hồi báo của trục (12.3)")
            line.check(
                self.world.hub.fact("SELECT count(*) FROM packet WHERE message_type = 'edoc'") >= 1,
                "trục giữ gói tin",
            )
            self.expect(line, issued, "arrived")

    def _recall(self, document) -> None:
        with self.timeline.step(
            "Thu hồi văn bản thứ hai", "Lan (văn thư A) → B tự hủy, tự báo", "Quy chế 12.6"
        ) as line:
            line_id = self.a.fact(
                "SELECT id FROM consignment WHERE document_id = ? AND direction = 'out'", document
            )
            sha256, b = self._version(document, "sealed"), self.world.b
            file_id = b.fact("SELECT id FROM file WHERE sha256 = ?", sha256)
            self.lan.submit(f"/outgoing/{document}/recall", reason="Đổi lịch họp", ordered_by="Lê Văn Minh – Giám đốc",
                            consignments=[str(line_id)])  # fmt: skip
            wait_for(lambda: self._line(document) == "recalled", "B báo đã hủy (15)")
            line.check(self._line(document) == "recalled", "dòng của B ở A: đã thu hồi")
            there = b.facts(
                "SELECT d.* FROM document d JOIN recall r ON r.document_id = d.id JOIN tombstone t ON t.recall_id = r.id "
                "WHERE t.sha256 = ? AND d.flow = 'incoming'", sha256,
            )  # fmt: skip
            line.check(
                bool(there) and there[0]["recalled_at"] is not None, "dòng ở B còn đó và ghi đã bị thu hồi"
            )
            mai = self.world.browser(b, "mai")
            closed = mai.http.get(f"/files/{file_id}").status_code
            line.check(closed in (403, 404, 409, 410), f"nội dung ở B đã đóng với mọi người (HTTP {closed})")
            line.check(not b.stored(sha256).exists(), "tệp ở B đã xóa khỏi đĩa")

    # ---- looking --------------------------------------------------------------------------------------------------

    def expect(self, line, letter: Issued, state: str) -> None:
        """Wait until the line of B at A shows this state."""
        order = list(STATES.values())
        wait_for(lambda: self._line(letter.id) in order[order.index(state) :], f"A thấy trạng thái {state}")
        line.saw(f"A thấy B: {self._line(letter.id)}")

    def _line(self, document):
        return self.a.fact(
            "SELECT state FROM consignment WHERE document_id = ? AND direction = 'out'", document
        )

    def _state(self, document):
        return self.a.fact("SELECT state FROM document WHERE id = ?", document)

    def _version(self, document, kind):
        return self.a.fact(
            "SELECT f.sha256 FROM version v JOIN file f ON f.id = v.file_id WHERE v.document_id = ? AND v.kind = ? "
            "ORDER BY v.number DESC LIMIT 1", document, kind,
        )  # fmt: skip

    def _post(self, login):
        return self.a.fact(
            "SELECT p.id FROM post p JOIN person n ON n.id = p.person_id WHERE n.login = ?", login
        )

    def _partner(self):
        return self.a.fact("SELECT agency_id FROM agency_code WHERE code = 'H99.20.01'")

    def _arrived(self, sha256):
        rows = self.a.facts(
            "SELECT d.id, d.verdict FROM document d JOIN attachment t ON t.document_id = d.id JOIN file f ON f.id = t.file_id "
            "WHERE d.flow = 'incoming' AND f.sha256 = ? AND d.verdict != ''", sha256,
        )  # fmt: skip
        return rows[0] if rows else None


def registration(installation, document: int, leader: int) -> dict:
    """The registration form as the page fills it from the packet, sent with its main button."""
    row = installation.facts("SELECT * FROM document WHERE id = ?", document)[0]
    names = ("organ_name", "code_number", "code_notation", "type_code", "subject", "signer_position", "signer_name",
             "urgency", "page_amount", "description")  # fmt: skip
    day = row["issued_date"]
    return {name: str(row[name] or "") for name in names} | {
        "issued_date": "/".join(reversed(day.split("-"))), "asked_due_date": "", "leader": str(leader), "reason": "",
        "note": "", "act": "forward", "desk": "all",
    }  # fmt: skip


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
