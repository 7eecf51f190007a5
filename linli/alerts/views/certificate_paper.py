"""What stands on the paper, line by line, in the language of the moment: the same for the page and for the file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.alerts import queries, words
from linli.alerts.forms import languages
from linli.alerts.models import Certificate
from linli.alerts.rules import ISSUED, REASONS, show_code
from linli.alerts.texts import in_all
from linli.core import clock
from linli.grid.profile import post_name
from linli.residents.profile import group_name

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "certificate.typ"


@dataclass(frozen=True)
class Paper:
    """Texts and tables only; a template adds nothing but their places."""

    language: str
    title: str
    scope: str
    made: str
    sums: list[list[str]]  # figure, words, kind: plain | good | bad
    texts: list[list[str]]  # heading, body
    facts: list[list[str]]
    how: list[list[str]]
    reasons: list[list[str]]
    places: list[list[str]]
    missing: list[list[str]]
    note: list[str]
    code: str
    address: str
    qr: str  # SVG
    words: dict[str, str]
    place_head: list[str]
    missing_head: list[str]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def verify_address(request: HttpRequest, code: str) -> str:
    path = reverse("verify", args=[show_code(code)])
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def paper_of(request: HttpRequest, certificate: Certificate, rows: Sequence[dict[str, Any]]) -> Paper:
    figures = certificate.figures
    address = verify_address(request, certificate.code)
    names = ", ".join(place["name"] for place in certificate.places)
    running = figures["state"] == ISSUED
    made = _("Counted on %(at)s") % {"at": _moment(certificate.made_at)}
    return Paper(
        language=get_language() or settings.LANGUAGE_CODE,
        title=_("Certificate of an alert"),
        scope=_("The whole notice: %(places)s") % {"places": names} if figures["whole"] else names,
        made=f"{made}; {_('the notice is still running')}" if running else made,
        sums=_sums(figures),
        texts=[[one.headline, one.body] for one in in_all(certificate.alert.texts, languages())],
        facts=_facts(certificate),
        how=_how(figures),
        reasons=_reasons(rows),
        places=[[str(cell) for cell in row] for row in figures["by_place"]],
        missing=[_line(number, row) for number, row in enumerate(rows, start=1)],
        note=_note(figures),
        code=show_code(certificate.code),
        address=address,
        qr=segno.make(address, error="m").svg_inline(scale=4, border=0),
        words=_words(certificate),
        place_head=[_("Place"), _("Households"), _("Reached"), _("Not reached"), _("Unaccounted")],
        missing_head=["#", _("Household"), _("Place"), _("Reason"), _("Responsible")],
    )


def _moment(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M")


def _sums(figures: dict[str, Any]) -> list[list[str]]:
    lacking = figures["unaccounted"]
    return [
        [str(lacking), _("unaccounted"), "bad" if lacking else "good"],
        [str(figures["households"]), _("households"), "plain"],
        [str(figures["reached"]), _("reached"), "plain"],
        [str(figures["not_reached"]), _("not reached"), "plain"],
    ]


def _facts(certificate: Certificate) -> list[list[str]]:
    alert, figures = certificate.alert, certificate.figures
    places = ", ".join(place.name for place in queries.list_places_of(alert=alert))
    issuer = [alert.issued_by.name, post_name(alert.issued_post) if alert.issued_post else ""]
    assert alert.issued_at is not None and alert.deadline_at is not None  # noqa: S101, PT018 (drafts have no certificate)
    found = [[_("Places"), places]]
    if alert.groups:
        found.append([_("Only households with"), ", ".join(str(group_name(one)) for one in alert.groups)])
    found.append([_("Issued"), ", ".join([_moment(alert.issued_at), *filter(None, issuer)])])
    found.append([_("All accounted for by"), _moment(alert.deadline_at)])
    if figures["state"] != ISSUED and alert.ended_at:
        ended = ": ".join(filter(None, [_moment(alert.ended_at), alert.end_reason]))
        found.append([str(words.STATES[figures["state"]][1]), ended])
    return found


def _how(figures: dict[str, Any]) -> list[list[str]]:
    rows = [[str(words.HOW[code]), str(figures["by_how"].get(code, 0))] for code in words.HOUSEHOLD_HOW]
    rows.append([_("Receipts"), str(figures["receipts"])])
    gone = max(0, figures["receipts"] - figures["reached"])
    return [*rows, [_("of these from households that moved out since"), str(gone)]] if gone else rows


def _reasons(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    counts = Counter(row["row"].reason for row in rows)
    return [[str(words.REASONS[code]), str(counts[code])] for code in REASONS if counts[code]]


def _line(number: int, row: dict[str, Any]) -> list[str]:
    door = row["door"]
    if door is None:
        name = _("No. %(id)s") % {"id": row["row"].household}
    else:
        name = f"{door.name}, {_('protected address') if door.hidden else door.masked}"
    return [str(number), name, row["where"], str(row["why"]), row["row"].responsible or _("unaccounted")]


def _note(figures: dict[str, Any]) -> list[str]:
    expected, arrived, left = figures["expected"]
    counted = _(
        "A household is reached when a receipt of it is stored: its own tap, that of the relative who answers for it, the "
        "shared link with its door and the end of its phone number, or words at the door. That a message was sent is no "
        "receipt. Not reached is each household of these places without one, found by looking for it and not by "
        "subtracting; its reason comes from what was recorded, and the person named held an open task on it when this was "
        "counted. Whatever lacks one of these is unaccounted."
    )
    numbers = {"expected": expected, "arrived": arrived, "left": left}
    came = _(
        "Households at the time of issue: %(expected)s. Came since and count: %(arrived)s. Moved out since and don't: "
        "%(left)s."
    )
    return [counted, came % numbers]


def _words(certificate: Certificate) -> dict[str, str]:
    """Headings and what stands around the tables."""
    post = post_name(certificate.made_post) if certificate.made_post else ""
    return {
        "notice": _("The notice"),
        "how": _("How the receipts came"),
        "why": _("Why households were not reached"),
        "all": _("All were reached."),
        "places": _("By place"),
        "missing": _("Each household not reached"),
        "counted": _("What is counted"),
        "drawn": _("Drawn up by"),
        "drawn_by": ", ".join(filter(None, [certificate.made_by.name, post])),
        "signature": _("Signature"),
        "seal": _("Seal"),
        "day": _("Date"),
        "verify": _("Is this paper genuine?"),
        "verify_how": _("Scan the code, or open the address and compare its figures with these."),
        "code": _("Verification code"),
        "page": _("Page {page} of {pages}"),
    }
