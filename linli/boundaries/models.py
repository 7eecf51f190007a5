"""Redrawings, what each of them changed, the places it is about; editions of the official tables and their differences."""

from typing import Self

from django.db import models

from linli.core.actors import Actor
from linli.core.paths import PathField, within
from linli.grid.models import Account, Place


class RedrawingQuerySet(models.QuerySet["Redrawing"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        """Those about a place of the actor's."""
        touched = RedrawnPlace.objects.filter(within("path", actor.paths(permission)))
        return self.filter(pk__in=touched.values("redrawing"))


class Redrawing(models.Model):
    """One dated act on boundaries. `asked` is the wish as it was confirmed; `told` the names and numbers of that moment, for
    the page. Nothing is deleted by an undo: it is a state with a name and a moment."""

    kind = models.CharField(max_length=10)  # rules.KINDS
    on = models.DateField()
    paper = models.CharField(max_length=200)
    state = models.CharField(max_length=8, default="done")  # done | undone
    asked = models.JSONField()
    told = models.JSONField(default=dict)
    mark = models.BigIntegerField()  # the last headcount change before it
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_why = models.CharField(max_length=200, blank=True)

    objects = RedrawingQuerySet.as_manager()


class RedrawingChange(models.Model):
    """One thing that a redrawing changed, as grid.rules.Done tells it: what an undo puts back."""

    redrawing = models.ForeignKey(Redrawing, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)
    before = models.CharField(max_length=160, blank=True)
    after = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [models.Index(fields=["redrawing", "kind"])]


class RedrawnPlace(models.Model):
    """A place that a redrawing is about, and its part in it (rules.PARTS)."""

    redrawing = models.ForeignKey(Redrawing, on_delete=models.CASCADE, related_name="places")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120, db_index=True)
    part = models.CharField(max_length=8)  # made | ended | kept | renamed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["redrawing", "place"], name="redrawn_place_once")]


class EditionQuerySet(models.QuerySet["Edition"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        """Those with a difference in a place of the actor's, and those that the actor brought in."""
        inside = EditionDifference.objects.filter(within("path", actor.paths(permission)))
        own = models.Q(compared_by=actor.id) if actor.kind == "account" else models.Q(pk__in=[])
        if actor.may(permission, ""):
            return self.all()
        return self.filter(own | models.Q(pk__in=inside.values("edition")))


class Edition(models.Model):
    """A newer edition of the official tables, compared with what stands. Nothing is taken over by comparing."""

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)  # of its differences and of where it was compared
    kinds = models.JSONField()  # the kinds of place that it holds, from the top down
    counts = models.JSONField()  # kind → difference → number
    under = PathField(max_length=120, blank=True)  # compared below this path only; '' everywhere
    compared_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    compared_at = models.DateTimeField()

    objects = EditionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class EditionChoice(models.Model):
    """Somebody decided that differences are taken over: from which day on, and which paper says so. Whoever chose is who
    acts, also where a worker carries it out."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="choices")
    on = models.DateField()
    paper = models.CharField(max_length=120)
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")  # empty: the system
    at = models.DateTimeField()


class DifferenceQuerySet(models.QuerySet["EditionDifference"]):
    def visible_to(self, actor: Actor, permission: str = "places.see") -> Self:
        return self.filter(within("path", actor.paths(permission)))

    def takeable_by(self, actor: Actor, permission: str) -> Self:
        """Below a place of the actor's; that place itself is for whoever keeps what stands above it."""
        paths = actor.paths(permission)
        return self.filter(within("path", paths)).exclude(path__in=[path for path in paths if path])


class EditionDifference(models.Model):
    """One place that the edition has otherwise. `path` is where it stands, or would stand."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="differences")
    what = models.CharField(max_length=10)  # rules.DIFFERENCES
    kind = models.CharField(max_length=20)
    depth = models.PositiveSmallIntegerField(default=0)  # of the kind, from the top down
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    parent = models.CharField(max_length=40, blank=True)  # the code above, in the edition
    old_code = models.CharField(max_length=40, blank=True)
    old_name = models.CharField(max_length=100, blank=True)
    path = PathField(max_length=120)
    state = models.CharField(max_length=8, default="open")  # rules.STATES
    why = models.CharField(max_length=200, blank=True)  # code of a reason, or what was said
    choice = models.ForeignKey(EditionChoice, null=True, on_delete=models.SET_NULL, related_name="differences")
    settled_at = models.DateTimeField(null=True)
    redrawing = models.ForeignKey(Redrawing, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["edition", "kind", "what", "path"]),
            models.Index(fields=["edition", "path"], name="difference_path"),
            models.Index(fields=["state"], condition=models.Q(state__in=["chosen", "left"]), name="difference_waiting"),
        ]
