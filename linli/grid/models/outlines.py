"""The outline of a place on the map, day by day."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.models.places import Place


class OutlineQuerySet(models.QuerySet["Outline"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        return self.filter(within("place__path", actor.paths(permission)))


class Outline(models.Model):
    """How a place lies on the map from a day until a day (not included; empty: now). Every save is a row of its own, so
    that nothing drawn is lost; those of one day but the last hold for no day. `version` counts a place's saves, and whoever
    saves names the one that they began with."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="outlines")
    version = models.PositiveIntegerField()
    geometry = models.JSONField()  # GeoJSON, Polygon or MultiPolygon
    source = models.CharField(max_length=120, blank=True)  # who says so: drawn here, a file, schematic
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("grid.Account", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = OutlineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place"], condition=Q(until_on=None), name="outline_once"),
            models.UniqueConstraint(fields=["place", "version"], name="outline_version_once"),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="outline_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} ({self.version})"
