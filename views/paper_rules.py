"""Danh mục gửi kèm bản giấy (Quy chế 9.3.e): the administrator's table, with decisions and days."""

from starlette.routing import Route

from models import errors, lookups, paper_rules
from views import admin, forms, web

AT = "/admin/paper-rules"
PROVINCE = (lookups.PROVINCE_ADMIN,)
ANY = {"": "Bất kỳ"}
NATURES = ANY | lookups.NATURES
TYPES = ANY | {kind.code: kind.name for kind in lookups.DOCUMENT_TYPES}
CLASSES = ANY | {key: name for key, name in lookups.RECIPIENT_CLASSES.items() if key}
RETENTIONS = ANY | {key: name for key, name in lookups.RETENTIONS.items() if key}
WITH = {"": "Chỉ gửi bản điện tử", "1": "Gửi kèm bản giấy"}


class RuleForm(forms.Form):
    """One line: its conditions, what it says, its basis and its first day."""

    def parse(self):
        self.fields = {
            "nature": self.choice("nature", NATURES), "type_code": self.choice("type_code", TYPES),
            "recipient_class": self.choice("recipient_class", CLASSES), "retention": self.choice("retention", RETENTIONS),
            "with_paper": self.choice("with_paper", WITH) == "1", "copies": self.number("copies", most=99) or 0,
            "article": self.text("article", longest=40), "decision": self.text("decision", longest=200),
            "valid_from": self.day("valid_from"),
        }  # fmt: skip


class EndForm(forms.Form):
    """The last day a line applies, and the decision."""

    def parse(self):
        self.last_day = self.day("last_day")
        self.decision = self.text("decision", longest=200)


def browse(request):
    """GET /admin/paper-rules"""
    return _page(request, RuleForm(None, with_paper="1", copies=1))


def create(request):
    """POST /admin/paper-rules"""
    form = RuleForm(request.state.form)
    if form.ok:
        try:
            rule = paper_rules.enter(request.user, form.fields)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, AT, f"Đã thêm dòng, áp dụng từ {rule.valid_from:%d/%m/%Y}.")
    return _page(request, form, 422)


def show(request):
    """GET /admin/paper-rules/{id}"""
    rule = paper_rules.load(request.path_params["id"])
    return _one(request, rule, _form_of(rule), EndForm(None))


def change(request):
    """POST /admin/paper-rules/{id}: the line ends, its successor begins."""
    rule, form = paper_rules.load(request.path_params["id"]), RuleForm(request.state.form)
    if form.ok:
        try:
            new = paper_rules.enter(request.user, form.fields, rule)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, AT, f"Dòng mới áp dụng từ {new.valid_from:%d/%m/%Y}; dòng cũ vẫn lưu.")
    return _one(request, rule, form, EndForm(None), 422)


def create_end(request):
    """POST /admin/paper-rules/{id}/end"""
    rule, form = paper_rules.load(request.path_params["id"]), EndForm(request.state.form)
    if form.ok:
        try:
            paper_rules.end(request.user, rule, form.last_day, form.decision)
        except errors.Invalid as error:
            form.fail(error)
        else:
            return web.go(request, AT, f"Dòng áp dụng đến hết {rule.valid_to:%d/%m/%Y}.")
    return _one(request, rule, _form_of(rule), form, 422)


def _form_of(rule) -> RuleForm:
    values = {name: getattr(rule, name) for name in (*paper_rules.CONDITIONS, "copies", "article")}
    return RuleForm(None, **values, with_paper="1" if rule.with_paper else "")


def _lists() -> dict:
    return {"natures": NATURES, "types": TYPES, "classes": CLASSES, "retentions": RETENTIONS, "ways": WITH}


def _page(request, form, status=200):
    return admin.page(
        request,
        "paper/rules.html",
        request.user.agency,
        AT,
        status=status,
        table=paper_rules.table(),
        form=form,
        **_lists(),
    )


def _one(request, rule, form, ending, status=200):
    return admin.page(
        request,
        "paper/rule.html",
        request.user.agency,
        AT,
        status=status,
        rule=rule,
        form=form,
        ending=ending,
        **_lists(),
    )


ROUTES = [
    Route(AT, web.endpoint(browse, roles=admin.ADMINISTRATORS), methods=["GET"]),
    Route(AT, web.endpoint(create, roles=PROVINCE), methods=["POST"]),
    Route(AT + "/{id:int}", web.endpoint(show, roles=PROVINCE), methods=["GET"]),
    Route(AT + "/{id:int}", web.endpoint(change, roles=PROVINCE), methods=["POST"]),
    Route(AT + "/{id:int}/end", web.endpoint(create_end, roles=PROVINCE), methods=["POST"]),
]
