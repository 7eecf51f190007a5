"""The profile's quiet hours."""

from dataclasses import dataclass
from datetime import time
from functools import cache

from django.conf import settings


@dataclass(frozen=True)
class Quiet:
    """From when until when, in local time, and the codes of the urgencies that break them."""

    begins: time
    ends: time
    broken_by: frozenset[str]


@cache
def quiet() -> Quiet:
    raw = settings.PROFILE["quiet"]
    return Quiet(time.fromisoformat(raw["begins"]), time.fromisoformat(raw["ends"]), frozenset(raw["broken_by"]))
