"""What a form asks, as plain rows in its own order, for pages and programs."""

import re
from typing import Any

from linli.surveys.rules.sheets import CHOICES, SURVEY, Book, languages_of
from linli.surveys.rules.types import read_type

_NAMED_FILE = re.compile(r"jr://(images|audio|video|file|file-csv)/([^\s\"'<>]+)")
_SEARCHED = re.compile(r"search\(\s*['\"]([^'\"]+)['\"]")


def list_questions(book: Book, root: str = "data") -> list[dict[str, Any]]:
    """Groups, repeats and questions as they stand; `depth` counts the groups around one."""
    survey, found, above = book[SURVEY], [], [f"/{root or 'data'}"]
    languages = languages_of(book)
    for line in survey.used():
        kind = read_type(survey.get(line, "type"))
        if kind.kind == "end":
            above = above[:-1] or above
            continue
        if not kind.kind:
            continue
        name = survey.get(line, "name") or ("audit" if kind.name == "audit" else f"generated_note_name_{line.number}")
        path = f"{above[-1]}/{'meta/' if kind.name == 'audit' else ''}{name}"
        found.append(
            {
                "path": path,
                "name": name,
                "kind": kind.name if kind.kind == "begin" else "question",
                "type": kind.name,
                "silent": kind.kind == "silent",
                "depth": len(above) - 1,
                "row": line.number,
                "label": named(survey.texts(line, "label"), languages),
                "hint": named(survey.texts(line, "hint"), languages),
                "list": kind.list_name,
                "or_other": kind.other,
                "required": survey.get(line, "required").lower() in ("yes", "true", "true()"),
                "relevant": survey.get(line, "relevant"),
                "constraint": survey.get(line, "constraint"),
                "constraint_message": named(survey.texts(line, "constraint_message"), languages),
                "calculation": survey.get(line, "calculation"),
            }
        )
        if kind.kind == "begin":
            above.append(path)
    return found


def list_choices(book: Book) -> dict[str, list[dict[str, Any]]]:
    """List → its choices in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    sheet, languages = book.get(CHOICES), languages_of(book)
    if sheet is None:
        return found
    for line in sheet.used():
        choice = {"name": sheet.get(line, "name"), "label": named(sheet.texts(line, "label"), languages)}
        found.setdefault(sheet.get(line, "list_name"), []).append(choice)
    return found


def named(texts: dict[str, str], languages: list[str]) -> dict[str, str]:
    """A form without languages has its texts under ''; in one with them, a bare column is the first that has none."""
    return {language: text for language, text in texts.items() if language in languages or not language}


def list_files(xml: str, book: Book) -> list[str]:
    """Names of the pictures, sounds and tables that a form shows but does not hold."""
    named_here = {name for kind, name in _NAMED_FILE.findall(xml) if kind}
    for line in book[SURVEY].used():
        for table in _SEARCHED.findall(book[SURVEY].get(line, "appearance")):
            named_here.add(table if table.endswith(".csv") else f"{table}.csv")
    return sorted(named_here)
