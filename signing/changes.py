"""What happened to a file after it was signed: our own strict reading (decisions D1, anchors M8).

Structure: the library's difference analysis with its permissive form rule taken out; in its place a rule under which a
text field must have been empty and is filled once. Sight: both states of the file are drawn and compared, since
structure alone has missed shadow attacks.
"""

import logging
from dataclasses import dataclass

import pypdfium2
from PIL import ImageChops, ImageDraw
from pyhanko.pdf_utils import generic
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.records import FILLED_FIELDS

DPI = 60
MOST_PAGES = 400  # beyond it the drawing is not compared, and the report says so
_LOUDEST = 40  # a difference of a grey value below it is the renderer's noise
_LARGEST_BOX = 40_000  # square points (7 cm by 7 cm), for anything that may be drawn after signing
_MARGIN = 3  # points of the picture round an allowed field

logging.getLogger("pyhanko.sign.diff_analysis").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Finding:
    """`kind`: none, archive (time stamps, certificates), signed (a later signature), filled (our number and date,
    once), foreign (other fields filled once), changed, unclear. `pages` are those that look different."""

    kind: str
    fields: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    compared: bool = True


class _OnceFilledRule(GenericFieldModificationRule):
    """A text field among `names` (None = any) that was empty may get a value and an appearance, nothing else."""

    def __init__(self, names):
        super().__init__(
            allow_in_place_appearance_stream_changes=False,
            always_modifiable=frozenset({"/Type"}),
            value_update_keys=frozenset({"/V", "/AP", "/Type"}),
        )
        self.names = names

    def check_form_field(self, fq_name, spec, context):
        if spec.field_type == "/Sig" or not spec.new_field_ref or not spec.old_field_ref:
            return
        if self.names is not None and fq_name not in self.names:
            return
        if _differs(spec.old_field, spec.new_field):
            if spec.field_type != "/Tx":
                raise SuspiciousModification(f"field {fq_name} is no text field")
            if not _is_blank(spec.old_field):
                raise SuspiciousModification(f"field {fq_name} was filled already")
        yield from super().check_form_field(fq_name, spec, context)


def entry(dictionary, key, default=None):
    """A dictionary's value with references followed, which the library's own `get` leaves standing."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def _differs(old, new):
    return any(_raw(old, key) != _raw(new, key) for key in ("/V", "/AP"))


def _raw(field, key):
    return field.raw_get(key) if key in field else None


def _is_blank(field):
    value = entry(field, "/V")
    return value is None or isinstance(value, generic.NullObject) or str(value) == ""


def _policy(names):
    rules = [SigFieldCreationRule(), SigFieldModificationRule()]
    if names != ():
        rules.append(_OnceFilledRule(names))
    return StandardDiffPolicy(
        global_rules=[
            CatalogModificationRule(),
            DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
            XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
            ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
            DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
            MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ],
        form_rule=FormUpdatingRule(field_rules=rules),
    )


STRICT, OURS, FOREIGN = _policy(()), _policy(frozenset(FILLED_FIELDS)), _policy(None)


def review(embedded, pdf: bytes) -> Finding:
    """What changed after this signature; `embedded` is the library's signature whose coverage is computed."""
    for policy, kind in ((STRICT, "signed"), (OURS, "filled"), (FOREIGN, "foreign")):
        outcome = embedded.evaluate_modifications(policy)
        if isinstance(outcome, DiffResult) and _is_permitted(embedded, outcome):
            break
    else:
        return Finding("changed")
    if embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return Finding("none")
    end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    if outcome.modification_level == ModificationLevel.NONE:
        kind = "foreign" if pdf[end:].strip() else "none"
    if outcome.modification_level == ModificationLevel.LTA_UPDATES and kind == "signed":
        kind = "archive"
    return _seen(embedded.reader, pdf, end, kind, tuple(sorted(outcome.changed_form_fields)))


def _is_permitted(embedded, outcome):
    level = embedded.docmdp_level
    return level is None or outcome.modification_level.value <= level.value


def _seen(reader, pdf, end, kind, fields):
    allowed = _allowed_boxes(reader, fields)
    if allowed is None:
        return Finding("changed", fields)
    before, after = pypdfium2.PdfDocument(pdf[:end]), pypdfium2.PdfDocument(pdf)
    try:
        if len(before) != len(after):
            return Finding("changed", fields)
        if len(after) > MOST_PAGES:
            return Finding(kind, fields, compared=False)
        pages = _different_pages(before, after, allowed)
    finally:
        before.close()
        after.close()
    return Finding("changed" if pages else kind, fields, pages)


def _allowed_boxes(reader, fields):
    """Page index → boxes in points that may look different; None when one of them is too large to be a field."""
    boxes = {}
    for index in range(int(reader.root["/Pages"]["/Count"]) if fields else 0):
        page = reader.find_page_for_modification(index)[0].get_object()
        for reference in entry(page, "/Annots", ()):
            widget = reference.get_object()
            if "/Rect" not in widget or _name(widget) not in fields:
                continue
            left, bottom, right, top = (float(value) for value in widget["/Rect"])
            if abs((right - left) * (top - bottom)) > _LARGEST_BOX:
                return None
            boxes.setdefault(index, []).append((left, bottom, right, top))
    return boxes


def _name(widget):
    parts, node = [], widget
    for _ in range(20):
        if "/T" in node:
            parts.append(str(node["/T"]))
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return ".".join(reversed(parts))


def _different_pages(before, after, allowed):
    for document in (before, after):
        document.init_forms()
    found = []
    for index in range(len(after)):
        old, _ = _draw(before[index])
        new, place = _draw(after[index])
        if old.size != new.size:
            found.append(index + 1)
            continue
        for box in allowed.get(index, ()):
            _cover((old, new), place, box)
        if ImageChops.difference(old, new).getextrema()[1] > _LOUDEST:
            found.append(index + 1)
    return tuple(found)


def _draw(page):
    """The page in grey, and what turns points of the page into points of the picture."""
    width, height = page.get_size()
    scale = min(DPI / 72, 2000 / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True)
    return bitmap.to_pil().convert("L"), bitmap.get_posconv(page)


def _cover(images, place, box):
    left, bottom, right, top = box
    xs, ys = zip(place.to_bitmap(left, bottom), place.to_bitmap(right, top), strict=True)
    corners = (min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN)
    for image in images:
        ImageDraw.Draw(image).rectangle(corners, fill=255)
