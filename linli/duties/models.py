"""Tasks, their lines and their moves."""

from typing import Self

from django.db import models
from django.db.models import Q

from linli.core.actors import Actor
from linli.core.crypto import EncryptedTextField
from linli.core.paths import PathField, within
from linli.grid.models import Account, Appointment, Place


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, actor: Actor, permission: str = "tasks.see") -> Self:
        """What lies in one's places, and what one holds oneself."""
        own = Q(holder_id=actor.id) if actor.kind == "account" else Q(pk__in=[])
        return self.filter(within("area_path", actor.paths(permission)) | own)

    def open(self) -> Self:
        return self.filter(closed_at=None)


class Task(models.Model):
    """Something to do in an area, on a post's duty, by a time, by the present holder.

    `kind` is one of rules.TASK_KINDS. `area` is the place whose households or posts it is about; the post it is on may
    stand above (a vacant post's part is held there). `appointment` is the one by which `holder` holds it: the task is
    nobody's the moment that appointment ends, until it is given on.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)
    source_room = models.CharField(max_length=20)
    source_id = models.CharField(max_length=40)
    area = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    area_path = PathField(max_length=120, db_index=True)
    post_kind = models.CharField(max_length=40)
    post_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    pass_at = models.DateTimeField(null=True)  # not begun by then, it climbs
    begun_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    climbed = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)  # done | superseded | cancelled

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_room", "source_id", "kind", "area"],
                condition=Q(closed_at=None),
                name="task_open_once_per_area",
            )
        ]
        indexes = [
            models.Index(fields=["holder"], condition=Q(closed_at=None), name="task_open_by_holder"),
            models.Index(fields=["pass_at"], condition=Q(closed_at=None), name="task_open_by_pass"),
        ]


class TaskLine(models.Model):
    """What was recorded on one line of a task: a note, a reason, evidence."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="lines")
    subject = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "subject"], name="task_line_once")]


class TaskMove(models.Model):
    """A task went from one holder to another: handed over, climbed, or given on because an appointment ended."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="moves")
    cause = models.CharField(max_length=20)  # opened | handed_over | climbed | appointment_ended | returned
    from_holder = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    to_holder = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    to_post_kind = models.CharField(max_length=40)
    to_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, actor: Actor, permission: str = "register.see") -> Self:
        """What the households of one's places asked, and what one is to answer."""
        own = Q(task__holder_id=actor.id) | Q(account_id=actor.id) if actor.kind == "account" else Q(pk__in=[])
        return self.filter(within("task__area_path", actor.paths(permission)) | own)


class Question(models.Model):
    """A household or the holder of a post asked something, or said what is needed; somebody is to answer by a time (the
    task's). The texts are sealed, and forgotten some time after the answer. `household` is its id, `account` whoever holds
    the post: one of the two; the source is what it was about, if anything."""

    id = models.UUIDField(primary_key=True)
    household = models.BigIntegerField(null=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)  # rules.QUESTION | rules.NEED
    text = EncryptedTextField()
    how = models.CharField(max_length=10)  # link | reply
    source_room = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = EncryptedTextField()
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(household=None, account__isnull=False) | Q(household__isnull=False, account=None),
                name="question_of_one",
            )
        ]
        indexes = [
            models.Index(fields=["household", "-asked_at"]),
            models.Index(fields=["task"]),
            models.Index(fields=["answered_at"], condition=Q(answered_at__isnull=False), name="question_answered"),
        ]
