"""The tree of places."""

from typing import Any, Self

from django.db import models

from linli.core.actors import Actor
from linli.core.paths import PathField, within


class PlaceQuerySet(models.QuerySet["Place"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        return self.filter(within("path", actor.paths(permission)))

    def below(self, path: str) -> Self:
        """The place with this path and all under it."""
        return self.filter(within("path", [path]))

    def standing_at(self, mark: int | None) -> Self:
        """Those that stood at a headcount change; now, without one."""
        if mark is None:
            return self.filter(until_on=None)
        began = models.Q(made_mark=None) | models.Q(made_mark__lt=mark)
        return self.filter(began, models.Q(end_mark=None) | models.Q(end_mark__gt=mark))


class Place(models.Model):
    """A place of the administrative tree, from the country's top to a cell.

    `path` is made of the code's own parts ('36/01/03/001/'); a subtree is a range of it, and it never changes: a place that
    moves ends, and another begins where it stands now. What a place was called before stands in PlacePast. `made_mark` and
    `end_mark` are the last headcount change before it began and after it ended: a round closed in between knows it.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    committee = models.CharField(max_length=10, blank=True)  # residents | village | other, for communities
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = PathField(max_length=120, unique=True)
    sort = models.CharField(max_length=100)  # natural order among its siblings
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    made_mark = models.BigIntegerField(null=True)
    end_mark = models.BigIntegerField(null=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "path"]),
            models.Index(fields=["name"], name="place_name_begins", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(path__endswith="/"), name="place_path_ends_with_slash"),
            models.CheckConstraint(
                condition=models.Q(until_on=None)
                | models.Q(from_on=None)
                | models.Q(until_on__gte=models.F("from_on")),
                name="place_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_paths(self) -> list[str]:
        from linli.core.paths import ancestors

        return ancestors(self.path)[:-1]


class PlacePast(models.Model):
    """What a place was until a day: its name, parent and path then."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="past")
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120)
    from_on = models.DateField(null=True)
    until_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["place", "until_on"])]


def part_of(code: str, parent_code: str) -> str:
    """The path's part for a place: its code without the parent's where it begins with it."""
    rest = code.removeprefix(parent_code) if parent_code and code != parent_code else code
    return rest.lstrip("-/").replace("/", "_") or code


def path_of(code: str, parent: Any) -> str:
    return f"{parent.path}{part_of(code, parent.code)}/" if parent else f"{code}/"
