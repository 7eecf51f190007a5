"""What a form offers: where a place can go, what can be merged into it, what can be split off."""

from linli.boundaries.access import REDRAW
from linli.core.actors import Actor
from linli.core.paths import ancestors, within
from linli.grid.models import EntrancePlacement, Place
from linli.grid.profile import leaf_kinds, place_kinds, register_kind
from linli.grid.queries import list_top_places

MOST = 500
Item = tuple[str, str, str]  # key, name, group


def list_parents_for(*, actor: Actor, place: Place) -> list[Place]:
    """Where a place can go: what is of the kind above, other than where it stands; nearest first by the order of the tree."""
    depth = place_kinds()[place.kind].depth
    kind = next((one.code for one in place_kinds().values() if one.depth == depth - 1), "")
    rows = Place.objects.filter(within("path", actor.paths(REDRAW)), kind=kind, until_on=None).exclude(
        pk=place.parent_id or 0
    )
    return list(rows.select_related("parent").order_by("path")[:MOST])


def list_comparable(*, actor: Actor) -> list[Place]:
    """Where an edition can be compared: the actor's outermost places, and those right below them."""
    tops = list_top_places(actor=actor, permission=REDRAW)
    below = Place.objects.filter(parent__in=tops, until_on=None).select_related("parent").order_by("path")
    high = [code for code, kind in place_kinds().items() if kind.depth < place_kinds()[register_kind()].depth]
    return [*tops, *below.filter(kind__in=high)[:MOST]]


def list_mergeable(*, actor: Actor, place: Place) -> list[Place]:
    """Others of the same kind in the same community (a community: in the same street)."""
    depth, register = place_kinds()[place.kind].depth, place_kinds()[register_kind()].depth
    above = ancestors(place.path)[min(depth - 1, register)]
    rows = Place.objects.below(above).filter(within("path", actor.paths(REDRAW)), kind=place.kind, until_on=None)
    return list(rows.exclude(pk=place.pk).select_related("parent").order_by("path")[:MOST])


def list_items(*, place: Place) -> list[Item]:
    """What can go elsewhere: the entrances of a lowest place by building, or the places below. The caller has checked that
    the place is its actor's."""
    if place.kind not in leaf_kinds():
        rows = Place.objects.filter(parent=place, until_on=None).order_by("sort", "id")
        return [(one.code, one.name, "") for one in rows]
    held = EntrancePlacement.objects.filter(place=place, until_on=None).select_related("entrance__building__estate")
    order = ("entrance__building__sort", "entrance__building_id", "entrance__sort", "entrance_id")
    return [(str(one.entrance_id), one.entrance.name, str(one.entrance.building)) for one in held.order_by(*order)]
