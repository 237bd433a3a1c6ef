"""Two revisions of a file compared as what they mean: the graph of objects under the catalogue, whatever their numbers.

Object numbers, compression and the order of dictionaries say nothing to a reader; so freed numbers and rewritten but equal
objects are no difference, while anything else a viewer could reach is one, with the path that leads to it.
"""

from dataclasses import dataclass

from pyhanko.pdf_utils import generic

MOST_PAIRS = 400_000
_STREAM_KEYS = {"/Length", "/Filter", "/DecodeParms", "/DL"}
_SETS = {
    "/Annots",
    "/Fields",
    "/Kids",
    "/K",
}  # whose entries are found again by their reference, added and taken away
_BACK = {
    "/P",
    "/Parent",
    "/Data",
    "/Pg",
    "/Obj",
    "/Popup",
    "/IRT",
}  # lead to what is compared in its own place
_FIRST = ("/StructTreeRoot", "/Pages", "/AcroForm")
MISSING = object()


class TooLarge(ValueError):
    """The graph has more objects than are compared."""


@dataclass(frozen=True)
class Difference:
    """`path` of keys and indexes from the catalogue; `old` or `new` is MISSING for what was added or taken away."""

    path: tuple
    old: object
    new: object

    def __str__(self) -> str:
        sign = "+" if self.old is MISSING else "-" if self.new is MISSING else "~"
        return sign + "".join(str(part) if str(part).startswith("/") else f"[{part}]" for part in self.path)


def differences(old, new, explain=None, most: int = 200) -> list[Difference]:
    """What differs between two objects (catalogues), without what `explain(difference, old holder, new holder)` accepts.

    What it accepts is not walked into from there; where a viewer reaches the same object by another way, it is. The walk
    ends after `most` differences. Raises TooLarge.
    """
    return _Walk(most, explain or (lambda *_: False)).run(old, new)


class _Walk:
    def __init__(self, most, explain):
        self.most, self.explain, self.found, self.seen = most, explain, [], set()

    def run(self, old, new):
        waiting = [((), old, new)]
        while waiting and len(self.found) < self.most:
            path, one, two = waiting.pop()
            waiting.extend(reversed(list(self._below(path, one, two))))
        return self.found

    def _note(self, path, one, two, holders=(None, None)):
        found = Difference(path, one, two)
        if not self.explain(found, *holders):
            self.found.append(found)

    def _below(self, path, one, two):
        """The pairs under a pair, after noting what differs at once."""
        old, new = one, two
        pair = _identity(old), _identity(new)
        if None not in pair:
            if pair in self.seen:
                return ()
            self.seen.add(pair)
            if len(self.seen) > MOST_PAIRS:
                raise TooLarge("too many objects")
        if (pair[0] is None) != (pair[1] is None) and path and path[-1] != "/K":
            self._note(path, one, two)  # one that stood by itself is now shared, or the other way round
            return ()
        old, new = resolved(old), resolved(new)
        if isinstance(old, generic.StreamObject) or isinstance(new, generic.StreamObject):
            return self._streams(path, old, new)
        if isinstance(old, generic.DictionaryObject) and isinstance(new, generic.DictionaryObject):
            return self._dictionaries(path, old, new, ())
        if path and path[-1] == "/K" and type(old) is not type(new):
            old, new = (
                side if isinstance(side, generic.ArrayObject) else generic.ArrayObject([side])
                for side in (one, two)
            )
        if isinstance(old, generic.ArrayObject) and isinstance(new, generic.ArrayObject):
            return self._sets(path, old, new) if path and path[-1] in _SETS else self._arrays(path, old, new)
        if not _is_equal(old, new):
            self.found.append(Difference(path, old, new))
        return ()

    def _dictionaries(self, path, old, new, without):
        keys = dict.fromkeys([*old, *new])
        for key in [*(k for k in _FIRST if k in keys), *(k for k in keys if k not in _FIRST)]:
            if key in without:
                continue
            one = old.raw_get(key) if key in old else MISSING
            two = new.raw_get(key) if key in new else MISSING
            if is_nothing(one) and is_nothing(two):
                continue
            if key in _BACK and path and _identity(one) is not None and _identity(one) == _identity(two):
                continue
            if is_nothing(one) or is_nothing(two):
                one, two = (MISSING if is_nothing(side) else side for side in (one, two))
                self._note((*path, str(key)), one, two, (old, new))
            elif not self.explain(Difference((*path, str(key)), one, two), old, new):
                yield (*path, str(key)), one, two

    def _arrays(self, path, old, new):
        if len(old) != len(new):
            self.found.append(Difference(path, old, new))
            return
        for index in range(len(old)):
            yield (*path, index), old.raw_get(index), new.raw_get(index)

    def _sets(self, path, old, new):
        ones, twos = ([side.raw_get(i) for i in range(len(side))] for side in (old, new))
        by_reference = {_identity(item): item for item in twos if _identity(item) is not None}
        rest = list(twos)
        for index, one in enumerate(ones):
            two = by_reference.get(_identity(one), MISSING)
            if two is MISSING:
                two = next((item for item in rest if _is_same(one, item)), MISSING)
            if two is MISSING:
                self._note((*path, index), one, MISSING, (old, new))
                continue
            del rest[next(i for i, item in enumerate(rest) if item is two)]
            yield (*path, index), one, two
        for number, two in enumerate(rest):
            self._note((*path, len(ones) + number), MISSING, two, (old, new))
        kept = [_identity(item) for item in twos if _identity(item) in {_identity(one) for one in ones}]
        if path[-1] in ("/Kids", "/K") and kept != [
            _identity(one) for one in ones if _identity(one) in set(kept)
        ]:
            self.found.append(Difference(path, old, new))  # pages in another order

    def _streams(self, path, old, new):
        if not (isinstance(old, generic.StreamObject) and isinstance(new, generic.StreamObject)):
            self.found.append(Difference(path, old, new))
            return
        yield from self._dictionaries(path, old, new, _STREAM_KEYS)
        as_written = old is new or (old.encoded_data == new.encoded_data and _is_same_filter(old, new))
        if not as_written and old.data != new.data:
            self.found.append(Difference((*path, "(stream)"), old, new))


def resolved(item):
    """The object behind a reference."""
    for _ in range(20):
        if not isinstance(item, generic.IndirectObject):
            return item
        item = item.get_object()
    raise TooLarge("references in a circle")


def is_nothing(item) -> bool:
    """True for what is not there, which null is too."""
    return item is MISSING or isinstance(resolved(item), generic.NullObject)


def _identity(item):
    return item.reference.idnum if isinstance(item, generic.IndirectObject) else None


def _is_same(one, two):
    if _identity(one) is not None or _identity(two) is not None:
        return _identity(one) == _identity(two)
    return not differences(one, two, most=1)


def _is_same_filter(one, two):
    return all(
        _is_equal(
            resolved(one.raw_get(key)) if key in one else None,
            resolved(two.raw_get(key)) if key in two else None,
        )
        for key in ("/Filter", "/DecodeParms")
    )


def _is_equal(one, two):
    if isinstance(one, generic.BooleanObject) or isinstance(two, generic.BooleanObject):
        return type(one) is type(two) and bool(one) == bool(two)
    numbers = (generic.NumberObject, generic.FloatObject)
    if isinstance(one, numbers) and isinstance(two, numbers):
        return float(one) == float(two)
    return type(one) is type(two) and one == two
