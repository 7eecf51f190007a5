"""Whoever was erased from the register leaves no number, text or link here either. That a message was sent, and how far it
came, stays counted."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from linli.core import audit
from linli.core.actors import Actor
from linli.messages.models import Delivery, OneTimeCode, PersonalLink, Reply
from linli.messages.queries.outbox import index_of
from linli.messages.rules import HOUSEHOLD, PERSON, SMS
from linli.residents.queries import list_contacts

BATCH = 1_000


def forget_homes(*, actor: Actor, households: Sequence[int]) -> int:
    """Of whole households: the marks of their addresses, what they wrote back, and their links."""
    forgotten = 0
    with transaction.atomic():
        for batch in _batches(households):
            forgotten += _forget(_sent(batch), _written(batch))
            forgotten += PersonalLink.objects.filter(purpose=HOUSEHOLD, subject__in=batch).delete()[0]
        _note(actor, forgotten)
    return forgotten


def forget_people(*, actor: Actor, people: Sequence[int], households: Sequence[int]) -> int:
    """Of people who lived in these households: the marks of numbers by which nobody there is reached any more, what was
    written back by them, and codes that went to them. Links stay: they are the home's."""
    forgotten = 0
    with transaction.atomic():
        for batch in _batches(people):
            forgotten += OneTimeCode.objects.filter(person__in=batch).delete()[0]
            forgotten += Delivery.objects.filter(kind=PERSON, recipient__in=batch).delete()[0]
        for batch in _batches(households):
            contacts = list_contacts(batch)
            known = {index_of(SMS, one.phone) for found in contacts.values() for one in found} - {""}
            rows, replies = _sent(batch), _written(batch)
            forgotten += _forget(rows.exclude(address_index__in=known), replies.exclude(address_index__in=known))
        _note(actor, forgotten)
    return forgotten


def _batches(households: Sequence[int]) -> list[list[int]]:
    wanted = sorted(set(households))
    return [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]


def _sent(households: Sequence[int]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(kind=HOUSEHOLD, recipient__in=households).exclude(address_index="", tried=[])


def _written(households: Sequence[int]) -> QuerySet[Reply]:
    return Reply.objects.filter(recipient_kind=HOUSEHOLD, recipient_id__in=households)


def _forget(rows: QuerySet[Delivery], replies: QuerySet[Reply]) -> int:
    return rows.update(address_index="", provider_ref="", tried=[]) + replies.delete()[0]


def _note(actor: Actor, forgotten: int) -> None:
    if forgotten:
        audit.record(actor, "forget_messages", ("messages.household", "erased"), fields=[f"rows:{forgotten}"])
