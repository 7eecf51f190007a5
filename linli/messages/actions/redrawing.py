"""Links, senders and messages that are out follow when places are redrawn."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Q

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.grid.models import EntrancePlacement, Place
from linli.grid.rules import Done
from linli.messages.models import Delivery, PersonalLink, Sender
from linli.messages.rules import HOUSEHOLD, SHARED
from linli.residents.models import Residence

FEW = 300  # entrances by themselves in a query


def follow_redrawing(*, actor: Actor, places: Mapping[int, int], moved: Mapping[int, tuple[str, str]]) -> list[Done]:
    """Shared links of a place that is no more open at the one that follows it (old → new), so that a chat group's link goes
    on working; its robots serve that one. Messages that are out are listed where their people now stand: `moved` tells for
    each entrance the paths before and after."""
    rows = PersonalLink.objects.filter(purpose=SHARED, subject__in=places, revoked_at=None, expires_at__gt=clock.now())
    done = []
    for link in rows.order_by("id"):
        done.append(Done("link", str(link.pk), str(link.subject), str(places[link.subject])))
        link.subject = places[link.subject]
        link.save(update_fields=["subject"])
    paths = dict(Place.objects.filter(pk__in=[*places, *places.values()]).values_list("pk", "path"))
    for sender in Sender.objects.filter(place__in=places).order_by("id"):
        to = places[sender.place_id or 0]
        done.append(Done("sender", str(sender.pk), str(sender.place_id), str(to)))
        Sender.objects.filter(pk=sender.pk).update(place=to, path=paths[to])
    audit.record_many(actor, "redraw_links", [(f"messages.{one.kind}", one.subject) for one in done], fields=["place"])
    _move_households(moved)
    return done + _move_others({paths[old]: paths[new] for old, new in places.items()})


def _still_out() -> Q:
    """What was sent of something that has ended stays where it was sent."""
    now = clock.now()
    return Q(dispatch__stopped_at=None) & (Q(dispatch__expires_at=None) | Q(dispatch__expires_at__gt=now))


def _move_households(moved: Mapping[int, tuple[str, str]]) -> None:
    """One statement for each pair of places, or for some hundred entrances of it."""
    ways: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entrance, paths in moved.items():
        ways[paths].append(entrance)
    olds = Counter(before for before, _after in ways)
    left = set(
        EntrancePlacement.objects.filter(place__path__in=olds, until_on=None).values_list("place__path", flat=True)
    )
    out = Delivery.objects.filter(_still_out(), kind=HOUSEHOLD)
    for (before, after), entrances in sorted(ways.items()):
        whole = olds[before] == 1 and before not in left
        for who in [Q()] if whole else _living(entrances):
            keys = out.filter(who, path=before).values("pk")
            Delivery.objects.filter(pk__in=keys).update(path=after)


def _living(entrances: Sequence[int]) -> Iterator[Q]:
    for start in range(0, len(entrances), FEW):
        part = entrances[start : start + FEW]
        living = Residence.objects.filter(until_on=None, dwelling__entrance__in=part)
        yield Q(recipient__in=living.values("household"))


def _move_others(paths: Mapping[str, str]) -> list[Done]:
    """To holders and chat groups of a place that is no more."""
    rows = Delivery.objects.filter(_still_out(), path__in=paths).exclude(kind=HOUSEHOLD).order_by("id")
    found = list(rows)
    done = [Done("delivery", str(one.pk), one.path, paths[one.path]) for one in found]
    for one in found:
        one.path = paths[one.path]
    Delivery.objects.bulk_update(found, ["path"], batch_size=500)
    return done


def restore_links(*, actor: Actor, done: Sequence[Done], moved: Mapping[int, tuple[str, str]]) -> None:
    """Undo of the same; `moved` tells the way back."""
    _move_households(moved)
    back: dict[str, list[int]] = defaultdict(list)
    for one in done:
        if one.kind == "delivery":
            back[one.before].append(int(one.subject))
        if one.kind == "link":
            PersonalLink.objects.filter(pk=int(one.subject), subject=int(one.after)).update(subject=int(one.before))
        elif one.kind == "sender":
            path = Place.objects.values_list("path", flat=True).get(pk=int(one.before))
            found = Sender.objects.filter(pk=int(one.subject), place=int(one.after))
            found.update(place=int(one.before), path=path)
    for path, rows in back.items():
        Delivery.objects.filter(pk__in=rows).update(path=path)
    keys = [(f"messages.{one.kind}", one.subject) for one in done if one.kind in ("link", "sender")]
    audit.record_many(actor, "redraw_links", keys, fields=["place"])
