"""Which notices there are, and which ones a person still owes a receipt for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.alerts.access import may_approve
from linli.alerts.models import Alert, AlertPlace, Approval, Spread
from linli.alerts.rules import CANCELLED, DRAFT, ISSUED, WAITING
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, common, within
from linli.grid.models import Place
from linli.grid.profile import post_kinds
from linli.grid.queries import Holder, list_standing
from linli.rounds.models import Answer


def _rows() -> QuerySet[Alert]:
    return Alert.objects.select_related("households", "posts", "issued_by", "replaces")


def list_alerts(*, actor: Actor, running: bool | None = None) -> QuerySet[Alert]:
    """Notices of the actor's places, newest first; another's drafts and those thrown away are not shown."""
    rows = _rows().visible_to(actor).filter(_shown_to(actor))  # type: ignore[attr-defined]
    rows = rows.exclude(state=CANCELLED, issued_at=None)
    if running is not None:
        rows = rows.filter(state=ISSUED) if running else rows.exclude(state=ISSUED)
    return rows.order_by("-made_at", "-id")


def _shown_to(actor: Actor) -> Q:
    """One's own; what waits for approval to whoever issues at its places; of others no drafts."""
    near = AlertPlace.objects.filter(within("path", actor.paths("alerts.issue")))
    waits = Q(state=WAITING, pk__in=near.values("alert"))
    return ~Q(state__in=(DRAFT, WAITING)) | waits | Q(issued_by_id=actor.id)


def list_to_approve(*, actor: Actor) -> list[Alert]:
    """Notices of others that wait for this actor's word, the oldest first. Two queries."""
    if actor.kind != "account" or not actor.may_somewhere("alerts.issue"):
        return []
    rows = list_alerts(actor=actor).filter(state=WAITING).exclude(issued_by=actor.id).prefetch_related("places")
    return [one for one in rows.order_by("made_at") if may_approve(actor, one)]


def find_approval(*, alert: Alert) -> Approval | None:
    """The last request for approval. The caller has loaded the alert for its actor."""
    return alert.approvals.select_related("decided_by").order_by("-id").first()


def list_approvers(*, alert: Alert) -> list[Holder]:
    """Who may approve: everybody else who may issue at all of its places, each once, the nearest first. One query."""
    codes = [kind.code for kind in post_kinds().values() if "alerts.issue" in kind.permissions]
    top = common(place.path for place in alert.places.all())
    found: dict[int, Holder] = {}
    near = Q(place__path__in=ancestors(top), post_kind__in=codes) & ~Q(account=alert.issued_by_id)
    for one in list_standing(near):
        if one.account_id != alert.issued_by_id:
            found.setdefault(one.account_id, one)
    return list(found.values())


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
    return list_alerts(actor=actor).filter(replaces=alert).exclude(state__in=(DRAFT, WAITING)).first()


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
