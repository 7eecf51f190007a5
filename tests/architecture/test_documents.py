"""What the documentation says of the code is true: tables, settings, facts, jobs, permissions, words."""

import re
import subprocess
import sys

import pytest

from tests.architecture.source import PACKAGE, ROOT, tracked
from tests.languages import used_texts

PAGES = {
    "developing.md",
    "events.md",
    "glossary.md",
    "rooms.md",
    "scope.md",
    "settings.md",
}


def test_the_pages_are_there():
    assert {name.removeprefix("docs/") for name in tracked("docs/*.md")} >= PAGES


def test_tables_and_the_api_file_are_those_of_the_code():
    """In a process of its own, for wiring listeners would reach the other tests."""
    run = [sys.executable, "-m", "tests.documents", "check"]
    found = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout + found.stderr


def test_links_between_pages_lead_somewhere():
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    targets = [
        (ROOT / name, target)
        for name in tracked("*.md", ":!linli/vendor")
        for target in link.findall((ROOT / name).read_text(encoding="utf-8"))
        if "://" not in target
    ]
    broken = [f"{page.name}: {target}" for page, target in targets if not (page.parent / target).exists()]
    assert broken == []


def glossary() -> list[list[str]]:
    """Rows of the glossary: English, Chinese, meaning, words that are never used for it."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] != "English" and not set(row[0]) <= {"-"}]


def test_the_glossary_is_whole():
    terms = [row[0] for row in glossary()]
    assert all(len(row) == 4 and row[0] and row[1] and row[2] for row in glossary())
    assert len(terms) == len(set(terms))
    needed = (
        "place grid cell building entrance dwelling household post holder appointment vacancy receipt knock task line"
    )
    assert set(needed.split()) | {"coverage", "round", "answer", "alert"} <= set(terms)


def synonyms() -> dict[str, str]:
    """Word that is never used → the term that stands for it."""
    return {word.strip(): row[0] for row in glossary() for word in row[3].split(",") if word.strip()}


def strays(text: str) -> list[str]:
    """Synonyms in a text: English ones as whole words, Chinese ones anywhere."""
    return [
        f"{word} (say {term})"
        for word, term in synonyms().items()
        if re.search(rf"\b{re.escape(word)}s?\b" if word.isascii() else re.escape(word), text, re.IGNORECASE)
    ]


def test_the_product_uses_no_synonyms():
    found = [f"{used.at}: {one}" for (_, text), used in used_texts()[0].items() for one in strays(text + used.plural)]
    for name in tracked("linli/profiles/*.toml", "linli/locale/*.po"):
        found += [f"{name}: {one}" for one in strays((ROOT / name).read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize("text", ["Nobody holds this position.", "该职位空缺"])
def test_a_planted_synonym_is_found(text):
    assert strays(text)


def test_every_room_is_on_the_map():
    written = (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in PACKAGE.glob("*/apps.py")}
    assert [room for room in rooms if not re.search(rf"\b{room}\b", written)] == []
