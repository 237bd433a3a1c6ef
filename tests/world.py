"""The world of the authorisation tests: the cast, one thing of each kind in each agency, and a session for each actor.

Everything of an agency carries its canary word, so that a page of the other agency that shows it is found by the word.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import asked_back
import letters

from models import (
    agencies,
    assignments,
    checks_evidence,
    clock,
    copies,
    copies_paper,
    copies_rules,
    copies_signers,
    courier,
    db,
    directory,
    documents,
    exchange_pins,
    files,
    incoming,
    intake,
    notifications,
    paper_rows,
    paper_rules,
    permissions,
    quarantine,
    receivers,
    recipient_groups,
    reconciliation,
    registers,
    routing,
    saved_views,
    scans,
    senders,
    signatures,
    staff,
    tokens,
    tokens_custody,
    tokens_readers,
    trust,
    trust_aliases,
    trust_hosts,
    users,
    workdays,
    workflow,
)
from signing import Report

CANARIES = {"a": "saokhuexanhbiecmotminhamot", "b": "saomaihongthamhaiminhbehai"}
# actor → login; None is a stranger. Agency A: a department with units; agency B: a commune of three accounts.
ACTORS = {
    "stranger": None, "province": "admin", "admin": "quantri", "clerk": "lan", "leader": "minh", "unit_head": "thao",
    "officer": "tuan", "outsider": "dung", "other_head": "son", "checker": "khoa", "archivist": "luu",
    "b_leader": "binh", "b_clerk": "mai", "b_officer": "nam",
}  # fmt: skip
OF_B = {"b_leader", "b_clerk", "b_officer"}


def build(office) -> SimpleNamespace:
    """Make the world in the open installation of the cast; returns ids by kind and tokens by actor."""
    person = users.create_person("luu", "Lý Thị Lưu")
    users.appoint(person, office.a, "Lưu trữ viên", "archivist")
    made = {"a": _agency(office, "a", office.lan, office.tuan, office.thao, office.minh)}
    made["b"] = _agency(office, "b", office.mai, office.nam, office.binh, office.binh)
    with db.write():
        partner = agencies.create("Viện Mẫu", code="H98.77", connection="axis")
        root = trust.TrustRoot.create(sha256="0" * 64, der=b"0", name="Gốc mẫu", added_at=clock.now(),
                                      statement=files.put(b"%PDF-1.7", "quy-che.pdf", "application/pdf"))  # fmt: skip
        exchange_pins.weigh(partner, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", (), clock.now())
        key = exchange_pins.pinned_of(partner)
        host = trust_hosts.OutboundHost.create(host="ca.example", approved_by="Sơn", approved_at=clock.now())
        for letter, clerk in (("a", office.lan), ("b", office.mai)):
            alias = trust_aliases.SenderAlias.create(
                agency=clerk.agency_id, organ_id="H98.77", name=f"Tên {CANARIES[letter]}", approved_by=clerk.name,
                approved_at=clock.now(),
            )  # fmt: skip
            made[letter]["alias"] = alias.id
        round_ = directory.DirectoryRound.create(
            started_at=clock.now(), finished_at=clock.now(), state="done"
        )
        change = directory.DirectoryChange.create(
            round=round_, kind="claimed", code="H99.10", state="waiting"
        )
    for kinds in made.values():
        kinds |= {"proof_key": key.id, "partner": partner.id, "trust": root.id, "host": host.id, "round": round_.id, "change": change.id,
                  "paper_rule": paper_rules.PaperRule.select().first().id}  # fmt: skip
    sessions = {}
    for actor, login in ACTORS.items():
        if login:
            sessions[actor] = users.open_session(users.Person.get(users.Person.login == login))
    notifications.spread()  # nothing is left to be told, so a page has nothing to write
    return SimpleNamespace(ids=made, tokens=sessions)


def _agency(office, letter, clerk, officer, head, leader) -> dict:
    word, agency = CANARIES[letter], clerk.agency
    with db.write():
        unit = agencies.open_unit(agency, f"Tổ {word}")
        day = workdays.enter_day(agency.id, date(clock.today().year, 5, 19), False, f"Nghỉ {word}")
        book = registers.open_book(agency, "outgoing", "QD", f"Sổ {word}", clerk)
        registers.Counter.create(register=book, year=2020)
        device = _device(agency, word, clerk, officer)
    person, _ = staff.open_account(
        SimpleNamespace(has=lambda *_: True, agency_id=agency.id, id=0, name="Hệ thống", title=""), agency,
        f"canbo{letter}", f"Cán Bộ {word}", "Chuyên viên", ["officer"],
    )  # fmt: skip
    arrived = _incoming(word, clerk, officer, head, leader)
    draft = _draft(word, officer, head)
    paper = files.store(letters.PDF + b"giay" + word.encode())
    scan = scans.upload(clerk, paper, f"{word}.pdf", "application/pdf")
    with db.write():
        scan.set(pages_total=1)  # its pages were counted, so that each has an address
    issued = letters.issued(clerk, [office.b if letter == "a" else office.a], number="77", subject=f"Gửi đi {word}",
                            content=letters.PDF + word.encode(), annex=b"PK" + word.encode())  # fmt: skip
    with db.write():
        permissions.grant(issued, "Người soạn thảo", post=officer.post)
    group = recipient_groups.save(clerk, f"Nhóm {word}", [office.b.id if letter == "a" else office.a.id])
    with db.write():
        copy = paper_rows.PaperCopy.create(
            document=issued, name=f"Nơi giữ giấy {word}", copies=1, state="sent", way="registered", sent_on=clock.today(),
            unsent_kind="decided", unsent_reason=f"Lý do {word}", made_at=clock.now(),
        )  # fmt: skip
    known = senders.add(clerk, f"Nơi gửi quen {word}")
    view = saved_views.keep(clerk, "incoming", f"Bộ lọc {word}", "q=x")
    rule = routing.open_rule(agency, clerk, sender_name=f"Nơi gửi {word}", post=leader.post)
    copied = _copies(word, clerk, officer, head, leader, issued)
    annex = documents.Attachment.get(
        documents.Attachment.document == draft, documents.Attachment.kind == "annex"
    )
    return {
        "incoming": arrived.id, "draft": draft.id, "issued": issued.id, "annex": annex.id, "unit": unit.id,
        "day": day.id, "register": book.id, "person": person.id, "post": users.posts_of(person)[0].id,
        "code": agency.codes[0].id, "agency": agency.id, **device,
        "file": documents.main_file(arrived).id,
        "sender": known.id, "saved_view": view.id, "route_rule": rule.id, "group": group.id, "paper_copy": copy.id, "recipient": issued.recipients.get().id,
        "scan": scan.id, **_ways_in(word, agency), "consignment": letters.exchange.sent(issued)[0].id,
        **copied, **_crossed(word, clerk, issued), **asked_back.things(word, clerk, officer, head, arrived),
    }  # fmt: skip


def _ways_in(word, agency) -> dict:
    """A scanner's folder, and what was not let in."""
    admin = SimpleNamespace(has=lambda *_: True, agency_id=agency.id, id=0, name="Hệ thống", title="")
    folder = intake.enter_folder(admin, agency, f"Máy quét {word}", f"may-{word}")
    intake.refuse(
        scans.Channel(agency.id, "folder", folder.name), f"{word}.doc", f"Tệp {word} không nhận.", word
    )
    return {"scanner": folder.id, "refusal": intake.IntakeRefusal.get(intake.IntakeRefusal.key == word).id}


def _crossed(word, clerk, issued) -> dict:
    """What a person must look at, and a bundle on its way."""
    now, agency = clock.now(), clerk.agency
    one = letters.exchange.sent(issued)[0]
    kept = files.put(b"goi" + word.encode(), f"{word}.zip", "application/zip")
    with db.write():
        bundle = courier.CourierBundle.create(
            key=f"out/{word}", code=f"G-{word}", agency=agency, direction="out", state="travelling", carrier=word, made_at=now,
            partner_names=f"Nơi {word}", file=kept, size=kept.size, sha256=kept.sha256,
        )  # fmt: skip
        courier.CourierItem.create(bundle=bundle, number=1, type="edoc", agency=agency, consignment=one)
        message = letters.exchange.StatusMessage.create(
            key=f"in/{word}", agency=agency, direction="in", status="accepted", description=word, at=now, taken_at=now,
            partner_code="H98.77", parked=f"Không tìm thấy văn bản {word}", code="9/MAU",
        )  # fmt: skip
        difference = reconciliation.Difference.create(
            key=f"lost/{word}", agency=agency, kind="lost", sentence=f"Mất {word}", found_at=now, seen_at=now
        )
        held = quarantine.QuarantinedPacket.create(
            sha256=word.encode().hex()[:64].ljust(64, "1"), agency=agency, transport="axis", size=kept.size, file=kept,
            reason=f"Không đọc được {word}", arrived_at=now, seen_at=now,
        )  # fmt: skip
    return {"bundle": bundle.id, "parked": message.id, "difference": difference.id, "quarantined": held.id}


def _copies(word, clerk, officer, head, leader, source) -> dict:
    base = copies_rules.Scan(f"{word}.pdf", files.store(letters.PDF + b"sao" + word.encode()), 1)
    fields = {"form": "sao_y", "medium": "paper", "purpose": f"Sao {word}"}
    doc = copies.propose(officer, fields, base, source)
    signed = {"type_code": "CV", "subject": f"Giấy {word}", "code_notation": "SKH-VP", "signer": leader.post}
    paper = copies_paper.register(clerk, signed, (), [f"Nơi nhận {word}"])
    with db.write():
        for one in (doc, paper):
            permissions.grant(one, "Người theo dõi", post=officer.post)
            if head.post.unit:
                permissions.grant(one, "Đơn vị theo dõi", unit=head.post.unit)
    mandate = copies_signers.give(leader, clerk.post, "by_order", f"Quy chế {word}")
    copies_signers.take_back(leader, mandate.id)
    return {"copy": doc.id, "paper_issued": paper.id, "copy_signer": mandate.id}


def _incoming(word, clerk, officer, head, leader):
    kept = files.put(letters.PDF + b"den" + word.encode(), f"{word}.pdf", "application/pdf")
    with db.write():
        doc = workflow.begin(
            "incoming", "arrived", clerk, agency=clerk.agency, source="paper", organ_name=f"Nơi gửi {word}",
            code_number="9", code_notation="MAU", issued_date=clock.today(), arrived_at=clock.now(),
            received_at=clock.now(), created_at=clock.now(), verdict="valid",
        )  # fmt: skip
        documents.describe(doc, subject=f"Về việc {word}")
        documents.attach(doc, kept, "main")
        book = registers.of(doc.agency_id, "incoming")
        doc.set(arrival_number=registers.take(book, clock.today(), doc), arrival_date=clock.today(),
                register_id=book.id, register_year=clock.today().year)  # fmt: skip
        workflow.step(doc, "register", clerk, note=word)
        incoming.forward(doc, clerk, leader.post)
        lead = receivers.Target(officer.post, None)
        assignments.assign(doc, leader, lead, instruction=f"Chỉ đạo {word}")
        if head.post.unit:
            permissions.grant(doc, "Đơn vị chủ trì", unit=head.post.unit)
    report = Report(verdict="valid", sentence=f"Hợp lệ {word}", integrity="intact").to_dict()
    signatures.checked(doc, report, checks_evidence.pack(doc, report, [("crl", b"x")]))
    return doc


def _draft(word, officer, head):
    kept = files.put(letters.PDF + b"di" + word.encode(), f"du-thao-{word}.pdf", "application/pdf")
    with db.write():
        doc = workflow.begin(
            "outgoing", "draft", officer, agency=officer.agency, source="draft", created_at=clock.now(),
            drafter=officer.post, unit=head.post.unit, organ_name=officer.agency.name,
        )  # fmt: skip
        documents.describe(doc, subject=f"Dự thảo {word}")
        documents.add_version(doc, kept, "draft", officer)
        documents.attach(doc, kept, "annex", f"Phụ lục {word}")
        documents.hand_to(doc, officer.post)
        permissions.grant(doc, "Người soạn thảo", post=officer.post)
        if head.post.unit:
            permissions.grant(doc, "Đơn vị soạn thảo", unit=head.post.unit)
    return doc


def _device(agency, word, clerk, officer) -> dict:
    """The agency's device kept by the clerk, its hand-over with minutes, and a right to look that has ended."""
    now = clock.now()
    certificate = tokens.Certificate.create(
        sha256=word.encode().hex()[:64].ljust(64, "0"), der=word.encode(), serial=word, name=f"Chứng thư {word}",
        kind="organisation", not_before=now, not_after=now + timedelta(days=300), agency=agency, bound_at=now,
    )  # fmt: skip
    token = tokens.KeyToken.create(
        agency=agency, certificate=certificate, serial=f"TB-{word}", keeper=clerk.post, kept_since=now
    )
    act = tokens_custody.Custody.create(
        token=token, from_name=f"Bên giao {word}", to_name=clerk.post.label, to_post=clerk.post, minutes_number=f"1/{word}",
        minutes_date=clock.today(), at=now, minutes_file=files.put(word.encode(), f"{word}.pdf", "application/pdf"),
    )  # fmt: skip
    reader = tokens_readers.TokenReader.create(
        agency=agency, post=officer.post, named_by="Người đứng đầu", basis=word, since=now, ended_at=now
    )
    return {"certificate": certificate.id, "token": token.id, "custody": act.id, "reader": reader.id}


def copy(source: Path, target: Path) -> None:
    """A fresh copy of a closed world's folder."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def touch() -> None:
    """The sessions are of this minute."""
    with db.write():
        now = clock.now()
        users.Session.update(created_at=now, seen_at=now).execute()
