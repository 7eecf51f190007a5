"""The profile's urgencies."""

from functools import cache
from typing import Any

from django.conf import settings

from linli.alerts.rules import Urgency, wrong_with


@cache
def urgencies() -> dict[str, Urgency]:
    """Code → urgency, the most urgent first. Raises SystemExit with one line where the profile makes no sense."""
    return {code: read_urgency(code, raw) for code, raw in settings.PROFILE["urgencies"].items()}


def read_urgency(code: str, raw: dict[str, Any]) -> Urgency:
    listed = {
        name: tuple(raw.get(name, ())) for name in ("reminders", "remind_homes") if isinstance(raw.get(name, []), list)
    }
    try:
        found = Urgency(code=code, **{**raw, **listed})
    except TypeError as error:
        raise SystemExit(f"linli: urgency {code} of the profile: {str(error).partition('() ')[2] or error}") from None
    wrong = wrong_with(found) if len(listed) == 2 else "reminders and remind_homes are lists of minutes"
    if wrong:
        raise SystemExit(f"linli: urgency {code} of the profile: {wrong}")
    return found
