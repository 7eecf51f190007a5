"""The room's codes in the user's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from linli.exchange.rules import states
from linli.exchange.rules.cap import Refused
from linli.exchange.rules.signing import UNCHECKED, UNSIGNED, VALID

# State → (kind of badge, words)
STATES: Mapping[str, tuple[str, Any]] = {
    states.NEW: ("open", _("To be looked at")),
    states.DRAFTED: ("part", _("A notice is being written")),
    states.ISSUED: ("done", pgettext_lazy("state of an alert from outside", "Issued as our notice")),
    states.CALLED_BACK: ("stop", _("Our notice was cancelled")),
    states.DISMISSED: ("plain", _("Dismissed")),
    states.SUPERSEDED: ("passed", _("Overtaken by a later one")),
    states.ELSEWHERE: ("plain", _("Concerns no place of ours")),
}
MSG_TYPES: Mapping[str, Any] = {
    "Alert": pgettext_lazy("kind of CAP message", "New alert"),
    "Update": pgettext_lazy("kind of CAP message", "Update"),
    "Cancel": pgettext_lazy("kind of CAP message", "Cancelled by its sender"),
}
STATUSES: Mapping[str, Any] = {
    "Actual": pgettext_lazy("status of a CAP message", "In earnest"),
    "Exercise": pgettext_lazy("status of a CAP message", "An exercise"),
    "Test": pgettext_lazy("status of a CAP message", "Only a test"),
}
SIGNATURES: Mapping[str, Any] = {
    UNSIGNED: _("not signed"),
    UNCHECKED: _("signed, by whom was not checked"),
    VALID: _("signed by this feed's certificate"),
}
SEVERITIES: Mapping[str, Any] = {
    "Extreme": pgettext_lazy("how serious", "Extreme"),
    "Severe": pgettext_lazy("how serious", "Severe"),
    "Moderate": pgettext_lazy("how serious", "Moderate"),
    "Minor": pgettext_lazy("how serious", "Minor"),
    "Unknown": pgettext_lazy("how serious", "not said how serious"),
}
URGENCIES: Mapping[str, Any] = {
    "Immediate": pgettext_lazy("urgency of CAP", "act at once"),
    "Expected": pgettext_lazy("urgency of CAP", "act soon"),
    "Future": pgettext_lazy("urgency of CAP", "act in the near future"),
    "Past": pgettext_lazy("urgency of CAP", "over already"),
    "Unknown": pgettext_lazy("urgency of CAP", "urgency not given"),
}
KINDS: Mapping[str, Any] = {"atom": _("A list of alerts (Atom or RSS)"), "cap": _("A single alert that changes (CAP)")}

REFUSALS: Mapping[str, Any] = {
    "too_large": _("The document is larger than %(most)s kB. An alert is never that large."),
    "empty": _("The document is empty."),
    "web_page": _("This is a web page and no alert. Check the address: it must lead to the XML itself."),
    "document_type": _("The document holds a document type or entities. These can do harm and are never read."),
    "not_xml": _("This is not XML: it breaks off or is wrong at line %(line)s."),
    "encoding": _("The text is not in the encoding that it names (%(name)s). Save it as UTF-8."),
    "too_many": _("The document has more than %(most)s elements."),
    "too_deep": _("Elements stand inside each other more than %(most)s deep."),
    "too_long": _("The text of <%(element)s> is longer than any alert needs."),
    "too_many_of": _("There are more than %(most)s <%(element)s>."),
    "not_cap": _("This is no CAP alert: it begins with <%(element)s>."),
    "not_a_feed": _("This is no feed: it begins with <%(element)s>."),
    "other_version": _("This is CAP %(version)s. Only CAP 1.2 is read: ask the sender for it."),
    "lacks": _("<%(element)s> is missing."),
    "twice": _("<%(element)s> stands there twice."),
    "bad_value": _("<%(element)s> says “%(value)s”, which is none of its values."),
    "bad_time": _(
        "<%(element)s> says “%(value)s”: a time needs day, hour and time zone, as in 2026-03-02T08:00:00+08:00."
    ),
    "no_references": _("It is an update or a cancellation but does not say of what (<references>)."),
    "unsigned": _("It is not signed, and this feed's alerts must be."),
    "tampered": _("Its signature does not hold: something in it was changed, or somebody else signed it."),
    "no_signxml": _("Signatures can't be checked here yet: pip install 'linli[sign]'."),
    "not_for_people": _("It is a message between machines (%(value)s) and nothing for people."),
    "identifier_reused": _("Its sender used this identifier before for another alert. The first one stays."),
    "nowhere": _("None of its areas is a place of ours. Say which place it is for."),
}
FETCH: Mapping[str, Any] = {
    "bad_address": _("The address is none that can be asked: it begins with https:// or http://."),
    "inner_address": _("The address leads into our own network. That is refused: see the setting LINLI_INNER_HOSTS."),
    "timeout": _("No answer came in time."),
    "unreachable": _("The address can't be reached."),
    "too_large": _("The answer was too large and was not read to its end."),
    "redirected": _("The address leads on to another in a way that is not followed."),
}


def refusal(error: Refused) -> str:
    """Why a document was not taken, and what to do about it."""
    text = REFUSALS.get(error.code)
    return str(text) % error.about if text else error.code


def fetch_words(code: str) -> str:
    """Why a feed could not be read."""
    if code.startswith("status_"):
        return gettext("The address answered with the error %(status)s.") % {"status": code.removeprefix("status_")}
    return str(FETCH.get(code) or code)
