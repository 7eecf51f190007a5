"""Personal links: only the keyed hash of a token is stored."""

from datetime import datetime

from django.db import models


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
