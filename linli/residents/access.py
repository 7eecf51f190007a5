"""Where a household stands, and may an actor do this there? A household out of sight and a missing one are the same."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, When

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.core.locks import lock
from linli.core.paths import ancestors
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.residents.models import Household, Membership, Person, Residence, Transfer

SEE = "register.see"
EDIT = "register.edit"
PRESENT = Case(When(until_on=None, then=1), default=0)


@dataclass(frozen=True)
class Standing:
    """A household at its dwelling: the present one, or the last where it has departed."""

    household: Household
    residence: Residence
    leaf_id: int
    path: str

    @property
    def is_present(self) -> bool:
        return self.residence.until_on is None

    @property
    def headcount_path(self) -> str:
        """Where it is counted now; '' where it has departed."""
        return self.path if self.is_present else ""


def standings(**which: Any) -> Any:
    """Residences with the place that holds the entrance now, the present (or last) one first: a query whose rows carry
    `path`, `leaf_id`, `leaf_name` and `present` besides."""
    return (
        Residence.objects.filter(dwelling__entrance__placements__until_on=None, **which)
        .select_related("household", "dwelling__entrance__building__estate")
        .annotate(
            leaf_id=F("dwelling__entrance__placements__place_id"),
            leaf_name=F("dwelling__entrance__placements__place__name"),
            path=F("dwelling__entrance__placements__place__path"),
            present=PRESENT,
        )
        .order_by("-present", "-until_on", "-id")
    )


def find_standing(household_id: int) -> Standing | None:
    found = standings(household=household_id).first()
    if found is None:
        return None
    return Standing(found.household, found, found.leaf_id, found.path)


def may_see(actor: Actor, path: str) -> bool:
    return actor.may(SEE, path)


def may_see_address(actor: Actor, household: Household, path: str) -> bool:
    return not household.protected or actor.may("register.protected", path)


def check_may(actor: Actor, permission: str, path: str) -> None:
    if actor.may(permission, path):
        return
    raise Forbidden() if actor.may(SEE, path) else Missing()


def check_may_household(actor: Actor, permission: str, household_id: int) -> Standing:
    """The household where it stands. Raises Missing or Forbidden."""
    standing = find_standing(household_id)
    if standing is None:
        raise Missing()
    check_may(actor, permission, standing.path)
    return standing


@dataclass(frozen=True)
class PersonStanding:
    """A person in the household of the present, or the last, membership."""

    person: Person
    membership: Membership
    at: Standing

    @property
    def is_present(self) -> bool:
        return self.membership.until_on is None and self.at.is_present

    @property
    def headcount_path(self) -> str:
        return self.at.path if self.is_present else ""


def find_person_standing(person_id: int) -> PersonStanding | None:
    membership = (
        Membership.objects.filter(person=person_id)
        .select_related("person")
        .annotate(present=PRESENT)
        .order_by("-present", "-until_on", "-id")
        .first()
    )
    at = find_standing(membership.household_id) if membership else None
    return PersonStanding(membership.person, membership, at) if membership and at else None


def check_may_person(actor: Actor, permission: str, person_id: int) -> PersonStanding:
    standing = find_person_standing(person_id)
    if standing is None:
        raise Missing()
    check_may(actor, permission, standing.at.path)
    return standing


def take_household(actor: Actor, permission: str, household_id: int, *paths: str) -> Standing:
    """The same, held until the transaction ends; `paths` are held too."""
    first = check_may_household(actor, permission, household_id)
    lock_registers(first.path, *paths)
    return check_may_household(actor, permission, household_id)


def take_person(actor: Actor, permission: str, person_id: int, *paths: str) -> PersonStanding:
    first = check_may_person(actor, permission, person_id)
    lock_registers(first.at.path, *paths)
    return check_may_person(actor, permission, person_id)


def lock_registers(*paths: str) -> None:
    """One writer at a time to the registers that hold these paths, so that a household can't move while its cell is
    redrawn. Taken in the order of the tree; read where things stand after it, not before."""
    above = {path for one in paths for path in ancestors(one)}
    keys = Place.objects.filter(path__in=above, kind=register_kind()).order_by("path").values_list("pk", flat=True)
    for key in keys:
        lock(f"register:{key}")


def may_accept(actor: Actor, transfer: Transfer) -> bool:
    """Whoever edits the whole register of the community that is asked."""
    return actor.may(EDIT, transfer.to_place.path)


def may_give(actor: Actor, transfer: Transfer) -> bool:
    """Whoever edits the register that gives the household, or the place where it lives."""
    at = find_standing(transfer.household_id)
    return actor.may(EDIT, transfer.from_place.path) or (at is not None and actor.may(EDIT, at.path))


def check_may_accept(actor: Actor, path: str) -> None:
    """Of a proposal that the actor sees."""
    if not actor.may(EDIT, path):
        raise Forbidden()


def check_may_look(actor: Actor) -> None:
    """For pages of the register that show one's own, wherever that is."""
    if not actor.may_somewhere(SEE):
        raise Forbidden() if actor.may_somewhere("places.see") else Missing()
