"""The places of an actor on a map: coverage of a running notice, or posts held and vacant."""

from collections.abc import Sequence
from dataclasses import dataclass

from linli.alerts.models import Alert
from linli.alerts.queries import MapRow, find_alert, list_alerts, list_map_rows, see
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.models import Place
from linli.grid.queries import get_place, list_children, list_top_places, read_figures

MOST_ROWS, MOST_ALERTS = 500, 50


@dataclass(frozen=True)
class MapView:
    """One place and what lies below it (or the actor's own places), with the same figures on the map and in the list."""

    place: Place | None
    rows: tuple[MapRow, ...]
    alert: Alert | None
    alerts: tuple[Alert, ...]  # running ones to choose from
    apart: bool = False  # the notice chosen does not concern the place
    down: bool = True


def read_map(*, actor: Actor, code: str = "", show: str = "") -> MapView:
    """`show` is a notice's id or '' for vacancies. A constant number of queries. Raises Missing."""
    if not actor.may_somewhere("places.see"):
        raise Missing()
    sees_alerts = actor.may_somewhere("alerts.see")
    alerts = tuple(list_alerts(actor=actor, running=True)[:MOST_ALERTS]) if sees_alerts else ()
    place, below = _below(actor, code)
    down = bool(below)
    places = below or ([place] if place else [])
    alert = find_alert(actor=actor, alert_id=show) if show else None
    if alert is None or alert.households is None:
        return MapView(place, _posts(places), None, alerts, down=down)
    rows = _coverage(actor, alert, place.code if place else "")
    if rows is None:
        return MapView(place, tuple(MapRow(one, 0, 0) for one in places), alert, alerts, apart=True, down=down)
    return MapView(place, rows, alert, alerts, down=down)


def _below(actor: Actor, code: str) -> tuple[Place | None, list[Place]]:
    if not code:
        tops = list_top_places(actor=actor, permission="places.see")[:MOST_ROWS]
        if len(tops) != 1:
            return None, tops
        code = tops[0].code
    place = get_place(actor=actor, code=code)
    return place, list(list_children(actor=actor, place=place)[:MOST_ROWS])


def _posts(places: Sequence[Place]) -> tuple[MapRow, ...]:
    rows = [
        MapRow(one.place, one.posts - one.vacant, one.posts) if one.vacant is not None else MapRow(one.place, 0, 0)
        for one in read_figures(places)
    ]
    return tuple(sorted(rows, key=lambda one: -one.missing))


def _coverage(actor: Actor, alert: Alert, code: str) -> tuple[MapRow, ...] | None:
    try:
        return tuple(list_map_rows(sight=see(actor=actor, alert=alert, code=code)))
    except Missing:
        return None
