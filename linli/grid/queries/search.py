"""Places and holders of posts, found by what somebody types."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import begins, within
from linli.grid.models import Appointment, Place
from linli.grid.profile import place_kinds, post_kinds, register_kind
from linli.grid.queries.seats import held_at

WIDE = 3  # levels of a path from which on what lies below it is few enough to be read through: a district


def _is_wide(paths: Sequence[str]) -> bool:
    """Is one's reach so large that a part of a name can't be looked for in all of it?"""
    return any(path.count("/") < WIDE for path in paths)


def search_places(*, actor: Actor, text: str, most: int = 20) -> list[Place]:
    """Present places whose name or code begins with the text, then those whose name contains it: of a reach wider than
    a district only those above the communities, for reading through 665,276 places takes 0.2 s. The best first. Two
    queries."""
    rows = Place.objects.visible_to(actor).filter(until_on=None).select_related("parent").order_by("path")
    start = begins("code", text) if text[:1].isdigit() and text[-1:].isalnum() else Q(pk__in=[])
    first = list(rows.filter(begins("name", text) | start).order_by("name")[:most])
    if _is_wide(actor.paths("places.see")):
        depth = place_kinds()[register_kind()].depth
        rows = rows.filter(kind__in=[kind.code for kind in place_kinds().values() if kind.depth < depth])
    first.sort(key=lambda one: (text not in (one.name, one.code), one.path.count("/"), one.path))
    return _with_more(first, rows.filter(name__contains=text), most)


def _with_more(first: list[Place], rows: QuerySet[Place], most: int) -> list[Place]:
    known = {one.pk for one in first}
    return (first + [one for one in rows[:most] if one.pk not in known])[:most]


def search_holders(*, actor: Actor, text: str, most: int = 20) -> list[Appointment]:
    """Posts held now in the actor's sight. Every word names the person (or the initials of the name), the kind of post
    or the place: '二郎庙 书记'. In a reach wider than a district a word is the beginning of a person's name or its
    initials. The best first. One query."""
    paths = actor.paths("posts.see")
    rows = held_at(clock.now()).filter(within("place__path", paths))
    words = text.split()[:4]
    for word in words:
        rows = rows.filter(_holder_matching(word, wide=_is_wide(paths)))
    found = rows.select_related("account", "place__parent").order_by("place__path", "from_at", "id")
    return sorted(found[: most * 3], key=lambda one: _rank(one.account.name, words))[:most]


def _rank(name: str, words: Sequence[str]) -> int:
    return 0 if name in words else 1 if any(name.startswith(word) for word in words) else 2


def _holder_matching(word: str, *, wide: bool) -> Q:
    found = begins("account__name", word)
    if word.isascii() and word.isalpha():
        found |= begins("account__initials", word.lower())
    if wide:
        return found
    low = word.casefold()
    kinds = [kind.code for kind in post_kinds().values() if low in kind.zh or low in kind.en.casefold()]
    return found | Q(account__name__contains=word) | Q(place__name__contains=word) | Q(post_kind__in=kinds)
