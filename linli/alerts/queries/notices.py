"""Which notices there are, and which ones a person still owes a receipt for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.alerts.models import Alert, AlertPlace, Spread
from linli.alerts.rules import CANCELLED, DRAFT, ISSUED
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors
from linli.grid.models import Place
from linli.grid.profile import post_kinds
from linli.rounds.models import Answer


def _rows() -> QuerySet[Alert]:
    return Alert.objects.select_related("households", "posts", "issued_by", "replaces")


def list_alerts(*, actor: Actor, running: bool | None = None) -> QuerySet[Alert]:
    """Notices of the actor's places, newest first; another's drafts and those thrown away are not shown."""
    rows = _rows().visible_to(actor).filter(~Q(state=DRAFT) | Q(issued_by_id=actor.id))  # type: ignore[attr-defined]
    rows = rows.exclude(state=CANCELLED, issued_at=None)
    if running is not None:
        rows = rows.filter(state=ISSUED) if running else rows.exclude(state=ISSUED)
    return rows.order_by("-made_at", "-id")


def get_alert(*, actor: Actor, alert_id: UUID | str) -> Alert:
    """Raises Missing where it is not there, not the actor's, or the id is none."""
    found = find_alert(actor=actor, alert_id=alert_id)
    if found is None:
        raise Missing()
    return found


def find_alert(*, actor: Actor, alert_id: UUID | str) -> Alert | None:
    try:
        key = UUID(str(alert_id))
    except ValueError:
        return None
    return list_alerts(actor=actor).filter(pk=key).first()


def list_places_of(*, alert: Alert) -> list[Place]:
    """The places that a notice was written for. The caller has loaded the alert for its actor."""
    return [one.place for one in alert.places.select_related("place").order_by("path")]


def names_of_places(*, alerts: Sequence[Alert]) -> dict[UUID, list[str]]:
    """Alert → the names of its places. One query."""
    names: dict[UUID, list[str]] = {}
    rows = AlertPlace.objects.filter(alert__in=alerts).order_by("path").values_list("alert_id", "place__name")
    for alert_id, name in rows:
        names.setdefault(alert_id, []).append(name)
    return names


def codes_of_places(*, alerts: Sequence[Alert]) -> dict[UUID, list[str]]:
    """Alert → the codes of its places. One query."""
    codes: dict[UUID, list[str]] = {}
    rows = AlertPlace.objects.filter(alert__in=alerts).order_by("path").values_list("alert_id", "place__code")
    for alert_id, code in rows:
        codes.setdefault(alert_id, []).append(code)
    return codes


def find_update_of(*, actor: Actor, alert: Alert) -> Alert | None:
    """The notice that took the place of this one, where the actor may see it."""
    return list_alerts(actor=actor).filter(replaces=alert).exclude(state=DRAFT).first()


def list_running() -> list[Alert]:
    """For the clock: every notice that is out."""
    return list(_rows().filter(state=ISSUED).order_by("issued_at"))


def list_spreads() -> list[UUID]:
    """For the queue: messages of notices that are not in the outbox yet, the oldest first."""
    return list(Spread.objects.filter(done_at=None).order_by("made_at").values_list("pk", flat=True)[:200])


def running_for_path(path: str) -> list[Alert]:
    """Notices that are out for whoever lives at this path, the newest first. The caller knows why it may ask."""
    touched = AlertPlace.objects.filter(alert=OuterRef("pk"), path__in=ancestors(path))
    return list(_rows().filter(Exists(touched), state=ISSUED).order_by("-issued_at"))


def list_owed(*, actor: Actor) -> list[Alert]:
    """Running notices that one of the actor's line posts has not confirmed yet."""
    kinds = post_kinds()
    own: Sequence[Any] = [
        (grant.place_id, grant.path)
        for grant in actor.grants
        if grant.place_id and grant.post_kind in kinds and kinds[grant.post_kind].line
    ]
    if actor.kind != "account" or not own:
        return []
    alerts = list(list_alerts(actor=actor, running=True))
    places = dict(own)
    answered = set(
        Answer.objects.filter(
            round__in=[alert.posts_id for alert in alerts], member__in=places, withdrawn_at=None
        ).values_list("round_id", "member")
    )
    roots: dict[UUID, list[str]] = {}
    for alert_id, path in AlertPlace.objects.filter(alert__in=alerts).values_list("alert_id", "path"):
        roots.setdefault(alert_id, []).append(path)
    return [
        alert
        for alert in alerts
        if any(
            (alert.posts_id, key) not in answered and any(path.startswith(root) for root in roots.get(alert.pk, []))
            for key, path in places.items()
        )
    ]
