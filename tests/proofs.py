"""True statements and mutated ones for the tests of receipts: two judges, the product and the stand-alone checker."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import SimpleNamespace

import letters
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models import (
    agencies,
    clock,
    db,
    edxml,
    edxml_write,
    exchange,
    exchange_judging,
    exchange_keys,
    exchange_packets,
    exchange_proofs,
    reception,
)

SCRIPT = Path(__file__).resolve().parents[1] / "bin" / "verify-proofs"
FROM, TO = "H98.55", "H99.10"
TALK = ("arrived", "accepted", "assigned", "in_progress", "completed", "recalled")


def checker():
    """The stand-alone script as a module."""
    loader = SourceFileLoader("verify_proofs", str(SCRIPT))
    module = module_from_spec(spec_from_loader("verify_proofs", loader))
    loader.exec_module(module)
    return module


def partner(code=FROM, name="UBND xã Mẫu"):
    """A partner elsewhere that sends us statements."""
    return agencies.create(name, code=code, connection="axis")


def talk(number, words=TALK, to=TO):
    """The statements of one conversation, as the receiver of document `number` makes them; inside write()."""
    part = {"role": "main", "sha256": hashlib.sha256(str(number).encode()).hexdigest(), "size": number + 1}
    one = SimpleNamespace(
        key=f"in/{to}/{number}", direction="in", own_code=FROM, partner_code=to, code=f"{number}/SKH-KH",
        wire_id=f"{to},2026/03/02,{number}/SKH-KH", issued_date=date(2026, 3, 2), content_hash="0" * 64,
        document_id=None, arrived_at=clock.now(), received_at=clock.now(), agency_id=None,
        agency=agencies.by_code(TO),
    )  # fmt: skip
    start = clock.now()
    return [
        exchange_proofs.of_status(one, word, f"Bước {place}: văn bản số {number}", "Trần Thị Mai",
                                  start + timedelta(minutes=place), [part])
        for place, word in enumerate(words)
    ]  # fmt: skip


def carried(proof) -> dict:
    """A statement as the checker reads it."""
    return {"body": proof.body, "signature": proof.signature, "key": proof.key}


def status(proof) -> edxml.Status:
    """The message that carries a true statement."""
    said = proof.said
    document = said["document"]
    return edxml.Status(
        sender=edxml.Organ(said["from"], "UBND xã Mẫu"),
        about=edxml.Answered(said["to"], document["code"], document["id"], date.fromisoformat(document["issued"])),
        status=said["kind"], description=said["reason"], at=exchange_keys.instant(said["at"]),
        staff=edxml.Staff(name=said["staff"]),
        proof=exchange_proofs.on_wire(proof),
    )  # fmt: skip


def message_for(given: dict, proof) -> edxml.Status:
    """The message an enemy would put a statement into: it says the same where the statement can be read at all."""
    try:
        said = json.loads(given["body"].encode())
        written = status(SimpleNamespace(said=said, body="", signature="", key="", changes="[]"))
    except (ValueError, KeyError, TypeError, AttributeError):
        written = status(proof)
    return replace(written, proof=wire(given))


def wire(given: dict) -> edxml.Proof:
    """A statement of the checker's form as a packet carries it."""
    return edxml.Proof(given["body"].encode(errors="surrogateescape"), given["signature"], given["key"])


class Mutations:
    """Makes one wrong statement after another from true ones: what an enemy without the key can do, and chance."""

    def __init__(self, chance, true):
        self.chance, self.true, self.enemy = chance, true, Ed25519PrivateKey.generate()
        self.enemy_key = base64.b64encode(self.enemy.public_key().public_bytes_raw()).decode()
        names = [name for name in sorted(dir(self)) if name.startswith("wrong_")]
        plain = [name for name in names if "key_" not in name and "anew" not in name]
        # what another key signed costs the judge far more, so chance takes it less often
        self.kinds = [getattr(self, name) for name in (*plain * 7, *names)]

    def one(self, number: int):
        """(name, statement) of mutation `number`."""
        make = self.kinds[number % len(self.kinds)]
        return make.__name__, make(carried(self.chance.choice(self.true)))

    def _flipped(self, raw: bytes) -> bytes:
        place = self.chance.randrange(len(raw) * 8)
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)

    def _changed(self, given) -> str:
        """The body with one fact changed, canonical again."""
        said = json.loads(given["body"])
        other = self.chance.choice(self.true).said
        name = self.chance.choice(
            (
                "at",
                "kind",
                "reason",
                "document",
                "received",
                "from",
                "to",
                "staff",
                "chain",
                "thread",
                "journal",
            )
        )
        said[name] = {"from": said["to"], "to": said["from"]}.get(name, other[name])
        if exchange_keys.canonical(said).decode() == given["body"]:
            said["software"] += " "
        return exchange_keys.canonical(said).decode()

    def wrong_bit_of_body(self, given):
        return given | {"body": self._flipped(given["body"].encode()).decode(errors="surrogateescape")}

    def wrong_bit_of_signature(self, given):
        return given | {
            "signature": base64.b64encode(self._flipped(base64.b64decode(given["signature"]))).decode()
        }

    def wrong_bit_of_key(self, given):
        return given | {"key": base64.b64encode(self._flipped(base64.b64decode(given["key"]))).decode()}

    def wrong_letter_of_signature(self, given):
        letters = list(given["signature"])
        place = self.chance.randrange(len(letters))
        letters[place] = self.chance.choice([c for c in "ABCabc019+/=" if c != letters[place]])
        return given | {"signature": "".join(letters)}

    def wrong_fact(self, given):
        return given | {"body": self._changed(given)}

    def wrong_order_of_names(self, given):
        said = json.loads(given["body"])
        body = json.dumps(dict(reversed(said.items())), ensure_ascii=False, separators=(",", ":"))
        return given | {"body": body}

    def wrong_key_same_body(self, given):
        return given | self._signed(given["body"])

    def wrong_key_other_body(self, given):
        body = self._changed(given)
        return given | {"body": body} | self._signed(body)

    def wrong_chain_made_anew(self, given):
        said = json.loads(given["body"])
        said["chain"] = {
            "seq": said["chain"]["seq"] + 1,
            "prev": hashlib.sha256(given["body"].encode()).hexdigest(),
        }
        body = exchange_keys.canonical(said).decode()
        return given | {"body": body} | self._signed(body)

    def wrong_signature_of_another(self, given):
        other = next(
            one for one in iter(lambda: self.chance.choice(self.true), None) if one.body != given["body"]
        )
        return given | {"signature": other.signature}

    def wrong_end(self, given):
        return given | {"body": given["body"][: self.chance.randrange(len(given["body"]))]}

    def wrong_addition(self, given):
        return given | {"body": given["body"][:-1] + ',"x":"1"}'}

    def _signed(self, body):
        return {"key": self.enemy_key, "signature": base64.b64encode(self.enemy.sign(body.encode())).decode()}


def system_accepts(agency, message: edxml.Status) -> bool:
    """What the product says of a message; inside write()."""
    return exchange_judging.judge(agency, message, None).proved_by == exchange_judging.SIGNED


def tangled(chance, talks):
    """(name, statements) of one conversation that was cut, doubled, reordered or mixed with a foreign link."""
    rows = list(chance.choice(talks))
    name = chance.choice(("cut", "double", "reorder", "foreign"))
    place = chance.randrange(len(rows) - 1)
    if name == "cut":
        del rows[place]
    elif name == "double":
        rows.insert(chance.randrange(place, len(rows)), rows[place])
    elif name == "reorder":
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
    else:
        rows[place] = next(
            one for one in iter(lambda: chance.choice(chance.choice(talks)), None) if one not in rows
        )
    return name, [(row.said, row.hash) for row in rows]


def far(office):
    """A letter of A that a partner elsewhere has received, and that partner's statements about it."""
    there = partner()
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [there])
        with db.write():
            exchange.sent(doc)[0].set(acknowledged_at=clock.now(), sent_at=clock.now(), state="on_axis")
    return there, doc


def told(doc, word="arrived", at="2026-03-02 10:00", **changed):
    """The status message a partner elsewhere makes of our letter, signed by whatever key this installation has now."""
    one = exchange.sent(doc)[0]
    stands_for = {
        "key": f"far/{one.id}",
        "direction": "in",
        "own_code": one.partner_code,
        "partner_code": one.own_code,
    }
    with db.write(), clock.freeze(at):
        row = _speaking(one, stands_for, word, changed)
    return status(row)


def _speaking(one, stands_for, word, changed):
    facts = {
        name: getattr(one, name) for name in ("wire_id", "code", "issued_date", "content_hash", "agency")
    }
    facts |= {"document_id": None, "arrived_at": clock.now(), "received_at": clock.now(), "agency_id": None}
    receiver = type("Receiver", (), facts | stands_for)()
    parts = changed.get("parts") or exchange_proofs.parts_of(one.document)
    return exchange_proofs.of_status(receiver, word, changed.get("reason", "Đã nhận"), "", clock.now(), parts)


class Elsewhere:
    """The key of another installation."""

    def __init__(self):
        self.private = Ed25519PrivateKey.generate()
        self.public = base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    def resigned(self, status: edxml.Status, changes=(), **changed) -> edxml.Status:
        """The same message, its statement signed by this key, with facts changed."""
        said = json.loads(status.proof.body) | changed
        body = exchange_keys.canonical(said)
        signature = base64.b64encode(self.private.sign(body)).decode()
        return replace(status, proof=edxml.Proof(body, signature, self.public, tuple(changes)))

    def announces(self, other, since="2026-03-02T09:30:00+07:00") -> edxml.KeyChange:
        """The statement by which this key names the next one."""
        body = exchange_keys.canonical(
            {"format": exchange_keys.CHANGE, "old": self.public, "new": other.public, "from": since}
        )
        return edxml.KeyChange(body, base64.b64encode(self.private.sign(body)).decode())


def take(status):
    """The message as it comes from the axis."""
    path = exchange_packets.spooled()
    edxml_write.encode(status, path)
    return reception.receive_from_axis(path, "ax")[0]
