"""Who acts. An actor's grants come from posts held at places now; this file knows neither posts nor places."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

ALL = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """One post held: what it allows, and below which path ('' is everywhere)."""

    path: str
    permissions: frozenset[str]
    post_kind: str = ""
    place_id: int | None = None
    appointment_id: int | None = None
    lent_by: int = 0  # account of an absent holder whose post this is; 0: one's own
    lent_name: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with an account, a holder of a personal link, or the system itself."""

    kind: Literal["account", "link", "system", "nobody"]
    id: int = 0  # 0: none
    name: str = ""
    grants: tuple[Grant, ...] = field(default=())
    token_scopes: frozenset[str] | None = None
    used: set[Grant] = field(default_factory=set, compare=False, repr=False)  # lent grants that decided a question

    @property
    def ref(self) -> str:
        """How the audit trail names the actor: never by name."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def _allows(self, grant: Grant, permission: str) -> bool:
        if self.token_scopes is not None and permission not in self.token_scopes:
            return False
        return permission in grant.permissions or ALL in grant.permissions

    def may(self, permission: str, path: str) -> bool:
        """Does a post held at or above `path` allow it?"""
        allowing = [one for one in self.grants if path.startswith(one.path) and self._allows(one, permission)]
        if allowing and all(one.lent_by for one in allowing):
            self.used.add(allowing[0])
        return bool(allowing)

    def acts_for(self, path: str) -> str:
        """Whom one stands in for by acting at `path`, for the audit trail: the absent holder whose post alone allowed it.
        Empty where one's own posts did."""
        here = [one for one in self.grants if path and path.startswith(one.path)]
        lent = [one for one in here if one.lent_by and (one in self.used or len(here) == 1)]
        if not lent and here and all(one.lent_by for one in here):
            lent = here
        return f"account:{lent[0].lent_by}" if lent else ""

    def may_somewhere(self, permission: str) -> bool:
        return any(self._allows(grant, permission) for grant in self.grants)

    def paths(self, permission: str) -> list[str]:
        """The outermost paths below which the permission holds."""
        return outermost(grant.path for grant in self.grants if self._allows(grant, permission))


def outermost(paths: Iterable[str]) -> list[str]:
    """Without those that lie inside another."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


SYSTEM = Actor(kind="system", name="Linli", grants=(Grant(path="", permissions=frozenset({ALL})),))
NOBODY = Actor(kind="nobody")
