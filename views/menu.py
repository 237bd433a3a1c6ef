"""The left rail: at most eight items in the regulation's words, by role, with counts of what waits."""

from typing import NamedTuple

from models import documents, drafts, exchange_ledger, lookups, outgoing, permissions, tokens_readers

AT_WORK = (
    lookups.CLERK,
    lookups.LEADER,
    lookups.UNIT_HEAD,
    lookups.OFFICER,
    lookups.FORM_CHECKER,
    lookups.ARCHIVIST,
)
FOLLOWERS = (lookups.CLERK, lookups.LEADER, lookups.UNIT_HEAD)
KEEPERS = (lookups.CLERK, lookups.LEADER, lookups.ADMIN)
ADMINS = (lookups.ADMIN, lookups.PROVINCE_ADMIN)


class Item(NamedTuple):
    """One line of the rail; `count` 0 shows no number."""

    url: str
    label: str
    icon: str
    count: int
    current: bool


# address, words, icon, roles that see it (the most used first: a phone shows three and «Thêm»)
ITEMS = (
    ("/", "Việc của tôi", "home", ()),
    ("/incoming/waiting", "Chờ lưu trữ", "inbox", (lookups.CLERK,)),
    ("/issuing", "Phát hành", "stamp", (lookups.CLERK,)),
    ("/incoming", "Văn bản đến", "file-input", AT_WORK),
    ("/outgoing", "Văn bản đi", "file-output", AT_WORK),
    ("/assignments", "Theo dõi giải quyết", "list-checks", FOLLOWERS),
    ("/exchange", "Gửi, nhận liên thông", "network", (lookups.CLERK,)),
    ("/admin", "Quản trị", "settings", ADMINS),
)
# seldom needed: under the person's name
RARE = (
    ("/copies", "Sao văn bản", AT_WORK),
    ("/recalls", "Thu hồi văn bản", (lookups.CLERK, lookups.LEADER)),
    ("/paper", "Bản giấy, bưu điện", (lookups.CLERK,)),
    ("/recipient-groups", "Nhóm nơi nhận", drafts.WRITERS),
    ("/tokens/mine", "Chữ ký số của tôi", ()),
    ("/tokens", "Sổ thiết bị ký số", tokens_readers.may_read),  # named people only (Quy chế 5.1)
    ("/tokens/certificates/new", "Ghi chứng thư", (lookups.ADMIN,)),
    ("/verification", "Kiểm tra ký số một tệp", (*AT_WORK, *ADMINS)),
    ("/trust", "Nơi cấp tin cậy", (*KEEPERS, lookups.PROVINCE_ADMIN)),
    ("/self-test", "Tự kiểm tra liên thông", (lookups.CLERK, *ADMINS)),
    ("/journal", "Nhật ký", (lookups.ARCHIVIST, *ADMINS)),
)


def of(actor, path: str) -> list[Item]:
    """The rail of this post: the items its roles need."""
    seen = [item for item in ITEMS if not item[3] or actor.has(*item[3])]
    counts = _counts(actor)
    current = max((url for url, *_ in seen if _covers(url, path)), key=len, default="")
    return [Item(url, label, icon, counts.get(url, 0), url == current) for url, label, icon, _ in seen]


def rare(actor) -> list[tuple[str, str]]:
    """(address, words) of the pages that stand under the person's name."""
    return [
        (url, label)
        for url, label, who in RARE
        if (who(actor) if callable(who) else not who or actor.has(*who))
    ]


def _covers(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url + "/"))


def _counts(actor) -> dict[str, int]:
    if not actor.has(lookups.CLERK):
        return {}
    model = documents.Document
    arrived = permissions.visible(actor, "incoming").where(model.state == "arrived").count()
    to_issue = permissions.visible(actor, "outgoing").where(model.state.in_(outgoing.AT_THE_CLERK)).count()
    troubled = sum(exchange_ledger.by_kind(actor.agency_id).values())
    return {"/incoming/waiting": arrived, "/issuing": to_issue, "/exchange": troubled}
