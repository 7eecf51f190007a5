"""The dwelling behind a door that somebody named by hand."""

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid, Missing
from linli.core.paths import ancestors
from linli.grid.actions import WantedDwelling, ensure_dwellings
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.grid.queries import find_dwellings
from linli.residents import words
from linli.residents.access import EDIT, check_may


def name_dwelling(
    *,
    actor: Actor,
    place_id: int,
    building: str,
    room: str,
    estate: str = "",
    entrance: str = "",
    floor: int | None = None,
) -> int:
    """The id of the dwelling with these names in a leaf place. One that isn't there yet is made where the actor may edit
    places; otherwise Invalid says whom to ask. Raises Invalid where the entrance stands in another place."""
    with transaction.atomic():
        leaf = Place.objects.visible_to(actor, EDIT).filter(pk=place_id).first()
        if leaf is None:
            raise Missing()
        check_may(actor, EDIT, leaf.path)
        register = Place.objects.filter(path__in=ancestors(leaf.path), kind=register_kind()).first()
        if register is None:
            raise Missing()
        wanted = WantedDwelling(leaf.pk, building, room, estate, entrance, floor)
        found = find_dwellings(register=register, doors=[wanted.door])
        if found.leaves.get(wanted.door[:3], leaf.pk) != leaf.pk:
            there = Place.objects.filter(pk=found.leaves[wanted.door[:3]]).values_list("name", flat=True).first()
            text = words.reason("entrance_elsewhere", {"there": there or "?"})
            raise Invalid(fields={"entrance": text})
        if wanted.door in found.dwellings:
            return found.dwellings[wanted.door]
        if not actor.may("places.edit", leaf.path):
            raise Invalid(fields={"room": _("There is no such dwelling yet. Ask the community's secretary to add it.")})
        return ensure_dwellings(actor=actor, register=register, wanted=[wanted]).dwellings[wanted.door]
