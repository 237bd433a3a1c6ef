"""The house's rules, read from the source: who may import whom, where a thing may be written, what a page may hold.

A new file in models/ is given its place in LEVELS; that is the moment to ask where it belongs.
"""

import ast
import functools
import re
import sys
from pathlib import Path

import jinja2
from jinja2 import meta, nodes

from views import web

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES, MOST_LINES_A_FUNCTION = 400, 40
PACKAGES = ("models", "views", "jobs", "signing")

# A file imports lower levels and earlier files of its own; `edxml` stands for edxml_read.py and its other parts too.
LEVELS = (
    ("config", "errors", "failpoints", "clock", "text", "lookups", "db", "vault", "fulltext", "previews", "secrecy",
     "filetypes", "vxp", "edxml", "extraction", "sheets", "separators"),
    ("journal", "workdays", "agencies", "users", "files", "outbox"),
    ("documents", "permissions", "registers", "saved_views", "workflow"),
    ("deadlines", "paper", "trust", "tokens", "signatures", "signing_sessions",
     "signing_outcomes", "checks", "receivers", "issuers", "senders", "alike", "exchange", "quarantine", "acceptance", "assignments", "arrival_prints",
     "routing", "incoming", "drafts", "recipient_groups", "directory", "outgoing",
     "placements", "issuing", "copies", "intake", "scans", "readings", "carriers", "doubles", "unregistered", "batches", "arrangements", "desk", "recalls", "updates", "notifications", "agenda", "staff"),
    ("hub", "reception", "parked", "reconciliation", "courier", "reports", "search", "readiness", "selftest", "setup", "tables", "schema", "seed"),
)  # fmt: skip
PLACES = {name: (level, place) for level, names in enumerate(LEVELS) for place, name in enumerate(names)}

MAY_IMPORT = {
    "app": {"models", "views", "jobs", "signing"},
    "views": {"models", "views", "signing", "jobs"},
    "jobs": {"models", "jobs", "signing"},
    "models": {"models"},
    "signing": {"signing"},
}
VIEWS_MAY_CALL = {
    "jobs",
    "jobs.arrange",
    "jobs.copies",
    "jobs.papers",
    "jobs.reading_box",
    "jobs.render",
    "jobs.revisions",
    "jobs.comparing",
    "jobs.checking",
    "jobs.revocation",
    "jobs.stamping",
}  # ringing the bell, and drawing pages while the reader waits
SOCKETS = {
    "socket",
    "ssl",
    "urllib.request",
    "http.client",
    "http.server",
    "httpx",
    "requests",
    "websockets",
    "asyncio",
    "imaplib",
}
MAY_CONNECT = ("jobs/axis.py", "jobs/intake_mail.py", "jobs/selftest.py", "jobs/notify.py", "jobs/verify.py", "jobs/child_", "signing/trust.py", "signing/embed.py",
               "signing/agent/", "signing/demo/", "jobs/token_test.py", "app.py")  # fmt: skip
PROCESSES = {"subprocess", "multiprocessing", "pty"}
MAY_START = ("jobs/", "signing/demo/", "signing/agent/modules.py", "app.py")
BROAD = {"Exception", "BaseException"}
MAY_CATCH_ALL = {"views/web.py", "jobs/runner.py"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
CLOCK_NAMES = {name for _, name in CLOCKS}
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc"}
NO_PAGE = {"__init__", "web", "forms", "menu"}  # views without addresses of their own
WITHOUT_TEMPLATES = {"files", "hub", "health", "search"}

SHELL = {
    "actor",
    "posts",
    "menu",
    "flash",
    "flash_kind",
    "path",
    "demo",
    "today",
    "status",
    "rare",
}  # web.page adds these
FOREIGN_URL = re.compile(r"(?:https?:|wss?:)?//(?!www\.w3\.org/|127\.0\.0\.1|localhost)[\w-]+\.[\w.-]+")
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=|\shx-on|javascript:", re.IGNORECASE
)


def relative(path) -> str:
    return path.relative_to(ROOT).as_posix()


def source(*folders) -> list[Path]:
    found = [ROOT / "app.py"] if "app" in folders else []
    for folder in folders:
        found += sorted((ROOT / folder).rglob("*.py")) if folder != "app" else []
    return found


PRODUCT = source("app", *PACKAGES)
TESTS = source("tests")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def over(paths):
    """One test for a rule over all these files; it names every file that breaks the rule."""

    def made(rule):
        def test():
            broken = []
            for path in paths:
                try:
                    rule(path)
                except (AssertionError, SyntaxError, jinja2.TemplateError) as fault:
                    broken.append(f"{relative(path)}: {fault}")
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return made


each = over(PRODUCT)


@functools.cache
def tree(path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def parts(path) -> list[ast.AST]:
    """Every node of a file."""
    return list(ast.walk(tree(path)))


@functools.cache
def imports(path) -> list[str]:
    """Dotted names of everything a file imports; `from models import db` is models.db."""
    found = []
    for node in parts(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def family(name: str) -> str | None:
    """The listed file that a file of models/ is, or is a part of."""
    fits = [known for known in PLACES if name == known or name.startswith(known + "_")]
    return max(fits, key=len, default=None)


@each
def test_layers(path):
    layer = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for name in imports(path):
        top = name.partition(".")[0]
        if top in (*PACKAGES, "app"):
            assert top in MAY_IMPORT[layer], f"{layer} may not import {name}"
        if layer == "views" and top == "jobs":
            assert (
                any(name == known or name.startswith(f"{known}.") for known in VIEWS_MAY_CALL - {"jobs"})
                or name == "jobs"
            )
        if relative(path).startswith("signing/agent/") and top == "signing":
            assert name.startswith(("signing.agent", "signing.protocol")), f"the agent may not import {name}"


@over(sorted((ROOT / "models").glob("*.py")))
def test_levels(path):
    own = family(path.stem)
    if path.stem == "__init__":
        return
    assert own, f"give models/{path.name} its place in LEVELS"
    for name in imports(path):
        other = name.split(".")[1] if name.startswith("models.") else None
        if other and family(other) != own:
            assert PLACES[family(other)] < PLACES[own], f"{path.stem} stands below {other}"


def test_no_circle_in_models():
    graph = {
        path.stem: {name.split(".")[1] for name in imports(path) if name.startswith("models.")}
        for path in (ROOT / "models").glob("*.py")
    }
    left = dict(graph)
    while left:
        free = [name for name, needs in left.items() if not (needs & left.keys()) - {name}]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


@each
def test_no_import_inside_a_function(path):
    for outer in parts(path):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [node.lineno for node in ast.walk(outer) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not inner, f"import inside {outer.name}, line {inner}"
    assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8")


@over([*PRODUCT, *TESTS, *source("bench")])
def test_size(path):
    if path.parent.name == "migrations":
        return  # a frozen list of tables, never read from top to bottom nor changed
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    if path.is_relative_to(ROOT / "tests"):
        return
    for node in parts(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= MOST_LINES_A_FUNCTION, f"{node.name} has {length} lines"


@each
def test_names(path):
    assert not set(path.stem.split("_")) & SHAPELESS, "a name that says nothing"
    if path.parent != ROOT:
        assert path.stem not in sys.stdlib_module_names, "the name of a standard module"


@each
def test_public_functions_say_what_they_do(path):
    for node in tree(path).body:
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) and not node.name.startswith("_"):
            inside_child = path.name.startswith("child_") or "migrations" in path.parts
            assert inside_child or ast.get_docstring(node), f"{node.name} has no docstring"


@each
def test_state_is_written_by_the_workflow_alone(path):
    if relative(path) == "models/workflow.py":
        return
    for node in parts(path):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                written = isinstance(target, ast.Attribute) and target.attr == "state"
                owner = ast.unparse(target.value) if written else ""
                assert not owner.endswith(("doc", "document")), (
                    f"line {node.lineno} writes a document's state"
                )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = ast.unparse(node.func.value).rpartition(".")[2].lower()
            on_document = node.func.attr in ("set", "update", "create") and receiver in ("doc", "document")
            keywords = {keyword.arg for keyword in node.keywords}
            assert not (on_document and "state" in keywords), f"line {node.lineno} writes a document's state"


@each
def test_clock_transaction_and_catch_all_have_one_home(path):
    place = relative(path)
    for node in parts(path):
        if isinstance(node, ast.Attribute):
            owner = node.attr in CLOCK_NAMES and ast.unparse(node.value).rpartition(".")[2]
            if place != "models/clock.py" and not place.startswith(("signing/demo/", "signing/agent/")):
                assert (owner, node.attr) not in CLOCKS, f"line {node.lineno} reads the system clock"
            if place != "models/db.py":
                assert node.attr not in ("atomic", "transaction", "savepoint"), (
                    f"line {node.lineno}: use db.write()"
                )
        if isinstance(node, ast.ExceptHandler) and place not in MAY_CATCH_ALL:
            caught = (
                [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)] if node.type else ["Exception"]
            )
            goes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            assert goes_on or not BROAD & set(caught), f"line {node.lineno} catches everything"


@each
def test_network_and_processes_have_their_places(path):
    place, names = relative(path), set(imports(path))
    tops = names | {name.rpartition(".")[0] for name in names}
    if not place.startswith(MAY_CONNECT):
        assert not tops & (SOCKETS - {"asyncio"}), "opens a connection"
    if not place.startswith(MAY_START):
        assert not tops & PROCESSES, "starts a program"
        assert not re.search(r"\bos\.(system|popen|exec|spawn|fork)", path.read_text(encoding="utf-8"))


# admin_units.py is a part of admin.py, and shares its tests and templates.
STEMS = {path.stem for path in (ROOT / "views").glob("*.py")}
VIEWS = [
    path for path in sorted((ROOT / "views").glob("*.py"))
    if path.stem not in NO_PAGE and not any(path.stem.startswith(f"{stem}_") for stem in STEMS)
]  # fmt: skip


@over(VIEWS)
def test_each_view_has_its_tests_and_templates(path):
    if not any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROUTES" for node in tree(path).body
    ):
        return
    assert (ROOT / "tests" / "views" / f"test_{path.stem}.py").exists()
    assert path.stem in WITHOUT_TEMPLATES or (ROOT / "templates" / path.stem).is_dir()


@functools.cache
def parsed(path) -> tuple[nodes.Template, set[str], set[str]]:
    """(tree, names used and not made there, names promised in the first line)."""
    text = path.read_text(encoding="utf-8")
    template = web.templates().parse(text)
    first = re.match(r"\{#-? needs:([^#]*)#\}", text)
    assert first, "the first line says {# needs: … #}"
    needs = {name.strip() for name in first[1].split(",") if name.strip() not in ("", "-", "nothing")}
    return template, meta.find_undeclared_variables(template), needs


def called(template, kinds) -> set[str]:
    return {
        node.template.value
        for node in template.find_all(kinds)
        if isinstance(node.template, nodes.Const) and isinstance(node.template.value, str)
    }


@over(TEMPLATES)
def test_needs_line_is_true(path):
    template, used, needs = parsed(path)
    known = SHELL | set(web.templates().globals)
    made = {name.name for name in template.find_all(nodes.Name) if name.ctx in ("store", "param")}
    for node in template.find_all(nodes.Assign):  # a child's own names are seen by its blocks
        used = used - {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"}
    for node in template.find_all(nodes.FromImport):
        used = used - {name if isinstance(name, str) else name[1] for name in node.names}
    assert used - known <= needs, f"not named: {sorted(used - known - needs)}"
    passed_on = set()
    for name in called(template, (nodes.Include, nodes.Extends)):
        passed_on |= parsed(ROOT / "templates" / name)[2]
    assert passed_on - known - made <= needs, (
        f"included parts need {sorted(passed_on - known - made - needs)}"
    )
    assert needs - SHELL <= used | passed_on, (
        f"named but not used: {sorted(needs - SHELL - used - passed_on)}"
    )


@over(TEMPLATES)
def test_no_inline_script_or_style(path):
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = INLINE.search(text)
    assert not found, f"«{found[0]}» is refused by the content security policy"


STATIC = [
    p
    for p in sorted((ROOT / "static").rglob("*"))
    if p.suffix in (".js", ".css", ".svg") and "vendor" not in p.parts
]


@over([*TEMPLATES, *STATIC])
def test_nothing_comes_from_another_host(path):
    text = re.sub(r"/\*.*?\*/|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = FOREIGN_URL.search(text)
    assert not found, f"«{found[0]}»"


def test_templates_are_strict():
    assert web.templates().undefined is jinja2.StrictUndefined and web.templates().autoescape
