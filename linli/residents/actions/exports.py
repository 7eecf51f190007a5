"""The register of a place as a file: for one whom a second person has allowed it."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from linli.core import audit
from linli.core.actors import Actor
from linli.core.errors import Forbidden, Invalid, Missing
from linli.core.paths import within
from linli.core.sheets import harmless, write_sheet
from linli.grid.access import check_may
from linli.grid.models import Place
from linli.residents import rules, words
from linli.residents.access import may_see_address, standings
from linli.residents.actions._grants import has_grant
from linli.residents.models import Answerer, GroupMark, Membership
from linli.residents.profile import group_name

COLUMNS = (
    "grid", "cell", "estate", "building", "entrance", "floor", "room", "kind", "household", "name", "role", "sex", "born_on",
    "id_number", "phone", "registered_here", "registered_place", "groups", "language", "channels", "status",
    "answerer", "answerer_phone",
)  # fmt: skip
FORMATS = ("xlsx", "csv")


def export_register(
    *, actor: Actor, place_id: int, headers: dict[str, str], file_format: str = "xlsx", reason: str
) -> bytes:
    """Households and people below a place with their numbers in full, as XLSX or CSV with `headers` (column → words).

    Needs an open grant of a second person for an export there, and a reason. Nothing in the file is a formula. The
    address of a protected household is left out for whoever may not see it.
    """
    with transaction.atomic():
        place = Place.objects.visible_to(actor, "register.see").filter(pk=place_id).first()
        if place is None:
            raise Missing()
        check_may(actor, "register.reveal", place, seen_with="register.see")
        if not has_grant(actor, "export", place.path):
            text = _("Exporting the register needs a second person's word. Ask for it on the page of grants.")
            raise Forbidden(text, code="no-grant")
        if file_format not in FORMATS:
            raise Invalid(fields={"file_format": _("Choose XLSX or CSV.")})
        if not rules.plain(reason):
            raise Invalid(fields={"reason": _("Say what you need it for.")})
        audit.record(
            actor, "export_register", place, fields=list(COLUMNS), reason=rules.plain(reason)[:300], path=place.path
        )
        names = [headers.get(column, column) for column in COLUMNS]
        rows = _rows(actor, place)
        return write_sheet(names, rows, title=place.name) if file_format == "xlsx" else _csv(names, rows)


def _csv(names: list[str], rows: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([harmless(text) for text in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _rows(actor: Actor, place: Place) -> Iterator[list[str]]:
    """Four queries, whatever the size of the place."""
    homes = {
        row.household_id: row
        for row in standings(until_on=None)
        .annotate(grid=F("dwelling__entrance__placements__place__parent__name"))
        .filter(within("path", [place.path]))
        .order_by("path", "dwelling__entrance__building__sort", "dwelling__entrance__sort", "dwelling__sort", "id")
    }
    below = standings(until_on=None).filter(within("path", [place.path])).values("household")
    marks: dict[int, list[str]] = {}
    marked = GroupMark.objects.filter(
        until_on=None, person__memberships__until_on=None, person__memberships__household__in=below
    )
    for person, group in marked.order_by("id").values_list("person_id", "group"):
        marks.setdefault(person, []).append(group_name(group))
    answerers = {
        one.household_id: one
        for one in Answerer.objects.filter(until_on=None, household__in=below)
        .select_related("by_person")
        .order_by("-id")
    }
    members: dict[int, list[Membership]] = {}
    living = Membership.objects.filter(until_on=None, household__in=below).select_related("person").order_by("id")
    for one in living:
        members.setdefault(one.household_id, []).append(one)
    for key, home in homes.items():
        front = _door(actor, home)
        back = _answerer(answerers.get(key))
        here: list[Membership | None] = [*members.get(key, [])]
        yield from ([*front, *_person(member, marks), *back] for member in here or [None])


def _door(actor: Actor, home: Any) -> list[str]:
    household, dwelling = home.household, home.dwelling
    kind = str(words.SUBKINDS.get(household.subkind) or words.KINDS[household.kind])
    if not may_see_address(actor, household, home.path):
        return [home.grid or "", home.leaf_name, "", "", "", "", "", kind, household.name]
    building = dwelling.entrance.building
    floor = "" if dwelling.floor is None else str(dwelling.floor)
    estate = building.estate.name if building.estate else ""
    where = [home.grid or "", home.leaf_name, estate, building.name, dwelling.entrance.name, floor, dwelling.room]
    return [*where, kind, household.name]


def _person(one: Membership | None, marks: dict[int, list[str]]) -> list[str]:
    if one is None:
        return [""] * 12
    person = one.person
    return [
        person.name,
        str(words.ROLES.get(one.role, "")),
        str(words.SEXES.get(person.sex, "")),
        person.born_on.isoformat() if person.born_on else "",
        person.id_number,
        person.phone,
        "" if person.registered_here is None else (_("yes") if person.registered_here else _("no")),
        person.registered_place,
        ", ".join(marks.get(person.pk, [])),
        person.language,
        ", ".join(str(words.CHANNELS.get(code, code)) for code in person.channels),
        str(words.STATUSES.get(person.status, person.status)),
    ]


def _answerer(one: Answerer | None) -> list[str]:
    if one is None:
        return ["", ""]
    return [one.by_person.name, one.by_person.phone] if one.by_person else [one.name, one.phone]
