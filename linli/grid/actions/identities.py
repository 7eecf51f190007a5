"""Identities of an outside sign-in, tied to accounts. What they prove was checked by the page that took them."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.errors import Conflict, Missing
from linli.core.locks import lock
from linli.grid.access import check_operator
from linli.grid.actions.accounts import own_account
from linli.grid.models import Account, OutsideIdentity


def connect_identity(*, actor: Actor, issuer: str, subject: str) -> OutsideIdentity:
    """Tie an identity to one's own account. Connected twice it is connected once; another's is refused."""
    with transaction.atomic():
        return _connect(actor, own_account(actor), issuer, subject)


def adopt_identity(*, actor: Actor, account: Account, issuer: str, subject: str) -> OutsideIdentity:  # noqa: ARG001
    """The first outside sign-in of an account whose name the deployment trusts its issuer to tell. Nobody is signed in
    yet: the act is the account's."""
    with transaction.atomic():
        return _connect(Actor(kind="account", id=account.pk), account, issuer, subject)


def _connect(actor: Actor, account: Account, issuer: str, subject: str) -> OutsideIdentity:
    lock(f"identity:{issuer}:{subject}")
    found = OutsideIdentity.objects.filter(issuer=issuer, subject=subject).first()
    if found is not None:
        if found.account_id != account.pk:
            raise Conflict(_("This outside account is connected to somebody else here. Ask your operator."))
        return found
    made = OutsideIdentity.objects.create(account=account, issuer=issuer, subject=subject, made_at=clock.now())
    Account.objects.filter(pk=account.pk).update(reachable=True)
    record(actor, "connect_identity", account, fields=["identities"])
    return made


def disconnect_identity(*, actor: Actor, identity_id: int) -> Account:
    """One's own, or anybody's for an operator. Raises Conflict where nothing else would let its owner in."""
    with transaction.atomic():
        found = OutsideIdentity.objects.select_related("account").filter(pk=identity_id).first()
        if found is None:
            raise Missing()
        own = actor.kind == "account" and actor.id == found.account_id
        if own:
            own_account(actor)
        else:
            check_operator(actor)
        others = OutsideIdentity.objects.filter(account=found.account).exclude(pk=found.pk)
        if own and not found.account.has_usable_password() and not others.exists():
            raise Conflict(_("Without it you could not sign in any more. Set a password first."))
        found.delete()
        record(actor, "disconnect_identity", found.account, fields=["identities"])
        return found.account


def note_identity_use(*, actor: Actor, identity: OutsideIdentity) -> None:  # noqa: ARG001
    """When it let its owner in last; their own act."""
    with transaction.atomic():
        OutsideIdentity.objects.filter(pk=identity.pk).update(used_at=clock.now())
        record(Actor(kind="account", id=identity.account_id), "sign_in_outside", identity.account)
