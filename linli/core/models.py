"""Tables that every room's writes share: audit, events, leases, writes already done, rate limits."""

from django.db import models
from django.db.models import Q


class AuditSeal(models.Model):
    """One link of the chain: the digest of a batch of entries and of the link before."""

    at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    trace = models.BinaryField(default=b"")  # tells which entry was changed; see core.chain
    forgotten_at = models.DateTimeField(null=True)  # its entries were deleted when their time was over


class AuditEntry(models.Model):
    """Who did what to which object, and why. Names of fields, never values; no foreign keys, so it outlives all."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    fields = models.JSONField(default=list)
    reason = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=200, blank=True)
    acted_for = models.CharField(max_length=40, blank=True, default="")  # the absent holder whose deputy the actor is
    seal = models.ForeignKey(AuditSeal, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "at"]),
            models.Index(fields=["actor", "act", "at"]),
            models.Index(fields=["id"], condition=Q(seal=None), name="audit_unsealed"),
        ]


class Event(models.Model):
    """A fact that rooms above may want to know of, written in the transaction that made it true."""

    name = models.CharField(max_length=60)
    payload = models.JSONField()
    at = models.DateTimeField()


class EventDelivery(models.Model):
    """One subscriber's part of an event: run once, retried with back-off, shown when it keeps failing."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="event_delivery_once")]
        indexes = [models.Index(fields=["next_at"], condition=Q(done_at=None), name="event_delivery_due")]


class Lease(models.Model):
    """Which worker runs a periodic job, and until when nobody else may."""

    name = models.CharField(max_length=80, primary_key=True)
    next_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    last_ok_at = models.DateTimeField(null=True)


class DoneWrite(models.Model):
    """A write that came with a client-made id: sent again it gives the same result, with other content a conflict."""

    id = models.UUIDField(primary_key=True)
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    result = models.CharField(max_length=80)
    at = models.DateTimeField(db_index=True)


class Throttle(models.Model):
    """Tries in a window of time, counted under a keyed hash so that the table tells nothing."""

    key = models.CharField(max_length=64, primary_key=True)
    window_from = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField()


class Deployment(models.Model):
    """One row: which profile and which key this database belongs to."""

    profile = models.CharField(max_length=60)
    key_fingerprint = models.CharField(max_length=32, blank=True)
    made_at = models.DateTimeField()


class Erasure(models.Model):
    """That somebody was erased, without saying who: the row's number and the moment it was made tell it apart. Written in
    the transaction of the erasing; brought to the list outside the database right after it (core/erasures.py)."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)  # person | household
    subject = models.BigIntegerField()
    made_at = models.DateTimeField()  # of the row that was erased: a number may be given anew after a restore
    ground = models.CharField(max_length=20)
    at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "subject"]),
            models.Index(fields=["at"], condition=Q(listed_at=None), name="erasure_unlisted"),
        ]
