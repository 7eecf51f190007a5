"""Alerts from outside, and which places of ours they mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from linli.core import clock
from linli.core.actors import Actor, outermost
from linli.core.errors import Missing
from linli.core.paths import ancestors, common, narrow
from linli.exchange.access import PERMISSION
from linli.exchange.models import Incoming
from linli.exchange.profile import cap
from linli.exchange.rules.areas import codes_in, is_division, names_in
from linli.exchange.rules.cap import Area, Reference
from linli.exchange.rules.states import ELSEWHERE, NEW, WAITING
from linli.grid.models import Appointment, Place
from linli.grid.profile import post_kinds
from linli.grid.queries import Holder

MOST_PLACES = 200


def list_incoming(*, actor: Actor, which: str = "") -> QuerySet[Incoming]:
    """'' what waits to be looked at, 'done' what was decided, 'elsewhere' what concerns no place; newest first."""
    rows = Incoming.objects.visible_to(actor).select_related("feed", "place", "alert", "decided_by").defer("document")
    if which == "done":
        rows = rows.exclude(state__in=(*WAITING, ELSEWHERE))
    else:
        rows = rows.filter(state=ELSEWHERE) if which == "elsewhere" else rows.filter(state__in=WAITING)
    return rows.order_by("-came_at", "-sent_at", "pk")


def count_to_screen(*, actor: Actor) -> int:
    return Incoming.objects.visible_to(actor).filter(state=NEW).count()


def get_incoming(*, actor: Actor, incoming_id: UUID) -> Incoming:
    rows = Incoming.objects.visible_to(actor).select_related("feed", "place", "alert", "about__alert", "decided_by")
    found = rows.filter(pk=incoming_id).first()
    if found is None:
        raise Missing()
    return found


def name_sources(*, actor: Actor, ids: Iterable[str]) -> dict[str, Incoming]:
    """Id of a task's source → the alert from outside, of those that the actor may see. One query."""
    wanted = [UUID(one) for one in ids]
    rows = Incoming.objects.visible_to(actor).filter(pk__in=wanted).defer("document") if wanted else []
    return {str(one.pk): one for one in rows}


def list_earlier(*, references: Sequence[Reference], place: Place) -> list[Incoming]:
    """What came in here of the messages that a later one is about, the latest first."""
    names = {(one.sender, one.identifier) for one in references}
    rows = Incoming.objects.filter(identifier__in=[name for _sender, name in names], place=place)
    return [one for one in rows.select_related("alert").order_by("-sent_at") if (one.sender, one.identifier) in names]


# Places --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """What of an alert falls to one group of people: the place at which they look at it, and the places that it means."""

    place: Place
    paths: tuple[str, ...]
    known: bool  # False: none of its areas is known here


def match_places(*, areas: Sequence[Area], scope: Place | None = None) -> list[Match] | None:
    """For each outermost place whose people may issue (below `scope`), what of the areas lies there. [] where the areas
    lie elsewhere; None where nobody here may issue and no scope is given. The clock's and the queue's, so not scoped."""
    roots = _reach(scope)
    if not roots:
        return None
    found = _paths_of(areas)
    if found:
        parts = [(root, outermost(part for path in found for part in narrow([root], path))) for root in roots]
        return _matches([(common(part) or root, part) for root, part in parts if part], known=True)
    if any(is_division(code) for code in codes_in(areas)):
        return []
    return _matches([(root, [root]) for root in roots], known=False)


def _matches(parts: Sequence[tuple[str, Sequence[str]]], *, known: bool) -> list[Match]:
    places = Place.objects.in_bulk([path for path, _paths in parts], field_name="path") if parts else {}
    return [Match(places[path], tuple(paths[:MOST_PLACES]), known) for path, paths in parts if path in places]


def _reach(scope: Place | None) -> list[str]:
    paths = outermost(_issuing().values_list("place__path", flat=True).distinct())
    if scope is None:
        return paths
    return narrow(paths, scope.path) or [scope.path]


def _issuing() -> QuerySet[Appointment]:
    kinds = [kind.code for kind in post_kinds().values() if PERMISSION in kind.permissions]
    rows = Appointment.objects.valid_at(clock.now()).filter(post_kind__in=kinds, account__is_active=True)
    return rows.exclude(place=None)


def _paths_of(areas: Sequence[Area]) -> list[str]:
    """Paths of the places that the areas name: by code; by name only where no code is known, and never small places,
    whose names are the same everywhere."""
    codes, rows = codes_in(areas), Place.objects.filter(until_on=None)
    by_code = list(rows.filter(code__in=codes).values_list("path", flat=True))
    if codes and not by_code:
        tops = rows.filter(parent=None).values_list("code", "path")  # an area that is larger than our whole tree
        by_code = [path for code, path in tops if any(code.startswith(one) for one in codes if is_division(one))]
    if by_code or any(is_division(one) for one in codes):
        return by_code
    kinds = cap().public_kinds
    return list(rows.filter(name__in=names_in(areas), kind__in=kinds).values_list("path", flat=True)[:MOST_PLACES])


def find_screener(path: str) -> Holder | None:
    """Whose task it is to look at an alert there: of those who may issue, the nearest; of these, the one on the line."""
    rows = (
        _issuing().filter(place__path__in=ancestors(path), account__reachable=True).select_related("account", "place")
    )
    found = sorted(
        rows, key=lambda one: (-len(one.place.path), not post_kinds()[one.post_kind].line, one.from_at, one.pk)
    )
    if not found:
        return None
    one = found[0]
    return Holder(one.account_id, one.pk, one.account.name, one.post_kind, one.place_id, one.place.path)


def list_places_meant(*, incoming: Incoming, paths: Sequence[str] | None = None) -> list[Place]:
    """The places of ours that it means. The caller has loaded it for its actor."""
    wanted = incoming.paths if paths is None else paths
    return list(Place.objects.filter(path__in=wanted, until_on=None).order_by("path"))
