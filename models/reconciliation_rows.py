"""Điểm khác khi đối soát: the rows, what each kind means and what to do about it."""

from models import agencies, db, exchange

KINDS = {
    "lost": "Trục không có gói này",
    "unreceipted": "Nơi nhận đã lấy, chưa có biên nhận",
    "forged": "Biên nhận không khớp với trục",
    "stranger": "Trục có gói mình không gửi",
    "unread": "Nơi nhận không đọc được gói",
    "other_content": "Hai bên giữ nội dung khác nhau",
    "not_there": "Nơi nhận không có văn bản này",
    "not_here": "Nơi gửi đã nhận biên nhận, ở đây không có",
}
ADVICE = {
    "lost": "Văn bản còn nguyên ở đây. Bấm «Gửi lại» để gửi lần nữa; nơi nhận không bị trùng nếu thật ra đã có.",
    "unreceipted": "Gọi cho văn thư nơi nhận, nhờ kiểm tra phần mềm của họ đã gửi trạng thái «Đã đến» chưa.",
    "forged": "Đừng coi là đã nhận. Gọi cho văn thư nơi nhận để xác nhận, rồi báo người quản trị.",
    "stranger": "Báo ngay người quản trị và đơn vị vận hành trục: có thể có người dùng khóa kết nối của cơ quan.",
    "unread": "Nơi nhận báo với trục là không đọc được. Bấm «Gửi lại»; nếu vẫn vậy, gửi bản giấy và gọi cho họ.",
    "other_content": "Gọi cho nơi kia, so mã băm của gói; báo người quản trị.",
    "not_there": "Bấm «Gửi lại»; nơi nhận không bị trùng nếu thật ra đã có.",
    "not_here": "Đề nghị nơi gửi gửi lại văn bản này.",
}
MAY_SEND_AGAIN = ("lost", "unread", "not_there")


class Difference(db.Base):
    """One thing on which we and the other side do not agree; found again it is the same row."""

    key = db.CharField(unique=True)
    agency = db.ForeignKeyField(agencies.Agency, null=True, backref="+")
    consignment = db.ForeignKeyField(exchange.Consignment, null=True, backref="+")
    kind = db.CharField()
    axis_id = db.CharField(default="")
    source = db.CharField(default="axis")  # axis, or the partner whose books were compared
    sentence = db.TextField()
    state = db.CharField(default="open", index=True)  # open | gone | closed
    found_at = db.MomentField()
    seen_at = db.MomentField()
    ended_at = db.MomentField(null=True)
    ended_by = db.CharField(default="")
    note = db.TextField(default="")

    @property
    def title(self) -> str:
        """What is wrong, in a few words."""
        return KINDS[self.kind]

    @property
    def advice(self) -> str:
        """What is safe and what to do."""
        return ADVICE[self.kind]

    @property
    def may_send_again(self) -> bool:
        """True when one press puts it right."""
        return self.state == "open" and self.kind in MAY_SEND_AGAIN and self.consignment_id is not None


class ReconciliationRun(db.Base):
    """One comparison."""

    at = db.MomentField()
    source = db.CharField(default="axis")
    compared = db.IntegerField(default=0)
    found = db.IntegerField(default=0)
    trouble = db.CharField(default="")
    complete = db.BooleanField(default=True)


TABLES = (Difference, ReconciliationRun)
