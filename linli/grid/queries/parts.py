"""Vacant posts of the line and who holds their part meanwhile; how holders are reached."""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q

from linli.core import clock
from linli.core.actors import Actor, outermost
from linli.core.paths import within
from linli.core.sets import among
from linli.grid.models import Appointment, Place
from linli.grid.profile import line, line_place_kinds, post_kinds
from linli.grid.queries.seats import Holder, find_holder, held_at, holders_on_the_way_up, is_held

MOST = 2_000


def list_vacant_parts(
    *, paths: Sequence[str], most: int = MOST, away: bool = True
) -> list[tuple[Place, Holder | None]]:
    """Places of the line below `paths` at whose own post nobody stands, in path order, and who holds their part. With
    `away`, also those whose holder is away without a deputy; without it only what is to be filled. The caller has
    narrowed the paths. Two queries."""
    codes, now = [kind.code for kind in line()], clock.now()
    standing = is_held(now) if away else Q(account__reachable=True)
    held = held_at(now).filter(standing, place=OuterRef("pk"), post_kind__in=codes)
    rows = Place.objects.filter(
        ~Exists(held), within("path", outermost(paths)), kind__in=line_place_kinds(), until_on=None
    )
    vacant = list(rows.order_by("path")[:most])
    holders = holders_on_the_way_up(one.path for one in vacant)
    return [(one, find_holder(one.path, holders, above=True)) for one in vacant if not holders.get(one.path)]


def list_own_parts(*, actor: Actor) -> list[Place]:
    """Places of the line at whose post nobody stands and whose part is the actor's, in path order."""
    kinds = post_kinds()
    own = [one.path for one in actor.grants if one.post_kind in kinds and kinds[one.post_kind].line]
    if actor.kind != "account" or not own:
        return []
    parts = list_vacant_parts(paths=own)
    return [place for place, holder in parts if holder is not None and holder.account_id == actor.id]


def line_post_at(place: Place) -> str:
    """The code of the post that owes a receipt at a place; '' where none does."""
    return next((kind.code for kind in line() if kind.at == place.kind), "")


def list_places_by_id(*, actor: Actor, ids: Iterable[int], permission: str = "places.see") -> dict[int, Place]:
    """Id → place, for those in the actor's sight."""
    return Place.objects.visible_to(actor, permission).in_bulk(list(ids))


def list_line_accounts(*, place_ids: Iterable[int]) -> list[int]:
    """Who holds the posts of the line at these places now. One query. Ids of people only."""
    rows = held_at(clock.now()).filter(among("place", place_ids), post_kind__in=[kind.code for kind in line()])
    return sorted(set(rows.values_list("account_id", flat=True)))


def list_phones(*, actor: Actor, account_ids: Iterable[int]) -> dict[int, str]:
    """Account → phone, for people who hold a post now where the actor sees posts. Shown masked."""
    rows = Appointment.objects.valid_at(clock.now()).visible_to(actor).filter(account__in=set(account_ids))
    return {one.account_id: one.account.phone for one in rows.select_related("account")}


def list_staffed_paths() -> list[str]:
    """The outermost places where somebody holds a post of the line now: above and beside them nothing is vacant yet, it is
    only not set up."""
    kinds = [kind.code for kind in line()]
    rows = held_at(clock.now()).filter(post_kind__in=kinds, place__until_on=None)
    return outermost(rows.values_list("place__path", flat=True).distinct())
