"""Personal links, of which only the keyed hash is stored; senders, means of being reached, and the outbox."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from linli.core.actors import Actor
from linli.core.crypto import EncryptedTextField
from linli.core.paths import PathField, ancestors, within
from linli.grid.models import Account, Place
from linli.messages.rules import CLAIMED, FAILED, QUEUED, TO_CALL


class PersonalLink(models.Model):
    """At least 128 random bits in the address; here their keyed hash, what it is for, and until when.

    `purpose` is one of rules.PURPOSES; `subject` is the household or place it is about; `source` the alert, where there
    is one. `answers_as` says who was handed it: the household itself or the relative who answers for it.
    """

    token_hash = models.CharField(max_length=40, unique=True)
    purpose = models.CharField(max_length=20)
    subject = models.BigIntegerField()
    source = models.CharField(max_length=40, blank=True)
    answers_as = models.CharField(max_length=20, blank=True)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "subject", "source"])]

    def is_valid(self, moment: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > moment


class OneTimeCode(models.Model):
    """Six digits that went to the phone of one person, to be entered on the page of a link: only their keyed hash is here,
    the digits themselves come from the id and the key when they are sent."""

    id = models.UUIDField(primary_key=True)  # of the dispatch too
    link = models.ForeignKey(PersonalLink, on_delete=models.CASCADE, related_name="+")
    person = models.BigIntegerField(db_index=True)
    code_hash = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)  # entered, or followed by a newer one


class SenderQuerySet(models.QuerySet["Sender"]):
    def visible_to(self, actor: Actor, permission: str = "channels.edit") -> Self:
        """Those of one's own places. Those of the whole deployment are the operator's."""
        return self.filter(~Q(path=""), within("path", actor.paths(permission)))

    def serving(self, path: str) -> Self:
        """Those that may send to somebody at this path, the nearest first."""
        return self.filter(path__in=["", *ancestors(path)]).order_by("-path", "id")


class Sender(models.Model):
    """A way out that somebody set up: a robot of a chat group, a mail server, an SMS gateway. It serves the places below
    its own; without one, all. `config` holds addresses and secrets, sealed. Tokens are what it may send at once."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)  # rules.SENDER_CHANNEL
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    path = PathField(max_length=120, blank=True)
    config = EncryptedTextField()
    per_minute = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True)
    booked_until = models.DateTimeField(null=True)  # until when what waits has its turns
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    broken_until = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    last_failure = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField()

    objects = SenderQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Means(models.Model):
    """How an account is reached: an e-mail address, a phone for SMS or calls, a browser that takes notifications."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)  # rules.OWN_MEANS
    address = EncryptedTextField()
    address_index = models.CharField(max_length=40)
    label = models.CharField(max_length=60, blank=True)
    order = models.PositiveSmallIntegerField()
    dead_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "address_index"], name="means_once")]


class QuietHours(models.Model):
    """When an account is left alone, in local time, but for what is most urgent. Without a row: as the profile says."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="+")
    begins = models.TimeField()
    ends = models.TimeField()


class Dispatch(models.Model):
    """One message to many: what it says and what it is about. `source_room` and `source_id` are opaque here."""

    id = models.UUIDField(primary_key=True)
    source_room = models.CharField(max_length=20)
    source_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)  # rules.KINDS
    texts = models.JSONField()
    urgency = models.CharField(max_length=20, blank=True)
    url = models.CharField(max_length=200, blank=True)
    path = PathField(max_length=120, blank=True)
    drill = models.BooleanField(default=False)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["source_room", "source_id"]), models.Index(fields=["made_at"])]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor, permission: str = "alerts.see") -> Self:
        return self.filter(within("path", actor.paths(permission)))

    def about(self, source: tuple[str, str]) -> Self:
        return self.filter(dispatch__source_room=source[0], dispatch__source_id=source[1])


class Delivery(models.Model):
    """One recipient's part of a dispatch, through all means tried. `tries` counts the tries by the present one.

    A claim belongs to a worker that shows signs of life (Pulse), not to a span of the clock: a clock that steps neither
    sends twice nor leaves anything lying. `set_at` tells when `next_at` was written, for the same reason.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=10)  # rules.RECIPIENTS
    recipient = models.BigIntegerField()
    path = PathField(max_length=120, blank=True)
    state = models.CharField(max_length=10)  # rules.STATES
    tries = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=10, blank=True)
    sender = models.ForeignKey(Sender, null=True, on_delete=models.SET_NULL, related_name="+")
    address_index = models.CharField(max_length=40, blank=True)
    provider_ref = models.CharField(max_length=80, blank=True)
    link = models.ForeignKey(PersonalLink, null=True, on_delete=models.SET_NULL, related_name="+")
    maybe_twice = models.BooleanField()
    failure = models.CharField(max_length=20, blank=True)  # rules.FAILURES
    tried = models.JSONField()  # [[channel, failure, mark of the address], …]: means that are through
    next_at = models.DateTimeField()
    set_at = models.DateTimeField()
    claimed_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "kind", "recipient"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state=QUEUED), name="delivery_due"),
            models.Index(fields=["set_at"], condition=Q(state=QUEUED), name="delivery_set"),
            models.Index(fields=["claimed_by"], condition=Q(state=CLAIMED), name="delivery_claimed"),
            models.Index(fields=["path"], condition=Q(state=FAILED), name="delivery_failed"),
            models.Index(fields=["path"], condition=Q(state=TO_CALL), name="delivery_to_call"),
            models.Index(fields=["kind", "recipient", "id"], name="delivery_of"),
            models.Index(fields=["address_index"], condition=~Q(address_index=""), name="delivery_to"),
            models.Index(fields=["provider_ref"], condition=~Q(provider_ref=""), name="delivery_ref"),
            models.Index(fields=["link"], condition=Q(link__isnull=False), name="delivery_link"),
        ]


class Pulse(models.Model):
    """A sign of life of a worker that sends: a number that it raises. Others judge by their own stop-watch, never by the
    time of day, whether it has ended."""

    id = models.UUIDField(primary_key=True)
    beat = models.BigIntegerField(default=0)
    at = models.DateTimeField()  # to sweep rows left behind


class Reply(models.Model):
    """What somebody wrote back, by whose number it came, and as what it was filed. The text is sealed and kept for a
    while only."""

    sender = models.ForeignKey(Sender, null=True, on_delete=models.SET_NULL, related_name="+")
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")
    ref = models.CharField(max_length=80)  # the provider's, so that the same reply counts once
    address_index = models.CharField(max_length=40)
    recipient_kind = models.CharField(max_length=10, blank=True)
    recipient_id = models.BigIntegerField(null=True)
    path = PathField(max_length=120, blank=True)
    text = EncryptedTextField()
    filed_as = models.CharField(max_length=10)  # rules.FILED
    at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "ref"], name="reply_once")]
        indexes = [models.Index(fields=["path", "-at"])]
