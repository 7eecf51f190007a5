"""Accounts, passwords and tokens. An account opens nothing by itself: what it may do follows from its appointments."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.crypto import keyed_hash
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.initials import initials
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may, check_operator, may_operate
from linli.grid.actions.posts import appoint, end_appointments_of
from linli.grid.models import Account, ApiToken, Appointment, Place
from linli.grid.numbers import normalise_phone
from linli.grid.queries.accounts import find_account_by_link, find_token, hash_token
from linli.grid.rules import MOST_TOKEN_DAYS, PERMISSIONS, TOKEN_DAYS, TOKEN_PREFIX, default_scopes, plain_username

BATCH = 1_000
BAD_USERNAME = _("Use 2 to 60 letters, digits, or . - _ @ without spaces.")
BAD_NAME = _("Enter the person's name, up to 60 characters.")
BAD_PHONE = _("Enter the phone with its area or country code, for example +86 138 0013 0001.")
TAKEN = _("This name for sign-in is taken. Choose another.")


@dataclass(frozen=True)
class NewAccount:
    """One row of a batch. `phone` is already normalised (E.164). `reachable` says that the person can sign in: without
    a password that is only so where something else signs people in (a demonstration, an outside sign-in)."""

    username: str
    name: str
    phone: str = ""
    language: str = ""
    reachable: bool = False


def make_account(
    *,
    actor: Actor,
    username: str,
    name: str,
    phone: str = "",
    language: str = "",
    password: str = "",
    is_operator: bool = False,
    write_id: UUID | None = None,
) -> Account:
    """Open an account; without a password it waits for one set by a one-time link. Whoever appoints may open one, only
    an operator may make another operator. Raises Invalid where the username is taken."""
    content = [username, name, phone, language, is_operator]
    with transaction.atomic():
        _check_may_open(actor, operator=is_operator)
        before = done_before(actor, "make_account", write_id, content)
        if before:
            return Account.objects.get(pk=before)
        made = Account(
            username=_checked_username(username),
            name=_checked_name(name),
            initials=initials(name),
            phone=_checked_phone(phone),
            language=language if language in dict(settings.LANGUAGES) else "",
            is_operator=is_operator,
            reachable=bool(password),
        )
        made.phone_index = keyed_hash(made.phone, "phone") if made.phone else ""
        _set(made, password)
        lock("accounts")
        if Account.objects.filter(username=made.username).exists():
            raise Invalid(fields={"username": TAKEN})
        made.save()
        record(actor, "make_account", made, fields=["username", "name", "phone", "is_operator"])
        mark_done(actor, "make_account", write_id, content, made.pk)
        return made


def make_accounts(*, actor: Actor, rows: Sequence[NewAccount]) -> dict[str, Account]:
    """Username → account for a batch, in a constant number of queries for each thousand; who is there already stays as
    is. The rows are checked by whoever made them."""
    _check_may_open(actor, operator=False)
    found: dict[str, Account] = {}
    with transaction.atomic():
        lock("accounts")
        for start in range(0, len(rows), BATCH):
            batch = {row.username: row for row in rows[start : start + BATCH]}
            standing = {one.username: one for one in Account.objects.filter(username__in=batch)}
            fresh = [_from_row(row) for name, row in batch.items() if name not in standing]
            made = Account.objects.bulk_create(fresh)
            if made:
                record(
                    actor, "make_accounts", ("grid.account", f"{made[0].pk}-{made[-1].pk}"), fields=["username", "name"]
                )
            found |= standing | {one.username: one for one in made}
    return found


def appoint_person(
    *,
    actor: Actor,
    person: Account | NewAccount,
    post_kind: str,
    place: Place,
    paper: str,
    write_id: UUID | None = None,
    **more: Any,
) -> Appointment:
    """Appoint somebody, opening their account first where it is new: both or neither. Further names as in `appoint`."""
    who = person.pk if isinstance(person, Account) else [person.username, person.name, person.phone]
    content = [who, post_kind, place.pk, paper, sorted((key, str(value)) for key, value in more.items())]
    with transaction.atomic():
        before = done_before(actor, "appoint_person", write_id, content)
        if before:
            return Appointment.objects.visible_to(actor).select_related("account", "place").get(pk=before)
        check_may(actor, "posts.appoint", place, seen_with="posts.see")
        if isinstance(person, NewAccount):
            person = make_account(actor=actor, username=person.username, name=person.name, phone=person.phone)
        made = appoint(actor=actor, account=person, post_kind=post_kind, place=place, paper=paper, **more)
        mark_done(actor, "appoint_person", write_id, content, made.pk)
        return made


def _from_row(row: NewAccount) -> Account:
    return Account(
        username=row.username,
        name=row.name,
        initials=initials(row.name),
        phone=row.phone,
        phone_index=keyed_hash(row.phone, "phone") if row.phone else "",
        language=row.language,
        reachable=row.reachable,
        password=make_password(None),
    )


def _check_may_open(actor: Actor, *, operator: bool) -> None:
    if operator:
        check_operator(actor)
    elif not (actor.may_somewhere("posts.appoint") or may_operate(actor)):
        raise Forbidden()


def _checked_username(text: str) -> str:
    username = plain_username(text)
    if username is None:
        raise Invalid(fields={"username": BAD_USERNAME})
    return username


def _checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 60:
        raise Invalid(fields={"name": BAD_NAME})
    return name


def _checked_phone(text: str) -> str:
    phone = normalise_phone(text)
    if phone is None:
        raise Invalid(fields={"phone": BAD_PHONE})
    return phone


# One's own account ---------------------------------------------------------------------------------------------------


def change_own_language(*, actor: Actor, language: str) -> None:
    """Raises Invalid for a language that the product doesn't have."""
    if language not in dict(settings.LANGUAGES):
        raise Invalid(fields={"language": _("Choose one of the languages.")})
    with transaction.atomic():
        account = own_account(actor)
        account.language = language
        account.save(update_fields=["language"])
        record(actor, "change_own_language", account, fields=["language"])


def set_password(*, actor: Actor, account: Account, password: str, current: str | None = None) -> Account:
    """A new password for one's own account, which takes the present one; or for any, from the command line. Every other
    session of the account ends. Raises Invalid where the password is weak or the present one is wrong."""
    with transaction.atomic():
        found = Account.objects.select_for_update().get(pk=account.pk)
        if actor.kind != "system":
            own_account(actor, found)
            if found.has_usable_password() and not found.check_password(current or ""):
                raise Invalid(fields={"current": _("This is not your present password.")})
        _set(found, password)
        found.reachable = True
        found.save(update_fields=["password", "reachable"])
        record(actor, "set_password", found, fields=["password"])
        return found


def own_account(actor: Actor, account: Account | None = None) -> Account:
    """One's own account, by a person at the keyboard: a program's token never changes an account."""
    if actor.kind != "account" or (account is not None and actor.id != account.pk):
        raise Missing()
    if actor.token_scopes is not None:
        raise Forbidden()
    return account or Account.objects.get(pk=actor.id)


def _set(account: Account, password: str) -> None:
    if not password:
        account.set_unusable_password()
        return
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"password": " ".join(error.messages)}) from None
    account.set_password(password)


# One-time links ------------------------------------------------------------------------------------------------------


def make_password_link(*, actor: Actor, account: Account) -> tuple[str, str]:
    """The two parts (uid, token) of a link with which a person sets a password once, within a day. For operators; every
    link is in the audit trail, and the person's own page says when the last one was made."""
    check_operator(actor)
    if not account.is_active:
        raise Conflict(_("This account is closed. Open it again first."), code="account-closed")
    with transaction.atomic():
        record(actor, "make_password_link", account)
        return urlsafe_base64_encode(force_bytes(account.pk)), default_token_generator.make_token(account)


def set_password_by_link(*, actor: Actor, uid: str, token: str, password: str) -> Account:  # noqa: ARG001
    """Use a one-time link: it names whose password it sets, whoever opens it. The account's tokens end with the old
    password. Raises Missing where the link is used up or wrong."""
    with transaction.atomic():
        lock("password-link")
        account = find_account_by_link(uid=uid, token=token)
        if account is None:
            raise Missing(_("This link has been used or has run out. Ask your operator for a new one."))
        _set(account, password)
        account.reachable = True
        account.save(update_fields=["password", "reachable"])
        _revoke_all(account)
        record(Actor(kind="account", id=account.pk), "set_password_by_link", account, fields=["password"])
        return account


# Closing and opening again -------------------------------------------------------------------------------------------


def deactivate_account(*, actor: Actor, account: Account, reason: str, write_id: UUID | None = None) -> Account:
    """Close an account: its sessions and tokens end, and so does every appointment, so that nothing waits for somebody
    who can't come. Nobody closes their own."""
    content = [account.pk, reason]
    with transaction.atomic():
        check_operator(actor)
        if done_before(actor, "deactivate_account", write_id, content):
            return Account.objects.get(pk=account.pk)
        if actor.kind == "account" and actor.id == account.pk:
            raise Conflict(_("You can't close your own account. Ask another operator."), code="own-account")
        if not reason.strip():
            raise Invalid(fields={"reason": _("Say why the account is closed.")})
        found = Account.objects.select_for_update().get(pk=account.pk)
        found.is_active, found.reachable = False, False
        found.set_unusable_password()
        found.save(update_fields=["is_active", "reachable", "password"])
        _revoke_all(found)
        record(actor, "deactivate_account", found, fields=["is_active"], reason=reason)
        end_appointments_of(actor=actor, account=found, reason=reason)
        mark_done(actor, "deactivate_account", write_id, content, found.pk)
        return found


def reactivate_account(*, actor: Actor, account: Account) -> Account:
    """Open a closed account again. Its posts and password do not come back: both are given anew."""
    with transaction.atomic():
        check_operator(actor)
        found = Account.objects.select_for_update().get(pk=account.pk)
        found.is_active = True
        found.save(update_fields=["is_active"])
        record(actor, "reactivate_account", found, fields=["is_active"])
        return found


def set_operator(*, actor: Actor, account: Account, on: bool) -> Account:
    """Make an account an operator's, or no longer."""
    with transaction.atomic():
        check_operator(actor)
        found = Account.objects.select_for_update().get(pk=account.pk)
        found.is_operator = on
        found.save(update_fields=["is_operator"])
        record(actor, "set_operator", found, fields=["is_operator"])
        return found


# Tokens of programs --------------------------------------------------------------------------------------------------


def make_token(
    *,
    actor: Actor,
    account: Account,
    name: str,
    scopes: Sequence[str] = (),
    days: int = TOKEN_DAYS,
    write_id: UUID | None = None,
) -> tuple[ApiToken, str]:
    """A token for one's own account (or any, from the command line), and its text, which is shown this once and stored
    nowhere. Without scopes it gets those that don't widen access to personal data; the others are named one by one."""
    content = [account.pk, name, sorted(scopes), days]
    with transaction.atomic():
        if actor.kind != "system":
            own_account(actor, account)
        if done_before(actor, "make_token", write_id, content):
            lost = _(
                "This token was made already and is shown only once. If you lost it, revoke it and make a new one."
            )
            raise Conflict(lost, code="shown-once")
        unknown = sorted(set(scopes) - set(PERMISSIONS))
        if unknown:
            raise Invalid(fields={"scopes": _("There is no permission %(names)s.") % {"names": ", ".join(unknown)}})
        if not 1 <= days <= MOST_TOKEN_DAYS:
            raise Invalid(fields={"days": _("Choose between 1 and %(most)s days.") % {"most": MOST_TOKEN_DAYS}})
        name = " ".join(name.split())[:60]
        if not name:
            raise Invalid(fields={"name": _("Say which program the token is for.")})
        if not account.is_active:
            raise Conflict(_("This account is closed. Open it again first."), code="account-closed")
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        made = ApiToken.objects.create(
            account=account,
            name=name,
            token_hash=hash_token(text),
            scopes=sorted(set(scopes)) or default_scopes(),
            made_at=clock.now(),
            expires_at=clock.now() + timedelta(days=days),
        )
        record(actor, "make_token", made, fields=["name", "scopes", "expires_at"])
        mark_done(actor, "make_token", write_id, content, made.pk)
        return made, text


def revoke_token(*, actor: Actor, token_id: int) -> ApiToken:
    """End a token at once: one's own, or any for an operator. Revoking again changes nothing."""
    with transaction.atomic():
        rows = ApiToken.objects.select_related("account").select_for_update(of=("self",)).filter(pk=token_id)
        if not may_operate(actor):
            rows = rows.filter(account_id=own_account(actor).pk)
        found = rows.first()
        if found is None:
            raise Missing()
        if found.revoked_at is None:
            found.revoked_at = clock.now()
            found.save(update_fields=["revoked_at"])
            record(actor, "revoke_token", found, fields=["revoked_at"])
        return found


def note_token_use(*, actor: Actor, token: str) -> None:  # noqa: ARG001
    """Note the day on which a token was last used: one read a call, one write a day, no audit entry."""
    found = find_token(token)
    if found is not None and found.used_on != clock.today():
        ApiToken.objects.filter(pk=found.pk).update(used_on=clock.today())


def _revoke_all(account: Account) -> None:
    ApiToken.objects.filter(account=account, revoked_at=None).update(revoked_at=clock.now())
