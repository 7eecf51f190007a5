"""Who holds which post, and who holds the part of one that is vacant."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from linli.core import clock
from linli.core.paths import ancestors, within
from linli.grid.models import Appointment, Place
from linli.grid.profile import line


@dataclass(frozen=True)
class Holder:
    """Who answers for a place on the line: the holder of its own post, or of the nearest post above that has one."""

    account_id: int
    appointment_id: int
    name: str
    post_kind: str
    place_id: int
    path: str

    def holds_for(self, place_id: int) -> bool:
        return self.place_id != place_id


def list_holders(paths: Sequence[str], *, reachable: bool = True) -> dict[str, list[Holder]]:
    """Path of a line place → the holders of its line post now, longest in post first, for the subtrees of `paths` and the
    places above them. Without `reachable`, holders whom nothing reaches are left out of nobody's account."""
    kinds = {kind.code for kind in line()}
    above = {path for root in paths for path in ancestors(root)}
    rows = (
        Appointment.objects.valid_at(clock.now())
        .filter(within("place__path", paths) | within_exactly(above), post_kind__in=kinds, account__is_active=True)
        .order_by("from_at", "id")
        .values_list("place__path", "account_id", "id", "account__name", "post_kind", "place_id", "account__reachable")
    )
    found: dict[str, list[Holder]] = defaultdict(list)
    for path, account_id, key, name, post_kind, place_id, can_be_reached in rows:
        if can_be_reached or not reachable:
            found[path].append(Holder(account_id, key, name, post_kind, place_id, path))
    return dict(found)


def within_exactly(paths: set[str]):  # type: ignore[no-untyped-def]
    from django.db.models import Q

    return Q(place__path__in=paths)


def find_holder(path: str, holders: dict[str, list[Holder]], *, above: bool = False) -> Holder | None:
    """Who answers for the place with this path: its own holder, or the nearest above. With `above`, the place's own post
    is passed over: to whom its silence climbs."""
    chain = ancestors(path)
    for one in reversed(chain[:-1] if above else chain):
        if holders.get(one):
            return holders[one][0]
    return None


def place_paths(place_ids: Sequence[int]) -> dict[int, str]:
    return dict(Place.objects.filter(pk__in=place_ids).values_list("pk", "path"))
