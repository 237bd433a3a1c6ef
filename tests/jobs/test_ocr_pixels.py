"""Pictures of pages: which way up they stand, faint print, stamps; drawn here, read by the programs of the sandbox."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from jobs import child_reread, ocr_plugin, reading_again
from models import secrecy

DPI = 200
BOLD = "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf"
BODY = (
    "Thực hiện chương trình công tác năm 2025, Sở Kế hoạch đề nghị Ủy ban nhân dân",
    "các xã rà soát kế hoạch, gửi báo cáo về Sở Kế hoạch trước ngày 25/7/2025 để tổng",
    "hợp, báo cáo Ủy ban nhân dân tỉnh theo quy định về bí mật nhà nước và mật độ dân số.",
)


def point(size):
    return round(size * DPI / 72)


@pytest.fixture(scope="module")
def letter():
    """A page of lines with a free place at the left under its head."""
    sheet = Image.new("RGB", (point(595), point(842)), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(BOLD, point(10))
    for row in range(40):
        if not 6 <= row < 10:
            pen.text((point(60), point(60 + 18 * row)), BODY[row % 3], font=font, fill="black")
    return sheet


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_b3_the_ink_of_a_page_tells_which_way_up_it_stands(letter, turn):
    leans = ocr_plugin.directions(letter.rotate(-turn, expand=True))
    assert max(leans, key=leans.get) == turn
    assert leans[turn] - sorted(leans.values())[-2] > ocr_plugin.UPRIGHT


def test_b3_a_page_is_never_turned_on_a_weak_word(tmp_path, monkeypatch):
    Image.new("L", (300, 400), 255).save(tmp_path / "p.png")
    weak = ocr_plugin.OrientationConfidence(180, 3.0)
    monkeypatch.setattr(ocr_plugin.TesseractOcrEngine, "get_orientation", staticmethod(lambda *_asked: weak))
    assert ocr_plugin.Engine.get_orientation(tmp_path / "p.png", None).angle == 0


def test_b4_faint_print_is_told_from_good_print(letter):
    grey = letter.convert("L")
    assert not ocr_plugin.is_faint(grey)
    assert ocr_plugin.is_faint(grey.point(lambda value: 255 - (255 - value) * 38 // 100))


def stamped(page, words, ink, askew, at):
    """The page with a framed stamp put down a little askew."""
    font = ImageFont.truetype(BOLD, point(13))
    wide, high = int(font.getlength(words)) + point(12), point(24)
    stamp = Image.new("L", (wide, high), 0)
    pen = ImageDraw.Draw(stamp)
    pen.rectangle((2, 2, wide - 3, high - 3), outline=255, width=2)
    pen.text((wide / 2, high / 2), words, font=font, fill=255, anchor="mm")
    stamp = stamp.rotate(askew, expand=True, resample=Image.Resampling.BICUBIC)
    page = page.copy()
    page.paste(Image.new("RGB", stamp.size, ink), at, stamp)
    return page.crop((0, 0, page.width, page.height // 2))


RED, BLACK = (200, 20, 30), (20, 20, 20)


def test_b5_stamps_of_secrecy_are_seen_red_or_black_and_askew(letter):
    wanted = [("TỐI MẬT", RED, 6, "secret"), ("TUYỆT MẬT", RED, -9, "top_secret"), ("MẬT", BLACK, 5, "confidential"),
              ("TỐI MẬT", BLACK, 0, "secret")]  # fmt: skip
    over, clear = (point(90), point(112)), (point(90), point(180))
    pages = [
        stamped(letter, words, ink, askew, over if ink is RED else clear) for words, ink, askew, _ in wanted
    ]
    pages.append(letter.crop((0, 0, letter.width, letter.height // 2)))
    ways = [child_reread.stamps(page) for page in pages]
    said = iter(child_reread.read([one for way in ways for one in way], "6", "vie"))
    texts = [[next(said) for _ in way] for way in ways]
    found = [secrecy.found("\n".join(one + reading_again._marks(one))) for one in texts]
    assert found == [level for *_, level in wanted] + [None]


def test_b5_other_capitals_of_a_stamp_are_no_secrecy_mark():
    assert reading_again._marks(["HOẢ TỐC", "THƯỢNG KHẨN\nKHẨN", "SỞ Y TẾ", "Tối mai", "ĐÃ XEM XÉT"]) == []
    assert reading_again._marks(["TỐI MẬI."]) == ["TỐI MẬT"]
