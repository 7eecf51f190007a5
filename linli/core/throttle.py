"""Rate limits that hold across processes and tell nothing of whom they count."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from linli.core import clock
from linli.core.crypto import keyed_hash
from linli.core.errors import TooMany
from linli.core.locks import lock
from linli.core.models import Throttle

Tries = Sequence[tuple[str, str, Mapping[str, int]]]  # what is counted, for whom, most and minutes


def count_try(what: str, who: str, *, most: int, minutes: int) -> None:
    """Count one try; raises TooMany past `most` within a window of `minutes`. Commits on its own."""
    key = _key(what, who)
    with transaction.atomic():
        lock(f"throttle:{key}")
        now = clock.now()
        row = Throttle.objects.filter(key=key).first()
        if row is None or row.window_from <= now - timedelta(minutes=minutes):
            Throttle.objects.update_or_create(key=key, defaults={"window_from": now, "tries": 1})
            return
        row.tries += 1
        row.save(update_fields=["tries"])
    if row.tries > most:
        raise TooMany.until((row.window_from + timedelta(minutes=minutes) - now).total_seconds())


def take_back_try(what: str, who: str) -> None:
    """A counted try turned out to be right: it was no guess. Counting first keeps many tries at once from slipping by."""
    Throttle.objects.filter(key=_key(what, who), tries__gt=0).update(tries=F("tries") - 1)


def count_guess(tries: Tries) -> None:
    """Every count that a guess falls under, before it is looked at."""
    for what, who, limit in tries:
        count_try(what, who, **limit)


def take_back_guess(tries: Tries) -> None:
    """It was right, and so no guess."""
    for what, who, _limit in tries:
        take_back_try(what, who)


def _key(what: str, who: str) -> str:
    return keyed_hash(f"{what}\0{who}", "throttle")
