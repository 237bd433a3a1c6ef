"""The forms of copies: what is asked, what was meant, and the file it is made of."""

import tempfile
from pathlib import Path

from jobs import copies as papers
from models import clock, config, copies, copies_requests, copies_rules, errors, files, filetypes
from views import forms, outgoing_page, outgoing_papers, outgoing_recipients

FORMS = {key: form.name for key, form in copies_rules.FORMS.items()}
MEDIA = {"electronic": "Bản điện tử, ký số của cơ quan", "paper": "Bản giấy, in ra ký và đóng dấu"}
TYPES = outgoing_page.TYPES
OWN = ("organ_name", "code_number", "code_notation", "issued_date", "type_code", "subject")


class CopyForm(forms.Form):
    """A request for a copy (ND30 Điều 25): form, way, part, purpose, recipients; and the paper's data where we lack them."""

    def parse(self):
        self.source_id = self.number("source")
        self.fields = {
            "form": self.choice("form", FORMS, needed="Hãy chọn hình thức sao."),
            "medium": self.choice("medium", MEDIA, needed="Hãy chọn sao ra bản điện tử hay bản giấy."),
            "purpose": self.text("purpose", needed="Hãy ghi sao để làm gì.", longest=500),
            "part": self.text("part", longest=500),
            "copied_from": self.text("copied_from", longest=500),
            "amount": self.number("amount", least=1, most=copies_rules.MOST_COPIES) or 1,
            "to_places": self.data.get("to_places", "")[:2000],
        }
        if not self.source_id:
            self._paper()
        self.pages = []
        try:
            self.pages = copies_rules.read_pages(self.data.get("pages", "")[:200])
        except errors.Invalid as error:
            self.fail(error)
        self.recipient_ids = [
            int(one) for one in self.values("recipients") if one.isdecimal() and len(one) < 10
        ]
        self.paper_names = self.data.get("paper_names", "").splitlines()[:200]
        self.scans = self.uploads("scan")
        self.searches = self.data.get("act") == "search"

    def _paper(self):
        self.fields |= {
            "organ_name": self.text("organ_name", needed="Hãy nhập cơ quan ban hành.", longest=200),
            "code_number": self.text("code_number", longest=11),
            "code_notation": self.text("code_notation", longest=30),
            "issued_date": self.day("issued_date"),
            "type_code": self.choice("type_code", dict(TYPES[1:])),
            "subject": self.text("subject", needed="Hãy nhập trích yếu nội dung.", longest=500),
        }
        day = self.fields["issued_date"]
        if day and day > clock.today():
            self.errors["issued_date"] = "Ngày văn bản không được sau hôm nay."


class PaperForm(outgoing_page.DraftForm):
    """A document issued on paper (12.5): the data of a draft, the day on the paper, its scan where there is one already."""

    def parse(self):
        super().parse()
        self.issued_on = self.day("issued_on")
        self.scans = self.uploads("scan")


class ScanForm(forms.Form):
    """Another scan."""

    def parse(self):
        self.scans = self.uploads("scan", needed="Hãy chọn tệp quét (PDF).")


class SignerForm(forms.Form):
    """Who is given the signing of copies."""

    def parse(self):
        self.post_id = self.number("post", needed="Hãy chọn một người.") or 0
        self.capacity = self.choice("capacity", CAPACITIES, needed="Hãy chọn danh nghĩa ký.")
        self.basis = self.text("basis", longest=300)


CAPACITIES = {
    "for_head": "KT. – ký thay",
    "by_order": "TL. – thừa lệnh",
    "by_delegation": "TUQ. – thừa ủy quyền",
}


def scan_of(form) -> copies_rules.Scan | None:
    """The uploaded scan, read in a child; None when none was sent. Raises Invalid at "scan"."""
    return _taken(form.scans[0]) if form.scans else None


def base_of(form, source) -> copies_rules.Scan | None:
    """The file the copy is made of: an upload, the pages wanted of it, or of the source's own file (None: that, whole).

    Raises Invalid at "scan" or "pages".
    """
    kind, medium = form.fields["form"], form.fields["medium"]
    if form.scans and kind == "trich_sao" and filetypes.extension_of(form.scans[0].filename or "") != "pdf":
        paper = outgoing_papers.take(
            form.scans[0], "scan", is_annex=True
        )  # the extract written anew (25.3.b)
        return copies_rules.Scan(paper.pdf_name, paper.pdf, paper.pages)
    scan = scan_of(form)
    kept = copies_requests.base_file(source)
    if kind == "trich_sao" and form.pages:
        return _part(form, scan, kept)
    if scan is None and kept is not None:
        if copies_rules.medium_of(source) == copies_rules.PAPER and medium == copies_rules.ELECTRONIC:
            return papers.take(kept.path(), kept.name, config.current().upload_megabytes)
        if kind == "trich_sao" and not form.pages:
            raise errors.Invalid(
                {
                    "pages": "Hãy ghi các trang cần trích, hoặc tải lên bản trích đã lập lại (ND30 Điều 25.3.b)."
                }
            )
    return scan


def _part(form, scan, kept):
    """The pages wanted, of the upload or of the source's own file."""
    if scan is not None:
        row = files.File(
            sha256=scan.stored.sha256, name=scan.name, media_type="application/pdf", size=scan.stored.size
        )
    elif kept is not None:
        row = kept
    else:
        raise errors.Invalid({"scan": "Hãy tải bản quét (PDF) của văn bản cần trích lên."})
    stored = papers.extract(row, form.pages)
    return copies_rules.Scan(row.name, stored, len(form.pages), scan.warnings if scan else ())


def _taken(upload) -> copies_rules.Scan:
    with tempfile.NamedTemporaryFile(dir=files.spool(), prefix="scan-") as spooled:
        try:
            while chunk := upload.file.read(files.CHUNK):
                spooled.write(chunk)
            spooled.flush()
        except OSError as error:
            raise errors.Refused(
                "Chưa lưu được tệp vì đĩa của máy chủ đầy hoặc lỗi. Chưa có gì bị thay đổi; hãy báo quản trị rồi thử lại."
            ) from error
        return papers.take(Path(spooled.name), upload.filename, config.current().upload_megabytes)


def context(actor, form, source=None, words="") -> dict:
    """What the form of a copy shows; of a source in the system its data stand fixed above it."""
    medium = copies_rules.medium_of(source)
    allowed = [
        f"{kind.name}: {' · '.join(sorted({'bản điện tử' if to == 'electronic' else 'bản giấy' for at, to in kind.ways if at == medium}))}"
        for kind in copies_rules.FORMS.values()
    ]
    return {
        "form": form, "source": source, "medium": medium, "allowed": allowed, "types": TYPES, "copy_forms": FORMS,
        "media": MEDIA, "made": copies.of_source(actor, source) if source else [],
        **outgoing_recipients.of_form(actor, form, words),
    }  # fmt: skip
