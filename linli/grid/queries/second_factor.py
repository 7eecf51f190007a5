"""Who has a second factor, who needs one, and which posts ask for it."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from linli.core import clock
from linli.core.actors import Actor
from linli.grid.access import check_operator
from linli.grid.models import Account, FactorRule, RecoveryCode, SecondFactor
from linli.grid.profile import post_kinds
from linli.grid.queries.accounts import get_own_account
from linli.grid.queries.seats import held_at
from linli.grid.rules import OPERATORS


def factor_rules() -> list[str]:
    """What a rule may name: operators, and every kind of post."""
    return [OPERATORS, *post_kinds()]


def has_factor(account: Account) -> bool:
    return SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).exists()


def find_account_at_the_door(*, account_id: int) -> Account | None:
    """Whose password was right a moment ago: the id stands in their own session. An account in use."""
    return Account.objects.filter(pk=account_id, is_active=True).first()


def needs_factor(account: Account) -> bool:
    """Do the posts that the account holds now ask for a second factor?"""
    asked = set(FactorRule.objects.values_list("post_kind", flat=True))
    if account.is_operator and OPERATORS in asked:
        return True
    return bool(asked) and held_at(clock.now()).filter(account=account, post_kind__in=asked).exists()


@dataclass(frozen=True)
class FactorState:
    """One's own second factor. `begun` waits for its first code."""

    begun: SecondFactor | None
    used: SecondFactor | None
    codes_left: int
    needed: bool


def read_own_factor(*, actor: Actor) -> FactorState:
    mine = get_own_account(actor=actor)
    found = SecondFactor.objects.filter(account=mine).first()
    used = found if found is not None and found.confirmed_at is not None else None
    left = RecoveryCode.objects.filter(account=mine, used_at=None).count() if used else 0
    return FactorState(None if used else found, used, left, needs_factor(mine))


@dataclass(frozen=True)
class RuleState:
    """A kind of post ('operator' for operators): does it ask for a second factor, and how many of its holders have one."""

    code: str
    asked: bool
    holders: int
    with_factor: int

    @property
    def lacking(self) -> int:
        return self.holders - self.with_factor


def list_factor_rules(*, actor: Actor) -> list[RuleState]:
    """For operators. Three queries."""
    check_operator(actor)
    asked = set(FactorRule.objects.values_list("post_kind", flat=True))
    has = Exists(SecondFactor.objects.filter(account=OuterRef("account")).exclude(confirmed_at=None))
    rows = held_at(clock.now()).annotate(has=has).order_by().values("post_kind")
    counted = {
        row["post_kind"]: (row["n"], row["having"])
        for row in rows.annotate(
            n=Count("account", distinct=True), having=Count("account", distinct=True, filter=Q(has=True))
        )
    }
    mine = Exists(SecondFactor.objects.filter(account=OuterRef("pk")).exclude(confirmed_at=None))
    operators = Account.objects.filter(is_operator=True, is_active=True).annotate(has=mine)
    found = operators.aggregate(n=Count("pk"), having=Count("pk", filter=Q(has=True)))
    counted[OPERATORS] = (found["n"], found["having"])
    return [RuleState(code, code in asked, *counted.get(code, (0, 0))) for code in factor_rules()]


def count_lacking_factor() -> int:
    """Accounts whose posts ask for a second factor and that have none yet, for the operator's checks."""
    asked = set(FactorRule.objects.values_list("post_kind", flat=True))
    if not asked:
        return 0
    holds = Exists(held_at(clock.now()).filter(account=OuterRef("pk"), post_kind__in=asked))
    wanted = Q(holds) | Q(is_operator=True) if OPERATORS in asked else Q(holds)
    has = Exists(SecondFactor.objects.filter(account=OuterRef("pk")).exclude(confirmed_at=None))
    return Account.objects.filter(wanted, ~Q(has), is_active=True).count()
