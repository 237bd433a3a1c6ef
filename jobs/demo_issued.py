"""Outgoing letters of the demonstration, taken by the real verbs as far as each one goes; its keys sign by themselves.

The people of the demonstration have no hands: what the agent does at a desk is done here with the demonstration's key
files. Everything else, the check of the result included, is the office's own way.
"""

from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

import signing
from jobs import demo_letters, papers, render
from models import (
    clock,
    db,
    drafts,
    files,
    issuing,
    lookups,
    outgoing,
    seed_letters,
    tokens,
    users,
)
from signing import prepare, verify
from signing.demo import pki

STAGES = ("draft", "content_review", "form_review", "awaiting_signature", "signed", "issued")
LEADERS = {"a": "minh", "b": "binh"}
CLERKS = {"a": "lan", "b": "mai"}


def enter(casts: dict, province, demo: pki.Demo) -> None:
    """Take every letter of the demonstration to its stage. `casts`: "a" and "b"; `province`: the provincial office."""
    agencies_ = {name: cast.agency for name, cast in casts.items()} | {"p": province}
    with ThreadPoolExecutor(2) as pool:
        sheets = list(pool.map(lambda one: _paper(one, casts[one.agency]), demo_letters.DRAFTS))
    for letter, paper in zip(demo_letters.DRAFTS, sheets, strict=True):
        _play(letter, paper, casts[letter.agency], [agencies_[to] for to in letter.to], demo)


def _play(letter, paper, cast, recipients, demo) -> None:
    name = letter.agency
    drafter = cast.tuan if name == "a" else cast.nam
    leader, clerk = getattr(cast, LEADERS[name]), getattr(cast, CLERKS[name])
    doc = drafts.create(
        drafter, {"type_code": letter.type_code, "code_notation": letter.notation, "subject": letter.subject,
                  "urgency": letter.urgency, "signer": leader.post, "to_places": "Như trên; Lưu: VT"},
        recipients, (), paper,
    )  # fmt: skip
    reached = STAGES.index(letter.stage)
    if reached >= 1:
        prepared = prepare.prepare_draft(drafts.draft_pdf(doc).read(), **vars(papers.wish_of(doc, {})))
        outgoing.submit(doc, drafter, files.store(prepared.pdf))
    if reached >= 2 and doc.state == "content_review":
        outgoing.approve(doc, cast.thao if name == "a" else leader, "Nội dung đạt")
    if reached >= 3 and doc.state == "form_review":
        outgoing.check_form(doc, cast.khoa if name == "a" else clerk, "Thể thức đạt")
    if reached >= 4:
        _sign(doc, leader, demo)
    if reached >= 5:
        _seal(doc, clerk, f"seal-{name}", demo)
        issuing.issue(doc, clerk)


def _sign(doc, leader: users.Actor, demo) -> None:
    picture = tokens.picture(leader.agency_id, leader.id)
    label = leader.person.login
    pending = signing.begin_signature(
        outgoing.signable_file(doc).read(),
        demo.certificate(label),
        demo.chain,
        clock.now(),
        picture.file.read(),
    )
    signed = files.store(_finished(pending, demo.key(label)))
    with db.write():
        outgoing.sign(doc, leader, signed, clock.now())


def _seal(doc, clerk, label, demo) -> None:
    picture = tokens.picture(clerk.agency_id)
    issuing.number(doc, clerk)
    base = _signed(doc)
    pending = signing.begin_seal(
        base.read(), int(doc.code_number), doc.code_notation, doc.issued_date, demo.certificate(label), demo.chain,
        clock.now(), picture.file.read(),
    )  # fmt: skip
    sealed = _finished(pending, demo.key(label))
    trust = signing.Trust(roots=(demo.root_der,), intermediates=tuple(demo.chain))
    report = verify.verify(sealed, trust, moment=clock.now())
    issuing.seal(doc, clerk, files.store(sealed), {}, report.verdict, report.sentence)


def _signed(doc):
    return next(row.file for row in reversed(list(doc.versions)) if row.kind == "signed")


def _finished(pending, key) -> bytes:
    kind = hashes.SHA256() if pending.hash == "sha256" else hashes.SHA384()
    raw = key.sign(pending.digest, padding.PKCS1v15(), Prehashed(kind))
    return signing.finish_signature(pending.work, pending.state, raw).pdf


def _paper(letter, cast) -> drafts.Paper:
    leader = getattr(cast, LEADERS[letter.agency])
    content = seed_letters.docx(
        seed_letters.Letter(
            agency=cast.agency.name, parent=cast.agency.parent_name, notation=letter.notation, place=cast.agency.place,
            subject=letter.subject.removeprefix("V/v "), body=letter.body, signer_title=leader.title,
            signer_name=leader.name, year=clock.today().year,
            type_name="" if letter.type_code == "CV" else lookups.type_name(letter.type_code),
        )
    )  # fmt: skip
    name = f"{letter.type_code.lower()}-{letter.notation.lower()}.docx"
    source, pdf = files.store(content), files.store(render.to_pdf(content, "docx", name))
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    pages = render.page_count(files.place(pdf.sha256), name)
    return drafts.Paper(name, kind, source, pdf, pages, notation=letter.notation)
