"""What was entered, as checked columns. Raises Invalid with a message for each field that is wrong."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from linli.core import clock
from linli.core.crypto import keyed_hash
from linli.core.errors import Invalid
from linli.core.writes import digest_of
from linli.residents import numbers, rules, words
from linli.residents.names import initials
from linli.residents.profile import groups as known_groups
from linli.residents.rules import PersonEntry

PERSON_COLUMNS = (
    "name",
    "sex",
    "born_on",
    "id_number",
    "phone",
    "channels",
    "language",
    "registered_here",
    "registered_place",
    "status",
)


def sealed(**content: Any) -> str:
    """What a write said, for telling a repeat from another write: keyed, for numbers are few enough to be guessed."""
    return keyed_hash(digest_of(content), "write")


def person_values(entry: PersonEntry) -> dict[str, Any]:
    """The columns for an entry, checked and normalised. Raises Invalid with a message for each field that is wrong."""
    values, wrong = check_person(entry)
    if values["status"] == "departed":  # that is an act of its own
        wrong["status"] = "status_unknown"
    if wrong:
        raise Invalid(fields={name: words.reason(code) for name, code in wrong.items()})
    return values


def check_person(entry: PersonEntry, today: date | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """(columns, field → code of what is wrong with it)."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {
        "name": rules.name_of(entry.name),
        "sex": entry.sex,
        "born_on": entry.born_on,
        "channels": list(dict.fromkeys(entry.channels)),
        "language": entry.language.strip(),
        "registered_here": entry.registered_here,
        "registered_place": rules.name_of(entry.registered_place),
        "status": entry.status or "registered",
    }
    _check_texts(values, wrong)
    _check_codes(values, wrong)
    values |= _numbers(entry, wrong)
    _check_birth(values, wrong, today or clock.today())
    values["initials"] = initials(values["name"])
    return values, wrong


def _check_texts(values: dict[str, Any], wrong: dict[str, str]) -> None:
    if not values["name"]:
        wrong["name"] = "name_missing"
    for name in ("name", "language", "registered_place"):
        if len(values[name]) > rules.LONGEST[name]:
            wrong[name] = "too_long"


def _check_codes(values: dict[str, Any], wrong: dict[str, str]) -> None:
    if values["sex"] and values["sex"] not in rules.SEXES:
        wrong["sex"] = "sex_unknown"
    if values["status"] not in rules.STATUSES:
        wrong["status"] = "status_unknown"
    if set(values["channels"]) - set(rules.CHANNELS):
        wrong["channels"] = "channel_unknown"


def _numbers(entry: PersonEntry, wrong: dict[str, str]) -> dict[str, Any]:
    phone = number = ""
    try:
        phone = numbers.normalise_phone(entry.phone) if entry.phone.strip() else ""
    except numbers.BadNumber as error:
        wrong["phone"] = error.reason
    try:
        number = numbers.normalise_id(entry.id_number) if entry.id_number.strip() else ""
    except numbers.BadNumber as error:
        wrong["id_number"] = error.reason
    return number_columns(phone, number)


def number_columns(phone: str, number: str) -> dict[str, str]:
    phone_index, phone_last4 = numbers.phone_indexes(phone)
    id_index, id_last4 = numbers.id_indexes(number)
    return {
        "phone": phone,
        "phone_index": phone_index,
        "phone_last4": phone_last4,
        "id_number": number,
        "id_index": id_index,
        "id_last4": id_last4,
    }


def _check_birth(values: dict[str, Any], wrong: dict[str, str], today: date) -> None:
    told = numbers.birth_date_of(values["id_number"]) if values["id_number"] else None
    if told and values["born_on"] and told != values["born_on"]:
        wrong["born_on"] = "birth_contradicts_id"
    values["born_on"] = values["born_on"] or told
    if values["born_on"] and values["born_on"] > today:
        wrong["born_on"] = "date_in_future"
    sex = numbers.sex_of(values["id_number"]) if values["id_number"] else ""
    if sex and values["sex"] and sex != values["sex"]:
        wrong["sex"] = "sex_contradicts_id"
    values["sex"] = values["sex"] or sex


def check_groups(codes: Sequence[str]) -> None:
    for code in codes:
        if code not in known_groups():
            raise Invalid(fields={"groups": words.reason("group_unknown")})


def check_role(role: str) -> None:
    if role and role not in rules.ROLES:
        raise Invalid(fields={"role": words.reason("role_unknown")})


def household_values(name: str, kind: str, subkind: str) -> dict[str, str]:
    """Checked columns. Raises Invalid."""
    wrong = {}
    name = rules.name_of(name)
    if not name:
        wrong["name"] = words.reason("name_missing")
    if len(name) > rules.LONGEST["household"]:
        wrong["name"] = words.reason("too_long")
    if kind not in rules.KINDS or (subkind and subkind not in rules.SUBKINDS[kind]):
        wrong["kind"] = words.reason("kind_unknown")
    if wrong:
        raise Invalid(fields=wrong)
    return {"name": name, "kind": kind, "subkind": subkind}


def answerer_values(name: str, phone: str, relation: str) -> dict[str, Any]:
    """Checked columns of somebody from outside the register. Raises Invalid."""
    name = rules.name_of(name)
    if not name or not phone.strip():
        raise Invalid(words.reason("answerer_incomplete"), fields={"name": words.reason("answerer_incomplete")})
    if len(name) > rules.LONGEST["name"]:
        raise Invalid(fields={"name": words.reason("too_long")})
    try:
        number = numbers.normalise_phone(phone)
    except numbers.BadNumber as error:
        raise Invalid(fields={"phone": words.reason(error.reason)}) from None
    last4 = numbers.phone_indexes(number)[1]
    return {"name": name, "phone": number, "phone_last4": last4, "relation": rules.name_of(relation)[:40]}
