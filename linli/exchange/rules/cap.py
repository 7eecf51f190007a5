"""A CAP 1.2 message as values: its parts, its closed lists, and what is wrong with one. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE, ATOM_TYPE = "application/cap+xml", "application/atom+xml"

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")
LISTS = {
    "status": STATUSES,
    "msgType": MSG_TYPES,
    "scope": SCOPES,
    "category": CATEGORIES,
    "responseType": RESPONSES,
    "urgency": URGENCIES,
    "severity": SEVERITIES,
    "certainty": CERTAINTIES,
}
FORBIDDEN_IN_IDS = frozenset(" \t\r\n,<&")  # the standard's own list, for identifier and sender


class Refused(Exception):
    """A document that is not taken: `code` says why, `about` where and what (names and short values for the words)."""

    def __init__(self, code: str, **about: Any):
        super().__init__(code)
        self.code, self.about = code, about


@dataclass(frozen=True)
class Reference:
    """An earlier message that this one is about."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True)
class Area:
    desc: str
    geocodes: tuple[tuple[str, str], ...] = ()  # name of the code list, code
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Info:
    """What is said, in one language."""

    event: str
    urgency: str
    severity: str
    certainty: str
    categories: tuple[str, ...] = ("Other",)
    language: str = "en-US"  # the standard's default where none is given
    headline: str = ""
    description: str = ""
    instruction: str = ""
    sender_name: str = ""
    web: str = ""
    contact: str = ""
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    responses: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True)
class Message:
    identifier: str
    sender: str
    sent: datetime
    status: str = "Actual"
    msg_type: str = "Alert"
    scope: str = "Public"
    references: tuple[Reference, ...] = ()
    infos: tuple[Info, ...] = ()
    source: str = ""
    restriction: str = ""
    addresses: str = ""
    note: str = ""
    incidents: str = ""
    codes: tuple[str, ...] = field(default=())

    @property
    def expires(self) -> datetime | None:
        """When the last of its parts ends; None where one doesn't."""
        ends = [one.expires for one in self.infos]
        return max((end for end in ends if end), default=None) if ends and all(ends) else None

    @property
    def areas(self) -> tuple[Area, ...]:
        """Each area once, whatever the number of languages."""
        return tuple(dict.fromkeys(area for info in self.infos for area in info.areas))


def check(message: Message) -> None:
    """Raises Refused where the standard's rules on contents are broken: what a schema can't say."""
    for name, value in (("identifier", message.identifier), ("sender", message.sender)):
        if not value or FORBIDDEN_IN_IDS & set(value):
            raise Refused("bad_value", element=name, value=value[:40])
    if message.msg_type in ("Update", "Cancel") and not message.references:
        raise Refused("no_references", element="references", value=message.msg_type)
    if message.scope == "Private" and not message.addresses:
        raise Refused("lacks", element="addresses")
    if message.status == "Actual" and message.msg_type in ("Alert", "Update") and not message.infos:
        raise Refused("lacks", element="info")


def same_moment(at: datetime) -> datetime:
    """As CAP writes it: whole seconds. Two readings of a document are then equal."""
    return at.astimezone(UTC).replace(microsecond=0)
