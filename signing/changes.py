"""What happened to a file after it was signed: our own strict reading (decisions D1, anchors M8).

Structure: the library's difference analysis with its permissive form rule taken out; in its place a rule under which a
text field must have been empty and is filled once, before the seal that vouches for it. What that analysis refuses for
reasons of form alone is read a second time as a graph (`additions.py`). Sight: both states of the file are drawn and
compared (`sight.py`). Both must agree, else the file is changed.
"""

import logging
import re
from dataclasses import dataclass

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
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing import additions, graph, integrity, sight
from signing.reading import FAULTS
from signing.records import FILLED_FIELDS

_LARGEST_BOX = 40_000  # square points (7 cm by 7 cm), for anything that may be drawn after signing
# Refusals of form, not of content: objects freed, written anew as they were, or tags and data renewed
_FORMAL = re.compile(
    r"were freed|Values for dict key|unexplained xrefs|VRI key|filled already|Dict keys differ|Fields .* deleted"
)
_FREED = re.compile(r"were freed in the revision")

logging.getLogger("pyhanko.sign.diff_analysis").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Finding:
    """`kind`: none, archive (time stamps, certificates), signed (a later signature), filled (our number and date,
    once), foreign (other fields filled), harmless (written anew without effect), noted (annotations), changed, partial
    (loose bytes behind it). `pages` are those that look different."""

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
    rules = [SigFieldCreationRule(allow_new_visible_after_certify=True), SigFieldModificationRule()]
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


def review(embedded, pdf: bytes, sealed_until: int) -> Finding:
    """What changed after this signature; `embedded` is the library's signature whose coverage is computed.

    `sealed_until`: the last revision that a signature of the file covers, time stamps (which anyone can get) apart.
    """
    if embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return Finding("none")
    if embedded.coverage < SignatureCoverageLevel.ENTIRE_REVISION and not integrity.ends_a_revision(
        embedded, pdf
    ):
        return Finding("partial")
    kind, fields, widgets = _structure(embedded)
    end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    is_last = embedded.signed_revision >= sealed_until
    if kind == "none" and pdf[end:].strip():
        kind = "harmless" if is_last else "signed"
    if kind in ("archive", "signed") and is_last and not _read_again(embedded).is_only_proofs:
        kind = "harmless"
    if kind in ("signed", "filled", "archive") and _has_idle_revision(embedded):
        kind = "harmless"
    if kind == "filled" and (is_last or _is_filled_after(embedded, sealed_until, fields)):
        kind = "changed"
    return _seen(embedded, pdf, end, kind, fields, widgets)


def _structure(embedded):
    """(kind, fields, widgets that may look different) by both readings of the structure."""
    refused = ""
    for policy, kind in ((STRICT, "signed"), (OURS, "filled"), (FOREIGN, "foreign")):
        outcome = _evaluated(embedded, policy)
        if isinstance(outcome, DiffResult) and _is_permitted(embedded, outcome):
            fields = tuple(sorted(outcome.changed_form_fields))
            level = outcome.modification_level
            if kind == "signed" and level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES):
                kind = "none" if level == ModificationLevel.NONE else "archive"
            return kind, fields, _widgets(embedded.reader, fields)
        refused = refused or str(outcome)
    if not _FORMAL.search(refused):
        return "changed", (), ()
    found = _read_again(embedded)
    if found.kind in ("changed", "none"):
        return "changed", tuple(sorted(found.fields)), ()
    freed_only = _FREED.search(refused) and found.kind in ("archive", "signed")
    kind = found.kind if freed_only or found.kind in ("foreign", "noted") else "harmless"
    return kind, tuple(sorted(found.fields)), tuple(found.widgets)


def _evaluated(embedded, policy):
    """The library's judgement; a lock of «all but these fields» does not keep out a further signature in its own field.

    Such a lock is for the fields there were; whether others may sign is the certification's business (DocMDP).
    """
    lock = embedded.fieldmdp
    if (
        lock is None
        or lock.action != FieldMDPAction.EXCLUDE
        or embedded.coverage < SignatureCoverageLevel.ENTIRE_REVISION
    ):
        return embedded.evaluate_modifications(policy)
    old = embedded.reader.get_historical_resolver(embedded.signed_revision)
    before, after = additions.fields_of(old.root), additions.fields_of(embedded.reader.root)
    new = [
        name for name in set(after) - set(before) if after[name].kind == "/Sig" and not after[name].is_blank
    ]
    spec = FieldMDPSpec(FieldMDPAction.EXCLUDE, [*(lock.fields or ()), *new])
    return policy.review_file(
        embedded.reader, embedded.signed_revision, field_mdp_spec=spec, doc_mdp=embedded.docmdp_level
    )


def _read_again(embedded):
    try:
        return additions.explained(embedded, embedded.reader)
    except FAULTS:
        return additions.Explained(rest=[None])


def _is_permitted(embedded, outcome):
    level = embedded.docmdp_level
    return level is None or outcome.modification_level.value <= level.value


def _has_idle_revision(embedded):
    """True when something was written after the signature that leads nowhere: nobody needs such a revision."""
    reader = embedded.reader
    for number in range(embedded.signed_revision + 1, reader.xrefs.total_revisions):
        one, two = (reader.get_historical_resolver(n).root for n in (number - 1, number))
        if not graph.differences(one, two, most=1):
            return True
    return False


def _is_filled_after(embedded, sealed_until, fields):
    """True when a field got its value after the last signature that could vouch for it."""
    sealed = embedded.reader.get_historical_resolver(sealed_until)
    for name in set(fields) & set(FILLED_FIELDS):
        one, two = (additions.fields_of(root).get(name) for root in (sealed.root, embedded.reader.root))
        if one is None or two is None or not one.is_same(two):
            return True
    return False


def _seen(embedded, pdf, end, kind, fields, widgets):
    if kind == "changed":
        return Finding(kind, fields, _different_pages(pdf[:end], pdf, {}) or ())
    boxes = _boxes(embedded.reader, widgets) if widgets else {}
    if boxes is None:
        return Finding("changed", fields)
    pages = sight.compare(pdf[:end], pdf, boxes)
    if pages is None:
        return Finding(kind, fields, compared=False)
    return Finding("changed" if pages else kind, fields, pages)


def _different_pages(before, after, boxes):
    try:
        return sight.compare(before, after, boxes)
    except FAULTS:
        return ()


def _widgets(reader, names):
    known = additions.fields_of(reader.root) if names else {}
    shown = [known[name] for name in names if name in known and not additions.is_time_stamp(known[name])]
    return tuple(widget for item in shown for widget in item.widgets)


def _boxes(reader, widgets):
    """Page index → boxes of the widgets that stand there; None when one of them is too large to be a field."""
    wanted, boxes = {reference: widget for reference, widget in widgets if reference is not None}, {}
    for index in range(int(reader.root["/Pages"]["/Count"])):
        page = reader.find_page_for_modification(index)[0].get_object()
        annotations = entry(page, "/Annots", generic.ArrayObject())
        for place in range(len(annotations)):
            item = annotations.raw_get(place)
            widget = wanted.get(item.reference.idnum) if isinstance(item, generic.IndirectObject) else None
            if widget is None or "/Rect" not in widget:
                continue
            left, bottom, right, top = (float(value) for value in widget["/Rect"])
            if abs((right - left) * (top - bottom)) > _LARGEST_BOX:
                return None
            boxes.setdefault(index, []).append((left, bottom, right, top))
    return boxes
