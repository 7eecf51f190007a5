"""May a purpose use a person's data? Other rooms ask here before they do."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from linli.core import clock
from linli.core.actors import Actor
from linli.residents.models import Consent
from linli.residents.profile import purposes


@dataclass(frozen=True)
class GroundLine:
    """A purpose and what it stands on for one person. `id` is 0 where it stands on the profile alone."""

    id: int
    purpose: str
    ground: str
    word: str
    from_on: date | None
    until_on: date | None
    withdrawn_at: datetime | None
    holds: bool


def with_ground(*, person_ids: Collection[int], purpose: str) -> set[int]:
    """Of these people, those whose data the purpose may use today. A purpose by law, contract or emergency may use
    everybody's; one by consent only of those who gave it. An unknown purpose may use nobody's. One query."""
    known = purposes().get(purpose)
    if known is None:
        return set()
    if known.ground != "consent":
        return set(person_ids)
    rows = Consent.objects.filter(_valid(clock.today()), person__in=list(person_ids), purpose=purpose)
    return set(rows.values_list("person_id", flat=True))


def has_ground(*, person_id: int, purpose: str) -> bool:
    return bool(with_ground(person_ids=[person_id], purpose=purpose))


def _valid(today: date) -> Q:
    return Q(withdrawn_at=None, from_on__lte=today) & (Q(until_on=None) | Q(until_on__gt=today))


def list_grounds(*, actor: Actor, person_id: int) -> list[GroundLine]:  # noqa: ARG001
    """Every purpose of the profile and what it stands on, then what ended. The caller has found the person in the actor's
    sight."""
    today = clock.today()
    rows = list(Consent.objects.filter(person=person_id).order_by("-id"))
    lines = [
        GroundLine(
            id=one.pk,
            purpose=one.purpose,
            ground=one.ground,
            word=one.word,
            from_on=one.from_on,
            until_on=one.until_on,
            withdrawn_at=one.withdrawn_at,
            holds=one.withdrawn_at is None and one.from_on <= today and (one.until_on is None or one.until_on > today),
        )
        for one in rows
    ]
    standing = {one.purpose for one in lines if one.holds}
    bare = [
        GroundLine(0, one.code, one.ground, "", None, None, None, holds=one.ground != "consent")
        for one in purposes().values()
        if one.code not in standing
    ]
    order = {code: at for at, code in enumerate(purposes())}
    current = sorted([*(one for one in lines if one.holds), *bare], key=lambda one: order.get(one.purpose, 99))
    return [*current, *(one for one in lines if not one.holds)]
