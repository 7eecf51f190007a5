"""What stands beside a password: a second factor with its recovery codes, and identities of an outside sign-in."""

from django.db import models

from linli.core.crypto import EncryptedTextField
from linli.grid.models.accounts import Account


class SecondFactor(models.Model):
    """One-time codes of an app on the account's phone (TOTP, RFC 6238). It counts once the first code was right.

    `last_step` is the thirty-second step of the last code that was used: the same code opens nothing twice.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField()
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)


class RecoveryCode(models.Model):
    """Opens the second door once, for whoever lost the phone. Only the keyed hash is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=40)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code_hash"], name="recovery_code_once")]


class FactorRule(models.Model):
    """Holders of this kind of post ('operator' for operators) sign in with a second factor."""

    post_kind = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField()


class OutsideIdentity(models.Model):
    """Who somebody is at an outside sign-in (OpenID Connect): the issuer's own name for them, never an address."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]
