"""Where a dwelling stands."""

from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.grid.models import EntrancePlacement
from linli.residents.access import EDIT, check_may, lock_registers


def take_dwelling(actor: Actor, dwelling_id: int) -> str:
    """The path of the leaf that holds the dwelling's entrance now, held until the transaction ends."""
    path = path_of_dwelling(dwelling_id)
    if path is None:
        raise Missing()
    check_may(actor, EDIT, path)
    lock_registers(path)
    again = path_of_dwelling(dwelling_id)
    if again is None:
        raise Conflict(_("The entrance of this dwelling stands in no place now. Place it first."), code="not-placed")
    check_may(actor, EDIT, again)
    return again


def path_of_dwelling(dwelling_id: int) -> str | None:
    placed = EntrancePlacement.objects.filter(entrance__dwellings=dwelling_id, until_on=None)
    return placed.values_list("place__path", flat=True).first()
