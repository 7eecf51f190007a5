"""Tables of the documentation that are made from the code, and the API file.

    python -m tests.documents write    write them anew
    python -m tests.documents check    compare; exit code 1 where one is out of date

A table stands in its page between `<!-- table: NAME -->` and `<!-- end -->`; the text around it is written by hand.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LACKING = "no docstring:"
API_FILE = DOCS / "openapi.json"


class Stale(Exception):
    """The place of a table is missing from its page."""


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    return "\n".join([row(*head), "|" + "---|" * len(head), *(row(*cells) for cells in rows)])


def settings_table() -> str:
    from linli.config.env import Env

    def rows() -> Iterator[tuple[str, str, str]]:
        for name, field in Env.model_fields.items():
            default = "" if field.default in ("", None) else f"`{field.default}`"
            yield f"`LINLI_{name.upper()}`", default, field.description or ""

    return table(("setting", "default", "meaning"), rows())


def permissions_table() -> str:
    from linli.core.profile import load_profile
    from linli.grid.rules import PERMISSIONS

    roles = load_profile("china")["roles"]

    def rows() -> Iterator[tuple[str, str, str]]:
        for permission, meaning in PERMISSIONS.items():
            yield f"`{permission}`", meaning, ", ".join(role for role, held in roles.items() if permission in held)

    return table(("permission", "allows to", "roles that have it in the profile `china`"), rows())


def roles_table() -> str:
    from linli.core.profile import load_profile

    profile = load_profile("china")

    def rows() -> Iterator[tuple[str, str]]:
        for role in profile["roles"]:
            yield role, ", ".join(kind["en"].lower() for kind in profile["post_kinds"] if kind["role"] == role)

    return table(("role", "posts of that role"), rows())


def facts_table() -> str:
    from linli.core.events import Fact, subscriptions

    for path in sorted((ROOT / "linli").glob("*/events.py")):
        import_module(f"linli.{path.parent.name}.events")
    listeners = subscriptions()

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for fact in sorted(Fact.__subclasses__(), key=lambda one: (one.__module__, one.__name__)):
            room = fact.__module__.split(".")[1]
            heard = ", ".join(f"`{name.removeprefix('linli.')}`" for name in listeners.get(fact.__name__, []))
            held = ", ".join(f"`{one.name}`" for one in fields(fact))
            yield room, f"`{fact.__name__}`", first_line(fact), f"{held} → {heard or 'nobody yet'}"

    return table(("room", "fact", "meaning", "values → who listens"), rows())


def jobs_table() -> str:
    from linli.core.jobs import schedule

    def rows() -> Iterator[tuple[str, str, str]]:
        for name, seconds in schedule().items():
            module, _, job = name.rpartition(".")
            yield f"`{name.removeprefix('linli.')}`", f"{seconds:g}", first_line(getattr(import_module(module), job))

    return table(("job", "every … seconds", "what it does"), rows())


def retention_table() -> str:
    from linli.config.keeping import table as kept

    rows = ((one.what, one.words, one.why, f"`{one.job}`") for one in kept())
    return table(("what", "kept for", "why so long", "job"), rows)


def first_line(thing: Any) -> str:
    """The first paragraph of its docstring."""
    text = (thing.__doc__ or "").strip()
    if not text or text.startswith(f"{thing.__name__}("):  # what a dataclass says of itself
        return f"{LACKING} {thing.__name__}"
    return " ".join(text.split("\n\n")[0].split())


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("settings.md", settings_table),
    "permissions": ("scope.md", permissions_table),
    "roles": ("scope.md", roles_table),
    "facts": ("events.md", facts_table),
    "jobs": ("events.md", jobs_table),
    "retention": ("privacy.md", retention_table),
}


def with_table(page: str, name: str, made: str) -> str:
    place = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(page):
        raise Stale(f"there is no place for the table {name}")
    return place.sub(lambda found: f"{found[1]}{made}\n{found[2]}", page)


def api_text() -> str | None:
    """The API file as it should be, or None while there is no API."""
    if not (ROOT / "linli" / "config" / "api.py").exists():
        return None
    api = import_module("linli.config.api").api
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, default=str, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def made_texts() -> Iterator[tuple[Path, str, str]]:
    """File, what is wrong whatever it says now, and the text as it should be."""
    for name, (file, make) in TABLES.items():
        page, made = DOCS / file, make()
        lacking = re.findall(rf"{LACKING} (\w+)", made)
        fault = f"{file}: write a docstring for {', '.join(lacking)}" if lacking else ""
        yield page, fault, with_table(page.read_text(encoding="utf-8"), name, made)
    if (text := api_text()) is not None:
        yield API_FILE, "", text


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    import django

    django.setup()
    from linli.config.wiring import wire

    wire()


def main(act: str) -> int:
    if act not in {"write", "check"}:
        sys.stderr.write(__doc__ or "")
        return 2
    prepare()
    faults = []
    try:
        for path, fault, text in made_texts():
            if fault:
                faults.append(fault)
            if act == "write":
                path.write_text(text, encoding="utf-8")
            elif not path.exists() or not same(path, text):
                faults.append(f"{path.name} is out of date: run 'make documents' and read the difference")
    except Stale as error:
        faults.append(str(error))
    sys.stdout.write("".join(f"{line}\n" for line in faults))
    return 1 if faults else 0


def same(path: Path, text: str) -> bool:
    found = path.read_text(encoding="utf-8")
    return json.loads(found) == json.loads(text) if path == API_FILE else found == text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
