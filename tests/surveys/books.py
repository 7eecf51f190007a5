"""Workbooks of forms, made for tests."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

DATA = Path(__file__).parent / "data"
EN, ZH = "label::English (en)", "label::中文 (zh)"

SURVEY = [
    ["type", "name", EN, ZH, "required", "relevant", "constraint"],
    ["begin_group", "home", "Home", "家庭"],
    ["select_one yes_no", "fever", "Does anybody have a fever?", "有人发烧吗？", "yes"],
    ["integer", "people", "How many?", "几个人？", "", "${fever} = 'yes'", ". > 0 and . < 20"],
    ["end_group"],
    ["select_multiple needs", "needs", "What is needed?", "需要什么？"],
    ["note", "thanks", "Thank you", "谢谢"],
]
CHOICES = [
    ["list_name", "name", EN, ZH],
    ["yes_no", "yes", "Yes", "有"],
    ["yes_no", "no", "No", "没有"],
    ["needs", "food", "Food", "食物"],
    ["needs", "medicine", "Medicine", "药品"],
]
SETTINGS = [["form_title", "form_id", "version"], ["Quarantine at home", "quarantine", "1"]]
SHEETS: dict[str, list[list[Any]]] = {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS}


def make_book(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2026, 11, 26)})  # noqa: DTZ001 (the same bytes each time)
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for at, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell not in ("", None):
                    page.write(at, column, cell)
    book.close()
    return out.getvalue()


def a_form(version: str = "1", form_id: str = "quarantine", **sheets: Any) -> bytes:
    """The questionnaire of the tests, or another version of it; sheets may be replaced."""
    settings = [SETTINGS[0], ["Quarantine at home", form_id, version]]
    return make_book({**SHEETS, "settings": settings, **sheets})


def questions(*rows: Sequence[Any], choices: Sequence[Sequence[Any]] = ()) -> bytes:
    """A small form of type, name and label."""
    sheets = {"survey": [["type", "name", "label"], *rows]}
    return make_book({**sheets, "choices": [["list_name", "name", "label"], *choices]} if choices else sheets)
