"""How a name is found by its sounds: the initials of its pinyin, or of its words."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=20_000)
def _letter(character: str) -> str:
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.FIRST_LETTER, errors="ignore", strict=False)
    return found[0][0][:1] if found and found[0] else ""


@lru_cache(maxsize=20_000)
def _syllable(character: str) -> str:
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.NORMAL, errors="ignore", strict=False)
    return found[0][0] if found and found[0] else character


def syllables(name: str) -> tuple[str, ...]:
    """How a name sounds: '陈书琴' and '陈淑琴' alike. Signs that no table knows stand for themselves."""
    return tuple(_syllable(one) if _is_han(one) else one.lower() for one in name if not one.isspace())


def initials(name: str) -> str:
    """'陈书琴' is found by 'csq', 'Juan dela Cruz' by 'jdc'. Characters that no table knows are left out."""
    letters = []
    for word in unicodedata.normalize("NFKC", name).split():
        if word[0].isascii() or not _is_han(word[0]):
            letters.append(word[0].lower() if word[0].isalnum() else "")
        else:
            letters += [_letter(one) if _is_han(one) else one.lower() * one.isalnum() for one in word]
    return "".join(letters)[:40]


def _is_han(character: str) -> bool:
    return "CJK" in unicodedata.name(character, "") or ord(character) >= 0x20000
