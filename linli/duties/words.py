"""The room's codes in the user's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.duties import rules

KINDS: Mapping[str, Any] = {
    rules.HOUSEHOLD_SILENCE: _("Doors to knock"),
    rules.POST_SILENCE: _("Silent posts to reach"),
    rules.VACANCY: _("Vacant posts to fill"),
    rules.DEAD_CONTACT: _("Dead contacts to renew"),
    rules.TRANSFER: _("A household to take over"),
    rules.CORRECTION: _("A correction to decide"),
    rules.ERASURE: _("Records due for erasure"),
    rules.SCREENING: _("Alert from outside to look at"),
    rules.MEANS: _("Contact data of a post to mend"),
    rules.QUESTION: _("A question to answer"),
    rules.NEED: _("A need to see to"),
}
CAUSES: Mapping[str, Any] = {
    rules.OPENED: pgettext_lazy("a task", "Opened"),
    rules.HANDED_OVER: pgettext_lazy("a task", "Handed over"),
    rules.CLIMBED: _("Climbed to the level above, for nobody had begun"),
    rules.APPOINTMENT_ENDED: _("Given on, for the holder's appointment had ended"),
    rules.RETURNED: pgettext_lazy("a task", "Given back"),
    rules.AWAY: _("Given on, for the holder is away"),
    rules.BACK: _("Given back, for nobody stands in any more"),
}
OUTCOMES: Mapping[str, Any] = {
    rules.DONE: pgettext_lazy("a task", "Done"),
    rules.SUPERSEDED: _("No longer needed"),
    rules.CANCELLED: pgettext_lazy("a task", "Cancelled"),
}


def state_of(task: Any, now: Any) -> list[tuple[str, Any]]:
    """Badges of a task: (kind, words), the most pressing first."""
    if task.closed_at is not None:
        return [("done" if task.outcome == rules.DONE else "plain", OUTCOMES.get(task.outcome, task.outcome))]
    found: list[tuple[str, Any]] = []
    if task.due_at <= now:
        found.append(("late", _("Overdue")))
    if task.begun_at is None:
        found.append(("open", _("Not begun")))
    else:
        found.append(("part", pgettext_lazy("a task", "Begun")))
    if task.climbed:
        found.append(("passed", _("Climbed to here")))
    return found
