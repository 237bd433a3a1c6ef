"""Chuỗi biên nhận: what is wrong with several statements together: doubles, forks, broken links, order of states."""

from models.exchange_proofs import AFTER, GENESIS, Proof

SAME = ("from", "to", "document", "received")  # what no later statement of a conversation may say otherwise


def faults(statements: list[tuple[dict, str]]) -> list[str]:
    """A sentence for each fault of these (facts, SHA-256 of the body), which come in the order of their chains."""
    found, by_hash, places, last = [], {}, {}, ()
    for said, named in statements:
        chain = (said["from"], said["to"])
        place, where = (
            (*chain, said["chain"]["seq"]),
            f"tin số {said['chain']['seq']} của {chain[0]} gửi {chain[1]}",
        )
        if named in by_hash or place < last or place in places:
            found.append(f"{where}: lặp, sai thứ tự, hoặc có hai tin khác nhau cùng số.")
        elif not _links(said, places.get((*chain, place[2] - 1))):
            found.append(f"{where}: không nối với tin trước.")
        if not _follows(said, by_hash.get(said["thread"]["prev"])):
            found.append(f"{where}: thiếu tin trước đó về văn bản, hoặc trạng thái sai trình tự.")
        by_hash[named], places[place], last = said, named, place
    return found


def _links(said, before) -> bool:
    seq, prev = said["chain"]["seq"], said["chain"]["prev"]
    return (seq == 1) == (prev == GENESIS) and before in (None, prev)


def _follows(said, before) -> bool:
    thread, kind = said["thread"], said["kind"]
    if thread["n"] == 1:
        return thread["prev"] == GENESIS and not said["previous"] and kind in AFTER[""]
    return (
        before is not None
        and before["thread"]["n"] == thread["n"] - 1
        and said["previous"] == before["kind"]
        and kind in AFTER[before["kind"]]
        and all(before[name] == said[name] for name in SAME)
    )


def in_order(proofs: list[Proof]) -> list[Proof]:
    """Statements as their chains have them."""
    return sorted(proofs, key=lambda one: (*one.chain.split(">"), one.seq))


def faults_of(proofs: list[Proof]) -> list[str]:
    """The same for rows."""
    return faults([(one.said, one.hash) for one in in_order(proofs)])


def gaps(agency_id: int | None = None) -> dict[str, tuple[int, int]]:
    """Chain → (statements here, statements missing) of what partners sent; a missing one may still come."""
    query = Proof.select(Proof.chain, Proof.seq).where(Proof.direction == "in").distinct().tuples()
    if agency_id:
        query = query.where(Proof.agency == agency_id)
    seen: dict[str, set[int]] = {}
    for chain, seq in query:
        seen.setdefault(chain, set()).add(seq)
    return {chain: (len(seqs), max(seqs) - len(seqs)) for chain, seqs in sorted(seen.items())}
