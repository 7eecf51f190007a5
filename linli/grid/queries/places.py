"""Reads of the tree."""

from collections.abc import Iterable

from django.db.models import QuerySet

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.models import Place


def get_place(*, actor: Actor, code: str, permission: str = "places.see") -> Place:
    """The place with this code. Raises Missing where it is not there or not the actor's."""
    place = Place.objects.visible_to(actor, permission).select_related("parent").filter(code=code).first()
    if place is None:
        raise Missing()
    return place


def get_place_by_id(*, actor: Actor, place_id: int, permission: str = "places.see") -> Place:
    place = Place.objects.visible_to(actor, permission).filter(pk=place_id).first()
    if place is None:
        raise Missing()
    return place


def list_children(*, actor: Actor, place: Place, permission: str = "places.see") -> QuerySet[Place]:
    """The places right below, in natural order."""
    return Place.objects.visible_to(actor, permission).filter(parent=place, until_on=None).order_by("sort", "id")


def list_places(*, actor: Actor, codes: Iterable[str], permission: str = "places.see") -> list[Place]:
    """The places with these codes. Raises Missing where one is not the actor's."""
    wanted = set(codes)
    found = list(Place.objects.visible_to(actor, permission).filter(code__in=wanted).order_by("path"))
    if len(found) != len(wanted):
        raise Missing()
    return found
