"""Organisations, accounts, who holds which post from when until when, and tokens for programs."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from linli.core.actors import Actor
from linli.core.crypto import EncryptedTextField
from linli.core.paths import within
from linli.grid.models.places import Place


class Organisation(models.Model):
    """A body that lends holders or has posts of its own: health centre, police station, housing authority, partner."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="organisations")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="organisation_once")]

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A person who works in the system. What the account may do follows from appointments alone; an operator keeps the
    deployment running (accounts, tokens, jobs) and sees no register by that."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    initials = models.CharField(max_length=40, blank=True)  # of the name's sounds, to be found by
    phone = EncryptedTextField()
    phone_index = models.CharField(max_length=40, blank=True, db_index=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    reachable = models.BooleanField(default=True)  # can sign in: the in-app inbox reaches this person

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        indexes = [
            models.Index(fields=["name"], name="account_name_begins", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["initials"], name="account_initials_begin", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def valid_at(self, moment: datetime) -> Self:
        return self.filter(Q(until_at=None) | Q(until_at__gt=moment), from_at__lte=moment)

    def visible_to(self, actor: Actor, permission: str = "posts.see") -> Self:
        return self.filter(within("place__path", actor.paths(permission)))


class Appointment(models.Model):
    """A person holds a post (a kind at a place) from a moment until a moment, because a paper says so."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appointments")
    post_kind = models.CharField(max_length=40)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="appointments")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    paper = models.CharField(max_length=120)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gte=F("from_at")), name="appointment_ends_after_it_begins"
            )
        ]
        indexes = [
            models.Index(fields=["account", "until_at"]),
            models.Index(fields=["place", "post_kind", "until_at"]),
        ]


class ApiToken(models.Model):
    """Lets a program act as an account, within some permissions, until a day. Only the keyed hash is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=40, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name

    def is_valid(self, moment: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > moment and self.account.is_active
