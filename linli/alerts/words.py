"""The room's codes in the user's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from linli.alerts import rules
from linli.core import clock
from linli.duties import rules as duties
from linli.rounds import rules as rounds

# State → (kind of badge, words)
STATES: Mapping[str, tuple[str, Any]] = {
    rules.DRAFT: ("plain", _("Draft")),
    rules.WAITING: ("open", _("Waits for approval")),
    rules.ISSUED: ("part", pgettext_lazy("state of an alert", "Running")),
    rules.UPDATED: ("passed", _("Replaced by an update")),
    rules.CANCELLED: ("stop", pgettext_lazy("state of an alert", "Cancelled")),
    rules.EXPIRED: ("plain", _("Ended at its time")),
}
HOW: Mapping[str, Any] = {
    rounds.OWN_TAP: _("Own tap on the personal link"),
    rounds.RELATIVE: _("Through the relative who answers for them"),
    rounds.SHARED_LINK: _("Shared link in the chat group"),
    rounds.REPLY: _("Reply to a message"),
    rounds.AT_DOOR: _("Spoken to at the door"),
    rounds.IN_APP: _("Confirmed by the holder"),
    rounds.HELD_PART: _("Vacant, confirmed by who holds its part"),
    rounds.ISSUED: _("Issued it"),
}
HOUSEHOLD_HOW = (rounds.OWN_TAP, rounds.RELATIVE, rounds.SHARED_LINK, rounds.REPLY, rounds.AT_DOOR)
POST_HOW = (rounds.IN_APP, rounds.HELD_PART, rounds.ISSUED)

# What a knock ended in, and with these why a household was not reached.
OUTCOMES: Mapping[str, Any] = {
    rounds.SPOKEN_TO: _("Spoken to"),
    rounds.NOT_AT_HOME: _("Not at home"),
    rounds.NOTICE_LEFT: _("Notice left"),
    rounds.REFUSED: _("Refused"),
    rounds.VACANT: _("Dwelling vacant"),
    rounds.MOVED: _("Moved away"),
    rounds.WRONG_ADDRESS: _("Wrong address"),
}
REASONS: Mapping[str, Any] = {
    **{code: OUTCOMES[code] for code in rules.REASONS if code in OUTCOMES},
    rules.POST_VACANT: _("Post vacant"),
    rules.NO_MEANS: _("No means of contact"),
    rules.NOT_YET_VISITED: _("Not yet visited"),
}


def span(minutes: int) -> str:
    """Minutes in the largest whole unit: 90 → '90 min', 480 → '8 h', 4320 → '3 days'."""
    if minutes and minutes % 1440 == 0:
        return ngettext("%(n)s day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}
    if minutes and minutes % 60 == 0:
        return gettext("%(n)s h") % {"n": minutes // 60}
    return gettext("%(n)s min") % {"n": minutes}


@dataclass(frozen=True)
class Entry:
    """One line of a timeline."""

    at: Any
    kind: str
    words: str


def fact_entry(fact: Any) -> Entry:
    """A fact of the alert as a line; counts are households or posts."""
    kind, words = _FACTS[fact.kind](fact.count)
    return Entry(fact.at, kind, f"{words}: {fact.note}" if fact.note else words)


def fact_words(kind: str, n: int) -> str:
    return str(_FACTS[kind](n)[1])


# Kinds of line of the incident's log.
LOG_KINDS: Mapping[str, Any] = {
    "fact": _("Course of the alert"),
    "move": _("Task"),
    "act": _("Recorded act"),
    "messages": _("Messages"),
}

_FACTS: Mapping[str, Any] = {
    rules.F_ISSUED: lambda _n: ("part", gettext("The notice went out")),
    rules.F_APPROVED: lambda _n: ("part", gettext("A second person approved it")),
    rules.F_NOBODY: lambda _n: ("open", gettext("It needed a second person's approval, but nobody else could give it")),
    rules.F_HELD: lambda n: (
        "vacant",
        ngettext(
            "%(n)s post was vacant: the level above holds its part",
            "%(n)s posts were vacant: the level above holds their part",
            n,
        )
        % {"n": n},
    ),
    rules.F_REMINDED: lambda n: (
        "open",
        ngettext("%(n)s silent post was reminded", "%(n)s silent posts were reminded", n) % {"n": n},
    ),
    rules.F_HOMES_REMINDED: lambda _n: ("open", gettext("Silent households were reminded")),
    rules.F_PASSED: lambda n: (
        "passed",
        ngettext(
            "%(n)s silent post was passed to the level above", "%(n)s silent posts were passed to the level above", n
        )
        % {"n": n},
    ),
    rules.F_VISITS: lambda n: (
        "open",
        ngettext(
            "%(n)s silent household became a visit on somebody's list",
            "%(n)s silent households became visits on people's lists",
            n,
        )
        % {"n": n},
    ),
    rules.F_DEADLINE: lambda _n: ("late", gettext("The time by which all should be accounted for was over")),
    rules.F_UPDATED: lambda _n: ("passed", gettext("An update took its place")),
    rules.F_CANCELLED: lambda _n: ("stop", gettext("The notice was cancelled")),
    rules.F_EXPIRED: lambda _n: ("plain", gettext("The notice ended at the time that was set")),
    rules.F_REDRAWN: lambda _n: ("passed", gettext("Places were redrawn")),
    rules.F_REDRAWN_BACK: lambda _n: ("passed", gettext("A redrawing was undone")),
}


def move_entry(at: Any, cause: str, n: int) -> Entry:
    """Tasks that went from one holder to another at the same moment, for the same cause."""
    words = {
        duties.CLIMBED: ngettext(
            "%(n)s visit list was not begun and climbed to the level above",
            "%(n)s visit lists were not begun and climbed to the level above",
            n,
        ),
        duties.APPOINTMENT_ENDED: ngettext(
            "%(n)s task was given on: its holder's appointment had ended",
            "%(n)s tasks were given on: their holders' appointments had ended",
            n,
        ),
        duties.HANDED_OVER: ngettext("%(n)s task was handed over", "%(n)s tasks were handed over", n),
        duties.RETURNED: ngettext("%(n)s task was given back", "%(n)s tasks were given back", n),
    }.get(cause, ngettext("%(n)s task was opened", "%(n)s tasks were opened", n))
    return Entry(at, "passed", words % {"n": n})


def share_entry(at: Any, share: int) -> Entry:
    """The moment when so many percent of the households were reached."""
    if share == 100:
        return Entry(at, "done", gettext("All households were reached"))
    return Entry(at, "part", gettext("%(share)s%% of the households were reached") % {"share": share})


# What became of a knock that a phone or a paper list brought, by its reason.
RECORD_WORDS: Mapping[str, Any] = {
    rounds.RECORDED: _("Somebody else has recorded something different there."),
    rounds.ANSWERED: _("The home has confirmed in the meantime."),
    rounds.CLOSED: _("The notice has ended: nothing more can be recorded."),
    rounds.GONE: _("The household has moved away from there."),
    rounds.ENDED: _("You no longer answer for this door. Whoever does now will review what you recorded."),
    rounds.REVOKED: _("This phone was revoked. Whoever answers for the door will review what you recorded."),
    rounds.NOT_YOURS: _("There is no such door in your places."),
    rounds.NOT_APPOINTED: _("You did not answer for this door yet when you recorded it."),
    rounds.REUSED: _("This record was sent before with something else in it."),
    rounds.UNREADABLE: _("This record could not be read."),
    rounds.OTHER_ACCOUNT: _("This record is somebody else's: it waits until they sign in on this phone."),
}


def verdict_words(verdict: Any, names: Mapping[str, str]) -> str:
    """Why a record was not simply stored; for a contradiction also who recorded what, and when."""
    words = str(RECORD_WORDS.get(verdict.reason, ""))
    about = verdict.about
    if about is None:
        return words
    at, code, by = about if isinstance(about, tuple) else (about.at, about.outcome, about.by)
    said = HOW.get(code) or OUTCOMES.get(code) or code
    parts = (str(said), names.get(by, ""), date_format(clock.local(at), "H:i"))
    return f"{words} {' · '.join(part for part in parts if part)}"


# Drills of the line --------------------------------------------------------------------------------------------------

SCOPE_WORDS: Mapping[str, Any] = {
    rules.LINE_ONLY: _("Only those who hold posts"),
    rules.HOMES_TOO: _("Households too"),
}
REPEAT_WORDS: Mapping[str, Any] = {
    "": _("Once"),
    rules.MONTHLY: _("Every month"),
    rules.QUARTERLY: _("Every three months"),
}
# State → (kind of badge, words)
DRILL_STATES: Mapping[str, tuple[str, Any]] = {
    rules.PLANNED: ("plain", pgettext_lazy("a drill", "Planned")),
    rules.RUNNING: ("part", pgettext_lazy("a drill", "Running")),
    rules.SCORED: ("done", pgettext_lazy("a drill", "Scored")),
    rules.CALLED_OFF: ("stop", pgettext_lazy("a drill", "Called off")),
    rules.LAPSED_DRILL: ("late", pgettext_lazy("a drill", "Not held")),
}
RESULT_WORDS: Mapping[str, Any] = {
    rules.IN_TIME: _("answered before a reminder"),
    rules.LATE: _("answered later"),
    rules.SILENT: _("told, but silent"),
    rules.UNREACHED: _("not reached by any message"),
    rules.VACANT_POST: _("post vacant"),
}
