"""The domain errors. Each carries the Vietnamese sentence the person reads."""


class DomainError(Exception):
    """Something a person can act on; `str(error)` is the sentence to show."""

    status = 400


class Invalid(DomainError):
    """Fields that cannot be accepted: `fields` maps field name → sentence ("" = the whole form)."""

    status = 422

    def __init__(self, fields: dict[str, str] | str):
        self.fields = {"": fields} if isinstance(fields, str) else dict(fields)
        super().__init__(" ".join(self.fields.values()))


class Refused(DomainError):
    """The office's rules do not allow the act now."""

    status = 409


class Conflict(DomainError):
    """Another person changed the thing meanwhile."""

    status = 409

    def __init__(self, sentence="Người khác vừa xử lý văn bản này. Hãy tải lại trang để xem trạng thái mới."):
        super().__init__(sentence)


class NotAllowed(DomainError):
    """The person may know the thing, but not do this with it."""

    status = 403

    def __init__(self, sentence="Vai trò hiện tại của bạn không có quyền làm việc này."):
        super().__init__(sentence)


class NotFound(DomainError):
    """The thing does not exist, or must not be known to exist by this person."""

    status = 404

    def __init__(self, sentence="Không tìm thấy nội dung này."):
        super().__init__(sentence)
