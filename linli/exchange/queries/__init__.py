"""Every read that leaves the room."""

from linli.exchange.queries.feeds import get_feed, list_due_feeds, list_feeds, list_known, list_refused
from linli.exchange.queries.incoming import (
    Match,
    count_to_screen,
    find_screener,
    get_incoming,
    list_earlier,
    list_incoming,
    list_places_meant,
    match_places,
    name_sources,
)
from linli.exchange.queries.published import (
    cancel_of,
    find_public,
    is_public,
    list_public,
    message_of_alert,
    rule_says_public,
    sender_of,
)

__all__ = [
    "Match",
    "cancel_of",
    "count_to_screen",
    "find_public",
    "find_screener",
    "get_feed",
    "get_incoming",
    "is_public",
    "list_due_feeds",
    "list_earlier",
    "list_feeds",
    "list_incoming",
    "list_known",
    "list_places_meant",
    "list_public",
    "list_refused",
    "match_places",
    "message_of_alert",
    "name_sources",
    "rule_says_public",
    "sender_of",
]
