"""Knocks recorded without network, stored when the phone comes back; and those that came too late to be stored at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_answer_at
from linli.alerts.actions.facts import source_of
from linli.alerts.models import Alert, LateRecord
from linli.alerts.queries.field import FieldRecord, Verdict, judge, read_basis, residences_of
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.core.locks import lock
from linli.core.paths import common
from linli.duties import actions as duties
from linli.grid.models import Account
from linli.rounds import actions as rounds
from linli.rounds import rules
from linli.rounds.intake import Receipt
from linli.rounds.models import Attempt


def store_records(*, actor: Actor, records: Sequence[FieldRecord]) -> list[Verdict]:
    """Judge and store a batch: a constant number of statements for each notice, whatever the number of records. The same
    record sent again gets the same answer and is stored once."""
    if actor.kind != "account" or actor.token_scopes is not None:
        raise Missing()
    with transaction.atomic():
        lock(f"field:{actor.ref}")
        first = {one.id: one for one in reversed(records)}
        basis = read_basis(actor=actor, records=list(first.values()))
        found = {key: judge(basis, one) for key, one in first.items()}
        _keep_late(actor, [(first[key], one) for key, one in found.items() if _is_new_late(basis.late, one)])
        _store(actor, [(first[key], one) for key, one in found.items() if one.result == rules.STORED])
        return [found[one.id] if one == first[one.id] else _reused(one) for one in records]


def _reused(record: FieldRecord) -> Verdict:
    return Verdict(record.id, rules.REFUSED_RECORD, rules.REUSED)


def _is_new_late(known: dict[UUID, LateRecord], verdict: Verdict) -> bool:
    return verdict.result == rules.LATE and verdict.id not in known


def _keep_late(actor: Actor, late: Sequence[tuple[FieldRecord, Verdict]]) -> None:
    if not late:
        return
    now = clock.now()
    LateRecord.objects.bulk_create(
        LateRecord(
            id=record.id,
            account_id=actor.id,
            household=record.household,
            path=verdict.path,
            alerts=[str(key) for key in record.alerts],
            outcome=record.outcome,
            note=record.note,
            at=record.at,
            why=verdict.reason,
            received_at=now,
        )
        for record, verdict in late
    )
    path = common(verdict.path for _record, verdict in late)
    audit.record(actor, "keep_late_records", ("alerts.laterecord", late[0][0].id), fields=[f"{len(late)}"], path=path)


def _store(actor: Actor, stored: Sequence[tuple[FieldRecord, Verdict]]) -> None:
    """By notice, in the order of their ids: two phones that send at once never wait for each other in a ring."""
    by_notice: dict[UUID, tuple[Alert, list[tuple[FieldRecord, str]]]] = {}
    for record, verdict in stored:
        for alert in verdict.notices:
            by_notice.setdefault(alert.pk, (alert, []))[1].append((record, verdict.path))
    for _key, (alert, rows) in sorted(by_notice.items()):
        _store_for(actor, alert, rows)


def _store_for(actor: Actor, alert: Alert, rows: Sequence[tuple[FieldRecord, str]]) -> None:
    if alert.households is None:
        raise Missing()
    attempts = {record.id: _attempt(actor.ref, alert, record) for record, _path in rows}
    paths = {path for _record, path in rows}
    rounds.record_attempts(actor=actor, found=alert.households, rows=list(attempts.values()), paths=paths)
    receipts = [_receipt(one) for one in attempts.values() if one.outcome == rules.SPOKEN_TO]
    if receipts:
        rounds.record_receipts(actor=actor, found=alert.households, receipts=receipts)
    duties.begin_tasks_at(actor=actor, source=source_of(alert), paths=paths)


def _attempt(by: str, alert: Alert, record: FieldRecord) -> Attempt:
    if alert.households_id is None:
        raise Missing()
    at = max(record.at, alert.issued_at) if alert.issued_at else record.at
    return Attempt(
        id=record.attempt_id(alert.pk),
        round_id=alert.households_id,
        member=record.household,
        outcome=record.outcome,
        at=at,
        by=by,
        note=record.note[:200],
    )


def _receipt(attempt: Attempt) -> Receipt:
    return Receipt(uuid5(attempt.pk, "receipt"), attempt.member, attempt.at, rules.AT_DOOR, attempt.by)


# Late ones -----------------------------------------------------------------------------------------------------------


def decide_late_record(*, actor: Actor, record_id: UUID, accept: bool) -> LateRecord:
    """Whoever answers there now accepts it, then it is stored as made by whoever made it; or refuses it. Decided twice in
    the same way is decided once. Raises Conflict where it can't be stored any more."""
    with transaction.atomic():
        found = (
            LateRecord.objects.select_for_update(of=("self",)).select_related("account").filter(pk=record_id).first()
        )
        if found is None or actor.kind != "account":
            raise Missing()
        check_may_answer_at(actor, found.path)
        if found.account_id == actor.id:
            raise Conflict(_("Somebody else decides on your own record."))
        if found.decided_at is not None:
            if found.accepted == accept:
                return found
            raise Conflict(_("Somebody has decided on this record already."))
        if accept:
            _accept(actor, found)
        found.decided_at, found.decided_by_id, found.accepted = clock.now(), actor.id, accept
        found.save(update_fields=["decided_at", "decided_by", "accepted"])
        audit.record(actor, "accept_late_record" if accept else "refuse_late_record", found, path=found.path)
        return found


def _accept(actor: Actor, found: LateRecord) -> None:
    residence = residences_of(households=[found.household]).get(found.household)
    if residence is None:
        raise Conflict(_("This household has moved: its record can't be stored any more. Refuse it."))
    record = FieldRecord(
        id=found.pk,
        household=found.household,
        residence=residence,
        alerts=tuple(UUID(key) for key in found.alerts),
        outcome=found.outcome,
        at=found.at,
        note=found.note,
        anyway=True,
    )
    basis = replace(read_basis(actor=actor, records=[record]), late={}, spans=[("", found.at, None)])
    verdict = judge(basis, record)
    if verdict.result != rules.STORED:
        raise Conflict(_("The notice has ended, or the household has moved: it can't be stored any more. Refuse it."))
    maker: Account = found.account
    by = f"account:{maker.pk}"
    for alert in verdict.notices:
        if alert.households is None:
            continue
        one = _attempt(by, alert, record)
        rounds.record_attempts(actor=actor, found=alert.households, rows=[one], paths=[verdict.path])
        if one.outcome == rules.SPOKEN_TO:
            rounds.record_receipts(actor=actor, found=alert.households, receipts=[_receipt(one)])


def forget_late_notes(*, actor: Actor, households: Sequence[int]) -> int:
    """Of households whose records or people were erased, decided or not; that somebody knocked stays."""
    return _blank_notes(actor, LateRecord.objects.filter(household__in=list(households)))


def forget_old_late_notes(*, actor: Actor, before: datetime) -> int:
    """Of what was decided before this moment."""
    return _blank_notes(actor, LateRecord.objects.filter(decided_at__lt=before))


def _blank_notes(actor: Actor, rows: QuerySet[LateRecord]) -> int:
    with transaction.atomic():
        keys = list(rows.exclude(note="").values_list("pk", flat=True)[:5_000])
        LateRecord.objects.filter(pk__in=keys).update(note="")
        audit.record_many(actor, "forget_notes", [("alerts.laterecord", key) for key in keys], fields=["note"])
        return len(keys)
