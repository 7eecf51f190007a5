"""Adding places and giving them new names. The official tables come in by `tables`."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.locks import lock
from linli.core.sheets import normalise
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may
from linli.grid.actions.headcounts import Change, record_headcount_changes
from linli.grid.models import Place, PlacePast
from linli.grid.models.places import path_of
from linli.grid.profile import line_place_kinds, place_kinds, register_kind
from linli.grid.queries.headcounts import last_change, line_unit
from linli.grid.rules import committee_of, natural_key

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,39}")


def take_new_names(changed: Sequence[tuple[int, str]], day: date) -> None:
    """Take new names over and keep the old ones, from the day that they were taken."""
    if not changed:
        return
    places = {place.pk: place for place in Place.objects.filter(pk__in=[key for key, _name in changed])}
    last = dict(
        PlacePast.objects.filter(place__in=places)
        .values_list("place")
        .annotate(Max("until_on"))
        .values_list("place", "until_on__max")
    )
    past = []
    for key, name in changed:
        place = places[key]
        past.append(
            PlacePast(
                place=place,
                name=place.name,
                parent_id=place.parent_id,
                path=place.path,
                from_on=last.get(place.pk, place.from_on),
                until_on=day,
            )
        )
        place.name = name
        if place.committee:
            place.committee = committee_of(name)
    PlacePast.objects.bulk_create(past, batch_size=1_000)
    Place.objects.bulk_update(places.values(), ["name", "committee"], batch_size=500)


def record_added(actor: Actor, added: dict[str, Counter[str]]) -> None:
    """Line places count for rounds of posts; a place counts itself by rule, so its change stands at the parent's path."""
    for kind in line_place_kinds():
        changes = [Change(to_path=path, n=n) for path, n in sorted(added.get(kind, {}).items())]
        record_headcount_changes(actor=actor, unit=line_unit(kind), changes=changes)


@dataclass(frozen=True)
class NewPlace:
    """A place to add: right below `parent` (a code; '' for the top), with a name; `code` is made where it is empty."""

    parent: str
    name: str
    code: str = ""
    kind: str = ""


def add_place(
    *, actor: Actor, parent: str, name: str, code: str = "", kind: str = "", write_id: UUID | None = None
) -> Place:
    """Add one place, for instance a grid below a community. See `add_places`."""
    with transaction.atomic():
        content = [parent, name, code, kind]
        before = done_before(actor, "add_place", write_id, content)
        if before:
            return Place.objects.get(pk=before)
        place = add_places(actor=actor, places=[NewPlace(parent, name, code, kind)])[0]
        mark_done(actor, "add_place", write_id, content, place.pk)
        return place


def add_places(*, actor: Actor, places: Sequence[NewPlace]) -> list[Place]:
    """Add places of one level in one go; those below them come in a second call. Without a code, a place gets its
    parent's with the next free number behind it ('360103001001-3'). Raises Invalid where a parent, kind or code does
    not fit, Conflict where a code or, below one parent, a name is taken."""
    with transaction.atomic():
        lock("places")
        parents = _parents(actor, places)
        numbers = _last_numbers(parents)
        made = [_new_place(one, parents.get(one.parent), numbers) for one in places]
        _check_free(made)
        lock("headcounts")
        mark = last_change()
        for place in made:
            place.made_mark = mark
        made = Place.objects.bulk_create(made, batch_size=1_000)
        added: dict[str, Counter[str]] = {}
        for place in made:
            added.setdefault(place.kind, Counter())[place.parent.path if place.parent else ""] += 1
        record_added(actor, added)
        named = made if len(made) <= len(parents) else parents.values()
        audit.record_many(actor, "add_places", named, fields=["code", "name", "kind"])
        return made


def _parents(actor: Actor, places: Sequence[NewPlace]) -> dict[str, Place]:
    wanted = {one.parent for one in places if one.parent}
    found = {place.code: place for place in Place.objects.filter(code__in=wanted, until_on=None)}
    for code in sorted(wanted):
        if code not in found:
            raise Missing()
        check_may(actor, "places.edit", found[code])
    if any(not one.parent for one in places) and not actor.may("places.edit", ""):
        raise Forbidden()
    return found


def _last_numbers(parents: dict[str, Place]) -> dict[str, int]:
    """Parent's code → the highest number that a code made from it ends in."""
    last = dict.fromkeys(parents, 0)
    rows = Place.objects.filter(parent__in=parents.values()).values_list("parent__code", "code")
    for parent, code in rows:
        number = code.removeprefix(f"{parent}-")
        if number.isdigit() and len(number) < 9:
            last[parent] = max(last[parent], int(number))
    return last


def _new_place(one: NewPlace, parent: Place | None, numbers: dict[str, int]) -> Place:
    kinds = list(place_kinds().values())
    depth = place_kinds()[parent.kind].depth + 1 if parent else 0
    if depth >= len(kinds) or one.kind not in ("", kinds[depth].code):
        text = _("A place of this kind can't stand below %(place)s.")
        raise Invalid(text % {"place": parent or "-"}, fields={"kind": text % {"place": parent or "-"}})
    name, code = normalise(one.name), one.code.strip()
    if not 1 <= len(name) <= 100:
        raise Invalid(_("Give the place a name of at most 100 characters."), fields={"name": _("1 to 100 characters")})
    if not code:
        code = _next_code(parent, numbers, name)
    elif parent and not code.startswith(parent.code):
        text = _("The code %(code)s contradicts its parent: it must begin with %(parent)s.")
        text = text % {"code": code, "parent": parent.code}
        raise Invalid(text, fields={"code": text})
    if not CODE.fullmatch(code) or (parent and code == parent.code):
        text = _("A code has 1 to 40 digits, letters and hyphens.")
        raise Invalid(text, fields={"code": text})
    kind = kinds[depth]
    return Place(
        code=code,
        name=name,
        kind=kind.code,
        committee=committee_of(name) if kind.register else "",
        parent=parent,
        path=path_of(code, parent),
        sort=natural_key(name),
        from_on=clock.today(),
    )


def _next_code(parent: Place | None, numbers: dict[str, int], name: str) -> str:
    if parent is None or place_kinds()[parent.kind].depth < place_kinds()[register_kind()].depth:
        text = _("%(name)s needs its official code.") % {"name": name}
        raise Invalid(text, fields={"code": text})
    numbers[parent.code] += 1
    return f"{parent.code}-{numbers[parent.code]}"


def _check_free(made: Sequence[Place]) -> None:
    codes = Counter(place.code for place in made)
    taken = set(Place.objects.filter(code__in=codes).values_list("code", flat=True))
    taken |= {code for code, n in codes.items() if n > 1}
    taken |= set(Place.objects.filter(path__in=[place.path for place in made]).values_list("code", flat=True))
    if taken:
        raise Conflict(_("The code %(code)s is taken.") % {"code": min(taken)}, code="code-taken")
    names = Counter((place.parent_id, place.name) for place in made)
    rows = Place.objects.filter(parent__in={place.parent_id for place in made if place.parent_id}, until_on=None)
    for key in rows.values_list("parent_id", "name"):
        names[key] += names[key] > 0
    twice = [name for (parent, name), n in names.items() if n > 1 and parent]
    if twice:
        raise Conflict(_("There is already a place named %(name)s here.") % {"name": twice[0]}, code="name-taken")
