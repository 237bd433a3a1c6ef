"""Thử kết nối: ask every allowed address of a revocation list once and write down what came; a person asked for it."""

from jobs import revocation
from jobs.runner import carries_out
from models import outbox, trust, trust_hosts, trust_lists
from signing import list_files
from signing import trust as asking

MOST = 30


@carries_out("try_lists")
def try_lists(order: outbox.Order) -> None:
    """Carry out an order "try_lists": the lists that trusted certificates name, and those asked for before."""
    named = [
        url
        for row in trust.trusted()
        for kind, url in list_files.addresses_of(bytes(row.der))
        if kind == "crl"
    ]
    asked = [row.url for row in trust_lists.fetches() if row.kind == "crl"]
    among = trust_hosts.allowed()
    revocation.forget()
    for url in list(dict.fromkeys([*named, *asked]))[:MOST]:
        if not trust_hosts.is_allowed(url, among):
            trust_lists.note_fetch(url, "crl", False, note="Máy chủ chưa được phép gọi ra.")
            continue
        found = asking.fetch(asking.Wish("crl", url), among, trust_hosts.inside())
        note = "" if found else "Không nối được, hoặc máy chủ trả lời sai."
        trust_lists.note_fetch(url, "crl", bool(found), len(found or b""), note)
