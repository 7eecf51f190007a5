"""Alerts, their texts and the facts of their line."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from linli.core.actors import Actor, outermost
from linli.core.crypto import EncryptedTextField
from linli.core.paths import PathField, ancestors, within
from linli.grid.models import Account, Place
from linli.rounds.models import Round


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, actor: Actor, permission: str = "alerts.see") -> Self:
        """Alerts whose places lie below, or above, a place of the actor's: the notice concerns it either way."""
        paths = outermost(actor.paths(permission))
        above = {path for own in paths for path in ancestors(own)[:-1]}
        own = Q(issued_by_id=actor.id) if actor.kind == "account" else Q(pk__in=[])
        touched = AlertPlace.objects.filter(within("path", paths) | Q(path__in=above))
        return self.filter(Q(pk__in=touched.values("alert")) | own)


class Alert(models.Model):
    """A notice. `texts` maps a language to headline, body and what to do. An update is a new alert that `replaces` one."""

    id = models.UUIDField(primary_key=True)
    urgency = models.CharField(max_length=20)
    groups = models.JSONField(default=list)
    texts = models.JSONField()
    state = models.CharField(max_length=12)  # draft | waiting | issued | updated | cancelled | expired (rules.STATES)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    issued_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    issued_post = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)
    drill = models.CharField(max_length=5, blank=True)  # '' | line: the posts alone | homes: households too
    households = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="+")
    posts = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AlertQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "-issued_at"])]


class AlertPlace(models.Model):
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="places")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "place"], name="alert_place_once")]


class LateRecord(models.Model):
    """A knock that came when whoever made it no longer answered there, or from a phone that was revoked: kept until
    somebody who answers there now accepts or refuses it. `id` is the record's own, made on the phone."""

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    household = models.BigIntegerField()
    path = PathField(max_length=120)
    alerts = models.JSONField()
    outcome = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    why = models.CharField(max_length=12)  # ended | revoked (rounds.rules)
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=["path"], condition=Q(decided_at=None), name="late_record_waiting")]


class Sheet(models.Model):
    """A paper list as it was printed: `rows` are pairs of household and residence in the order of the paper, so that what
    is typed back finds its door whatever changed since."""

    code = models.CharField(max_length=8, unique=True)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120)
    kind = models.CharField(max_length=8)  # doors | calls
    rows = models.JSONField()
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["alert", "-made_at"])]


class AlertFact(models.Model):
    """A line of the alert's timeline that no other table tells: reminded, passed to the level above, tasks opened."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="facts")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)  # rules.FACTS
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    once = models.CharField(max_length=80)  # the same fact is recorded once

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "once"], name="alert_fact_once")]
        indexes = [models.Index(fields=["alert", "at"])]


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, actor: Actor, permission: str = "alerts.see") -> Self:
        """Those of the actor's places, and those that the actor drew up."""
        own = Q(made_by_id=actor.id) if actor.kind == "account" else Q(pk__in=[])
        return self.filter(within("path", actor.paths(permission)) | own)


class Certificate(models.Model):
    """The account of a notice as it stood at a moment. It is never changed: `code` is a keyed hash of all that it says, and
    `files` only gains the fingerprints of the PDF files made of it. `lines` are the households not reached, by their ids."""

    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=16, unique=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120)  # the lowest place that holds all of `places`
    places = models.JSONField()  # code and name of each place counted
    figures = models.JSONField()
    lines = EncryptedTextField()
    digest = models.CharField(max_length=64)
    files = models.JSONField(default=list)  # sha256, language, at
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_post = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["alert", "-made_at"])]


class Spread(models.Model):
    """A message of a notice on its way into the outbox, batch by batch; its id is that of the dispatch. `stage` counts
    rules.STAGES of its kind, `cursor` says how far that stage has come: a worker that ends goes on from there."""

    id = models.UUIDField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="spreads")
    kind = models.CharField(max_length=12)  # rules.STAGES
    stage = models.PositiveSmallIntegerField(default=0)
    cursor = models.CharField(max_length=140, blank=True)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_at"], condition=Q(done_at=None), name="spread_under_way")]


class Approval(models.Model):
    """A second person was asked whether a notice may go out: by whom, until when, and what came of it."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="approvals")
    asked_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    decision = models.CharField(max_length=12, blank=True)  # approved | refused | lapsed | taken_back
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert"], condition=Q(decision=""), name="approval_asked_once")]


class DrillQuerySet(models.QuerySet["Drill"]):
    def visible_to(self, actor: Actor, permission: str = "alerts.see") -> Self:
        touched = DrillPlace.objects.filter(within("path", actor.paths(permission)))
        return self.filter(Exists(touched.filter(drill=OuterRef("pk"))))


class Drill(models.Model):
    """The line tried out: a notice that says it is none, on its day, and what came of it. `score` is frozen at the end; it
    names posts and accounts by id, never by name. `before` is the last drill of the same places."""

    id = models.UUIDField(primary_key=True)
    texts = models.JSONField()
    urgency = models.CharField(max_length=20)
    scope = models.CharField(max_length=5)  # rules.SCOPES
    planned_at = models.DateTimeField()
    repeat = models.CharField(max_length=10, blank=True)  # rules.REPEATS
    state = models.CharField(max_length=10)  # rules.DRILL_STATES
    planned_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    alert = models.OneToOneField(Alert, null=True, on_delete=models.PROTECT, related_name="drill_of")
    before = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    score = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    objects = DrillQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "planned_at"])]


class DrillPlace(models.Model):
    drill = models.ForeignKey(Drill, on_delete=models.CASCADE, related_name="places")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["drill", "place"], name="drill_place_once")]
