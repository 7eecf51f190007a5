"""Headcount changes and their folding. Rooms above call `record_headcount_changes` in the transaction of the change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import OuterRef, Subquery

from linli.core import clock
from linli.core.actors import Actor
from linli.core.locks import lock
from linli.grid.models import Headcount, HeadcountChange, Place
from linli.grid.queries.headcounts import Reading, steps_of


@dataclass(frozen=True)
class Change:
    """`n` of a unit left `from_path` ('' from outside) and joined `to_path` ('' to outside); `redrawn`: only the place
    changed."""

    from_path: str = ""
    to_path: str = ""
    n: int = 1
    member: int | None = None
    redrawn: bool = False


def record_headcount_changes(*, actor: Actor, unit: str, changes: Sequence[Change]) -> None:  # noqa: ARG001
    """Append changes. The caller's action is what is audited; the lock makes ids follow commits."""
    with transaction.atomic():
        lock("headcounts")
        at = clock.now()
        HeadcountChange.objects.bulk_create(
            (
                HeadcountChange(
                    unit=unit,
                    from_path=one.from_path,
                    to_path=one.to_path,
                    n=one.n,
                    member=one.member,
                    redrawn=one.redrawn,
                    at=at,
                )
                for one in changes
                if one.from_path != one.to_path
            ),
            batch_size=2_000,
        )


def fold_headcounts(*, actor: Actor) -> int:  # noqa: ARG001
    """Bring unfolded changes into the cumulative counts of every ancestor. Returns how many changes."""
    with transaction.atomic():
        lock("headcounts")
        changes = list(HeadcountChange.objects.filter(folded_into=None).order_by("id"))
        if not changes:
            return 0
        upto = changes[-1].pk
        for unit in {one.unit for one in changes}:
            _fold(unit, [one for one in changes if one.unit == unit], upto)
        HeadcountChange.objects.filter(folded_into=None, id__lte=upto).update(folded_into=upto)
        return len(changes)


def _fold(unit: str, changes: Sequence[HeadcountChange], upto: int) -> None:
    sums: dict[str, Reading] = defaultdict(Reading)
    for one in changes:
        for path, step in steps_of(one.from_path, one.to_path, one.n, redrawn=one.redrawn):
            sums[path] += step
    before = Headcount.objects.filter(place_id=OuterRef("pk"), unit=unit).order_by("-upto")
    paths = sorted(sums)
    for start in range(0, len(paths), 500):
        places = Place.objects.filter(path__in=paths[start : start + 500]).annotate(
            joined_before=Subquery(before.values("joined")[:1]),
            left_before=Subquery(before.values("left")[:1]),
            redrawn_before=Subquery(before.values("redrawn")[:1]),
        )
        Headcount.objects.bulk_create(
            Headcount(
                place_id=place.pk,
                unit=unit,
                upto=upto,
                joined=(place.joined_before or 0) + sums[place.path].joined,
                left=(place.left_before or 0) + sums[place.path].left,
                redrawn=(place.redrawn_before or 0) + sums[place.path].redrawn,
            )
            for place in places
        )
