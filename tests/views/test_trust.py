"""Nơi cấp tin cậy pages: only the province decides."""

import authorities

from models import trust


def test_only_the_province_decides_whom_to_trust(browser, office):
    form = {"role": "root", "decision": "QĐ 1/QĐ-MS"}
    file = {"authority": ("ca.cer", authorities.authority("CA Mẫu").der)}
    assert browser("quantri").post("/trust", data=form, files=file).status_code == 403
    assert browser("admin").post("/trust", data=form, files=file).status_code == 303
    assert len(trust.trusted(with_demo=False)) == 1
