"""One knock, several notices: whoever stands at a door tells all that is due there."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.actions.answers import record_knock, undo_knock
from linli.alerts.models import Alert
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.rounds.models import Attempt


def record_knocks(
    *, actor: Actor, alerts: Sequence[Alert], household: int, outcome: str, attempt_id: UUID, note: str = ""
) -> list[Attempt]:
    """The same outcome for each of the notices, all or none. The same id sent again records nothing more."""
    if not alerts:
        raise Invalid(_("Choose at least one notice."))
    with transaction.atomic():
        return [
            record_knock(
                actor=actor,
                alert=alert,
                household=household,
                outcome=outcome,
                attempt_id=uuid5(attempt_id, str(alert.pk)),
                note=note,
            )
            for alert in alerts
        ]


def undo_knocks(*, actor: Actor, attempts: Sequence[Attempt]) -> None:
    """Take all of them back, or none."""
    with transaction.atomic():
        for attempt in attempts:
            undo_knock(actor=actor, attempt=attempt)
