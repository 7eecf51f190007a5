"""What this room says of itself, in each language of the deployment."""

from collections.abc import Callable

from django.conf import settings
from django.utils import translation


def in_every_language(say: Callable[[], tuple[str, str]]) -> dict[str, dict[str, str]]:
    """`say` gives headline and body in the language that is on."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            headline, body = say()
            found[code] = {"headline": headline, "body": body}
    return found
