"""What comes back: delivery reports, replies, calls that a person made. A reply is filed in one transaction with the fact
that the rooms above listen to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock, events
from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Conflict, Missing
from linli.core.retention import kept
from linli.messages import rules
from linli.messages.access import CALL, EDIT
from linli.messages.actions.bounces import note_bad_addresses
from linli.messages.actions.dispatches import stop
from linli.messages.events import ReplyFiled
from linli.messages.models import Delivery, Dispatch, Reply, Sender
from linli.messages.queries.outbox import find_reach, index_of, read_one
from linli.residents.actions import reveal_answerer, reveal_numbers
from linli.residents.numbers import BadNumber, normalise_phone

LONGEST_REPLY = 500
CALL_OUTCOMES = ("reached", "confirmed", rules.NO_ANSWER, rules.BAD_ADDRESS)


@dataclass(frozen=True)
class Report:
    """What a provider says of one message: by its own reference, or by ours."""

    ref: str
    arrived: bool
    failure: str = rules.BAD_ADDRESS


def note_reports(*, actor: Actor, sender: Sender, reports: Sequence[Report]) -> int:
    """Returns how many were known: an unknown one may have come before its sending was written down, and is sent again
    by the provider. The same report twice changes nothing."""
    known = 0
    for report in reports[:1_000]:
        with transaction.atomic():
            row = _find_by_ref(sender, report.ref)
            if row is None:
                continue
            known += 1
            if row.state == rules.SENT:
                _note_report(actor, row, report)
    return known


def _find_by_ref(sender: Sender, ref: str) -> Delivery | None:
    rows = Delivery.objects.select_for_update(of=("self",)).filter(sender=sender)
    found = rows.filter(provider_ref=ref[:80]).first() if ref else None
    key, _dash, rest = ref.partition("-")
    if found is None and key.isdigit() and len(key) < 19:
        found = rows.filter(pk=int(key)).first()
        if found is not None and rest.split("-")[0] != str(len(found.tried)):
            return None  # of a means that was left since
    return found


def _note_report(actor: Actor, row: Delivery, report: Report) -> None:
    if report.arrived:
        Delivery.objects.filter(pk=row.pk).update(state=rules.DELIVERED)
        audit.record(actor, "note_delivered", row, path=row.path)
        return
    _next_means(actor, row, report.failure)


def _next_means(actor: Actor, row: Delivery, failure: str) -> None:
    """This one is through: the next is tried at once, or there is none."""
    now = clock.now()
    claimed = read_one(row)
    reach = find_reach(claimed, row)
    mark = row.address_index[:12]
    row.tried = [*row.tried, [row.channel, failure, mark]]
    through = {(entry[0], entry[2]) for entry in row.tried if len(entry) > 2}
    more = any((one.channel, one.mark) not in through for one in claimed.reaches)
    row.state = rules.QUEUED if more else rules.FAILED
    row.failure, row.tries, row.next_at, row.set_at = failure, 0, now, now
    row.ended_at = None if more else now
    row.save()
    audit.record(actor, "note_failed", row, fields=[failure], path=row.path)
    if failure == rules.BAD_ADDRESS and reach is not None:
        note_bad_addresses(actor=SYSTEM, reaches=[reach])


# Replies --------------------------------------------------------------------------------------------------------------


def file_reply(
    *, actor: Actor, sender: Sender | None, phone: str, text: str, ref: str, at: datetime | None = None
) -> Reply:
    """Find what it answers by the number that it came from: the last message to it. The same reference counts once."""
    index = _index(phone)
    now = clock.now()
    with transaction.atomic():
        before = Reply.objects.filter(sender=sender, ref=ref[:80]).first()
        if before is not None:
            return before
        since = now - rules.REPLY_TO
        sent = Delivery.objects.filter(address_index=index, sent_at__gte=since) if index else Delivery.objects.none()
        sent = sent.exclude(kind=rules.PERSON)  # nobody answers a code
        answered = sent.select_related("dispatch").order_by("-sent_at").first()
        return _file(actor, answered, _Said(sender, index, text[:LONGEST_REPLY], ref[:80], at or now))


@dataclass(frozen=True)
class _Said:
    sender: Sender | None
    index: str
    text: str
    ref: str
    at: datetime
    filed_as: str = ""


def _index(phone: str) -> str:
    try:
        return index_of(rules.SMS, normalise_phone(phone))
    except BadNumber:
        return ""


def _file(actor: Actor, answered: Delivery | None, said: _Said) -> Reply:
    filed_as = said.filed_as or rules.file_reply(said.text)
    made = Reply.objects.create(
        sender=said.sender,
        delivery=answered,
        ref=said.ref,
        address_index=said.index,
        recipient_kind=answered.kind if answered else "",
        recipient_id=answered.recipient if answered else None,
        path=answered.path if answered else "",
        text=said.text,
        filed_as=filed_as,
        at=said.at,
        expires_at=said.at + kept("replies"),
    )
    source = (answered.dispatch.source_room, answered.dispatch.source_id) if answered else ("", "")
    audit.record(actor, "file_reply", made, fields=[filed_as], path=made.path)
    if answered is not None and filed_as == rules.AS_CONFIRMED:
        stop(actor=actor, source=source, kind=answered.kind, ids=[answered.recipient])
    elif answered is not None:
        Delivery.objects.filter(pk=answered.pk, state__in=(rules.SENT, rules.DELIVERED)).update(state=rules.READ)
    events.publish(ReplyFiled(made.pk, filed_as, made.recipient_kind, made.recipient_id or 0, source[0], source[1]))
    return made


# Calls ----------------------------------------------------------------------------------------------------------------


def record_call(*, actor: Actor, delivery: Delivery, outcome: str) -> None:
    """What came of a call. Recorded twice it is recorded once; raises Conflict where it is not on the list any more."""
    if outcome not in CALL_OUTCOMES:
        raise Missing()
    if not actor.may(CALL, delivery.path):
        raise Missing()
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).select_related("dispatch").get(pk=delivery.pk)
        if row.state != rules.TO_CALL:
            raise Conflict(_("This call is off the list already: somebody confirmed, or another person called."))
        if outcome in {"reached", "confirmed"}:
            now = clock.now()
            Delivery.objects.filter(pk=row.pk).update(state=rules.DELIVERED, sent_at=now, failure="")
            audit.record(actor, "record_call", row, fields=[outcome], path=row.path)
            if outcome == "confirmed":
                said = _Said(None, row.address_index, "", uuid4().hex, now, rules.AS_CONFIRMED)
                _file(actor, row, said)
            return
        _next_means(actor, row, outcome)


def reveal_call(*, actor: Actor, delivery: Delivery) -> str:
    """The number to call, in full. Shown to whoever calls, counted and audited as every number is."""
    if not actor.may(CALL, delivery.path) or delivery.state != rules.TO_CALL:
        raise Missing()
    reach = find_reach(read_one(delivery), delivery)
    if reach is None:
        raise Conflict(_("This number is not on record any more: note that nobody answered, and the next is tried."))
    if reach.person_id:
        return reveal_numbers(actor=actor, person_id=reach.person_id, fields=["phone"], purpose="emergency")["phone"]
    if reach.answerer_id:
        return reveal_answerer(actor=actor, answerer_id=reach.answerer_id, purpose="emergency")["phone"]
    with transaction.atomic():
        audit.record(actor, "reveal_call", delivery, fields=["phone"], path=delivery.path)
    return reach.address


# What could not be sent -----------------------------------------------------------------------------------------------


def retry(*, actor: Actor, ids: Sequence[int]) -> int:
    """Everything is tried anew, from the first means on. What is over or called back stays as it is."""
    with transaction.atomic():
        now = clock.now()
        rows = Delivery.objects.visible_to(actor, EDIT).filter(pk__in=list(ids), state=rules.FAILED)
        alive = rows.filter(dispatch__stopped_at=None).exclude(dispatch__expires_at__lte=now)
        keys = list(alive.values_list("pk", flat=True))
        again = Delivery.objects.filter(pk__in=keys).update(
            state=rules.QUEUED, tried=[], tries=0, failure="", next_at=now, set_at=now, ended_at=None
        )
        if again:
            audit.record(actor, "retry_deliveries", ("messages.delivery", keys[0]), fields=[f"deliveries:{again}"])
        return again


def list_for_call(*, actor: Actor, delivery: Delivery) -> None:
    """Whoever could not be written to is put on the list of those to call."""
    if not actor.may(EDIT, delivery.path):
        raise Missing()
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        claimed = read_one(row)
        phone = next((one for one in claimed.reaches if one.channel in {rules.SMS, rules.VOICE}), None)
        if row.state != rules.FAILED or phone is None:
            raise Conflict(_("There is no number to call."))
        row.state, row.channel, row.address_index = rules.TO_CALL, rules.VOICE, phone.index
        row.ended_at, row.set_at = None, clock.now()
        row.save()
        audit.record(actor, "list_for_call", row, path=row.path)


def note_inbox_opened(*, actor: Actor, delivery_id: int) -> Delivery:
    """One's own message was opened. Raises Missing where it is not one's own."""
    with transaction.atomic():
        mine = Delivery.objects.filter(kind=rules.ACCOUNT, recipient=actor.id, pk=delivery_id)
        row = mine.select_related("dispatch").first() if actor.kind == "account" else None
        if row is None:
            raise Missing()
        if mine.filter(state__in=(rules.SENT, rules.DELIVERED, rules.QUEUED, rules.FAILED)).update(
            state=rules.READ, claimed_by=None
        ):
            audit.record(actor, "open_message", row, path=row.path)
        return row


def forget_old_messages(*, actor: Actor, before: datetime) -> int:
    """Messages older than this, and replies whose time is over."""
    with transaction.atomic():
        gone, _tables = Dispatch.objects.filter(made_at__lt=before).delete()
        over, _tables = Reply.objects.filter(expires_at__lte=clock.now()).delete()
        if gone or over:
            audit.record(actor, "forget_messages", ("messages.dispatch", "old"), fields=[f"rows:{gone + over}"])
        return gone + over
