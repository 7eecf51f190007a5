"""Forms, their versions, and the files that a version shows."""

from typing import Self

from django.db import models
from django.db.models import Q

from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.models import Account, Place
from linli.surveys.rules.states import CLOSED, DRAFT, LONGEST_ID, LONGEST_TITLE, LONGEST_VERSION, PUBLISHED


class FormQuerySet(models.QuerySet["Form"]):
    def visible_to(self, actor: Actor, permission: str = "surveys.edit") -> Self:
        return self.filter(within("place__path", actor.paths(permission)))


class Form(models.Model):
    """What is asked, under one id for the whole deployment: phones know a form by nothing else. The state is that of the
    version that counts: the published one, else the closed one, else the draft."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    form_id = models.CharField(max_length=LONGEST_ID, unique=True)
    title = models.CharField(max_length=LONGEST_TITLE)
    state = models.CharField(max_length=10, default=DRAFT)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_index=True)

    objects = FormQuerySet.as_manager()


class FormVersion(models.Model):
    """One compiled workbook. Until it is published a newer workbook takes its place; afterwards nothing of it changes but
    its state. The workbook holds no personal data and is kept as it came."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=LONGEST_VERSION)
    title = models.CharField(max_length=LONGEST_TITLE)
    state = models.CharField(max_length=10, default=DRAFT)
    source = models.BinaryField()
    source_name = models.CharField(max_length=200)
    source_digest = models.CharField(max_length=64)
    xml = models.TextField()
    md5 = models.CharField(max_length=32)  # of the XML: how the protocol of phones tells that a form has changed
    languages = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    lists = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    needs = models.JSONField(default=list)  # names of the files that the form shows
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_number"),
            models.UniqueConstraint(fields=["form", "version"], name="form_version_once"),
            models.UniqueConstraint(fields=["form"], condition=Q(state=DRAFT), name="form_one_draft"),
            models.UniqueConstraint(fields=["form"], condition=Q(state=PUBLISHED), name="form_one_published"),
            models.CheckConstraint(condition=Q(state__in=[DRAFT, PUBLISHED, CLOSED]), name="form_version_state"),
        ]


class FormFile(models.Model):
    """A picture, a sound or a table that a version shows, under the name by which the form calls it."""

    version = models.ForeignKey(FormVersion, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=80)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    md5 = models.CharField(max_length=32)
    is_made = models.BooleanField(default=False)  # written from the workbook itself (itemsets.csv)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="form_file_once")]
