"""Rounds, answers, attempts and the counters of answers."""

from django.db import models
from django.db.models import Q

from linli.core.paths import PathField
from linli.grid.models import Place


class Round(models.Model):
    """Members: the `unit` ('household', or 'post' for the posts of the line) below the round's places, narrowed by `groups`.

    `record_mark` is the last headcount change at the record time: whoever came later is counted apart (arrived), whoever
    left is excused (left). `moves_mark` is the last change whose moves of answered members the counters hold.
    """

    id = models.UUIDField(primary_key=True)
    source_room = models.CharField(max_length=20)
    source_id = models.CharField(max_length=40)
    unit = models.CharField(max_length=12)
    groups = models.JSONField(default=list)
    record_at = models.DateTimeField()
    record_mark = models.BigIntegerField()
    moves_mark = models.BigIntegerField()
    deadline_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    close_mark = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_room", "source_id", "unit"], name="round_once")]
        indexes = [models.Index(fields=["deadline_at"], condition=Q(closed_at=None), name="round_open")]


class RoundPlace(models.Model):
    """A root of the round's population. Roots never lie inside each other."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="roots")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="round_place_once")]
        indexes = [models.Index(fields=["path"])]


class Answer(models.Model):
    """A member's one answer: a receipt. `leaf` is the lowest place it is credited to; it moves along with the member
    while the round is open and never after. `how` is one of rules.HOW; `by` who gave it, as the audit trail names them."""

    id = models.UUIDField(primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.BigIntegerField()
    leaf = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    how = models.CharField(max_length=12)
    by = models.CharField(max_length=40)
    mark = (
        models.BigIntegerField()
    )  # the last headcount change that the crediting saw: later moves carry the answer along
    credited = models.BooleanField(default=True)  # False once the member has left the round's places
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "member"], condition=Q(withdrawn_at=None), name="answer_once")
        ]
        indexes = [models.Index(fields=["round", "leaf"])]


class Attempt(models.Model):
    """Someone tried to reach a member: what came of it (rules.OUTCOMES), when, by whom."""

    id = models.UUIDField(primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+", db_index=False)
    member = models.BigIntegerField()
    outcome = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.CharField(max_length=40)
    note = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["round", "member", "at"])]


class Tally(models.Model):
    """Answers at and below a place, folded."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+", db_index=False)
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    answered = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="tally_once")]


class TallyDelta(models.Model):
    """One answer given, withdrawn or moved, not yet folded."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = PathField(max_length=120)
    n = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["round", "path"])]
