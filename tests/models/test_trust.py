"""Danh sách tin cậy: who decides, and demonstration authorities stay in demonstrations."""

from types import SimpleNamespace

import pytest

from models import errors, trust


def said(sha256):
    return SimpleNamespace(sha256=sha256, name="Nơi cấp mẫu")


def test_a_real_installation_never_trusts_demonstration_roots(office):
    trust.trust(office.admin, b"r", said("11"))
    trust.trust(office.admin, b"d", said("22"), demo=True)
    assert [row.sha256 for row in trust.trusted(with_demo=False)] == ["11"]
    with pytest.raises(errors.NotAllowed):
        trust.trust(office.quantri, b"x", said("33"))
