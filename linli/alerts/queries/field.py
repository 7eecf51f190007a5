"""What must be known to judge many knocks that come late, for all of them at once: one query a table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q, QuerySet

from linli.alerts.models import Alert, LateRecord
from linli.alerts.queries.notices import list_alerts
from linli.alerts.rules import ISSUED
from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.queries import allowed_spans
from linli.residents.access import standings
from linli.residents.queries import Door, describe_households, list_groups_of
from linli.rounds import rules
from linli.rounds.models import Answer, Attempt, RoundPlace

ANSWER = "alerts.answer"


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """A knock as a phone or a paper list tells it. `residence` is where the household lived as the list was made,
    `known_at` the last attempt that the list showed, `revoked` says that the phone is. `anyway`: whoever recorded it has
    seen the conflict. `at` is by the server's clock."""

    id: UUID
    household: int
    residence: int
    alerts: tuple[UUID, ...]
    outcome: str
    at: datetime
    note: str = ""
    known_at: datetime | None = None
    revoked: bool = False
    anyway: bool = False

    def attempt_id(self, alert: UUID) -> UUID:
        return uuid5(self.id, str(alert))


@dataclass(frozen=True, slots=True)
class Home:
    household: int
    path: str
    present: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a record, and why; `about` is what contradicts it, `notices` where it is to be stored."""

    id: UUID
    result: str
    reason: str = ""
    about: Attempt | tuple[datetime, str, str] | None = None
    notices: tuple[Alert, ...] = ()
    path: str = ""


@dataclass
class Basis:
    """The state against which a batch is judged."""

    actor: Actor
    homes: dict[int, Home]
    alerts: dict[UUID, Alert]
    roots: dict[UUID, list[str]]
    groups: dict[int, set[str]]
    spans: list[tuple[str, datetime, datetime | None]]
    attempts: dict[UUID, Attempt]
    others: dict[tuple[UUID, int], Attempt]
    answers: dict[tuple[UUID, int], tuple[datetime, str, str]]
    late: dict[UUID, LateRecord] = field(default_factory=dict)

    def allowed_then(self, path: str, at: datetime) -> bool:
        return any(
            path.startswith(one) and since <= at and (until is None or at < until) for one, since, until in self.spans
        )

    def concerns(self, alert: Alert, record: FieldRecord, path: str) -> bool:
        inside = any(path.startswith(root) for root in self.roots.get(alert.households_id or alert.pk, ()))
        return inside and (not alert.groups or bool(self.groups.get(record.household, set()) & set(alert.groups)))


def read_basis(*, actor: Actor, records: Sequence[FieldRecord]) -> Basis:
    """A constant number of queries."""
    households = {one.household for one in records}
    wanted = {key for one in records for key in one.alerts}
    alerts = {one.pk: one for one in list_alerts(actor=actor).filter(pk__in=wanted).exclude(households=None)}
    rounds = [one.households_id for one in alerts.values() if one.households_id]
    roots = defaultdict(list)
    for key, path in RoundPlace.objects.filter(round__in=rounds).values_list("round_id", "path"):
        roots[key].append(path)
    ids = [one.attempt_id(key) for one in records for key in one.alerts]
    return Basis(
        actor=actor,
        homes=_homes({one.residence for one in records}),
        alerts=alerts,
        roots=dict(roots),
        groups=list_groups_of(households) if any(one.groups for one in alerts.values()) else {},
        spans=allowed_spans(actor=actor, permission=ANSWER),
        attempts={one.pk: one for one in _in_parts(Attempt.objects.all(), "pk", ids)},
        others=_others(actor, rounds, households),
        answers=_answers(rounds, households),
        late={one.pk: one for one in LateRecord.objects.filter(pk__in=[record.id for record in records])},
    )


def _in_parts(rows: QuerySet[Attempt], name: str, ids: Sequence[UUID]) -> Iterable[Attempt]:
    """So that a query never carries more ids than a database takes; a batch of a phone fits into one."""
    for start in range(0, len(ids), 20_000):
        yield from rows.filter(**{f"{name}__in": ids[start : start + 20_000]})


def _homes(residences: set[int]) -> dict[int, Home]:
    rows = standings(pk__in=residences).values_list("pk", "household_id", "path", "until_on")
    return {key: Home(household, path, until_on is None) for key, household, path, until_on in rows}


def _others(actor: Actor, rounds: Sequence[UUID], households: set[int]) -> dict[tuple[UUID, int], Attempt]:
    """The last attempt by somebody else."""
    rows = Attempt.objects.filter(round__in=rounds, member__in=households, withdrawn_at=None).exclude(by=actor.ref)
    return {(one.round_id, one.member): one for one in rows.order_by("at", "id")}


def _answers(rounds: Sequence[UUID], households: set[int]) -> dict[tuple[UUID, int], tuple[datetime, str, str]]:
    rows = Answer.objects.filter(round__in=rounds, member__in=households, withdrawn_at=None)
    return {row[:2]: row[2:] for row in rows.values_list("round_id", "member", "at", "how", "by")}


def judge(basis: Basis, record: FieldRecord) -> Verdict:
    """What becomes of one record. The order of the questions is part of the answer: what came before first."""
    before = _before(basis, record)
    if before is not None:
        return before
    home = basis.homes.get(record.residence)
    if home is None or home.household != record.household or record.outcome not in rules.OUTCOMES:
        return Verdict(record.id, rules.REFUSED_RECORD, rules.NOT_YOURS)
    return _not_allowed(basis, record, home.path) or _of_notices(basis, record, home)


def _of_notices(basis: Basis, record: FieldRecord, home: Home) -> Verdict:
    known = [basis.alerts[key] for key in record.alerts if key in basis.alerts]
    meant = [one for one in known if basis.concerns(one, record, home.path)]
    if not home.present:
        return Verdict(record.id, rules.CONFLICT, rules.GONE, path=home.path)
    if not meant:
        return Verdict(record.id, rules.REFUSED_RECORD, rules.NOT_YOURS)
    running = tuple(one for one in meant if one.state == ISSUED and one.households and one.households.closed_at is None)
    if not running:
        return Verdict(record.id, rules.CONFLICT, rules.CLOSED, path=home.path)
    stored = Verdict(record.id, rules.STORED, notices=running, path=home.path)
    return _contradicted(basis, record, running) or stored


def _before(basis: Basis, record: FieldRecord) -> Verdict | None:
    late = basis.late.get(record.id)
    if late is not None:
        same = (late.household, late.outcome, f"account:{late.account_id}") == (
            record.household,
            record.outcome,
            basis.actor.ref,
        )
        return Verdict(record.id, rules.LATE, late.why) if same else _reused(record)
    stored = [basis.attempts[key] for key in map(record.attempt_id, record.alerts) if key in basis.attempts]
    if not stored:
        return None
    same = all(
        (one.member, one.outcome, one.by) == (record.household, record.outcome, basis.actor.ref) for one in stored
    )
    return Verdict(record.id, rules.ALREADY) if same else _reused(record)


def _reused(record: FieldRecord) -> Verdict:
    return Verdict(record.id, rules.REFUSED_RECORD, rules.REUSED)


def _not_allowed(basis: Basis, record: FieldRecord, path: str) -> Verdict | None:
    """None where the post held then and the post held now both open this door."""
    then, now = basis.allowed_then(path, record.at), basis.actor.may(ANSWER, path)
    if then and (record.revoked or not now):
        return Verdict(record.id, rules.LATE, rules.REVOKED if record.revoked else rules.ENDED, path=path)
    if then and now:
        return None
    why = rules.NOT_APPOINTED if now else rules.NOT_YOURS
    return Verdict(record.id, rules.REFUSED_RECORD, why)


def _contradicted(basis: Basis, record: FieldRecord, running: Sequence[Alert]) -> Verdict | None:
    if record.anyway:
        return None
    for alert in running:
        key = (alert.households_id or alert.pk, record.household)
        answer, other = basis.answers.get(key), basis.others.get(key)
        if answer and answer[2] != basis.actor.ref and record.outcome != rules.SPOKEN_TO:
            return Verdict(record.id, rules.CONFLICT, rules.ANSWERED, answer)
        unknown = other is not None and (record.known_at is None or other.at > record.known_at)
        if other is not None and unknown and rules.contradicts(record.outcome, other.outcome):
            return Verdict(record.id, rules.CONFLICT, rules.RECORDED, other)
    return None


# Late records, for whoever answers there now --------------------------------------------------------------------------


def list_late(*, actor: Actor) -> QuerySet[LateRecord]:
    """Late records of the actor's places that nobody has decided on, the oldest first."""
    rows = LateRecord.objects.filter(within("path", actor.paths(ANSWER)), decided_at=None)
    return rows.select_related("account").order_by("received_at", "id")


def count_late(*, actor: Actor) -> int:
    return list_late(actor=actor).count()


def describe_late(*, actor: Actor, rows: Iterable[LateRecord]) -> list[tuple[LateRecord, Door | None]]:
    """Each with its door, where the household is still there."""
    found = list(rows)
    doors = describe_households(actor=actor, ids={one.household for one in found})
    return [(one, doors.get(one.household)) for one in found]


def residences_of(*, households: Iterable[int]) -> dict[int, int]:
    """Household → its present residence, for a list that is handed out. The caller has narrowed the ids."""
    rows = standings(household__in=list(households), until_on=None)
    return dict(rows.values_list("household_id", "pk"))


def notices_of(*, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, Alert]:
    rows = list_alerts(actor=actor).filter(Q(pk__in=set(ids)))
    return {one.pk: one for one in rows}
