"""X8: the product and the stand-alone checker say the same of true and of mutated statements; nothing false is accepted."""

import ast
import shutil
import sys
from collections import Counter
from types import SimpleNamespace

import office as cast
import proofs
import pytest
from conftest import open_in
from faults import tier

from models import clock, db, exchange_chains


@pytest.fixture(scope="module")
def ground(prepared, tmp_path_factory):
    """An installation with conversations signed by one partner's key; the checker beside it knows the same key."""
    folder = tmp_path_factory.mktemp("proofs")
    shutil.copyfile(prepared["cast"], folder / "vanthu.db")
    open_in(folder)
    with db.connection():
        proofs.partner()
        with db.write(), clock.freeze("2026-03-02 09:00"):
            talks = [
                proofs.talk(number) for number in range(1, tier.size(1000, 20_000) // len(proofs.TALK) + 2)
            ]
        true = [row for talk in talks for row in talk]
        yield SimpleNamespace(office=cast.Office(), talks=talks, true=true, script=proofs.checker())
    db.database.close()


def test_x8_the_checker_says_what_the_system_says_and_neither_accepts_a_false_statement(ground):
    keys = {proofs.FROM: [{"public": ground.true[0].key}]}
    made = proofs.Mutations(tier.chance("x8"), ground.true)
    false, many = [], tier.size(9_400, 180_000)
    with db.write():
        for row in ground.true:
            wrong = ground.script.check_proof(proofs.carried(row), keys)[1]
            assert proofs.system_accepts(ground.office.a, proofs.status(row)) and not wrong
        for number in range(many):
            name, given = made.one(number)
            wrong = ground.script.check_proof(given, keys)[1]
            accepted = (
                proofs.system_accepts(ground.office.a, proofs.message_for(given, ground.true[0])),
                not wrong,
            )
            false += [(name, accepted)] if any(accepted) else []
    assert not false
    tier.counted("X8", len(ground.true) + many)


def test_x8_cut_doubled_reordered_and_foreign_links_are_seen_by_both(ground):
    chance, missed = tier.chance("x8 chain"), []
    for talk in (ground.true, *ground.talks):
        rows = [(row.said, row.hash) for row in talk]
        assert not exchange_chains.faults(rows) and not ground.script.check_order(rows)
    for _ in range(tier.size(600, 20_000)):
        name, rows = proofs.tangled(chance, ground.talks)
        seen = bool(exchange_chains.faults(rows)), bool(ground.script.check_order(rows))
        missed += [(name, seen)] if seen != (True, True) else []
    assert not missed


def test_x8_a_receipt_for_other_bytes_is_wrong_for_the_checker(ground):
    row = ground.true[0]
    part = row.said["document"]["parts"][0]
    keys = {proofs.FROM: [{"public": row.key}]}
    for sent, right in (((part["sha256"], part["size"]), True), (("0" * 64, part["size"]), False)):
        wrong = ground.script.check_proof(proofs.carried(row), keys, Counter([sent]))[1]
        assert (not wrong) == right


def test_x8_a_judge_that_believes_every_key_is_noticed(ground, monkeypatch):
    """The suite's own deliberate fault."""
    made = proofs.Mutations(tier.chance("x8 mutant"), ground.true)
    monkeypatch.setattr("models.exchange_pins.weigh", lambda *_: "known")
    with db.write():
        found = [(name, proofs.system_accepts(ground.office.a, proofs.message_for(given, ground.true[0])))
                 for name, given in (made.one(number) for number in range(150))]  # fmt: skip
    assert {name for name, accepted in found if accepted} >= {"wrong_key_same_body", "wrong_key_other_body"}


def test_x8_the_checker_stands_alone():
    text = proofs.SCRIPT.read_text(encoding="utf-8")
    names = [alias.name if isinstance(node, ast.Import) else node.module
             for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)
             for alias in node.names]  # fmt: skip
    assert {name.partition(".")[0] for name in names} <= {"cryptography", *sys.stdlib_module_names}
    assert len(text.splitlines()) <= 200
