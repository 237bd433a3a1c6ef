"""Chỗ ký, chỗ đóng dấu: who may move the boxes and until when, what a move makes, and a page without words."""

import io
import math

import dispatches
import pytest
from PIL import Image, ImageDraw

from jobs import papers
from models import clock, db, documents, drafts, files, journal, outgoing, permissions, placements, tokens
from signing import boxes
from signing.records import LEADER_FIELD, SEAL_FIELD
from tests.signing.conftest import letter
from views import outgoing_papers

MM = boxes.POINTS_A_MM


def png(colour, size, round_=False):
    """A picture on a transparent ground."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if round_:
        pen.ellipse((0, 0, size[0] - 1, size[1] - 1), outline=colour, width=14)
    else:
        pen.line([(0, size[1] - 4), (size[0] - 1, 3)], fill=colour, width=8)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def load_pictures(office, diameter=38):
    """Hoa's hand and the seal of Sở Kế hoạch."""
    for content, person, mm in (
        (png((20, 40, 180, 255), (600, 240)), office.hoa.person, None),
        (png((220, 20, 30, 255), (600, 600), True), None, diameter),
    ):
        stored = files.store(content)
        with db.write():
            row = files.record(stored, "hinh.png", "image/png")
            tokens.Picture.create(
                person=person, agency=office.a, file=row, diameter_mm=mm, loaded_at=clock.now()
            )


def make(office, name="report"):
    """Tuấn's draft of a letter that Hoa signs."""
    fields = dispatches.FIELDS | {"signer": office.hoa.post, "code_notation": "BC-SKT", "urgency": 1}
    return drafts.create(office.tuan, fields, [office.b], (), dispatches.paper(content=letter(name)))


@pytest.fixture
def doc(office):
    with db.connection():
        load_pictures(office)
        found = make(office)
        outgoing.submit(found, office.tuan, outgoing_papers.prepared(found, {})[0])
        return found


def url(doc, more=""):
    return f"/outgoing/{doc.id}/places{more}"


def seen(doc):
    """(fields by name, placements) of the newest layout."""
    with db.connection():
        fresh = documents.Document.get_by_id(doc.id)
        placed = placements.of(fresh)
        made = papers.kept_layout(drafts.draft_pdf(fresh), papers.wish_of(fresh, placed))
        return {place.name: place for place in made.fields}, placed


def spot(place, across=0.0, down=0.0, height=841.89):
    """What the form sends for a box."""
    left, top = place.x0 + across, height - place.y1 + down
    return {f"{place.name}.left": f"{left / MM:.3f}", f"{place.name}.top": f"{top / MM:.3f}"}


def everything(fields, **moved):
    """The form as a browser without script sends it: all boxes, some moved by (right, down) points."""
    sent = {}
    for name, place in fields.items():
        sent |= spot(place, *moved.get(name, (0, 0)))
    return sent


def test_the_seal_has_its_recorded_size_and_the_mark_is_drawn(browser, office, doc):
    fields, _ = seen(doc)
    seal, leader = fields[SEAL_FIELD], fields[LEADER_FIELD]
    assert math.isclose(seal.x1 - seal.x0, 38 * MM, abs_tol=0.01)
    assert math.isclose((leader.x1 - leader.x0) / (leader.y1 - leader.y0), 600 / 240, rel_tol=0.1)
    page = browser("tuan").get(url(doc))
    assert page.status_code == 200
    assert "KHẨN" in page.text and 'data-name="DauCoQuan"' in page.text
    for kind in ("seal", "leader"):
        assert browser("tuan").get(url(doc, f"/{kind}.png")).content.startswith(b"\x89PNG")


def test_a_move_makes_a_new_version_and_approvals_stay(browser, office, doc):
    with db.connection():
        outgoing.approve(doc, office.thao)
        before = len(documents.versions(doc))
    fields, _ = seen(doc)
    answer = browser("khoa").post(url(doc), data=everything(fields, **{LEADER_FIELD: (10, 5)}))
    assert answer.status_code == 303
    after, placed = seen(doc)
    assert math.isclose(after[LEADER_FIELD].x0, fields[LEADER_FIELD].x0 + 10, abs_tol=0.1)
    assert math.isclose(
        after[SEAL_FIELD].x0, fields[SEAL_FIELD].x0 + 10, abs_tol=0.1
    )  # goes with the picture
    assert set(placed) == {LEADER_FIELD}
    with db.connection():
        fresh = documents.Document.get_by_id(doc.id)
        assert fresh.state == "form_review"
        assert len(documents.versions(fresh)) == before + 1
        assert journal.of(fresh)[-1].verb == "move_places"
        assert outgoing.signable_file(fresh).read().startswith(b"%PDF")


def test_the_seal_alone_stays_over_about_a_third(browser, office, doc):
    fields, _ = seen(doc)
    browser("tuan").post(url(doc), data=everything(fields, **{SEAL_FIELD: (60, -4)}))
    after, _ = seen(doc)
    leader, seal = after[LEADER_FIELD], after[SEAL_FIELD]
    share = (seal.x1 - leader.x0) / (leader.x1 - leader.x0)
    assert math.isclose(share, 0.40, abs_tol=0.01)
    assert math.isclose(seal.x1 - seal.x0, 38 * MM, abs_tol=0.01)
    assert leader == fields[LEADER_FIELD]


def test_nothing_leaves_the_page_and_back_to_automatic(browser, office, doc):
    fields, _ = seen(doc)
    browser("tuan").post(url(doc), data=everything(fields, so=(-5000, 0)) | {"so.left": "0"})
    after, placed = seen(doc)
    assert after["so"].x0 >= 0 and "so" in placed
    assert browser("tuan").post(url(doc, "/automatic")).status_code == 303
    assert seen(doc) == (fields, {})


def test_wrong_numbers_stay_with_their_sentence(browser, office, doc):
    answer = browser("tuan").post(url(doc), data={"so.left": "năm", "so.top": "40"})
    assert answer.status_code == 422
    assert "milimét" in answer.text and "năm" in answer.text


def test_who_may_and_until_when(browser, office, doc):
    assert browser("mai").get(url(doc)).status_code == 404
    assert browser("hoa").get(url(doc)).status_code == 200
    assert browser("lan").get(url(doc)).status_code == 409
    with db.connection():
        permissions.grant(doc, "Duyệt nội dung", post=office.thao.post)
        dispatches.advance(office, documents.Document.get_by_id(doc.id), "signed")
    said = browser("tuan").get(url(doc))
    assert said.status_code == 409
    assert "trước khi lãnh đạo ký" in said.text


def test_a_page_without_words_gets_its_boxes_by_hand(browser, office):
    with db.connection():
        load_pictures(office)
        doc = make(office, "dateless")
    refused = browser("tuan").post(f"/outgoing/{doc.id}/submission")
    assert refused.status_code == 422 and "Chỗ ký, chỗ đóng dấu" in refused.text
    page = browser("tuan").get(url(doc))
    assert "chưa đặt" in page.text and "year_printed" in page.text
    sent = {"so.left": "60", "so.top": "40,5", "ngay.left": "140", "ngay.top": "40", "thang.left": "155", "thang.top": "40",
            "year_printed": "1"}  # fmt: skip
    assert browser("tuan").post(url(doc), data=sent).status_code == 303
    fields, placed = seen(doc)
    assert "nam" not in fields and placed["ngay"]["hand"]
    assert math.isclose(fields["so"].x0, 60 * MM, abs_tol=0.1)
    assert browser("tuan").post(f"/outgoing/{doc.id}/submission").status_code == 303
    with db.connection():
        assert documents.Document.get_by_id(doc.id).state == "content_review"


def test_a_new_file_begins_with_its_own_places(browser, office):
    with db.connection():
        doc = make(office)
        placements.save(doc, office.tuan, {LEADER_FIELD: {"page": 1, "x": 300, "y": 300}}, None)
        assert placements.of(doc)
        drafts.replace_file(doc, office.tuan, dispatches.paper(content=letter("dotted")))
        assert placements.of(doc) == {}
