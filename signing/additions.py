"""What may lawfully be added to a signed file, found in the graph of its objects: the second reading of `changes.py`.

It knows: data for long-term proof, further signatures with their fields, once-filled or (where the certification allows
it) filled form fields, annotations where the certification allows them, and the structure tags of those. Anything else
stays unexplained. What it explains makes a person look, unless the stricter library has explained it too.
"""

import re
from dataclasses import dataclass, field

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import MDPPerm

from signing import graph
from signing.graph import MISSING

MOST_LEVELS = 30
ORDER = ("none", "archive", "signed", "filled", "foreign", "harmless", "noted")
_ARCHIVE = re.compile(r"/DSS|/Metadata|/Version|/Extensions(/.*)?")
_TRAILER = {
    "/Root",
    "/Prev",
    "/Size",
    "/XRefStm",
    "/ID",
    "/Info",
    "/Length",
    "/W",
    "/Index",
    "/Filter",
    "/Type",
    "/DecodeParms",
}
_NEW_FIELD_KEYS = {
    "/FT", "/T", "/V", "/F", "/Ff", "/Type", "/Subtype", "/Rect", "/P", "/AP", "/MK", "/DA", "/Kids", "/Parent", "/Lock",
    "/SV", "/TU", "/TM", "/StructParent", "/Border", "/BS", "/AS", "/H", "/M", "/NM", "/DR", "/Q", "/CreationDate", "/Name", "/C",
}  # fmt: skip
_FILLED_KEYS = {"/V", "/AP", "/AS", "/M", "/Type", "/StructParent"}
_AS_BEFORE = {"/NeedAppearances"}


@dataclass
class Explained:
    """What was explained: `kinds` of `ORDER`, names of fields, and (page's number of object, box) that may look different."""

    kinds: set = field(default_factory=set)
    fields: set = field(default_factory=set)
    widgets: list = field(default_factory=list)
    rest: list = field(default_factory=list)
    has_proofs: bool = False
    only_stamps: bool = True

    @property
    def is_only_proofs(self) -> bool:
        """True when nothing came in but data for long-term proof and time stamps of the document nobody sees."""
        return not self.rest and self.kinds <= {"archive", "signed"} and self.has_proofs and self.only_stamps

    @property
    def kind(self) -> str:
        """The gravest of the kinds; changed when something is left unexplained."""
        if self.rest:
            return "changed"
        return max(self.kinds, key=ORDER.index, default="none")


def explained(embedded, new) -> Explained:
    """What happened between the revision a signature covers and `new` (a reader or historical reader)."""
    old = embedded.reader.get_historical_resolver(embedded.signed_revision)
    return _Reading(embedded, old, new).run()


class _Reading:
    def __init__(self, embedded, old, new):
        self.old, self.new, self.found = old, new, Explained()
        self.level, self.lock = embedded.docmdp_level, embedded.fieldmdp
        self.before, self.after = fields_of(old.root), fields_of(new.root)
        self.added = {name: item for name, item in self.after.items() if name not in self.before}
        self.new_signatures = {n: item for n, item in self.added.items() if self._is_new_signature(item)}
        self.new_refs = {ref for item in self.new_signatures.values() for ref in item.references}

    def run(self) -> Explained:
        self.found.rest = graph.differences(self.old.root, self.new.root, self._explain)
        old, new = (side.trailer_view for side in (self.old, self.new))
        for key in {*old, *new} - _TRAILER:
            one, two = (_bound(side, view, key) for side, view in ((self.old, old), (self.new, new)))
            if one is None or two is None or graph.differences(one, two, most=1):
                self.found.rest.append(graph.Difference((f"trailer{key}",), one, two))
        for name, item in self.new_signatures.items():
            self._mark("signed", name)
            self.found.has_proofs |= is_time_stamp(item)
        self.found.only_stamps = self.found.fields <= set(self.new_signatures) and all(
            is_time_stamp(item) for item in self.new_signatures.values()
        )
        return self.found

    def _mark(self, kind, name=""):
        self.found.kinds.add(kind)
        if name:
            self.found.fields.add(name)
            self.found.widgets += self.after[name].widgets
        return True

    def _explain(self, difference, old_holder, new_holder):
        path = "".join(part if isinstance(part, str) else f"[{part}]" for part in difference.path)
        is_added, is_removed = difference.old is MISSING, difference.new is MISSING
        if _ARCHIVE.fullmatch(path):
            present = not is_added and not is_removed
            if present and not graph.differences(difference.old, difference.new, most=1):
                return True
            self.found.has_proofs |= path == "/DSS" and not is_removed
            return not is_removed and self._is_archive(path, difference.new) and self._mark("archive")
        if path.startswith("/StructTreeRoot"):
            return self._tagged(difference)
        if path.startswith("/AcroForm") and "/Fields" not in path:
            return self._form(path, difference, is_added)
        if path.endswith("/Tabs") and is_added:
            return (self.level is None or self.level.value >= 2) and self._mark("harmless")
        if path.endswith(("/StructParents", "/StructParent")) and is_added:
            return True
        if (
            isinstance(difference.path[-1], int)
            and is_added
            and difference.path[-2] in ("/Fields", "/Kids", "/Annots")
        ):
            return self._is_known_reference(difference.new) or self._annotated(difference)
        if path.endswith("/Annots") and (is_added or is_removed):
            return is_added and all(self._is_known_reference(item) for item in _items(difference.new))
        return self._field_changed(difference, new_holder)

    def _is_archive(self, path, item):
        found = graph.resolved(item)
        if path == "/DSS":
            return isinstance(found, generic.DictionaryObject) and set(found) <= {
                "/Type", "/VRI", "/Certs", "/OCSPs", "/CRLs", "/TSs"
            }  # fmt: skip
        if path == "/Metadata":
            return isinstance(found, generic.StreamObject)
        return True

    def _form(self, path, difference, is_added):
        if path == "/AcroForm":
            if not is_added:
                return False
            form = graph.resolved(difference.new)
            return set(form) <= {"/Fields", "/SigFlags", "/DA", "/DR"} and all(
                self._is_known_reference(item) for item in _items(form.raw_get("/Fields"))
            )
        if path == "/AcroForm/SigFlags":
            return True
        return is_added and path.startswith(("/AcroForm/DR", "/AcroForm/DA")) and self._mark("harmless")

    def _tagged(self, difference):
        """Structure tags of new signatures; numbers for finding them."""
        last = difference.path[-1]
        if last == "/ParentTreeNextKey":
            return True
        if last == "/Nums" and MISSING not in (difference.old, difference.new):
            one, two = _numbers(difference.old), _numbers(difference.new)
            kept = all(key in two and _same_reference(value, two[key]) for key, value in one.items())
            return kept and all(self._tags_signature(two[key]) for key in set(two) - set(one))
        if isinstance(last, int) and difference.old is MISSING:
            return self._tags_signature(difference.new)
        return False

    def _tags_signature(self, item, depth=0):
        found = graph.resolved(item)
        if depth > MOST_LEVELS or not isinstance(found, (generic.DictionaryObject, generic.ArrayObject)):
            return False
        if isinstance(found, generic.ArrayObject):
            return all(self._tags_signature(found.raw_get(i), depth + 1) for i in range(len(found)))
        if "/Obj" in found:
            return _reference(found.raw_get("/Obj")) in self.new_refs
        return "/K" in found and self._tags_signature(found.raw_get("/K"), depth + 1)

    def _is_known_reference(self, item):
        return _reference(item) in self.new_refs

    def _annotated(self, difference):
        annotation = graph.resolved(difference.new)
        if self.level != MDPPerm.ANNOTATE or difference.path[-2] != "/Annots":
            return False
        if (
            annotation.get("/Subtype") == "/Widget"
            or "/FT" in annotation
            or _reference(difference.new) is None
        ):
            return False
        self.found.widgets.append((_reference(difference.new), annotation))
        return self._mark("noted")

    def _is_new_signature(self, item):
        return (
            item.kind == "/Sig"
            and (self.level != MDPPerm.NO_CHANGES or is_time_stamp(item))
            and all(set(map(str, part)) <= _NEW_FIELD_KEYS for part in item.parts)
            and not any("/A" in part or "/AA" in part for part in item.parts)
            and not (self.lock and self.lock.is_locked(item.name) and not is_time_stamp(item))
            and not any(
                reference in other.references
                for other in self.before.values()
                for reference in item.references
            )
        )

    def _field_changed(self, difference, holder):
        """A value or look of a field that was there: a signature put in, a text filled in."""
        key = difference.path[-1]
        if key not in _FILLED_KEYS or not isinstance(holder, generic.DictionaryObject):
            return False
        name = next((n for n, item in self.after.items() if any(part is holder for part in item.parts)), None)
        if name is None or name not in self.before:
            return False
        one, two = self.before[name], self.after[name]
        if one.kind != two.kind or one.is_same(two):
            return one.is_same(two) and key in ("/M", "/Type", "/StructParent") and difference.old is MISSING
        if self.lock and self.lock.is_locked(name):
            return False
        if self.level == MDPPerm.NO_CHANGES:
            return False
        if one.kind == "/Sig":
            return one.is_blank and not two.is_blank and self._mark("signed", name)
        if one.kind in ("/Tx", "/Ch", "/Btn") and one.is_blank:  # filled again is how shadow attacks replace
            return self._mark("foreign", name)
        return False


@dataclass
class _Field:
    """A field of a form: the dictionaries it is made of, their references, and its widgets as (reference, dictionary)."""

    name: str
    kind: str
    parts: list
    references: list
    widgets: list

    @property
    def value(self):
        """The value as it stands, None without."""
        found = next((part.raw_get("/V") for part in self.parts if "/V" in part), None)
        return None if found is None else graph.resolved(found)

    @property
    def is_blank(self) -> bool:
        """True without a value."""
        return self.value is None or isinstance(self.value, generic.NullObject) or str(self.value) == ""

    def is_same(self, other) -> bool:
        """True when value and looks are the same."""
        if self.is_blank and other.is_blank:
            return True
        return (
            not self.is_blank
            and not other.is_blank
            and not graph.differences(self.value, other.value, most=1)
        )


def fields_of(root) -> dict:
    """Fully qualified name → field, of a catalogue."""
    found = {}
    form = graph.resolved(root.raw_get("/AcroForm")) if "/AcroForm" in root else None
    waiting = [
        (item, "", None, [])
        for item in _items(form.raw_get("/Fields") if form and "/Fields" in form else None)
    ]
    while waiting and len(found) < 5000:
        item, above, kind, parents = waiting.pop()
        node = graph.resolved(item)
        if not isinstance(node, generic.DictionaryObject) or len(parents) > MOST_LEVELS:
            continue
        kind = str(node["/FT"]) if "/FT" in node else kind
        name = ".".join(part for part in (above, str(node["/T"]) if "/T" in node else "") if part)
        kids = _items(node.raw_get("/Kids")) if "/Kids" in node else []
        named = [kid for kid in kids if "/T" in graph.resolved(kid)]
        if named:
            waiting += [(kid, name, kind, [*parents, node]) for kid in named]
            continue
        widgets = [(_reference(kid), graph.resolved(kid)) for kid in kids] or [(_reference(item), node)]
        references = [_reference(item), *(_reference(kid) for kid in kids)]
        parts = [node, *(graph.resolved(kid) for kid in kids)]
        found[name] = _Field(name, kind or "", parts, [r for r in references if r is not None], widgets)
    return found


def is_time_stamp(item) -> bool:
    """True for a field that holds a time stamp of the whole document."""
    value = item.value
    return isinstance(value, generic.DictionaryObject) and value.get("/Type") == "/DocTimeStamp"


def _bound(revision, view, key):
    """An entry of a trailer as that revision sees it."""
    item = view.raw_get(key) if key in view else None
    return revision.get_object(item.reference) if isinstance(item, generic.IndirectObject) else item


def _items(array):
    found = graph.resolved(array) if array is not None else None
    return [found.raw_get(i) for i in range(len(found))] if isinstance(found, generic.ArrayObject) else []


def _numbers(array):
    items = _items(array)
    return {int(graph.resolved(items[i])): items[i + 1] for i in range(0, len(items) - 1, 2)}


def _same_reference(one, two):
    if _reference(one) is not None and _reference(one) == _reference(two):
        return True
    return not graph.differences(one, two, most=1)


def _reference(item):
    return item.reference.idnum if isinstance(item, generic.IndirectObject) else None
