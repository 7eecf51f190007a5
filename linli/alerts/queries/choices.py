"""Where a notice may go: places to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.alerts.queries.picture import name_paths
from linli.core.actors import Actor
from linli.grid.models import Place
from linli.grid.queries import list_top_places

MOST = 60


@dataclass(frozen=True)
class Choice:
    """A place in the list: `above` names the way to it, `opens` that there are places below it."""

    place: Place
    above: str
    chosen: bool
    opens: bool


def list_choices(*, actor: Actor, text: str = "", under: str = "", chosen: Sequence[str] = ()) -> list[Choice]:
    """Places where the actor may issue: those chosen first, then those found by name or code, those right below
    `under`, or the actor's own with those right below. At most 60 beside the chosen; a constant number of queries."""
    below = Place.objects.filter(parent=OuterRef("pk"), until_on=None)
    rows = Place.objects.visible_to(actor, "alerts.issue").filter(until_on=None).annotate(opens=Exists(below))
    picked = list(rows.filter(code__in=list(chosen)).order_by("path"))
    found = [one for one in _found(actor, rows, text.strip(), under) if one.code not in set(chosen)]
    shown = [*picked, *found]
    names = name_paths(paths=[one.path[: one.path[:-1].rfind("/") + 1] for one in shown])
    return [
        Choice(
            place=one,
            above=names.get(one.path[: one.path[:-1].rfind("/") + 1], ""),
            chosen=one.code in set(chosen),
            opens=one.opens,  # type: ignore[attr-defined]
        )
        for one in shown
    ]


def _found(actor: Actor, rows: QuerySet[Place], text: str, under: str) -> list[Place]:
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(code__startswith=text))
    elif under:
        rows = rows.filter(Q(code=under) | Q(parent__code=under))
    else:
        tops = list_top_places(actor=actor, permission="alerts.issue")
        rows = rows.filter(Q(pk__in=[one.pk for one in tops]) | Q(parent__in=tops))
    return list(rows.order_by("path")[:MOST])
