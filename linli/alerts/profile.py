"""The profile's urgencies, and when a second person is asked."""

from datetime import time
from functools import cache
from typing import Any

from django.conf import settings

from linli.alerts.rules import ApprovalRule, Urgency, wrong_with
from linli.grid.profile import place_kinds


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


@cache
def approval_rules() -> tuple[ApprovalRule, ...]:
    """When a second person is asked before a notice goes out. Raises SystemExit where the profile makes no sense."""
    return tuple(read_approval_rule(raw) for raw in settings.PROFILE["approval"])


def read_approval_rule(raw: dict[str, Any]) -> ApprovalRule:
    wrong = _wrong_with_rule(raw)
    if wrong:
        raise SystemExit(f"linli: [[approval]] of the profile: {wrong}")
    outside = tuple(time.fromisoformat(one) for one in raw.get("outside", ()))
    return ApprovalRule(
        urgencies=tuple(raw.get("urgencies", ())),
        kinds=tuple(raw.get("kinds", ())),
        households=raw.get("households", 0),
        outside=(outside[0], outside[1]) if outside else None,
        drills=raw.get("drills", False),
        lapses=raw.get("lapses", 60),
    )


def _wrong_with_rule(raw: dict[str, Any]) -> str:
    unknown = sorted(set(raw) - {"urgencies", "kinds", "households", "outside", "drills", "lapses"})
    if unknown:
        return f"{unknown[0]} is not known"
    if set(raw.get("urgencies", ())) - set(urgencies()) or set(raw.get("kinds", ())) - set(place_kinds()):
        return "it names an urgency or a kind of place that the profile doesn't have"
    if not isinstance(raw.get("households", 0), int) or not isinstance(raw.get("lapses", 60), int):
        return "households and lapses are whole numbers"
    if raw.get("lapses", 60) < 1:
        return "lapses must be at least 1 minute"
    try:
        hours = [time.fromisoformat(one) for one in raw.get("outside", ())]
    except (TypeError, ValueError):
        return 'outside is two times of day, as ["07:00", "21:00"]'
    return "" if not hours or (len(hours) == 2 and hours[0] < hours[1]) else "outside is two times, the earlier first"
