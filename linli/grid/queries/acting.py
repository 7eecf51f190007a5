"""In which post somebody acted: what a person concerned may know of who looked at their record, without the name."""

from collections.abc import Sequence
from datetime import datetime

from linli.grid.models import Appointment
from linli.grid.profile import post_name


def name_posts(acts: Sequence[tuple[str, str, datetime]]) -> list[str]:
    """'Grid administrator · First grid' for each (actor as the trail names it, path, moment): the post, held then, whose
    place is nearest above the path; '' where it was no post's. One query."""
    accounts = {int(ref.partition(":")[2]) for ref, _path, _at in acts if ref.startswith("account:")}
    rows = list(Appointment.objects.filter(account__in=accounts).select_related("place")) if accounts else []
    held: dict[str, list[Appointment]] = {}
    for row in rows:
        held.setdefault(f"account:{row.account_id}", []).append(row)
    return [_name(held.get(ref, []), path, at) for ref, path, at in acts]


def _name(held: Sequence[Appointment], path: str, at: datetime) -> str:
    valid = [
        one
        for one in held
        if path.startswith(one.place.path) and one.from_at <= at and (one.until_at is None or at < one.until_at)
    ]
    if not valid:
        return ""
    nearest = max(valid, key=lambda one: (len(one.place.path), one.pk))
    return f"{post_name(nearest.post_kind)} · {nearest.place.name}"
