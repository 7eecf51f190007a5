"""The profile's urgencies."""

from functools import cache

from django.conf import settings

from linli.alerts.rules import Urgency


@cache
def urgencies() -> dict[str, Urgency]:
    """Code → urgency, the most urgent first."""
    return {code: Urgency(code=code, **raw) for code, raw in settings.PROFILE["urgencies"].items()}
