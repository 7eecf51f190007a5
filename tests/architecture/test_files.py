"""What each kind of file holds: actions name their actor, edges touch no table, time has one source."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from linli.core.events import Fact
from tests.architecture.source import PACKAGE, ROOT, Source, calls, dotted, findings, sources, tracked

EDGES = {"views", "api", "cli", "urls", "forms", "jobs", "middleware"}
DOMAIN = {"models", "access", "queries", "actions", "rules", "events"}
MOST_LINES = 600
TIMES = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.date.today",
    "timezone.now",
    "time.time",
    "time.time_ns",
    "Now",
}
OF_NOW = {"timezone.localtime", "timezone.localdate", "time.localtime", "time.gmtime"}  # without an argument


def actions_in_breach(source: Source) -> Iterator[str]:
    """An action is keyword-only and names its actor first. In a package, they are what its `__init__` exports."""
    if source.kind != "actions":
        return
    exported = None if source.name == "actions" else exports(f"{source.room}/actions")
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if exported is not None and node.name not in exported:
            continue
        takes = node.args
        if takes.args or takes.posonlyargs or takes.vararg:
            yield source.at(node, f"{node.name} takes positional arguments")
        if not takes.kwonlyargs or takes.kwonlyargs[0].arg != "actor":
            yield source.at(node, f"{node.name} must take the actor first")


@cache
def exports(package: str) -> frozenset[str]:
    """The names that a package such as `grid/actions` re-exports."""
    tree = ast.parse((PACKAGE / package / "__init__.py").read_text(encoding="utf-8"))
    return frozenset(
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    )


def packages_entered(source: Source) -> Iterator[str]:
    """What a package of actions or queries doesn't export is its room's own; no other imports from its parts."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or node.level:
            continue
        part = re.fullmatch(r"linli\.(\w+)\.(actions|queries)\.\w+", node.module or "")
        if part and source.room != part[1]:
            yield source.at(node, f"imports from {node.module}: use linli.{part[1]}.{part[2]}")


def tables_touched(source: Source) -> Iterator[str]:
    """Managers at the edges, where every read goes through a scoped query."""
    if (source.kind not in EDGES or source.room == "core") and source.room != "demo":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
            yield source.at(node, dotted(node))
        if isinstance(node, ast.Name | ast.alias) and _name(node) in {"connection", "get_object_or_404"}:
            yield source.at(node, _name(node))


def _name(node: ast.Name | ast.alias) -> str:
    return node.id if isinstance(node, ast.Name) else node.name


def http_in_domain(source: Source) -> Iterator[str]:
    if source.kind not in DOMAIN or source.room in {"core", "config"}:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("django.http", "django.shortcuts")):
            yield source.at(node, f"imports {node.module}")


def own_time(source: Source) -> Iterator[str]:
    """The machine's time, asked for elsewhere than in core.clock."""
    if source.path == "core/clock.py":
        return
    for call in calls(source):
        name = dotted(call.func)
        if name in TIMES or (name in OF_NOW and not call.args):
            yield source.at(call, f"{name}(): use core.clock")
        for keyword in call.keywords:
            if keyword.arg in {"auto_now", "auto_now_add"}:
                yield source.at(call, f"{keyword.arg}: use core.clock")


def prints(source: Source) -> Iterator[str]:
    for call in calls(source):
        if dotted(call.func) in {"print", "pprint", "breakpoint"}:
            yield source.at(call, f"{dotted(call.func)}()")


CHECKS = [actions_in_breach, packages_entered, tables_touched, http_in_domain, own_time, prints]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_holds(check):
    found = findings(check)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (actions_in_breach, "grid/actions.py", "def appoint(actor): ..."),
        (actions_in_breach, "grid/actions.py", "def appoint(*, post, actor): ..."),
        (actions_in_breach, "grid/actions.py", "async def appoint(*posts): ..."),
        (actions_in_breach, "grid/actions/headcounts.py", "def fold_headcounts(actor): ..."),
        (packages_entered, "alerts/views.py", "from linli.grid.actions.headcounts import _fold"),
        (tables_touched, "grid/views.py", "Place.objects.all()"),
        (tables_touched, "grid/views/posts.py", "Place._default_manager.all()"),
        (tables_touched, "grid/api.py", "from django.shortcuts import get_object_or_404"),
        (tables_touched, "grid/cli.py", "from django.db import connection"),
        (tables_touched, "demo/play.py", "Place.objects.all()"),
        (http_in_domain, "grid/queries.py", "from django.http import HttpRequest"),
        (own_time, "grid/queries.py", "timezone.now()"),
        (own_time, "grid/queries.py", "timezone.localdate()"),
        (own_time, "grid/models.py", "models.DateTimeField(auto_now_add=True)"),
        (prints, "grid/cli.py", "print('x')"),
    ],
)
def test_a_planted_breach_is_found(check, path, text):
    assert list(check(Source(path, text)))


def test_rooms_hold_their_facts_in_events():
    """A fact is a frozen dataclass of plain values, so that any worker can read it back."""
    for fact in Fact.__subclasses__():
        if fact.__module__.startswith("linli."):
            assert fact.__module__.endswith(".events"), fact
            assert fact.__dataclass_params__.frozen, fact


def test_no_file_has_grown_too_long():
    names = tracked("*.py", "*.html", "linli/**/*.js", "linli/**/*.css", ":!linli/vendor", ":!linli/*/migrations")
    long = {name: n for name in names if (n := (ROOT / name).read_text(encoding="utf-8").count("\n")) > MOST_LINES}
    assert long == {}, "make each a package, split by noun"


def test_every_room_says_what_it_is():
    without = [
        one.path for one in sources() if one.path.count("/") == 1 and one.name == "__init__" and not one.text.strip()
    ]
    assert without == []
    assert PACKAGE.is_dir()


def test_models_and_migrations_agree(db):
    from io import StringIO

    from django.core.management import call_command

    told = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=told)
