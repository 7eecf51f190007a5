"""Phones that hold a list of the day."""

from django.db import models

from linli.grid.models.accounts import Account


class Device(models.Model):
    """A phone on which an account keeps its list of the day. Keys are derived from the id, never stored. `session` is the
    sign-in that it used last: revoking the phone ends it."""

    id = models.UUIDField(primary_key=True)  # made on the phone, for one account
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    session = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-last_seen_at"])]

    def __str__(self) -> str:
        return self.name
