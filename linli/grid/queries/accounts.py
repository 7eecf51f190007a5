"""Who acts, and with which grants; accounts, their tokens, and what the audit trail says of one's places."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode

from linli.core import clock
from linli.core.actors import NOBODY, Actor, Grant
from linli.core.crypto import keyed_hash
from linli.core.errors import Missing
from linli.core.models import AuditEntry
from linli.core.paths import within
from linli.grid.access import check_operator, may_operate
from linli.grid.models import Absence, Account, ApiToken, Appointment, Place
from linli.grid.profile import post_kinds
from linli.grid.rules import TOKEN_PREFIX

ACCOUNT_OBJECTS = ("grid.account", "grid.apitoken", "core.backup", "core.job", "core.eventdelivery", "core.keys")


def actor_for(account: Any, *, token_scopes: frozenset[str] | None = None) -> Actor:
    """The actor for an account at this moment: one grant for each valid appointment, and for each post of somebody who is
    away and whose deputy they are, as long as they hold a post of their own. A program has one's own posts only: what is
    lent is lent to a person. One query."""
    if not isinstance(account, Account):
        account = Account.objects.get(pk=account.pk)
    if not account.is_active:
        return NOBODY
    kinds, now, theirs = post_kinds(), clock.now(), Q(account=account)
    if token_scopes is None:
        lent = Absence.objects.running_at(now).filter(deputy=account).values("appointment")
        theirs |= Q(pk__in=lent, account__is_active=True)
    rows = Appointment.objects.valid_at(now).filter(theirs).select_related("place", "account").order_by("id")
    held = [one for one in rows if one.post_kind in kinds]
    if not any(one.account_id == account.pk for one in held):
        held = []  # whoever has left every post stands in for nobody
    grants = tuple(
        Grant(
            path=one.place.path,
            permissions=kinds[one.post_kind].permissions,
            post_kind=one.post_kind,
            place_id=one.place_id,
            appointment_id=one.pk,
            lent_by=one.account_id if one.account_id != account.pk else 0,
            lent_name=one.account.name if one.account_id != account.pk else "",
        )
        for one in held
    )
    return Actor(kind="account", id=account.pk, name=account.name, grants=grants, token_scopes=token_scopes)


def actor_by_id(*, account_id: int) -> Actor:
    """The same by id, for what somebody sent from their own phone. NOBODY where there is no such account."""
    found = Account.objects.filter(pk=account_id).first()
    return actor_for(found) if found is not None else NOBODY


# Tokens of programs --------------------------------------------------------------------------------------------------


def hash_token(token: str) -> str:
    return keyed_hash(token, "api-token")


def find_token(token: str) -> ApiToken | None:
    """The token, where it is known, not expired, not revoked, and its account is in use."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    found = ApiToken.objects.select_related("account").filter(token_hash=hash_token(token)).first()
    return found if found and found.is_valid(clock.now()) else None


def actor_for_token(token: str) -> Actor | None:
    """Who acts with a token now: its account's posts, narrowed to the token's scopes. None where it opens nothing.
    The API notes the use with `actions.note_token_use`."""
    found = find_token(token)
    return actor_for(found.account, token_scopes=frozenset(found.scopes)) if found else None


def list_tokens(*, actor: Actor, account: Account) -> QuerySet[ApiToken]:
    """An account's tokens, the newest first: one's own, or anybody's for an operator."""
    if actor.kind != "account" or actor.id != account.pk:
        check_operator(actor)
    return ApiToken.objects.filter(account=account).order_by("-made_at", "-id")


# Accounts ------------------------------------------------------------------------------------------------------------


def get_own_account(*, actor: Actor) -> Account:
    if actor.kind != "account":
        raise Missing()
    return Account.objects.get(pk=actor.id)


def get_account(*, actor: Actor, account_id: int) -> Account:
    """Any account, for an operator. Raises Missing."""
    check_operator(actor)
    found = Account.objects.filter(pk=account_id).first()
    if found is None:
        raise Missing()
    return found


def get_account_by_username(*, actor: Actor, username: str) -> Account:
    """An account in use whose exact name for sign-in is known: whoever appoints has it from the person or the paper.
    Raises Missing."""
    if not (actor.may_somewhere("posts.appoint") or may_operate(actor)):
        raise Missing()
    found = Account.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Missing()
    return found


def list_accounts(*, actor: Actor, text: str = "", in_use: bool | None = None) -> QuerySet[Account]:
    """Every account by name, for an operator; `text` is part of a name or of a username."""
    check_operator(actor)
    rows = Account.objects.order_by("name", "id")
    if in_use is not None:
        rows = rows.filter(is_active=in_use)
    return rows.filter(Q(name__contains=text) | Q(username__contains=text.lower())) if text else rows


def search_accounts(*, actor: Actor, text: str, most: int = 20) -> list[Account]:
    """People who hold or held a post in the places where the actor appoints, by part of a name or username."""
    text = text.strip()
    if not text:
        return []
    theirs = Appointment.objects.visible_to(actor, "posts.appoint").filter(account=OuterRef("pk"))
    rows = Account.objects.filter(Q(name__contains=text) | Q(username__contains=text.lower()), is_active=True)
    return list(rows.filter(Exists(theirs)).order_by("name", "id")[:most])


def list_accounts_named(*, actor: Actor, usernames: Iterable[str], phone_indexes: Iterable[str]) -> list[Account]:
    """Accounts in use with one of these exact names for sign-in or phones (keyed hashes), for whoever brings a list of
    posts in. Two queries for each thousand."""
    if not (actor.may_somewhere("posts.appoint") or may_operate(actor)):
        raise Missing()
    found: dict[int, Account] = {}
    for field, values in (("username__in", sorted(usernames)), ("phone_index__in", sorted(phone_indexes))):
        for start in range(0, len(values), 1_000):
            rows = Account.objects.filter(is_active=True, **{field: values[start : start + 1_000]})
            found |= {one.pk: one for one in rows}
    return list(found.values())


def list_usernames_like(*, actor: Actor, stems: Iterable[str]) -> list[str]:
    """Names for sign-in that are one of the stems with or without a number, so that a new one can differ."""
    if not (actor.may_somewhere("posts.appoint") or may_operate(actor)):
        raise Missing()
    found: list[str] = []
    wanted = sorted(stems)
    for start in range(0, len(wanted), 200):
        near = Q(pk__in=[])
        for stem in wanted[start : start + 200]:
            near |= Q(username__gte=stem, username__lt=stem + ":")  # ':' follows the digits
        found += Account.objects.filter(near).values_list("username", flat=True)
    return found


def find_account_by_link(*, uid: str, token: str) -> Account | None:
    """Whose password a one-time link sets, while it is valid: until it is used, the password changes, or a day."""
    try:
        account = Account.objects.filter(pk=int(force_str(urlsafe_base64_decode(uid))), is_active=True).first()
    except (ValueError, UnicodeDecodeError):
        return None
    return account if account and default_token_generator.check_token(account, token) else None


# The audit trail -----------------------------------------------------------------------------------------------------


def list_own_audit(*, actor: Actor) -> QuerySet[AuditEntry]:
    """What was done to one's own account, by oneself and by others, the newest first."""
    mine = get_own_account(actor=actor)
    return AuditEntry.objects.filter(object_type="grid.account", object_id=str(mine.pk)).order_by("-at", "-id")


def count_accounts(*, actor: Actor) -> dict[str, int]:
    """How many accounts and tokens there are, for operators. Two queries."""
    check_operator(actor)
    active = Q(is_active=True)
    counts = Account.objects.aggregate(
        active=Count("pk", filter=active),
        operators=Count("pk", filter=active & Q(is_operator=True)),
        without_password=Count("pk", filter=active & (Q(password__startswith="!") | Q(password=""))),  # noqa: S106
    )
    valid = ApiToken.objects.filter(revoked_at=None, expires_at__gt=clock.now(), account__is_active=True)
    return {**counts, "tokens": valid.count()}


def list_audit(
    *, actor: Actor, since: datetime, act: str = "", who: str = "", object_type: str = "", object_id: str = ""
) -> QuerySet[AuditEntry]:
    """Entries on the actor's places, the newest first. An operator also reads what was done to accounts and tokens.
    Entries hold no values: only acts, ids, names of fields and reasons."""
    mine, operator = within("path", actor.paths("audit.see")), may_operate(actor)
    if not (operator or actor.may_somewhere("audit.see")):
        raise Missing()
    if operator:
        mine |= Q(object_type__in=ACCOUNT_OBJECTS)
    wanted = {"act": act, "object_type": object_type, "object_id": object_id}
    rows = AuditEntry.objects.filter(mine, at__gte=since, **{key: value for key, value in wanted.items() if value})
    return (rows.filter(actor__in=_refs(who)) if who else rows).order_by("-id")


def _refs(who: str) -> list[str]:
    found = Account.objects.filter(Q(username=who.lower()) | Q(name=who)).values_list("pk", flat=True)
    return [who, *(f"account:{key}" for key in found)]


def name_actors(refs: list[str]) -> dict[str, str]:
    """How the audit trail's references to accounts are called. One query."""
    keys = {int(ref.partition(":")[2]) for ref in refs if ref.startswith("account:")}
    return {f"account:{key}": name for key, name in Account.objects.filter(pk__in=keys).values_list("pk", "name")}


def name_paths(paths: list[str]) -> dict[str, str]:
    """How the places at these paths are called now. One query."""
    return dict(Place.objects.filter(path__in={path for path in paths if path}).values_list("path", "name"))
