"""The one element of our own in a packet's header: a signed statement, after everything the standard knows.

Other makers' readers pass over what they do not know. The axis may write the XML anew, so the statement's exact bytes
travel as base64, which no writer of XML changes.
"""

import base64
import binascii
import json

from models.edxml import KeyChange, Proof

SPACE = "urn:van-thu:proof:1"
NAME = "VanThuProof"
MOST_PROOFS, MOST_CHANGES = 5000, 100


def lines(proof: Proof):
    """Yield (depth, text) of the element's lines."""
    yield 0, f'<{NAME} xmlns="{SPACE}">'
    yield 1, f"<Body>{base64.b64encode(proof.body).decode()}</Body>"
    yield 1, f"<Signature>{proof.signature}</Signature>"
    yield 1, f"<Key>{proof.key}</Key>"
    for change in proof.changes:
        yield 1, "<Change>"
        yield 2, f"<Body>{base64.b64encode(change.body).decode()}</Body>"
        yield 2, f"<Signature>{change.signature}</Signature>"
        yield 1, "</Change>"
    yield 0, f"</{NAME}>"


def read(header) -> tuple[Proof, ...]:
    """The statements in a header, as they are: what is wrong with one is for the judge to say, not for the reader."""
    found = [child for child in header.children if child.name == NAME]
    return tuple(_proof(node) for node in found[:MOST_PROOFS])


def addressed(proofs: tuple[Proof, ...], codes) -> Proof | None:
    """The statement for a receiver with one of these codes, of a packet that carries one for each; None when none is."""
    for proof in proofs:
        try:
            if json.loads(proof.body)["to"] in codes:
                return proof
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return None


def _proof(node):
    changes = [child for child in node.children if child.name == "Change"]
    return Proof(
        body=_bytes(node),
        signature=_packed(node, "Signature"),
        key=_packed(node, "Key"),
        changes=tuple(KeyChange(_bytes(one), _packed(one, "Signature")) for one in changes[:MOST_CHANGES]),
    )


def _packed(node, name) -> str:
    child = next((child for child in node.children if child.name == name), None)
    return "".join(child.text.split()) if child else ""


def _bytes(node) -> bytes:
    try:
        return base64.b64decode(_packed(node, "Body"), validate=True)
    except (binascii.Error, ValueError):
        return b""
