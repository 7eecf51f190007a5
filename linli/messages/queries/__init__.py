"""Every read that leaves the room."""

from linli.messages.queries.deliveries import Told, count_states, list_told, read_pulses, read_reply, states_of
from linli.messages.queries.links import count_links, count_links_of, get_link, get_link_by_id
from linli.messages.queries.pages import (
    Line,
    count_unsent,
    find_own_quiet_hours,
    find_push_sender,
    find_sender,
    get_delivery,
    get_sender,
    list_calls,
    list_groups,
    list_inbox,
    list_of_source,
    list_own_means,
    list_senders,
    list_unsent,
    with_names,
)

__all__ = [
    "Line",
    "Told",
    "count_links",
    "count_links_of",
    "count_states",
    "count_unsent",
    "find_own_quiet_hours",
    "find_push_sender",
    "find_sender",
    "get_delivery",
    "get_link",
    "get_link_by_id",
    "get_sender",
    "list_calls",
    "list_groups",
    "list_inbox",
    "list_of_source",
    "list_own_means",
    "list_senders",
    "list_told",
    "list_unsent",
    "read_pulses",
    "read_reply",
    "states_of",
    "with_names",
]
