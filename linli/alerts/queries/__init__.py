"""Every read that leaves the room."""

from linli.alerts.queries.accounting import Account, accounting, list_not_reached
from linli.alerts.queries.doors import Door, list_doors, silent_posts_of
from linli.alerts.queries.notices import find_alert, get_alert, list_alerts, list_owed, list_running, running_for_path
from linli.alerts.queries.picture import Node, Preview, curve, list_facts, picture, preview, starting_places

__all__ = [
    "Account",
    "Door",
    "Node",
    "Preview",
    "accounting",
    "curve",
    "find_alert",
    "get_alert",
    "list_alerts",
    "list_doors",
    "list_facts",
    "list_not_reached",
    "list_owed",
    "list_running",
    "picture",
    "preview",
    "running_for_path",
    "silent_posts_of",
    "starting_places",
]
