"""Many looks at once: a list of dwellings that were found vacant on one day."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.paths import within
from linli.grid.access import check_may
from linli.grid.models import Dwelling, Place, VacancyCheck

BATCH = 1_000


def record_vacancy_checks(
    *, actor: Actor, place: Place, dwelling_ids: Iterable[int], checked_on: date | None = None
) -> int:
    """Somebody went round a place, and these dwellings were vacant; returns how many of them lie there."""
    day = checked_on or clock.today()
    if day > clock.today():
        raise Invalid(fields={"checked_on": _("This date lies in the future.")})
    wanted = sorted(set(dwelling_ids))
    with transaction.atomic():
        check_may(actor, "alerts.answer", place)
        here = within("entrance__placements__place__path", [place.path])
        by = actor.id if actor.kind == "account" else None
        count = 0
        for start in range(0, len(wanted), BATCH):
            rows = Dwelling.objects.filter(
                here, pk__in=wanted[start : start + BATCH], entrance__placements__until_on=None
            )
            made = VacancyCheck.objects.bulk_create(
                VacancyCheck(dwelling_id=key, vacant=True, checked_on=day, checked_by_id=by)
                for key in rows.values_list("pk", flat=True)
            )
            count += len(made)
        if count:
            audit.record(actor, "record_vacancy_checks", place, fields=[f"vacant:{count}"], path=place.path)
        return count
