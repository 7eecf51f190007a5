"""Holders at exact places, for what climbs the line: no subtree is read."""

from collections import defaultdict
from collections.abc import Iterable

from linli.core import clock
from linli.core.paths import ancestors
from linli.grid.models import Appointment
from linli.grid.profile import line
from linli.grid.queries.posts import Holder


def holders_on_the_way_up(paths: Iterable[str]) -> dict[str, list[Holder]]:
    """Path → reachable holders of its line post now, for the given places and those above them. One query."""
    chain = {one for path in paths for one in ancestors(path)}
    rows = (
        Appointment.objects.valid_at(clock.now())
        .filter(
            place__path__in=chain,
            post_kind__in=[kind.code for kind in line()],
            account__is_active=True,
            account__reachable=True,
        )
        .order_by("from_at", "id")
        .values_list("place__path", "account_id", "id", "account__name", "post_kind", "place_id")
    )
    found: dict[str, list[Holder]] = defaultdict(list)
    for path, account_id, key, name, post_kind, place_id in rows:
        found[path].append(Holder(account_id, key, name, post_kind, place_id, path))
    return dict(found)


def valid_appointments(ids: Iterable[int]) -> set[int]:
    """Which of these appointments are valid now, by an account that is active."""
    rows = Appointment.objects.valid_at(clock.now()).filter(pk__in=set(ids), account__is_active=True)
    return set(rows.values_list("pk", flat=True))
