"""Many looks at once: a list of dwellings that were found vacant on one day."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Invalid, Missing
from linli.core.paths import within
from linli.core.writes import check_fresh, done_before, mark_done
from linli.grid.access import check_may
from linli.grid.models import Dwelling, Place, VacancyCheck
from linli.grid.queries.premises import get_dwelling

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


def take_back_vacancy_check(*, actor: Actor, check_id: int, write_id: UUID | None = None) -> None:
    """Undo one's own look that was just written down by mistake. Raises Missing where it is not one's own, Conflict where
    it is older than ten minutes: then a new look says how it is."""
    with transaction.atomic():
        if done_before(actor, "take_back_vacancy_check", write_id, check_id):
            return
        mine = VacancyCheck.objects.filter(checked_by=actor.id if actor.kind == "account" else None)
        found = mine.select_related("dwelling").filter(pk=check_id).first()
        if found is None or actor.kind != "account":
            raise Missing()
        place = get_dwelling(actor=actor, dwelling_id=found.dwelling_id).place
        check_may(actor, "alerts.answer", place)
        check_fresh(actor, "record_vacancy_check", check_id)
        found.delete()
        audit.record(actor, "take_back_vacancy_check", found.dwelling, fields=["vacant"], path=place.path)
        mark_done(actor, "take_back_vacancy_check", write_id, check_id, check_id)
