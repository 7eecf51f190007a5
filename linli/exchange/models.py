"""Feeds that are read, the alerts that came in by them, and which notices are shown to everybody."""

from typing import Self

from django.db import models
from django.db.models import Q

from linli.alerts.models import Alert
from linli.core.actors import Actor
from linli.core.paths import PathField, ancestors, within
from linli.exchange.rules.states import NEW
from linli.grid.models import Account, Place


class Feed(models.Model):
    """Where alerts of others are read: an address, the place that they are for, how often."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500, unique=True)
    kind = models.CharField(max_length=8)  # atom | cap
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    period_minutes = models.PositiveSmallIntegerField(default=5)
    is_on = models.BooleanField(default=True)
    certificate = models.TextField(blank=True)  # PEM; with it, what is not signed by it is refused
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=Q(is_on=True), name="feed_due")]


class FeedEntry(models.Model):
    """A message of a feed that was read before, so that it is read once. `error` says why it was refused."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="entries")
    key = models.CharField(max_length=64)  # digest of what the entry calls itself and when it was changed
    address = models.CharField(max_length=500, blank=True)
    error = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="feed_entry_once")]
        indexes = [models.Index(fields=["feed", "-at"], condition=~Q(error=""), name="feed_entry_refused")]


class IncomingQuerySet(models.QuerySet["Incoming"]):
    def visible_to(self, actor: Actor, permission: str = "alerts.issue") -> Self:
        """What lies in the actor's places, or above one of them: it concerns them either way."""
        paths = actor.paths(permission)
        above = {path for own in paths for path in ancestors(own)[:-1]}
        return self.filter(within("path", paths) | Q(path__in=above))


class Incoming(models.Model):
    """An alert of somebody else, for the people of one place to look at. `said` holds what it says in plain values,
    `paths` the places of ours that it means; `about` the earlier one that it updates or cancels."""

    id = models.UUIDField(primary_key=True)
    feed = models.ForeignKey(Feed, null=True, on_delete=models.SET_NULL, related_name="+")
    sender = models.CharField(max_length=200)
    identifier = models.CharField(max_length=200)
    sent_at = models.DateTimeField()
    msg_type = models.CharField(max_length=8)
    status = models.CharField(max_length=8)
    said = models.JSONField()
    document = models.TextField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=10)  # unsigned | unchecked | valid
    expires_at = models.DateTimeField(null=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120, db_index=True)
    paths = models.JSONField(default=list)
    is_matched = models.BooleanField()  # False: none of its areas is known here
    about = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="later")
    state = models.CharField(max_length=12, default=NEW)
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="+")
    came_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    objects = IncomingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "identifier", "place"], name="incoming_once_a_place")]
        indexes = [models.Index(fields=["state", "-came_at"]), models.Index(fields=["alert"])]


class Publication(models.Model):
    """Somebody decided of one notice whether everybody may read it, against what the profile's rule says."""

    alert = models.OneToOneField(Alert, primary_key=True, on_delete=models.CASCADE, related_name="+")
    is_public = models.BooleanField()
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
