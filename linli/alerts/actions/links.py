"""Links that a household or a chat group is handed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.alerts.access import check_may_answer_at
from linli.alerts.models import Alert
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.writes import check_fresh, done_before, mark_done
from linli.grid.access import check_may
from linli.grid.models import Place
from linli.messages import actions as messages
from linli.messages.rules import HOUSEHOLD, ITSELF, SHARED
from linli.residents.queries import member_paths

HOUSEHOLD_LINK_LASTS = timedelta(days=180)


def make_household_link(*, actor: Actor, household: int, answers_as: str = ITSELF) -> str:
    """A token for the household's own page of notices. Shown once, to whoever may answer at its door."""
    return make_household_links(actor=actor, households=[household], answers_as=answers_as)[household]


def make_household_links(*, actor: Actor, households: Sequence[int], answers_as: str = ITSELF) -> dict[int, str]:
    """Household → token. Raises Missing where one of them is not in the actor's places."""
    leaves = member_paths(households)
    if len(leaves) != len(set(households)):
        raise Missing()
    for _place, path in set(leaves.values()):
        check_may_answer_at(actor, path)
    wanted = [messages.Wanted(subject=key, answers_as=answers_as) for key in leaves]
    expires_at = clock.now() + HOUSEHOLD_LINK_LASTS
    tokens = messages.make_links(actor=actor, purpose=HOUSEHOLD, wanted=wanted, expires_at=expires_at)
    return dict(zip(leaves, tokens, strict=True))


def make_shared_link(*, actor: Actor, alert: Alert, place: Place) -> str:
    """A token for the chat group of a cell or grid; it ends with the notice."""
    check_may(actor, "alerts.answer", place, seen_with="alerts.see")
    ends: datetime = alert.expires_at or (alert.deadline_at or clock.now()) + timedelta(days=7)
    wanted = [messages.Wanted(subject=place.pk, source=str(alert.pk))]
    return messages.make_links(actor=actor, purpose=SHARED, wanted=wanted, expires_at=ends, path=place.path)[0]


def end_shared_links(*, actor: Actor, alert: Alert, place: Place, write_id: UUID | None = None) -> int:
    """Every shared link of this notice and place opens no more; returns how many there were."""
    check_may(actor, "alerts.answer", place, seen_with="alerts.see")
    content = [str(alert.pk), place.pk]
    with transaction.atomic():
        if done_before(actor, "end_shared_links", write_id, content):
            return 0
        at = clock.now()
        mark_done(actor, "end_shared_links", write_id, content, f"{_subject(alert, place)}@{at.isoformat()}")
        return messages.revoke_links(actor=actor, at=at, **_links_of(alert, place))


def reopen_shared_links(*, actor: Actor, alert: Alert, place: Place, write_id: UUID | None = None) -> int:
    """Undo of one's own ending, within ten minutes: those links open again. Raises Conflict where it is too late."""
    check_may(actor, "alerts.answer", place, seen_with="alerts.see")
    content = [str(alert.pk), place.pk]
    with transaction.atomic():
        if done_before(actor, "reopen_shared_links", write_id, content):
            return 0
        at = datetime.fromisoformat(check_fresh(actor, "end_shared_links", _subject(alert, place)))
        mark_done(actor, "reopen_shared_links", write_id, content, place.pk)
        return messages.reopen_links(actor=actor, revoked_at=at, **_links_of(alert, place))


def _subject(alert: Alert, place: Place) -> str:
    return f"{alert.pk.hex}:{place.pk}"


def _links_of(alert: Alert, place: Place) -> dict[str, Any]:
    return {"purpose": SHARED, "subject": place.pk, "source": str(alert.pk), "path": place.path}
