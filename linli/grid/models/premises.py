"""What stands on a place: estate, building, entrance, dwelling; and which place holds an entrance, day by day."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.models.places import Place


class Estate(models.Model):
    """A housing estate (小区). Optional: many buildings stand on a street."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="estates")
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="estate_once")]

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A building of a community (or whichever kind of place keeps the register)."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="buildings")
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT, related_name="buildings")
    name = models.CharField(max_length=100)
    sort = models.CharField(max_length=100)
    lon = models.FloatField(null=True)  # where it stands on the map
    lat = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__range=(-180, 180), lat__range=(-85, 85)),
                name="building_on_the_map",
            ),
            models.UniqueConstraint(
                fields=["place", "estate", "name"], condition=Q(estate__isnull=False), name="building_once_in_estate"
            ),
            models.UniqueConstraint(fields=["place", "name"], condition=Q(estate=None), name="building_once"),
        ]

    def __str__(self) -> str:
        return f"{self.estate.name} {self.name}" if self.estate else self.name


class Entrance(models.Model):
    """A way in with its own stairs (单元). A building without them has one entrance with an empty name."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="entrances")
    name = models.CharField(max_length=60, blank=True)
    sort = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "name"], name="entrance_once")]

    def __str__(self) -> str:
        return f"{self.building} {self.name}".strip()


class EntrancePlacement(models.Model):
    """Which place holds an entrance, from a day until a day (not included; empty: now). Never two on the same day: a
    constraint on PostgreSQL, a trigger on SQLite (migration 0002)."""

    entrance = models.ForeignKey(Entrance, on_delete=models.CASCADE, related_name="placements")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="placements")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entrance"], condition=Q(until_on=None), name="entrance_in_one_place"),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="placement_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["place", "entrance"], condition=Q(until_on=None), name="placement_now")]


class DwellingQuerySet(models.QuerySet["Dwelling"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        paths = actor.paths(permission)
        return self.filter(within("entrance__placements__place__path", paths), entrance__placements__until_on=None)


class Dwelling(models.Model):
    """A flat, a house, a shop: floor and room behind an entrance."""

    entrance = models.ForeignKey(Entrance, on_delete=models.PROTECT, related_name="dwellings")
    floor = models.SmallIntegerField(null=True)
    room = models.CharField(max_length=60)
    sort = models.CharField(max_length=100)

    objects = DwellingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entrance", "room"], name="dwelling_once")]

    def __str__(self) -> str:
        return f"{self.entrance} {self.room}".strip()


class VacancyCheck(models.Model):
    """Someone looked, and a dwelling was vacant or not. Vacancy is a finding with a name and a day, never a silence."""

    dwelling = models.ForeignKey(Dwelling, on_delete=models.CASCADE, related_name="vacancy_checks")
    vacant = models.BooleanField()
    checked_on = models.DateField()
    checked_by = models.ForeignKey("grid.Account", null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["dwelling", "-checked_on"])]
