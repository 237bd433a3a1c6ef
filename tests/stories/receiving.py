"""Cơ quan B, a commune of three accounts: receives, checks, registers, assigns, answers; sends a forged file back."""

from dataclasses import replace

from jobs import axis
from models import edxml_read, edxml_write, seed_letters
from tests.stories import setting
from tests.stories.outward import Issued, digest, registration
from tests.stories.stage import wait_for
from tests.stories.tools import pdfsig

ANSWER = seed_letters.Letter(
    agency="UBND xã Suối Mây", parent="Tỉnh Minh Sơn", notation="UBND-VP", place="Suối Mây",
    subject="báo cáo tiến độ lập kế hoạch phát triển năm 2027", signer_title="Chủ tịch", signer_name="Lò Văn Bình",
    body=("Ủy ban nhân dân xã Suối Mây báo cáo tiến độ lập kế hoạch phát triển năm 2027 như sau: đã hoàn thành 80 %.",),
    addressees=("Sở Kế hoạch tỉnh Minh Sơn",),
)  # fmt: skip


class Receiving:
    """What the people of B do."""

    def __init__(self, world, timeline):
        self.world, self.a, self.b, self.timeline = world, world.a, world.b, timeline
        self.binh, self.mai, self.nam = (world.browser(self.b, login) for login in ("binh", "mai", "nam"))
        self.leader_desk, self.clerk_desk = world.desk(self.binh), world.desk(self.mai)

    def work_on(self, letter: Issued) -> dict:
        """From arrival to the issued answer; returns the answer's number and hash."""
        document = self._receive(letter)
        self._register(document, letter)
        self._assign(document, letter)
        return self._answer(document, letter)

    def return_forged(self, letter: Issued) -> None:
        """A packet whose file was changed after the seal: not valid, not registered, sent back, no number used."""
        with self.timeline.step(
            "Gói tin có tệp bị sửa sau khi ký: trả lại", "Trục → Mai (văn thư B)", "Quy chế 10.2"
        ) as line:
            before = self._last_number()
            self._send_forged(letter)
            row = wait_for(lambda: self._found("d.verdict = 'invalid'"), "B kiểm tra tệp bị sửa")
            line.check(True, "Kiểm tra ký số: KHÔNG HỢP LỆ")
            said = self.mai.refused(f"/incoming/{row['id']}/registration",
                                    **registration(self.b, row["id"], self._post("binh")))  # fmt: skip
            line.saw(f"vào sổ bị từ chối: {said[:120]}")
            self.mai.submit(
                f"/incoming/{row['id']}/refusal", reason="Nội dung bị thay đổi sau khi ký", desk="all"
            )
            told = self.b.fact(
                "SELECT description FROM status_message WHERE status = 'refused' AND direction = 'out'"
            )
            line.check(told and "thay đổi" in told, "trạng thái 02 gửi lại, có lý do")
            line.check(self._last_number() == before, "không dùng số đến nào")

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _receive(self, letter) -> int:
        with self.timeline.step(
            "Đến Chờ lưu trữ, tự báo 01, tự kiểm tra ký số", "Hệ thống B", "Quy chế 10.2, 12.3"
        ) as line:
            row = wait_for(lambda: self._with_file(letter.sha256), "văn bản đến B")
            row = wait_for(lambda: self._checked(row["id"]), "B kiểm tra ký số")
            line.check(row["verdict"] == "valid", "Kiểm tra ký số: HỢP LỆ")
            line.check(
                row["received_at"] >= row["arrived_at"],
                f"nhận lúc {row['arrived_at']}, tính từ {row['received_at']}",
            )
            stored = self.b.stored(letter.sha256)
            line.check(
                digest(stored) == letter.sha256 == digest(self.a.stored(letter.sha256)),
                "một SHA-256 ở cả hai phía",
            )
            line.check(pdfsig(stored).count("Signature is Valid.") == 2, "pdfsig ở B: 2 chữ ký, toàn vẹn")
            annexes = self.b.fact(
                "SELECT count(*) FROM attachment WHERE document_id = ? AND kind = 'annex'", row["id"]
            )
            line.check(annexes == 1, "phụ lục đến cùng, có chữ ký cơ quan")
            page = self.mai.get(f"/incoming/waiting?doc={row['id']}")
            line.check("HỢP LỆ" in page.upper(), "văn thư B thấy HỢP LỆ ở Chờ lưu trữ")
        return row["id"]

    def _register(self, document, letter) -> None:
        with self.timeline.step("Vào sổ và trình lãnh đạo", "Mai (văn thư B)", "Quy chế 10.2, 10.3") as line:
            self.mai.submit(
                f"/incoming/{document}/registration", **registration(self.b, document, self._post("binh"))
            )
            row = self.b.facts("SELECT * FROM document WHERE id = ?", document)[0]
            line.check(row["arrival_number"] == 1 and row["state"] == "forwarded", "số đến 1, đã trình Bình")
            self._expect(line, letter, "accepted")

    def _assign(self, document, letter) -> None:
        with self.timeline.step(
            "Giao Nam chủ trì, có ý kiến chỉ đạo và hạn", "Bình (lãnh đạo B)", "Quy chế 11.2"
        ) as line:
            self.binh.get(f"/incoming/{document}")
            self.binh.submit(f"/incoming/{document}/assignment", lead=f"post:{self._post('nam')}",
                             instruction="Đồng chí Nam tham mưu báo cáo", due="5")  # fmt: skip
            line.check(self._state(document) == "assigned", "một chủ trì, hạn 5 ngày làm việc")
            self._expect(line, letter, "assigned")
        with self.timeline.step(
            "Bắt đầu giải quyết, báo cáo tiến độ", "Nam (chuyên viên B)", "Quy chế 12.6"
        ) as line:
            self.nam.submit(f"/incoming/{document}/start")
            self.nam.submit(f"/incoming/{document}/report", progress="Đã có số liệu của 8 trong 10 bản")
            self._expect(line, letter, "in_progress")

    def _answer(self, document, letter) -> dict:
        with self.timeline.step("Soạn văn bản trả lời, duyệt, ký, cấp số, đóng dấu, phát hành", "Nam, Bình, Mai (B)",
                                "Quy chế 11, 12") as line:  # fmt: skip
            self.nam.get(f"/outgoing/new?reply_to={document}")
            where = self.nam.submit(
                "/outgoing", files=[("file", ("tra-loi.docx", seed_letters.docx(ANSWER)))], type_code="CV",
                code_notation="", subject="V/v " + ANSWER.subject, urgency="0", due_date="", capacity="",
                signer=str(self._post("binh")), recipients=[str(self._partner())], to_places="Như trên; Lưu: VT",
                paper_names="", description="", note="", reply_to=str(document),
            )  # fmt: skip
            reply = int(where.rstrip("/").split("/")[-1].split("?")[0])
            self.nam.submit(f"/outgoing/{reply}/submission", note="")
            self._pass_reviews(reply)
            self.leader_desk.sign(reply, "leader", f"/outgoing/{reply}")
            self.clerk_desk.sign(reply, "seal", f"/issuing?doc={reply}")
            self.mai.submit(f"/issuing/{reply}/issuance")
            row = self.b.facts("SELECT * FROM document WHERE id = ?", reply)[0]
            line.check(
                row["state"] == "issued" and row["code_number"] == "1",
                f"đã phát hành số 01/{row['code_notation']}",
            )
            line.check(self._state(document) == "completed", "văn bản đến ở B tự hoàn thành")
            self._expect(line, letter, "completed")
            sha256 = self.b.fact(
                "SELECT f.sha256 FROM version v JOIN file f ON f.id = v.file_id WHERE v.document_id = ? AND v.kind = 'sealed'",
                reply,
            )  # fmt: skip
        return {"id": reply, "sha256": sha256}

    def _pass_reviews(self, reply) -> None:
        """In a commune the same people hold several roles: each approval that is still open is given by its holder."""
        for state, who, act in (
            ("content_review", self.binh, "approval"),
            ("form_review", self.mai, "form-check"),
        ):
            if self._state(reply) == state:
                who.submit(f"/outgoing/{reply}/{act}", note="")

    def _send_forged(self, letter) -> None:
        """What A sent, with one byte of the letter changed and under another id, as a forger would send it."""
        folder = self.world.folder / "gia-mao"
        folder.mkdir()
        sha256 = self.a.fact(
            "SELECT f.sha256 FROM consignment c JOIN file f ON f.id = c.packet_id WHERE c.document_id = ?",
            letter.id,
        )
        envelope = edxml_read.decode(self.a.stored(sha256), folder)
        main, *others = envelope.attachments
        content = bytearray(main.path.read_bytes())
        place = content.index(b"stream", len(content) // 8) + 40
        content[place] ^= 1
        forged = folder / "gia-mao.pdf"
        forged.write_bytes(content)
        changed = replace(
            envelope, code_number="99", document_id=f"{envelope.sender.organ_id},2026/01/01,99/GIA-MAO",
            attachments=(replace(main, path=forged), *others),
        )  # fmt: skip
        packet = edxml_write.encode(changed, folder / "goi.edxml")
        with axis.Client(
            f"{self.world.hub.url}/vxp", setting.SYSTEMS["a"], self.world.secrets["a"]
        ) as client:
            client.send_edoc(
                packet, "edoc", envelope.sender.organ_id, [one.organ_id for one in envelope.recipients]
            )

    # ---- looking --------------------------------------------------------------------------------------------------

    def _expect(self, line, letter, state) -> None:
        order = ["arrived", "accepted", "assigned", "in_progress", "completed"]
        wait_for(lambda: self._sender_sees(letter) in order[order.index(state) :], f"A thấy {state}")
        line.check(True, f"A thấy trạng thái của B: {self._sender_sees(letter)}")

    def _sender_sees(self, letter):
        return self.a.fact(
            "SELECT state FROM consignment WHERE document_id = ? AND direction = 'out'", letter.id
        )

    def _with_file(self, sha256):
        return self._found("f.sha256 = ?", sha256)

    def _found(self, condition, *values):
        rows = self.b.facts(
            "SELECT d.* FROM document d JOIN attachment t ON t.document_id = d.id JOIN file f ON f.id = t.file_id "
            f"WHERE d.flow = 'incoming' AND {condition} LIMIT 1", *values,
        )  # fmt: skip
        return rows[0] if rows else None

    def _checked(self, document):
        rows = self.b.facts(
            "SELECT * FROM document WHERE id = ? AND verdict NOT IN ('', 'unchecked')", document
        )
        return rows[0] if rows else None

    def _state(self, document):
        return self.b.fact("SELECT state FROM document WHERE id = ?", document)

    def _post(self, login):
        return self.b.fact(
            "SELECT p.id FROM post p JOIN person n ON n.id = p.person_id WHERE n.login = ?", login
        )

    def _partner(self):
        return self.b.fact("SELECT agency_id FROM agency_code WHERE code = 'H99.10'")

    def _last_number(self):
        return self.b.fact(
            "SELECT max(number) FROM entry e JOIN register r ON r.id = e.register_id WHERE r.flow = 'incoming'"
        )
