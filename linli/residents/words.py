"""The register's codes in the user's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: dict[str, Any] = {
    "family": _("Family"),
    "collective": _("Collective household"),
    "premises": _("Premises"),
}
SUBKINDS: dict[str, Any] = {
    "dormitory": _("Dormitory"),
    "care_home": _("Care home"),
    "building_site": _("Building site"),
    "hotel": _("Hotel"),
    "shop": _("Shop"),
    "restaurant": _("Restaurant"),
    "school": _("School"),
    "clinic": _("Clinic"),
    "office": _("Office"),
    "factory": _("Factory"),
    "other": _("Other"),
}
STATUSES: dict[str, Any] = {
    "registered": _("On the register"),
    "unregistered": _("Not registered anywhere"),
    "departed": _("Departed"),
}
SEXES: dict[str, Any] = {"f": _("Female"), "m": _("Male")}
ROLES: dict[str, Any] = {
    "head": _("Head of household"),
    "spouse": _("Spouse"),
    "child": _("Child"),
    "parent": _("Parent"),
    "grandchild": _("Grandchild"),
    "grandparent": _("Grandparent"),
    "sibling": _("Brother or sister"),
    "relative": _("Other relative"),
    "tenant": _("Tenant"),
    "resident": _("Resident"),
    "staff": _("Staff"),
    "contact": _("Contact person"),
    "other": _("Other"),
}
CHANNELS: dict[str, Any] = {
    "sms": _("Text message"),
    "voice": _("Phone call"),
    "wechat": _("WeChat"),
    "chat_group": _("Chat group"),
    "email": _("E-mail"),
    "door": _("A knock on the door"),
}
MEANS: dict[str, Any] = {
    "phone": _("own phone"),
    "answerer": _("someone who answers for them"),
    "wechat": _("WeChat"),
    "chat_group": _("chat group"),
    "email": _("e-mail"),
}
PURPOSES: dict[str, Any] = {
    "emergency": _("Emergency at hand"),
    "visit": _("Visit to the door"),
    "call_back": _("Calling them back"),
    "check_record": _("Checking the record against a paper"),
    "health_follow_up": _("Health follow-up"),
    "other": pgettext_lazy("purpose", "Something else (say what in the note)"),
}
REVEALABLE: dict[str, Any] = {"phone": _("Phone"), "id_number": _("Identity number")}
GRANT_ACTS: dict[str, Any] = {"reveal": _("Show many numbers"), "export": _("Export the register")}

# Why a row stays out. `{…}` are filled in from what the check found; personal values are never among them.
REASONS: dict[str, Any] = {
    "name_missing": _("The name is missing."),
    "building_missing": _("The building is missing."),
    "household_empty": _("No one of this household is named."),
    "room_missing": _("The room is missing."),
    "cell_missing": _("The cell is missing."),
    "cell_unknown": _("There is no such cell here. Check its name, or make the cell first."),
    "cell_ambiguous": _("Several cells have this name. Fill in the grid as well."),
    "cell_not_yours": _("This cell isn't in your area."),
    "too_long": _("This is too long."),
    "phone_invalid": _("This can't be a phone number."),
    "id_invalid": _("This can't be an identity number."),
    "id_date": _("The date of birth in the identity number doesn't exist."),
    "id_check_digit": _("The check digit of the identity number is wrong: one of its digits must be mistyped."),
    "id_twice": _("The same identity number stands in row {other} as well."),
    "person_twice": _("The same person stands in row {other} as well."),
    "id_other_name": _("This identity number is on the register under another name."),
    "id_elsewhere": _("This person is on another register. Ask the office above to move them."),
    "birth_contradicts_id": _("The date of birth differs from the identity number."),
    "sex_contradicts_id": _("The sex differs from the identity number."),
    "date_invalid": _("This can't be a date. Write it like 1956-03-21."),
    "date_in_future": _("This date lies in the future."),
    "sex_unknown": _("Write female or male, 女 or 男, or leave it empty."),
    "group_unknown": _("There is no such group."),
    "kind_unknown": _("Unknown type of household."),
    "role_unknown": _("Unknown relation to the head."),
    "status_unknown": _("Unknown status."),
    "channel_unknown": _("Unknown channel."),
    "yes_no": _("Write yes or no, 是 or 否, or leave it empty."),
    "floor_invalid": _("The floor must be a whole number."),
    "cell_error": _("This cell can't be read: a formula without a value, an error, or a number that was cut."),
    "entrance_two_cells": _("Two cells claim this entrance: {here} and {there}."),
    "entrance_elsewhere": _("This entrance stands in {there} already. Move the entrance first, or correct the cell."),
    "household_two_doors": _("This household stands in two dwellings: see row {other}."),
    "answerer_incomplete": _("Who answers needs a name and a phone."),
    "contact_unknown": _("The contact person must be one of the people of the household."),
}


def reason(code: str, values: dict[str, str] | None = None) -> str:
    text = str(REASONS.get(code, code))
    for key, value in (values or {}).items():
        text = text.replace("{" + key + "}", str(value))
    return text


CORRECTABLE: dict[str, Any] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "id_number": _("Identity number"),
    "born_on": _("Date of birth"),
    "sex": _("Sex"),
    "language": _("Language"),
    "registered_place": _("Officially registered at"),
    "who_lives_here": _("Who lives here"),
    "address": _("Address"),
    "other": _("Something else"),
    "erase": _("Erase my record"),
}
REQUEST_STATES: dict[str, tuple[str, Any]] = {
    "waiting": ("open", _("Waiting for a decision")),
    "proposed": ("open", _("Waiting for a decision")),
    "approved": ("done", _("Approved")),
    "accepted": ("done", _("Taken over")),
    "refused": ("stop", _("Refused")),
    "cancelled": ("plain", _("Taken back")),
    "lapsed": ("plain", _("Lapsed")),
}
SIGNS: dict[str, Any] = {
    "same_name": _("same name"),
    "near_name": _("names that sound or look alike"),
    "same_birth": _("same date of birth"),
    "same_phone": _("same phone"),
    "same_door": _("same dwelling"),
}
CHECKED_HOW: dict[str, Any] = {
    "import": _("by a roster"),
    "edit": _("entered by hand"),
    "answered": _("a call was answered"),
    "ticked": _("asked again"),
    "self": _("by the person"),
}
GROUNDS: dict[str, Any] = {
    "law": _("by law"),
    "contract": _("by contract"),
    "consent": _("by consent"),
    "emergency": _("in an emergency"),
}
REGROUPINGS: dict[str, Any] = {
    "move": _("The household was moved."),
    "merge": _("Two households were merged."),
    "split": _("The household was split."),
}
READINGS: dict[str, Any] = {
    "open_household": _("opened the page of your home"),
    "open_person": _("opened the page of a person"),
    "reveal_numbers": _("looked at a number in full"),
    "export_register": _("took the register out as a file"),
}
ERASED = _("Erased record")
ERASE_GROUNDS: dict[str, Any] = {
    "kept_long_enough": _("The time for keeping it is over"),
    "asked": _("The person asked for it"),
    "mistake": _("It should never have been recorded"),
    "order": _("A court or authority ordered it"),
}
HOLDS: dict[str, Any] = {
    "open_round": _("A notice is still out that this home is counted in. Erase the record once it has ended."),
    "open_task": _("An open task still has a note on this home. Close the task first."),
}

OBSTACLES: dict[str, Any] = {
    "undone": _("This was undone already."),
    "too_long_ago": _("This was more than a week ago. Mend it by the opposite act, dated today."),
    "regrouped_since": _("One of these households was moved, merged or split again since. Undo that first."),
    "moved_since": _("Somebody moved or left since. Mend it by moving people or the household, dated today."),
    "people_since": _("Somebody was added to the new household since. Merge the two households instead."),
    "proposed": _("A transfer to another community is open for this household. Take it back first."),
    "merged_since": _("Records of these people were merged since. Take that back first."),
}


def obstacle(code: str) -> str:
    """Why something can't be undone, and what to do instead."""
    return str(OBSTACLES.get(code, code))


def hold(code: str) -> str:
    """Why a record must stay for now."""
    return str(HOLDS.get(code) or _("Something open still needs this record."))


def choices(words: dict[str, Any], codes: Iterable[str] | None = None) -> list[tuple[str, Any]]:
    """For a form's select."""
    return [(code, words[code]) for code in (words if codes is None else codes)]
