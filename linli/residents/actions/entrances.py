"""Places redrawn: whole entrances go to another place, and with them everybody who lives behind them, and what waits for
a place."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Count, Model, QuerySet

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.grid.actions import Change, record_headcount_changes
from linli.grid.models import Place
from linli.grid.queries import register_path
from linli.grid.rules import Done
from linli.residents.models import Membership, Residence, RevealGrant, RosterUpload, Transfer

BATCH = 500


def count_redrawn(*, actor: Actor, moved: Mapping[int, tuple[str, str]]) -> int:
    """Entrances stand elsewhere because places were redrawn (entrance → paths before and after): count who lives behind
    them there. They neither came nor went. Each household is named, so that open rounds follow; people are counted
    together. Returns how many households."""
    keys, households, people = sorted(moved), list[Change](), Counter[tuple[str, str]]()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        living = Residence.objects.filter(dwelling__entrance__in=part, until_on=None).order_by("household_id")
        for household, entrance in living.values_list("household_id", "dwelling__entrance_id"):
            households.append(Change(*moved[entrance], member=household, redrawn=True))
        members = Membership.objects.filter(
            until_on=None, household__residences__until_on=None, household__residences__dwelling__entrance__in=part
        )
        counted = members.order_by().values_list("household__residences__dwelling__entrance_id")
        for entrance, n in counted.annotate(n=Count("pk")):
            people[moved[entrance]] += n
    record_headcount_changes(actor=actor, unit="household", changes=households)
    counts = [Change(*paths, n=n, redrawn=True) for paths, n in sorted(people.items())]
    record_headcount_changes(actor=actor, unit="person", changes=counts)
    return len(households)


def follow_redrawing(
    *, actor: Actor, moved: Mapping[int, tuple[str, str]], places: Mapping[int, int], alike: Collection[int]
) -> list[Done]:
    """What waits for a place that is no more goes on at the one that follows it (`places`: old → new): rosters, proposals
    to take a household over, requests for a second person's word. Such a word once given goes along only where the place
    itself goes on (`alike`), not where it became part of a larger one: it was given for less."""
    now, keys = clock.now(), list(places)
    done = _repoint(RosterUpload.objects.exclude(state="done"), "place", places)
    pending = Transfer.objects.filter(state="proposed")
    done += _repoint(pending, "to_place", places)
    done += _follow_homes(pending, moved)
    done += _repoint(pending.exclude(pk__in=[one.subject for one in done if one.kind == GIVES]), "from_place", places)
    grants = RevealGrant.objects.filter(place__in=keys)
    done += _repoint(grants.filter(decided_at=None), "place", places)
    same = {old: new for old, new in places.items() if old in alike}
    done += _repoint(grants.filter(allowed=True, expires_at__gt=now), "place", same)
    _tell(actor, done)
    return done


GIVES = "Transfer.from_place"


def _repoint(rows: QuerySet[Any], field: str, places: Mapping[int, int]) -> list[Done]:
    done = []
    for one in rows.filter(**{f"{field}__in": list(places)}).order_by("pk"):
        before = getattr(one, f"{field}_id")
        setattr(one, f"{field}_id", places[before])
        one.save(update_fields=[field])
        done.append(Done(f"{type(one).__name__}.{field}", str(one.pk), str(before), str(places[before])))
    return done


def _follow_homes(pending: QuerySet[Transfer], moved: Mapping[int, tuple[str, str]]) -> list[Done]:
    """The community that gives a household is the one that keeps it now."""
    ways = {entrance: tuple(map(register_path, paths)) for entrance, paths in moved.items()}
    left = {entrance: after for entrance, (before, after) in ways.items() if before != after}
    homes = Residence.objects.filter(until_on=None, household__in=pending.values("household"))
    goes = {
        household: left[entrance]
        for household, entrance in homes.values_list("household_id", "dwelling__entrance_id")
        if entrance in left
    }
    registers = dict(Place.objects.filter(path__in=set(goes.values())).values_list("path", "pk"))
    done = []
    for one in pending.filter(household__in=goes).order_by("pk"):
        before, one.from_place_id = one.from_place_id, registers[goes[one.household_id]]
        one.save(update_fields=["from_place"])
        done.append(Done(GIVES, str(one.pk), str(before), str(one.from_place_id)))
    return done


FOLLOWERS: Mapping[str, type[Model]] = {one.__name__: one for one in (RosterUpload, Transfer, RevealGrant)}


def restore_followers(*, actor: Actor, done: Sequence[Done]) -> None:
    """Undo of the same, for what has not been settled or sent elsewhere since."""
    mine = [one for one in done if one.kind.partition(".")[0] in FOLLOWERS]
    for one in mine:
        model, _dot, field = one.kind.partition(".")
        found = FOLLOWERS[model]._default_manager.filter(pk=one.subject, **{field: int(one.after)})
        found.update(**{field: int(one.before)})
    _tell(actor, mine)


def _tell(actor: Actor, done: Sequence[Done]) -> None:
    keys = sorted({(f"residents.{one.kind.partition('.')[0].lower()}", one.subject) for one in done})
    audit.record_many(actor, "redraw_requests", keys, fields=["place"])
