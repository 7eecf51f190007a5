"""Feeds, for operators and for the clock."""

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.exchange.models import Feed, FeedEntry
from linli.grid.access import check_operator


def list_feeds(*, actor: Actor) -> QuerySet[Feed]:
    check_operator(actor)
    refused = Count("entries", filter=~Q(entries__error=""))
    return Feed.objects.select_related("place").annotate(refused=refused).order_by("name", "pk")


def get_feed(*, actor: Actor, feed_id: int) -> Feed:
    found = list_feeds(actor=actor).filter(pk=feed_id).first()
    if found is None:
        raise Missing()
    return found


def list_refused(*, actor: Actor, feed: Feed, most: int = 20) -> list[FeedEntry]:
    """Messages of a feed that were not taken, the latest first."""
    check_operator(actor)
    return list(feed.entries.exclude(error="").order_by("-at", "-pk")[:most])


def list_known(*, feed: Feed, keys: Sequence[str]) -> set[str]:
    """For the clock: which of these messages of a feed were read before. One query."""
    return set(FeedEntry.objects.filter(feed=feed, key__in=keys).values_list("key", flat=True))


def list_due_feeds(*, most: int = 20) -> list[Feed]:
    """For the clock."""
    return list(Feed.objects.filter(is_on=True, next_at__lte=clock.now()).order_by("next_at")[:most])
