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


class Edition(models.Model):
    """A newer edition of the official tables, compared with what stands. Nothing is taken over by comparing."""

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    kinds = models.JSONField()  # the kinds of place that it holds, from the top down
    counts = models.JSONField()  # kind → difference → number
    compared_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    compared_at = models.DateTimeField()


class EditionDifference(models.Model):
    """One place that the edition has otherwise. `path` is where it stands, or would stand."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="differences")
    what = models.CharField(max_length=10)  # rules.DIFFERENCES
    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    parent = models.CharField(max_length=40, blank=True)  # the code above, in the edition
    old_code = models.CharField(max_length=40, blank=True)
    old_name = models.CharField(max_length=100, blank=True)
    path = PathField(max_length=120)
    redrawing = models.ForeignKey(Redrawing, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["edition", "kind", "what", "path"])]
