"""Every read that leaves the room."""

from linli.messages.queries.deliveries import Told, count_states, list_told, read_pulses, states_of
from linli.messages.queries.links import count_links, count_links_of, get_link, get_link_by_id

__all__ = [
    "Told",
    "count_links",
    "count_links_of",
    "count_states",
    "get_link",
    "get_link_by_id",
    "list_told",
    "read_pulses",
    "states_of",
]
