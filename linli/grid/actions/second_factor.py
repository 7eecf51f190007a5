"""The second factor of an account: begun, confirmed by the first right code, used, renewed, taken away."""

import secrets
from collections.abc import Iterable
from uuid import UUID

import pyotp
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.crypto import keyed_hash
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.locks import lock
from linli.core.throttle import count_try, take_back_try
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_operator
from linli.grid.actions.accounts import own_account
from linli.grid.models import Account, FactorRule, RecoveryCode, SecondFactor
from linli.grid.queries.second_factor import factor_rules, needs_factor
from linli.grid.rules import OPERATORS, find_totp_step, plain_code

CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is read as something else
WRONG = _("This code is not right. Take the one that the app shows now.")


def begin_second_factor(*, actor: Actor) -> SecondFactor:
    """A secret for the app on one's phone. Begun again before it was confirmed, it stays the same, so that a page that is
    loaded twice shows one picture. Raises Conflict where one is in use."""
    with transaction.atomic():
        mine = own_account(actor)
        lock(f"factor:{mine.pk}")
        found = SecondFactor.objects.filter(account=mine).first()
        if found is not None and found.confirmed_at is not None:
            raise Conflict(_("A second factor is in use already. Take it away before you set up another."))
        if found is None:
            found = SecondFactor.objects.create(account=mine, secret=pyotp.random_base32(), made_at=clock.now())
            record(actor, "begin_second_factor", mine, fields=["second_factor"])
        return found


def confirm_second_factor(*, actor: Actor, code: str) -> list[str]:
    """The first right code puts it into use. Returns the recovery codes, which are shown this once. Raises Invalid."""
    mine = own_account(actor)
    _count(mine)
    with transaction.atomic():
        lock(f"factor:{mine.pk}")
        found = SecondFactor.objects.filter(account=mine, confirmed_at=None).first()
        if found is None:
            raise Conflict(_("There is no second factor to confirm. Begin again."))
        _use(found, code)
        found.confirmed_at = clock.now()
        found.save(update_fields=["confirmed_at"])
        record(actor, "confirm_second_factor", mine, fields=["second_factor"])
        made = _renew_codes(mine)
    _forgive(mine)
    return made


def pass_second_factor(*, actor: Actor, account: Account, code: str) -> None:  # noqa: ARG001
    """The second door of a sign-in: a code of the app, or a recovery code once. Nobody is signed in yet: the act is the
    account's. Raises Invalid, and TooMany after eight wrong ones in a quarter of an hour."""
    _count(account)
    with transaction.atomic():
        lock(f"factor:{account.pk}")
        found = SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).first()
        if found is None:
            raise Missing()
        if not _spend_recovery_code(account, code):
            _use(found, code)
        else:
            record(Actor(kind="account", id=account.pk), "use_recovery_code", account, fields=["recovery_codes"])
    _forgive(account)


def renew_recovery_codes(*, actor: Actor, code: str) -> list[str]:
    """Ten new ones; the old open nothing any more. Takes a present code of the app."""
    mine = own_account(actor)
    _count(mine)
    with transaction.atomic():
        lock(f"factor:{mine.pk}")
        _use(_confirmed(mine), code)
        record(actor, "renew_recovery_codes", mine, fields=["recovery_codes"])
        made = _renew_codes(mine)
    _forgive(mine)
    return made


def remove_second_factor(*, actor: Actor, code: str) -> None:
    """One's own, with a present or a recovery code. Raises Conflict where one's posts ask for a second factor."""
    mine = own_account(actor)
    _count(mine)
    with transaction.atomic():
        lock(f"factor:{mine.pk}")
        found = _confirmed(mine)
        if needs_factor(mine):
            raise Conflict(_("Your posts ask for a second factor: it can be changed to another phone, not taken away."))
        if not _spend_recovery_code(mine, code):
            _use(found, code)
        _drop(mine)
        record(actor, "remove_second_factor", mine, fields=["second_factor"])
    _forgive(mine)


def change_phone(*, actor: Actor, code: str) -> SecondFactor:
    """To another phone: a present or a recovery code takes the old one away and begins a new one."""
    mine = own_account(actor)
    _count(mine)
    with transaction.atomic():
        lock(f"factor:{mine.pk}")
        found = _confirmed(mine)
        if not _spend_recovery_code(mine, code):
            _use(found, code)
        _drop(mine)
        record(actor, "remove_second_factor", mine, fields=["second_factor"])
        begun = begin_second_factor(actor=actor)
    _forgive(mine)
    return begun


def reset_second_factor(*, actor: Actor, account: Account, reason: str, write_id: UUID | None = None) -> None:
    """By an operator, for somebody who lost phone and codes. Its owner reads it on their own page."""
    content = [account.pk, reason]
    with transaction.atomic():
        check_operator(actor)
        if done_before(actor, "reset_second_factor", write_id, content):
            return
        if actor.kind == "account" and actor.id == account.pk:
            raise Conflict(_("Ask another operator to reset your own second factor."), code="own-account")
        if not reason.strip():
            raise Invalid(fields={"reason": _("Say how you know that it is this person who asks.")})
        _drop(account)
        record(actor, "reset_second_factor", account, fields=["second_factor"], reason=reason)
        mark_done(actor, "reset_second_factor", write_id, content, account.pk)


def set_factor_rules(*, actor: Actor, post_kinds: Iterable[str]) -> None:
    """Which kinds of post sign in with a second factor, from the next sign-in on. Raises Invalid for an unknown one."""
    wanted = set(post_kinds)
    with transaction.atomic():
        check_operator(actor)
        lock("factor-rules")
        unknown = wanted - set(factor_rules())
        if unknown:
            raise Invalid(fields={"post_kinds": _("This kind of post is not known.")})
        standing = set(FactorRule.objects.values_list("post_kind", flat=True))
        if wanted == standing:
            return
        FactorRule.objects.filter(post_kind__in=standing - wanted).delete()
        FactorRule.objects.bulk_create(
            FactorRule(post_kind=code, made_at=clock.now()) for code in sorted(wanted - standing)
        )
        changed = sorted(wanted ^ standing)
        record(actor, "set_factor_rules", ("grid.account", OPERATORS), fields=changed)


def _confirmed(account: Account) -> SecondFactor:
    found = SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).first()
    if found is None:
        raise Missing()
    return found


def _use(found: SecondFactor, code: str) -> None:
    """Take a code; the same one, or an older, opens nothing any more."""
    step = find_totp_step(found.secret, code, clock.now(), after=found.last_step)
    if step is None:
        raise Invalid(WRONG, fields={"code": WRONG})
    found.last_step = step
    found.save(update_fields=["last_step"])


def _spend_recovery_code(account: Account, code: str) -> bool:
    rows = RecoveryCode.objects.filter(account=account, code_hash=_hash(account, code), used_at=None)
    return rows.update(used_at=clock.now()) == 1


def _renew_codes(account: Account) -> list[str]:
    RecoveryCode.objects.filter(account=account).delete()
    made = ["".join(secrets.choice(ALPHABET) for _sign in range(10)) for _code in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(account=account, code_hash=_hash(account, one)) for one in made)
    return [f"{one[:5]}-{one[5:]}" for one in made]


def _hash(account: Account, code: str) -> str:
    return keyed_hash(f"{account.pk}\0{plain_code(code)}", "recovery-code")


def _drop(account: Account) -> None:
    SecondFactor.objects.filter(account=account).delete()
    RecoveryCode.objects.filter(account=account).delete()


def _count(account: Account) -> None:
    count_try("second-factor", str(account.pk), most=8, minutes=15)


def _forgive(account: Account) -> None:
    take_back_try("second-factor", str(account.pk))
