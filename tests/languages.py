"""The product's texts: English in the source, Chinese in `linli/locale`.

python -m tests.languages collect    gather the texts into django.po, sorted, then compile (needs gettext)
python -m tests.languages compile    make django.mo from django.po (needs msgfmt)
python -m tests.languages check      every text is translated, nothing is fuzzy or left over (needs neither)
"""

import ast
import gettext
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "linli"
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES"
# Function → which arguments are context, text and plural.
MARKS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
LITERAL = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
IN_TEMPLATE = re.compile(rf"(?<![\w.])(npgettext|ngettext|pgettext|gettext|_)\(({LITERAL}(?:, ?{LITERAL})*)")
PLACEHOLDER = re.compile(r"%\([a-z_0-9]+\)[a-z]|%[sd]|\{[a-z_0-9]*\}")
Key = tuple[str, str]  # context, text
HEADER = """# The texts of Linli in Simplified Chinese. Terms as in docs/glossary.md.
msgid ""
msgstr ""
"Project-Id-Version: Linli\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


@dataclass
class Used:
    """A text as the source uses it."""

    at: str
    plural: str = ""


@dataclass
class Entry:
    """A text as the catalogue holds it."""

    context: str = ""
    text: str = ""
    plural: str = ""
    translations: list[str] = field(default_factory=list)
    fuzzy: bool = False


class Unreadable(Exception):
    """A marked text that can't be collected."""


def texts_of_module(source: str, at: str) -> Iterator[tuple[Key, Used]]:
    """Every marked text of a Python file. Raises Unreadable for one that is put together while running."""
    tree = ast.parse(source)
    known = _imported_marks(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        mark = known.get(name) or (MARKS.get(name) if isinstance(node.func, ast.Attribute) and name != "_" else None)
        if mark is None:
            continue
        where = f"{at}:{node.lineno}"
        context, text, plural = (_literal(node, number, where) for number in mark)
        if text:
            yield (context, text), Used(where, plural)


def _imported_marks(tree: ast.Module) -> dict[str, tuple[int | None, int, int | None]]:
    """What the file calls the functions of Django's translation, `_` among them."""
    return {
        alias.asname or alias.name: MARKS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in MARKS
    }


def _literal(call: ast.Call, number: int | None, where: str) -> str:
    if number is None or number >= len(call.args):
        return ""
    given = call.args[number]
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value
    if isinstance(given, ast.JoinedStr | ast.BinOp | ast.Call):
        raise Unreadable(f"{where} {ast.unparse(given)[:60]}: mark the text itself, then put values in")
    return ""  # a name for a text that is marked elsewhere


def texts_of_template(source: str, at: str) -> Iterator[tuple[Key, Used]]:
    from django.utils.translation.template import templatize

    code = templatize(source, origin=at)
    for found in IN_TEMPLATE.finditer(code):
        mark = MARKS[found[1]]
        given = [ast.literal_eval(one) for one in re.findall(LITERAL, found[2])]
        context, text, plural = ("" if number is None else given[number] for number in mark)
        yield (context, text), Used(f"{at}:{code.count(chr(10), 0, found.start()) + 1}", plural)


def used_texts() -> tuple[dict[Key, Used], list[str]]:
    """Every text of the product with a place where it stands, and what can't be collected."""
    found: dict[Key, Used] = {}
    faults: list[str] = []
    for path in sorted(PACKAGE.rglob("*")):
        at = path.relative_to(ROOT).as_posix()
        if {"vendor", "migrations", "static"} & set(path.parts) or path.suffix not in {".py", ".html", ".txt"}:
            continue
        read = texts_of_module if path.suffix == ".py" else texts_of_template
        try:
            for key, used in read(path.read_text(encoding="utf-8"), at):
                before = found.setdefault(key, used)
                before.plural = before.plural or used.plural
        except (Unreadable, SyntaxError) as error:
            faults.append(str(error))
    return found, faults


def read_po(text: str) -> dict[Key, Entry]:
    """The entries of a .po file. Left-over ones (`#~`) count as entries of the context 'left over'."""
    entries: dict[Key, Entry] = {}
    for block in re.split(r"\n\s*\n", text):
        entry = _read_entry(block)
        if entry.text:
            entries[entry.context, entry.text] = entry
    return entries


def _read_entry(block: str) -> Entry:
    entry, parts, part = Entry(), {}, ""
    for raw in block.splitlines():
        line = raw
        if line.startswith("#~"):
            line = line[2:].strip()
            parts["msgctxt"] = "left over"
        if line.startswith("#,"):
            entry.fuzzy = "fuzzy" in line
        found = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+(".*")$', line)
        if found:
            part = found[1]
            parts[part] = ast.literal_eval(found[2])
        elif line.startswith('"') and part:
            parts[part] += ast.literal_eval(line)
    entry.context, entry.text = parts.get("msgctxt", ""), parts.get("msgid", "")
    entry.plural = parts.get("msgid_plural", "")
    entry.translations = [value for name, value in sorted(parts.items()) if name.startswith("msgstr")]
    return entry


def faults_of(used: dict[Key, Used], entries: dict[Key, Entry]) -> Iterator[str]:
    """One line for each text that is not translated, not sure, not used, or that lost a placeholder."""
    for key, one in used.items():
        entry = entries.get(key)
        if entry is None or not all(entry.translations) or not entry.translations:
            yield f"{one.at} is not translated: {key[1]!r}"
            continue
        if entry.fuzzy:
            yield f"{one.at} is marked fuzzy: {key[1]!r}"
        if entry.plural != one.plural:
            yield f"{one.at} has another plural in the catalogue: {key[1]!r}"
        wanted = set(PLACEHOLDER.findall(one.plural or key[1]))
        if any(set(PLACEHOLDER.findall(text)) != wanted for text in entry.translations):
            yield f"{one.at} has other placeholders in its translation: {key[1]!r}"
    for key in entries.keys() - used.keys():
        yield f"django.po holds a text that is used no more: {key[1]!r}"


def faults_of_compiled(entries: dict[Key, Entry], path: Path) -> Iterator[str]:
    if not path.exists():
        yield "django.mo is missing: run 'make messages'"
        return
    with path.open("rb") as file:
        catalogue = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    catalogue.pop("", None)
    wanted: dict[object, str] = {}
    for (context, text), entry in entries.items():
        name = f"{context}\4{text}" if context else text
        if entry.plural:
            wanted |= {(name, number): one for number, one in enumerate(entry.translations)}
        elif not entry.fuzzy and entry.translations and entry.translations[0]:
            wanted[name] = entry.translations[0]
    if wanted != catalogue:
        yield "django.mo is not made from this django.po: run 'python -m tests.languages compile'"


def check() -> list[str]:
    used, faults = used_texts()
    path = CATALOGUE / "django.po"
    entries = read_po(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [*faults, *faults_of(used, entries), *faults_of_compiled(entries, path.with_suffix(".mo"))]


def collect() -> None:
    """Gather, sort, drop what is left over. Line numbers are left out: they would change with every edit."""
    CATALOGUE.mkdir(parents=True, exist_ok=True)
    po = CATALOGUE / "django.po"
    if not po.exists():
        po.write_text(HEADER, encoding="utf-8")
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "zh_Hans", "--no-location", "--no-wrap"]
    command += ["--no-obsolete", "--ignore", "vendor/*", "--ignore", "*/migrations/*", "--ignore", "*/static/*"]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "linli.config.settings", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=PACKAGE, env=env, check=True)  # noqa: S603
    arrange = ["msgattrib", "--no-obsolete", "--no-location", "--no-wrap", "--sort-output", "-o", str(po), str(po)]
    subprocess.run(arrange, check=True)  # noqa: S603
    text = po.read_text(encoding="utf-8")
    po.write_text(re.sub(r'^"POT-Creation-Date:.*\n', "", text, flags=re.MULTILINE), encoding="utf-8")
    compile_catalogue()


def compile_catalogue() -> None:
    po = CATALOGUE / "django.po"
    command = ["msgfmt", "--check-format", "-o", str(po.with_suffix(".mo")), str(po)]
    subprocess.run(command, check=True)  # noqa: S603


def main(act: str) -> int:
    if act == "check":
        faults = check()
        sys.stdout.write("".join(f"{line}\n" for line in faults))
        sys.stdout.write(f"{len(used_texts()[0])} texts, {len(faults)} faults\n")
        return 1 if faults else 0
    if act not in {"collect", "compile"}:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        (collect if act == "collect" else compile_catalogue)()
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} is missing: install gettext\n")
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
