"""Xét biên nhận nhận được: is a message's signed statement true, and does it say what the message says.

The answer is one of four words: «signed»; «by_axis», nothing signed, as other makers send; «forged», which is never
applied; «unknown_key», signed by a key that an administrator has to confirm first, which waits. A gap or a fork in the
chain is noted and shown, and blocks nothing: messages may come late.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from models import (
    agencies,
    edxml,
    exchange_keys,
    exchange_pins,
    exchange_proofs,
    journal,
    lookups,
    text,
    users,
)
from models.exchange_proofs import Proof

SIGNED, BY_AXIS, FORGED, UNKNOWN_KEY = "signed", "by_axis", "forged", "unknown_key"
NOT_APPLIED = (FORGED, UNKNOWN_KEY)
MOST_BYTES = 256 << 10
MAY_BE_BARE = ("refused", "recalled", "recall_refused", "recall_asked")  # about content that was not kept
_SHAPE = {
    "format": str, "kind": str, "at": str, "from": str, "to": str, "reason": str, "staff": str, "previous": str, "software": str,
    "document": {"sender": str, "id": str, "code": str, "issued": str, "content": str, "parts": list},
    "received": dict, "chain": {"seq": int, "prev": str}, "thread": {"n": int, "prev": str},
    "journal": {"seq": int, "hash": str},
}  # fmt: skip
_RECEIVED = {"at": str, "legal": str, "calendar": str}
_PART = {"role": str, "sha256": str, "size": int}
_FIELDS = {
    "from": "nơi gửi", "to": "nơi nhận", "kind": "trạng thái", "at": "thời điểm", "id": "mã định danh văn bản",
    "code": "số, ký hiệu", "issued": "ngày ban hành", "reason": "nội dung", "staff": "người báo",
}  # fmt: skip


class Wrong(Exception):
    """The statement is not what it should be; the message says in what."""


@dataclass(frozen=True)
class Judgement:
    """What a message is proved by, the sentence for it, and the statement as it was kept."""

    proved_by: str
    note: str = ""
    proof: Proof | None = None

    @property
    def counts(self) -> bool:
        """True when the message may be applied."""
        return self.proved_by not in NOT_APPLIED


def judge(agency, status: edxml.Status, consignment) -> Judgement:
    """Xét một phản hồi trước khi tính; inside write(). `consignment` is the one it speaks of, None when unmatched.

    Order: the statement by itself, the message beside it, the files it names, the key, the chain.
    """
    carried = status.proof
    if carried is None:
        return _unsigned(agencies.by_code(status.sender.organ_id))
    try:
        said = read(carried)
        compare(said, status)
        _same_files(said, consignment)
    except Wrong as wrong:
        return Judgement(FORGED, str(wrong))
    if exchange_pins.is_pinned(said["from"], carried.key):
        return _signed(exchange_proofs.keep(agency, carried, said))
    partner = agencies.by_code(said["from"])
    if partner is None:
        return Judgement(BY_AXIS, "Nơi gửi chưa có trong sổ địa chỉ nên chưa xét được chữ ký.")
    weight = exchange_pins.weigh(partner, carried.key, carried.changes, said["at"])
    proof = exchange_proofs.keep(agency, carried, said)
    return _weighed(proof, weight)


def read(carried: edxml.Proof) -> dict:
    """What a statement says, its moment as a datetime. Raises Wrong when it is none of ours or its signature is wrong."""
    if len(carried.body) > MOST_BYTES or not exchange_keys.holds(
        carried.key, carried.body, carried.signature
    ):
        raise Wrong("chữ ký không đúng với nội dung.")
    try:
        said = json.loads(carried.body)
        whole = _has_shape(said, _SHAPE) and exchange_keys.canonical(said) == carried.body
        whole = whole and said["format"] == exchange_proofs.FORMAT and said["kind"] in edxml.STATUS_CODES
        whole = whole and (not said["received"] or _has_shape(said["received"], _RECEIVED))
        whole = whole and all(_has_shape(part, _PART) for part in said["document"]["parts"])
        if not whole or min(said["chain"]["seq"], said["thread"]["n"]) < 1:
            raise Wrong("không đúng dạng biên nhận.")
        for name in ("at", "legal") if said["received"] else ():
            exchange_keys.instant(said["received"][name])
        return {**said, "at": exchange_keys.instant(said["at"])}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Wrong("không đúng dạng biên nhận.") from error


def compare(said: dict, status: edxml.Status) -> None:
    """Raises Wrong naming what the message says otherwise than its signed statement."""
    about = status.about
    document = said["document"]
    pairs = {
        "from": (said["from"], status.sender.organ_id),
        "to": (said["to"], about.organ_id),
        "kind": (said["kind"], status.status),
        "at": (_second(said["at"]), _second(status.at)),
        "id": (document["id"], about.document_id),
        "code": (document["code"], about.code),
        "issued": (document["issued"], about.issued_date.isoformat() if about.issued_date else ""),
        "reason": (said["reason"], text.clean(status.description)),
        "staff": (said["staff"], text.clean(status.staff.name) if status.staff else ""),
    }
    different = [_FIELDS[name] for name, (signed, carried) in pairs.items() if signed != carried]
    if different:
        raise Wrong(f"{', '.join(different)} trong tin khác với phần đã ký.")


def same_files(message, consignment) -> str:
    """Why a message that waited is no receipt for what this consignment sent, "" when it may count."""
    try:
        if message.proof:
            _same_files(message.proof.said, consignment)
    except Wrong as wrong:
        return str(wrong)
    return ""


def _same_files(said, consignment) -> None:
    """A receipt for other bytes than we sent is no receipt."""
    if consignment is None or consignment.direction != "out" or not consignment.document_id:
        return
    told = _bytes_of(said["document"]["parts"])
    if not told and said["kind"] in MAY_BE_BARE:
        return
    if consignment.document.is_closed:
        return  # a copy whose own content was recalled meanwhile: there is nothing left here to compare with
    if told != _bytes_of(exchange_proofs.parts_of(consignment.document)):
        raise Wrong("biên nhận nói về tệp khác với tệp đã gửi.")


def _weighed(proof, weight) -> Judgement:
    if weight == exchange_pins.REFUSED:
        words = "ký bằng khóa không được công nhận là của nơi gửi."
        return Judgement(FORGED, words, proof)
    if weight == exchange_pins.LATE:
        return Judgement(FORGED, "ký bằng khóa đã được thay trước thời điểm ghi trong tin.", proof)
    if weight == exchange_pins.WAITING:
        fingerprint = exchange_keys.fingerprint(proof.key_id)
        words = f"ký bằng khóa mới chưa ai xác nhận (mã khóa {fingerprint})."
        return Judgement(UNKNOWN_KEY, words, proof)
    return _signed(proof)


def _signed(proof) -> Judgement:
    if exchange_proofs.forked(proof):
        words = f"Nơi gửi đã ký hai tin khác nhau cùng ở số {proof.seq} trong dãy tin gửi ta."
        journal.record("proof_fork", None, proof, note=words, agency_id=proof.agency_id)
        return Judgement(SIGNED, words, proof)
    return Judgement(SIGNED, "", proof)


def _unsigned(partner) -> Judgement:
    if partner and exchange_pins.pinned_of(partner):
        return Judgement(BY_AXIS, "Nơi gửi này trước nay vẫn ký; tin này không có chữ ký.")
    return Judgement(BY_AXIS)


def alarm(agency, message, judgement: Judgement) -> None:
    """Báo động: a journal line and a notice for those who can ring the other side up; inside write()."""
    posts = users.holders(agency.id, lookups.CLERK)
    tell = journal.telling(posts, message.parked, "/exchange/parked", urgent=True)
    journal.record(judgement.proved_by, None, message, note=message.parked, data=tell, agency_id=agency.id)


def sentence(judgement: Judgement, status: edxml.Status) -> str:
    """What a person reads of a message that was not applied."""
    name = status.sender.name or status.sender.organ_id
    about = status.about.code or status.about.document_id
    if judgement.proved_by == UNKNOWN_KEY:
        return (
            f"Tin của {name} về văn bản «{about}» chưa được tính: {judgement.note} "
            "Quản trị cần gọi điện đối chiếu mã khóa ở trang «Khóa xác nhận»; xác nhận xong tin sẽ tự được tính."
        )
    return (
        f"Chữ ký KHÔNG ĐÚNG: tin ghi là của {name} về văn bản «{about}» không được tính, vì {judgement.note} "
        "Trạng thái văn bản giữ nguyên; hãy gọi điện hỏi lại nơi gửi."
    )


def _has_shape(value, shape) -> bool:
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(_has_shape(value[name], inner) for name, inner in shape.items())
        )
    return isinstance(value, shape) and not isinstance(value, bool)


def _bytes_of(parts):
    return sorted((part["sha256"], part["size"]) for part in parts)


def _second(moment: datetime | None) -> str:
    return exchange_proofs.second(moment) if moment else ""
