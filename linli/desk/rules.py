"""What may be looked for, and how. Pure."""

import re
import unicodedata

NUMBER = re.compile(r"\d{7,}")


def plain_text(text: str) -> str:
    """As it is looked for: full-width signs made plain, control signs gone, one space between words, at most 60 characters."""
    seen = "".join(
        " " if unicodedata.category(one) in {"Cc", "Cf"} else one for one in unicodedata.normalize("NFKC", text)
    )
    return " ".join(seen.split())[:60]


def holds_number(text: str) -> bool:
    """Is there a run of seven digits or more in it, however it is broken up: a phone, an identity number, a code?"""
    return bool(NUMBER.search(re.sub(r"[\s\-.()（）]+", "", plain_text(text))))
