"""States of a version and of its form, the limits of a workbook, and how things are named."""

import re
from collections.abc import Collection
from datetime import date

DRAFT, PUBLISHED, CLOSED = "draft", "published", "closed"
STATES = (DRAFT, PUBLISHED, CLOSED)

MOST_BYTES = 10 * 1024 * 1024
MOST_QUESTIONS = 3_000
MOST_CHOICES = 20_000
MOST_FILE_BYTES = 10 * 1024 * 1024
MOST_ALL_FILES = 60 * 1024 * 1024
LONGEST_ID, LONGEST_VERSION, LONGEST_TITLE = 64, 40, 200

FORM_ID = re.compile(r"[^\W\d_][\w.-]*")
VERSION = re.compile(r"[\w.+:-]+")


def id_from_filename(filename: str) -> str:
    """'居家 隔离 v2.xlsx' → '居家_隔离_v2'; what has no letter at its head gets one."""
    stem = re.split(r"[\\/]", filename)[-1].rpartition(".")[0] or filename
    name = re.sub(r"[^\w-]+", "_", stem).strip("_-")[:LONGEST_ID]
    return name if FORM_ID.fullmatch(name) else f"form_{name}"[:LONGEST_ID].rstrip("_-")


def version_of_day(day: date, taken: Collection[str]) -> str:
    """'20261126', and '20261126-2' where the day has one already."""
    first = f"{day:%Y%m%d}"
    return next(name for n in range(1, len(taken) + 2) if (name := first if n == 1 else f"{first}-{n}") not in taken)
