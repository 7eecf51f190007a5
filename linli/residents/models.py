"""The register. Present rows have an empty `until_on`; a change ends one and begins another: any day can be told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast

from linli.core.actors import Actor
from linli.core.crypto import EncryptedTextField
from linli.core.paths import within
from linli.grid.models import Account, Dwelling, Place
from linli.residents.rules import CHANNELS, NEEDS_PHONE, NOT_A_MEANS

LIVING_PHONE = ~Q(person__phone_index="") & Q(person__phone_dead_at=None)
ENDS = Q(until_on=None) | Q(until_on__gte=F("from_on"))


class HouseholdQuerySet(models.QuerySet["Household"]):
    def present(self) -> Self:
        """Those that live somewhere now."""
        return self.filter(residences__until_on=None, residences__isnull=False)

    def below(self, paths: list[str]) -> Self:
        """Those that live now in one of the subtrees. Every household appears once: it has one present residence, its
        entrance one present placement."""
        return self.filter(
            within("residences__dwelling__entrance__placements__place__path", paths),
            residences__until_on=None,
            residences__dwelling__entrance__placements__until_on=None,
        )

    def visible_to(self, actor: Actor, permission: str = "register.see") -> Self:
        return self.below(actor.paths(permission))

    def with_groups(self, groups: Iterable[str]) -> Self:
        """Those with a present member who is marked as one of these groups."""
        marked = GroupMark.objects.filter(
            group__in=list(groups),
            until_on=None,
            person__memberships__household=OuterRef("pk"),
            person__memberships__until_on=None,
        )
        return self.filter(Exists(marked))

    def without_means(self) -> Self:
        """Those whom nothing but a knock reaches: no living phone, no channel, nobody with a phone who answers."""
        return self.exclude(Exists(members_with_means())).exclude(Exists(answerers_with_phone()))


def members_with_means(household: str = "pk") -> models.QuerySet["Membership"]:
    """Present members with a living phone or a channel that needs none; for an Exists over households."""
    channel = Q()
    for code in sorted(set(CHANNELS) - NEEDS_PHONE - NOT_A_MEANS):
        channel |= Q(written__contains=f'"{code}"')
    return (
        Membership.objects.filter(household=OuterRef(household), until_on=None)
        .annotate(written=Cast("person__channels", models.TextField()))
        .filter(channel | LIVING_PHONE)
    )


def answerers_with_phone(household: str = "pk") -> models.QuerySet["Answerer"]:
    own = ~Q(phone_last4="")
    by_person = ~Q(by_person__phone_index="") & Q(by_person__isnull=False, by_person__phone_dead_at=None)
    return Answerer.objects.filter(own | by_person, household=OuterRef(household), until_on=None)


class Household(models.Model):
    """Whatever is reached at one door. `state` is departed once nobody answers there any more."""

    kind = models.CharField(max_length=12)  # family | collective | premises
    subkind = models.CharField(max_length=20, blank=True)  # dormitory, care_home … | shop, school …
    name = models.CharField(max_length=100)  # the head's family name, or what stands on the door
    contact = models.ForeignKey("Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    protected = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)  # nothing personal is left: the row keeps counts and receipts whole

    objects = HouseholdQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Residence(models.Model):
    """A household lives in a dwelling, from a day until a day (not included)."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="residences")
    dwelling = models.ForeignKey(Dwelling, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household"], condition=Q(until_on=None), name="household_lives_once"),
            models.CheckConstraint(condition=ENDS, name="residence_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["dwelling", "household"], condition=Q(until_on=None), name="residence_now")]


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor: Actor, permission: str = "register.see") -> Self:
        paths = actor.paths(permission)
        return self.filter(
            within("memberships__household__residences__dwelling__entrance__placements__place__path", paths),
            memberships__until_on=None,
            memberships__household__residences__until_on=None,
            memberships__household__residences__dwelling__entrance__placements__until_on=None,
        )


class Person(models.Model):
    """A resident, minimal. Where one is registered (户籍) and where one lives are apart: reached where one lives."""

    name = models.CharField(max_length=100)
    initials = models.CharField(max_length=40, blank=True, db_index=True)  # pinyin, for search
    sex = models.CharField(max_length=1, blank=True)  # f | m
    born_on = models.DateField(null=True)
    id_number = EncryptedTextField()
    id_index = models.CharField(max_length=40, blank=True, db_index=True)
    id_last4 = models.CharField(max_length=40, blank=True, db_index=True)
    phone = EncryptedTextField()
    phone_index = models.CharField(max_length=40, blank=True, db_index=True)
    phone_last4 = models.CharField(max_length=40, blank=True, db_index=True)
    phone_dead_at = models.DateTimeField(null=True)
    channels = models.JSONField(default=list)  # sms, wechat, voice, door … in order of preference
    language = models.CharField(max_length=10, blank=True)
    registered_here = models.BooleanField(null=True)  # None: not known
    registered_place = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=14, default="registered")  # registered | unregistered | departed | merged
    made_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id_index"], condition=~Q(id_index=""), name="person_once_by_id_number")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person belongs to a household, from a day until a day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, blank=True)  # head, spouse, child, tenant …
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(until_on=None), name="person_lives_once"),
            models.CheckConstraint(condition=ENDS, name="membership_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["household", "person"], condition=Q(until_on=None), name="membership_now")]


class GroupMark(models.Model):
    """A person counts as one of a vulnerable group, by whose word, from when until when."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="marks")
    group = models.CharField(max_length=30)
    source = models.CharField(max_length=60, blank=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "group"], condition=Q(until_on=None), name="mark_once")
        ]
        indexes = [models.Index(fields=["group", "person"], condition=Q(until_on=None), name="mark_now")]


class Answerer(models.Model):
    """Who answers for a household that can't: one of the register, or somebody from outside it by name and phone."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="answerers")
    by_person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, blank=True)
    phone = EncryptedTextField()
    phone_last4 = models.CharField(max_length=40, blank=True, db_index=True)
    relation = models.CharField(max_length=40, blank=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True)


class RosterUpload(models.Model):
    """A roster on its way in: the file sealed until it is imported or a day has passed."""

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=200)
    content = models.BinaryField()
    mapping = models.JSONField(default=dict)
    report = models.JSONField(default=dict)  # counts, and errors as row, column, code: never values
    state = models.CharField(max_length=10, default="checked")  # checked | running | done | failed
    done_rows = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(db_index=True)


class RevealGrant(models.Model):
    """A second person allows many reveals, or an export, for a reason and until a moment."""

    asked_by = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=10)  # reveal | export
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    decided_at = models.DateTimeField(null=True)
    allowed = models.BooleanField(null=True)
    expires_at = models.DateTimeField(null=True)

    def is_open(self, moment: datetime) -> bool:
        return bool(self.allowed and self.expires_at and self.expires_at > moment)


# Keeping the register true -------------------------------------------------------------------------------------------


class Regrouping(models.Model):
    """A household was moved, merged with another or split, as a whole: which rows that ended and began (numbers only), so
    that it can be undone while nothing builds on it."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10)  # move | merge | split
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Household, null=True, on_delete=models.SET_NULL, related_name="+")  # merged away, or new
    steps = models.JSONField(default=dict)
    by = models.CharField(max_length=40)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, actor: Actor, permission: str = "register.edit") -> Self:
        """Of those who edit where the household lives, in the community that gives it, or in the one that may take it."""
        paths = actor.paths(permission)
        living = Household.objects.below(paths).values("pk")
        return self.filter(
            within("to_place__path", paths) | within("from_place__path", paths) | Q(household__in=living)
        )


class Transfer(models.Model):
    """One community proposes that another takes a household over; until then it is counted where it is. The receiver sees
    what stands here and no more. What was written is forgotten once it is settled."""

    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    from_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    to_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    reason = EncryptedTextField()
    new_address = EncryptedTextField()
    state = models.CharField(max_length=10, default="proposed")  # proposed | accepted | refused | cancelled | lapsed
    by = models.CharField(max_length=40)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(state="proposed"), name="household_is_transferred_once"
            )
        ]
        indexes = [models.Index(fields=["to_place", "state"]), models.Index(fields=["from_place", "state"])]


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, actor: Actor, permission: str = "register.edit") -> Self:
        """About households that live, or lived last, where the actor edits; and what one asked for oneself."""
        rows = Residence.objects.filter(
            within("dwelling__entrance__placements__place__path", actor.paths(permission)),
            dwelling__entrance__placements__until_on=None,
        )
        later = Residence.objects.filter(household=OuterRef("household"), pk__gt=OuterRef("pk"))
        own = Q(asked_by=actor.ref) if actor.kind == "account" else Q(pk__in=[])
        return self.filter(own | Q(household__in=rows.exclude(Exists(later)).values("household")))


class Correction(models.Model):
    """Somebody without the right to change a record says what is wrong with it; somebody with it decides. The value is
    forgotten once that is done."""

    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=20)  # one of rules.CORRECTABLE
    value = EncryptedTextField()
    asked_by = models.CharField(max_length=40)
    asked_as = models.CharField(max_length=12)  # resident | worker
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")  # waiting | approved | refused | lapsed
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["household", "asked_at"]),
            models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="correction_waiting"),
        ]


class MergedPerson(models.Model):
    """Two records of one person became one. `before` holds, sealed, what each had; `steps` the rows that were touched:
    taking it back gives both again."""

    id = models.UUIDField(primary_key=True)
    kept = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    gone = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    before = EncryptedTextField()
    steps = models.JSONField(default=dict)
    by = models.CharField(max_length=40)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="person_is_merged_once")
        ]


class NoDuplicate(models.Model):
    """Somebody looked: these two are two. They are not proposed again. `one` is the lower number."""

    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="two_people_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="two_people_in_order"),
        ]


class ContactCheck(models.Model):
    """When a person's contact was last known to be right, and how: one row a person and channel."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_checks")
    channel = models.CharField(max_length=12)  # phone, or one of rules.CHANNELS that needs none
    how = models.CharField(max_length=10)  # one of rules.CHECKED_HOW
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "channel"], name="contact_check_once")]


class Consent(models.Model):
    """On which ground a purpose may use a person's data: by whose word, from when until when, withdrawn or not."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=30)
    ground = models.CharField(max_length=10)  # one of rules.GROUNDS
    word = models.CharField(max_length=100, blank=True)  # by whose word, or by which paper
    from_on = models.DateField()
    until_on = models.DateField(null=True)  # the last day is the one before
    withdrawn_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["person", "purpose"], condition=Q(withdrawn_at=None), name="consent_now")]
