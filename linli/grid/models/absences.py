"""Who is away from a post, and who stands in."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from linli.grid.models.accounts import Account, Appointment


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def running_at(self, moment: datetime) -> Self:
        return self.filter(from_at__lte=moment, until_at__gt=moment)


class Absence(models.Model):
    """The holder of an appointment is away from a moment until a moment; `deputy` holds the post meanwhile. Without one,
    or where the deputy is away too, the level above holds the part. It always has an end."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=12)  # rules.ABSENCE_REASONS
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gte=F("from_at")), name="absence_ends_after_it_begins")
        ]
        indexes = [
            models.Index(fields=["appointment", "until_at"]),
            models.Index(fields=["deputy", "until_at"]),
        ]
