"""Facts for the rooms above. `publish` writes the fact and one delivery a subscriber in the writer's transaction; a worker
runs each delivery once. Which function listens to which fact is listed in `config/wiring.py` and nowhere else."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from linli.core import clock
from linli.core.logs import log
from linli.core.models import Event, EventDelivery

Subscriber = Callable[[dict[str, Any]], None]
MOST_ATTEMPTS = 8

_subscribers: dict[str, list[Subscriber]] = {}


@dataclass(frozen=True)
class Fact:
    """Base of every event: a frozen dataclass named in the past tense, of plain values."""


def subscribe(fact: type[Fact], subscriber: Subscriber) -> None:
    listeners = _subscribers.setdefault(fact.__name__, [])
    if subscriber not in listeners:
        listeners.append(subscriber)


def subscriptions() -> dict[str, list[str]]:
    return {name: [_name(found) for found in listeners] for name, listeners in sorted(_subscribers.items())}


def _name(subscriber: Subscriber) -> str:
    return f"{subscriber.__module__}.{subscriber.__name__}"


def publish(fact: Fact) -> None:
    """Write the fact for its subscribers; without any it costs nothing."""
    listeners = _subscribers.get(type(fact).__name__, [])
    if not listeners:
        return
    event = Event.objects.create(name=type(fact).__name__, payload=asdict(fact), at=clock.now())
    EventDelivery.objects.bulk_create(
        EventDelivery(event=event, subscriber=_name(found), next_at=event.at) for found in listeners
    )


def deliver_due(*, most: int = 100) -> int:
    """Run what is due, oldest first, each in its own transaction. Returns how many deliveries were tried."""
    due = EventDelivery.objects.filter(done_at=None, next_at__lte=clock.now(), attempts__lt=MOST_ATTEMPTS)
    keys = list(due.order_by("next_at", "id").values_list("id", flat=True)[:most])
    for key in keys:
        _deliver(key)
    return len(keys)


def _deliver(key: int) -> None:
    try:
        with transaction.atomic():
            delivery = (
                EventDelivery.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("event")
                .filter(id=key, done_at=None)
                .first()
            )
            if delivery is None:
                return
            for found in _subscribers.get(delivery.event.name, []):
                if _name(found) == delivery.subscriber:
                    found(delivery.event.payload)
            EventDelivery.objects.filter(id=key).update(done_at=clock.now(), error="")
    except Exception as error:  # a fault upstairs must neither stop the worker nor undo the fact
        log.error("event_delivery_failed", delivery=key, error=type(error).__name__)
        _postpone(key, error)


def _postpone(key: int, error: Exception) -> None:
    delivery = EventDelivery.objects.get(id=key)
    delivery.attempts += 1
    delivery.next_at = clock.now() + timedelta(seconds=5 * 2**delivery.attempts)
    delivery.error = type(error).__name__
    delivery.save(update_fields=["attempts", "next_at", "error"])


def count_failing() -> int:
    """Deliveries that were given up, for the operator's page."""
    return EventDelivery.objects.filter(done_at=None, attempts__gte=MOST_ATTEMPTS).count()


def list_failing(*, most: int = 50) -> list[EventDelivery]:
    """The oldest first."""
    rows = EventDelivery.objects.filter(done_at=None, attempts__gte=MOST_ATTEMPTS).select_related("event")
    return list(rows.order_by("event__at", "id")[:most])


def try_again(key: int) -> bool:
    """From the first attempt on, at the worker's next look. False where there is nothing given up."""
    rows = EventDelivery.objects.filter(id=key, done_at=None, attempts__gte=MOST_ATTEMPTS)
    return bool(rows.update(attempts=0, next_at=clock.now()))


def give_up(key: int) -> bool:
    """It will not be tried any more, and is forgotten with its event."""
    rows = EventDelivery.objects.filter(id=key, done_at=None, attempts__gte=MOST_ATTEMPTS)
    return bool(rows.update(done_at=clock.now()))
