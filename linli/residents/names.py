"""How a name is found by its sounds: the initials of its pinyin, or of its words."""

from linli.core.initials import initials, syllables

__all__ = ["initials", "syllables"]
