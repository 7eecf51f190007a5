"""Every read that leaves the room."""

from linli.alerts.queries.accounting import (
    Account,
    PlaceAccount,
    account_by_place,
    accounting,
    list_not_reached,
)
from linli.alerts.queries.choices import (
    Choice,
    list_choices,
)
from linli.alerts.queries.doors import (
    Door,
    find_responsible,
    list_chat_places,
    list_doors,
    silent_posts_of,
)
from linli.alerts.queries.notices import (
    find_alert,
    find_update_of,
    get_alert,
    list_alerts,
    list_owed,
    list_places_of,
    list_running,
    names_of_places,
    running_for_path,
)
from linli.alerts.queries.owed import (
    count_owed,
)
from linli.alerts.queries.picture import (
    Node,
    Preview,
    Sight,
    VacantPost,
    count_how,
    count_vacant,
    curve,
    list_facts,
    list_way,
    name_paths,
    picture,
    preview,
    see,
    starting_places,
)

__all__ = [
    "Account",
    "Choice",
    "Door",
    "Node",
    "PlaceAccount",
    "Preview",
    "Sight",
    "VacantPost",
    "account_by_place",
    "accounting",
    "count_how",
    "count_owed",
    "count_vacant",
    "curve",
    "find_alert",
    "find_responsible",
    "find_update_of",
    "get_alert",
    "list_alerts",
    "list_chat_places",
    "list_choices",
    "list_doors",
    "list_facts",
    "list_not_reached",
    "list_owed",
    "list_places_of",
    "list_running",
    "list_way",
    "name_paths",
    "names_of_places",
    "picture",
    "preview",
    "running_for_path",
    "see",
    "silent_posts_of",
    "starting_places",
]
