"""Notices follow when places are redrawn: they concern the same people as before."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.alerts.actions.facts import record_fact
from linli.alerts.models import Alert, AlertPlace
from linli.alerts.rules import DRAFT, F_REDRAWN, F_REDRAWN_BACK, ISSUED
from linli.core import audit
from linli.core.actors import Actor
from linli.grid.models import Place
from linli.grid.rules import Done


def follow_redrawing(
    *, actor: Actor, done: Sequence[Done], touched: Sequence[str], places: Mapping[int, int], note: str, once: str
) -> None:
    """The places of a running notice are the roots of its rounds (`done` tells how those changed), those of a draft go to
    what follows them. Every notice that concerns one of the paths `touched` tells of it in its timeline."""
    by_round = {str(one.households_id): one for one in Alert.objects.filter(state=ISSUED)}
    for one in done:
        alert = by_round.get(one.subject)
        if alert is not None and one.kind == "root_added":
            _add(alert, int(one.after))
        elif alert is not None and one.kind == "root_gone":
            alert.places.filter(place=int(one.before)).delete()
    for draft in AlertPlace.objects.filter(alert__state=DRAFT, place__in=places).select_related("alert"):
        _add(draft.alert, places[draft.place_id])
        draft.delete()
    _tell(actor, touched, F_REDRAWN, note, once)


def restore_places(*, actor: Actor, done: Sequence[Done], touched: Sequence[str], note: str, once: str) -> None:
    """Undo of the same; drafts stay with what they have."""
    by_round = {str(one.households_id): one for one in Alert.objects.filter(state=ISSUED)}
    for one in done:
        alert = by_round.get(one.subject)
        if alert is not None and one.kind == "root_added":
            alert.places.filter(place=int(one.after)).delete()
        elif alert is not None and one.kind == "root_gone":
            _add(alert, int(one.before))
    _tell(actor, touched, F_REDRAWN_BACK, note, once)


def _add(alert: Alert, place: int) -> None:
    path = Place.objects.values_list("path", flat=True).get(pk=place)
    AlertPlace.objects.get_or_create(alert=alert, place_id=place, defaults={"path": path})


def _tell(actor: Actor, touched: Sequence[str], kind: str, note: str, once: str) -> None:
    keys = set[UUID]()
    for key, root in AlertPlace.objects.filter(alert__state=ISSUED).values_list("alert_id", "path"):
        if any(path.startswith(root) for path in touched):
            keys.add(key)
    alerts = list(Alert.objects.filter(pk__in=keys).order_by("id"))
    for alert in alerts:
        record_fact(alert, kind, once=f"{kind}:{once}", note=note[:200])
    audit.record_many(actor, "redraw_alert", alerts, fields=["places"])
