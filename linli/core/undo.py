"""Saying what was done, with a button that takes it back: a form of its own, so it works without script, stands in the
page's status for those who hear it, and does not vanish while somebody reads."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest


def offer_undo(request: HttpRequest, words: Any, url: str, **values: Any) -> None:
    """Tell that something was done; *Undo* sends `values` to `url`, an address that checks anew whether it may be done.
    The values travel in the browser's own cookie: ids and codes, never a name or a number."""
    kept = json.dumps({"url": url, "values": {name: str(value) for name, value in values.items()}})
    messages.success(request, words, extra_tags=kept)


def undo_of(message: Any) -> dict[str, Any] | None:
    """What `offer_undo` left on a message."""
    tags = message.extra_tags or ""
    return json.loads(tags) if tags.startswith("{") else None
