"""What waits for a decision: households proposed from one community to another, and corrections that somebody asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.grid.queries import name_posts
from linli.residents import rules
from linli.residents.access import EDIT, SEE, find_standing, may_accept, may_give
from linli.residents.models import Correction, Transfer
from linli.residents.queries.reach import NAMELESS, Door, describe_households

MOST = 100


@dataclass(frozen=True)
class TransferLine:
    """A proposal in a list: the household's name and nothing else of it."""

    id: UUID
    name: str
    from_place: str
    to_place: str
    is_incoming: bool
    state: str
    at: datetime
    due_at: datetime
    is_late: bool


@dataclass(frozen=True)
class TransferView:
    """What both sides see until it is settled. `household_id` is 0 for whom the household itself is out of sight."""

    id: UUID
    name: str
    kind: str
    subkind: str
    people: int
    from_place: Place
    to_place: Place
    post: str  # that proposed it, and where
    reason: str
    new_address: str
    state: str
    answer: str
    at: datetime
    due_at: datetime
    decided_at: datetime | None
    may_accept: bool
    may_cancel: bool
    household_id: int


def list_transfers(*, actor: Actor) -> list[TransferLine]:
    """Open ones first, the soonest due on top; settled ones of the last weeks behind. Two queries: the second counts."""
    rows = Transfer.objects.visible_to(actor).select_related("household", "from_place", "to_place")
    since = clock.now() - rules.TRANSFER_LAPSES
    recent = rows.filter(Q(state="proposed") | Q(decided_at__gt=since)).order_by("-at")
    own = set(rows.filter(within("to_place__path", actor.paths(EDIT))).values_list("pk", flat=True))
    now = clock.now()
    lines = [
        TransferLine(
            id=one.pk,
            name=one.household.name or NAMELESS,
            from_place=one.from_place.name,
            to_place=one.to_place.name,
            is_incoming=one.pk in own,
            state=one.state,
            at=one.at,
            due_at=one.due_at,
            is_late=one.state == "proposed" and one.due_at <= now,
        )
        for one in recent[:MOST]
    ]
    return sorted(lines, key=lambda one: (one.state != "proposed", one.due_at))


def get_transfer(*, actor: Actor, transfer_id: UUID) -> TransferView:
    """Raises Missing where it is not there, or neither side is the actor's."""
    rows = Transfer.objects.visible_to(actor).select_related("household", "from_place", "to_place")
    one = rows.annotate(people=Count("household__memberships", filter=Q(household__memberships__until_on=None)))
    found = one.filter(pk=transfer_id).first()
    if found is None:
        raise Missing()
    at = find_standing(found.household_id)
    sees = at is not None and actor.may(SEE, at.path)
    is_open = found.state == "proposed"
    return TransferView(
        id=found.pk,
        name=found.household.name or NAMELESS,
        kind=found.household.kind,
        subkind=found.household.subkind,
        people=found.people,
        from_place=found.from_place,
        to_place=found.to_place,
        post=name_posts([(found.by, at.path if at else found.from_place.path, found.at)])[0],
        reason=found.reason,
        new_address=found.new_address,
        state=found.state,
        answer=found.answer,
        at=found.at,
        due_at=found.due_at,
        decided_at=found.decided_at,
        may_accept=is_open and may_accept(actor, found),
        may_cancel=is_open and may_give(actor, found),
        household_id=found.household_id if sees else 0,
    )


def find_open_transfer(*, household_id: int) -> UUID | None:
    """Of a household that the caller has found in the actor's sight."""
    rows = Transfer.objects.filter(household=household_id, state="proposed")
    return rows.values_list("pk", flat=True).first()


def list_communities_near(*, path: str) -> list[Place]:
    """Communities of the same district: the names of places are nobody's secret."""
    chain = Place.objects.filter(path__in=ancestors(path)).order_by("path")
    above = list(chain.values_list("path", "kind"))
    at = next((n for n, (_path, kind) in enumerate(above) if kind == register_kind()), len(above) - 1)
    top = above[max(0, at - 2)][0]
    rows = Place.objects.filter(within("path", [top]), kind=register_kind(), until_on=None).exclude(path=above[at][0])
    return list(rows.select_related("parent").order_by("path")[:600])


@dataclass(frozen=True)
class CorrectionLine:
    """A request in a list, without the value."""

    id: UUID
    field: str
    person: str
    person_id: int | None
    household_id: int
    door: Door | None
    asked_as: str
    asked_at: datetime
    state: str
    answer: str
    decided_at: datetime | None
    is_late: bool
    value: str = ""
    now: str = ""
    may_decide: bool = False


def list_corrections(*, actor: Actor) -> list[CorrectionLine]:
    """Those that the actor may decide or asked for: waiting ones first, the oldest on top; decided ones of the last weeks
    behind. Two queries."""
    since = clock.now() - rules.CORRECTION_LAPSES
    rows = Correction.objects.visible_to(actor).filter(Q(state="waiting") | Q(decided_at__gt=since))
    found = list(rows.select_related("person", "household").order_by("-asked_at")[:MOST])
    if not found:
        return []
    doors = describe_households(actor=actor, ids=[one.household_id for one in found])
    lines = [_line(one, doors.get(one.household_id)) for one in found]
    return sorted(lines, key=lambda one: (one.state != "waiting", one.asked_at))


def _line(one: Correction, door: Door | None) -> CorrectionLine:
    due = one.asked_at + rules.CORRECTION_DUE
    return CorrectionLine(
        id=one.pk,
        field=one.field,
        person=one.person.name if one.person else "",
        person_id=one.person_id,
        household_id=one.household_id,
        door=door,
        asked_as=one.asked_as,
        asked_at=one.asked_at,
        state=one.state,
        answer=one.answer,
        decided_at=one.decided_at,
        is_late=one.state == "waiting" and due <= clock.now(),
    )


def get_correction(*, actor: Actor, correction_id: UUID) -> CorrectionLine:
    """With what was asked for and what stands now, numbers masked in the latter. Raises Missing."""
    rows = Correction.objects.visible_to(actor).select_related("person", "household")
    found = rows.filter(pk=correction_id).first()
    at = find_standing(found.household_id) if found else None
    if found is None or at is None:
        raise Missing()
    door = describe_households(actor=actor, ids=[found.household_id]).get(found.household_id)
    line = _line(found, door)
    decides = found.state == "waiting" and actor.may(EDIT, at.path) and actor.ref != found.asked_by
    values = {**line.__dict__, "value": found.value, "now": _now(found), "may_decide": decides}
    return CorrectionLine(**values)


def _now(one: Correction) -> str:
    if one.person is None or one.field in rules.WRITTEN_BY_HAND | {"erase"}:
        return ""
    value = getattr(one.person, one.field)
    masks = {"phone": rules.mask_phone, "id_number": rules.mask_id}
    return masks[one.field](value) if one.field in masks else str(value or "")


def list_corrections_of(*, household_id: int) -> Sequence[CorrectionLine]:
    """For the household's own page, whose link the caller has checked, and for the office's: newest first."""
    rows = Correction.objects.filter(household=household_id).select_related("person", "household")
    return [_line(one, None) for one in rows.order_by("-asked_at")[:20]]


def count_waiting(*, actor: Actor) -> tuple[int, int]:
    """(proposals for the actor to accept, corrections to decide). Two queries."""
    incoming = Transfer.objects.filter(within("to_place__path", actor.paths(EDIT)), state="proposed").count()
    waiting = Correction.objects.visible_to(actor).filter(state="waiting").exclude(asked_by=actor.ref).count()
    return incoming, waiting
