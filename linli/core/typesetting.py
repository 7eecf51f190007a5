"""Documents as PDF, through typst. A template reads its values as JSON data: nothing of them is ever read as markup."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from linli.core.errors import Problem

# Any of these has the characters of both languages; the first that a machine has is used.
FONTS = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei")


class NoTypesetting(Problem):
    """This machine can't make PDF files; the text tells its operator what to install."""

    status = 503
    code = "no-typesetting"


def what_lacks() -> str:
    """'' where PDF files can be made here; else one line that says what to install."""
    try:
        import typst  # noqa: F401
    except ImportError:
        return _("PDF files need typst: pip install 'linli[pdf]'. Until then, print this page.")
    if not font():
        return _("PDF files need a Chinese font: apt install fonts-noto-cjk. Until then, print this page.")
    return ""


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts()


@cache
def font() -> str:
    """The family that documents are set in; '' where none of them is installed."""
    families = set(_fonts().families())
    return next((name for name in FONTS if name in families), "")


def typeset(template: Path, values: dict[str, Any], *, at: datetime) -> bytes:
    """A PDF of a template and its values. The same values and moment give the same bytes. Raises NoTypesetting."""
    lacking = what_lacks()
    if lacking:
        raise NoTypesetting(lacking)
    import typst

    data = json.dumps({**values, "font": font()}, ensure_ascii=False)
    made: bytes = typst.compile(
        template.read_bytes(), font_paths=_fonts(), sys_inputs={"data": data}, timestamp=int(at.timestamp())
    )
    return made
