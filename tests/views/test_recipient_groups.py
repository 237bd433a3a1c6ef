"""Groups of recipients (QĐ 28 Điều 10.2.m): made once, added to a draft in one go."""

from models import agencies, recipient_groups


def made(office, browser, name="Nhóm thử"):
    browser("tuan").post("/recipient-groups", data={"name": name, "recipients": [office.b.id], "act": "save"})
    return recipient_groups.RecipientGroup.get(recipient_groups.RecipientGroup.name == name)


def test_q14_1_m_a_group_is_made_and_added_to_a_draft(office, browser):
    group = made(office, browser)
    page = browser("tuan").get("/outgoing/new").text
    assert f'value="{group.id}">Nhóm thử (1)' in page
    part = browser("tuan").get(f"/outgoing/recipients?group={group.id}").text
    assert f'value="{office.b.id}" checked' in part


def test_a_group_is_added_without_script_too(office, browser):
    group = made(office, browser)
    answer = browser("tuan").post(
        "/outgoing", data={"act": "search", "group": str(group.id), "subject": "V/v thử"}
    )
    assert answer.status_code == 200 and f'value="{office.b.id}" checked' in answer.text


def test_a_merged_member_is_its_successor(office, browser):
    group = made(office, browser)
    new = agencies.create("Xã Mới", code="H99.20.09", connection="axis")
    agencies.db.database.execute_sql("UPDATE agency SET successor_id = ? WHERE id = ?", (new.id, office.b.id))
    assert [one.id for one in recipient_groups.members(group)] == [new.id]


def test_two_groups_have_two_names_and_another_agency_sees_none(office, browser):
    group = made(office, browser)
    again = browser("tuan").post("/recipient-groups", data={"name": "nhóm THỬ", "recipients": [office.b.id]})
    assert again.status_code == 422 and "Đã có nhóm" in again.text
    empty = browser("tuan").post("/recipient-groups", data={"name": "Trống"})
    assert empty.status_code == 422 and "Hãy chọn từ 1" in empty.text
    assert browser("nam").get(f"/recipient-groups/{group.id}").status_code == 404
    assert "Nhóm thử" not in browser("nam").get("/recipient-groups").text


def test_a_group_is_changed_and_removed(office, browser):
    group, tuan = made(office, browser), browser("tuan")
    assert (
        tuan.post(
            f"/recipient-groups/{group.id}", data={"name": "Xã vùng cao", "recipients": [office.b.id]}
        ).status_code
        == 303
    )
    assert "Xã vùng cao" in tuan.get("/recipient-groups").text
    tuan.post(f"/recipient-groups/{group.id}/removal")
    assert recipient_groups.RecipientGroup.select().count() == 0
