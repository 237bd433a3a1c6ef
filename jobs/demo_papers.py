"""Paper letters of the demonstration: registered, presented and worked on in the past weeks by the real verbs."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, time, timedelta

from PIL import Image

from jobs import demo_letters, render
from models import (
    assignments,
    clock,
    db,
    documents,
    files,
    incoming,
    lookups,
    receivers,
    seed_letters,
    workdays,
    workflow,
)

ORDER = ("arrived", "registered", "forwarded", "assigned", "in_progress", "completed")


def enter(cast) -> None:
    """Play every paper letter up to its stage, each at its own past moment."""
    calendar = workdays.calendar(cast.agency.id)
    letters = sorted(demo_letters.PAPER, key=lambda one: -one.days_ago)
    days = [_worked_day(letter, calendar) for letter in letters]
    with ThreadPoolExecutor(2) as pool:
        scans = list(pool.map(scan, letters, days))
    for letter, day, pdf in zip(letters, days, scans, strict=True):
        with _at_twenty_past_eight(day):
            _play(cast, letter, day, pdf, calendar)


def _at_twenty_past_eight(day):
    """The clock at 08:20 of that day; today as it is, since the journal must not run ahead of the clock."""
    if day == clock.today():
        return nullcontext()
    return clock.freeze(f"{datetime.combine(day, time(8, 20)):%Y-%m-%d %H:%M}")


def _worked_day(letter, calendar):
    day = clock.today() - timedelta(days=letter.days_ago)
    while not calendar.is_worked(day):
        day -= timedelta(days=1)
    return day


def scan(letter, day) -> bytes:
    """The letter as a scanner gives it: page pictures in a PDF."""
    made = seed_letters.docx(
        seed_letters.Letter(
            agency=letter.issuer, parent=letter.parent, notation=letter.notation, place=letter.place,
            subject=letter.subject.removeprefix("V/v "), type_name="" if letter.type_code == "CV" else lookups.type_name(letter.type_code),
            body=(("Thực hiện nhiệm vụ được giao, đơn vị trân trọng gửi tới Sở Kế hoạch tỉnh Minh Sơn nội dung nêu trên để "
                  "xem xét, giải quyết theo thẩm quyền."), "Rất mong nhận được sự quan tâm của quý Sở./."),
            signer_title=letter.signer_title, signer_name=letter.signer_name,
            addressees=("Sở Kế hoạch tỉnh Minh Sơn",), number=letter.number, day=day,
        )
    )  # fmt: skip
    page = Image.open(io.BytesIO(render.page_images(render.to_pdf(made, "docx"), [1], 144)[0]))
    out = io.BytesIO()
    page.convert("RGB").save(out, "PDF", resolution=144)
    return out.getvalue()


def _play(cast, letter, day, pdf, calendar) -> None:
    stored = files.store(pdf)
    now = clock.now()
    with db.write():
        document = workflow.begin(
            "incoming", "arrived", agency=cast.agency, source="paper", created_at=now, arrived_at=now,
            received_at=calendar.received_at(now), urgency=letter.urgency, page_amount=1, issued_date=day,
        )  # fmt: skip
        documents.attach(
            document,
            files.record(stored, f"{letter.number}-{letter.notation}.pdf", "application/pdf"),
            "main",
        )
        documents.describe(
            document, type_code=letter.type_code, code_number=letter.number, code_notation=letter.notation,
            organ_name=letter.issuer, parent_organ_name=letter.parent, place=letter.place, subject=letter.subject,
            signer_position=letter.signer_title, signer_name=letter.signer_name,
        )  # fmt: skip
    reached = ORDER.index(letter.stage)
    if reached >= 1:
        incoming.register(document, cast.lan)
    if reached >= 2:
        incoming.forward(document, cast.lan, cast.minh.post)
    if reached >= 3:
        due = max(calendar.add(day, letter.due_in), clock.today())
        unit = cast.units["Phòng Kế hoạch"]
        assignments.assign(
            document, cast.minh, receivers.Target(None, unit), [receivers.Target(cast.khoa.post, None)],
            [receivers.Target(cast.hoa.post, None)], "Phòng Kế hoạch chủ trì tham mưu, báo cáo Giám đốc.", due,
        )  # fmt: skip
    if reached >= 4:
        assignments.pass_on(
            document, cast.thao, receivers.Target(cast.tuan.post, None), (), "Đồng chí Tuấn thực hiện."
        )
        assignments.start(document, cast.tuan)
    if reached >= 5:
        assignments.complete(document, cast.tuan, "Đã xử lý xong, trả lời trực tiếp đơn vị gửi.")
