"""What may be looked for, and how. Pure."""

import re
import unicodedata
from collections.abc import Iterable

NUMBER = re.compile(r"\d{7,}")
# Marks that people type or paste around a name; of an address the hyphen and the dot stay.
MARKS = str.maketrans(dict.fromkeys("、。，,;；:：!！?？\"'“”‘’「」『』《》〈〉【】〔〕[]{}<>…", " "))
DOTS = str.maketrans(dict.fromkeys("•・‧∙", "·"))  # between the parts of a name
EXACT, BEGINS, HOLDS, OTHER = range(4)


def plain_text(text: str) -> str:
    """As it is looked for: full-width signs made plain, control signs and marks gone, one space between words, at most 60
    characters."""
    seen = "".join(
        " " if unicodedata.category(one) in {"Cc", "Cf"} else one
        for one in unicodedata.normalize("NFKC", text.translate(DOTS))
    )
    return " ".join(seen.translate(MARKS).split())[:60]


def is_enough(text: str) -> bool:
    """Is there enough to look for while somebody is still typing: one sign of Chinese, two of anything else?"""
    return len(text) > 1 or (bool(text) and not text.isascii())


def holds_number(text: str) -> bool:
    """Is there a run of seven digits or more in it, however it is broken up: a phone, an identity number, a code?"""
    return bool(NUMBER.search(re.sub(r"[\s\-.()（）]+", "", plain_text(text))))


def rank(wanted: str, titles: Iterable[str]) -> int:
    """How well the best of some titles meets what is wanted: it is it, begins with it, holds it, or something else of it
    does (a number, initials, a word of its text)."""
    low = wanted.casefold()
    found = [OTHER]
    for title in titles:
        name = title.casefold()
        found.append(EXACT if name == low else BEGINS if name.startswith(low) else HOLDS if low in name else OTHER)
    return min(found)
