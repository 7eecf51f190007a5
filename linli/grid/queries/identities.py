"""Whose account an outside identity opens."""

from linli.core.actors import Actor
from linli.grid.access import check_operator
from linli.grid.models import Account, OutsideIdentity
from linli.grid.rules import plain_username


def find_identity(*, issuer: str, subject: str) -> OutsideIdentity | None:
    """The identity of an account in use."""
    rows = OutsideIdentity.objects.select_related("account").filter(account__is_active=True)
    return rows.filter(issuer=issuer, subject=subject).first()


def find_account_called(username: str) -> Account | None:
    """The account in use with exactly this name, where the deployment trusts its issuer to tell it; an operator's is
    never taken by name alone."""
    name = plain_username(username)
    return Account.objects.filter(username=name, is_active=True, is_operator=False).first() if name else None


def list_identities(*, actor: Actor, account: Account) -> list[OutsideIdentity]:
    """An account's outside identities: one's own, or anybody's for an operator."""
    if actor.kind != "account" or actor.id != account.pk:
        check_operator(actor)
    return list(OutsideIdentity.objects.filter(account=account).order_by("made_at"))
