"""The log of an incident as a file: CSV, XLSX or JSON."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linli.alerts import actions, words
from linli.alerts.models import Alert
from linli.alerts.queries import LogLine, iterate_log
from linli.alerts.views.office import get_issued, text_of
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.sheets import stream_csv, write_sheet
from linli.grid.queries import name_actors, name_paths
from linli.grid.words import act_words
from linli.messages.words import STATES as MESSAGE_STATES

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
MOST_IN_A_SHEET = 200_000


@require_POST
def export(request: HttpRequest, alert_id: UUID) -> HttpResponseBase:
    """Everything that happened to a notice, as far as one may read it; noted in the audit trail."""
    alert = get_issued(request, alert_id)
    chosen = request.POST.get("format", "csv")
    if chosen not in FORMATS:
        raise Invalid(_("Choose CSV, XLSX or JSON."))
    actions.note_log_export(actor=request.actor, alert=alert, file_format=chosen)
    name = f"linli-log-{clock.local(clock.now()):%Y%m%d-%H%M}.{chosen}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if chosen == "xlsx":
        rows = (row for _n, row in zip(range(MOST_IN_A_SHEET), _rows(request.actor, alert), strict=False))
        made = write_sheet(_headers(), rows, title=text_of(alert).headline)
        return HttpResponse(made, content_type=FORMATS[chosen], headers=headers)
    parts = _json(request.actor, alert) if chosen == "json" else stream_csv(_headers(), _rows(request.actor, alert))
    return StreamingHttpResponse(_in_language(parts), content_type=FORMATS[chosen], headers=headers)


def _in_language(parts: Iterator[bytes]) -> Iterator[bytes]:
    """A stream is read when the request's own language is gone."""
    chosen = get_language() or ""

    def go() -> Iterator[bytes]:
        with translation.override(chosen):
            yield from parts

    return go()


def _headers() -> list[str]:
    return [_("Time"), _("Kind"), _("What happened"), _("Place"), _("Who"), _("To whom"), _("Number"), _("Note")]


class Names:
    """What references are called; each is asked for once."""

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self.places: dict[str, str] = {"": ""}

    def who(self, ref: str) -> str:
        if ref.startswith("account:") and ref not in self.people:
            self.people[ref] = name_actors([ref]).get(ref, ref)
        known = {"system": _("Linli itself"), "link": _("a personal link")}
        return self.people.get(ref) or str(known.get(ref.partition(":")[0], ref))

    def place(self, path: str) -> str:
        if path not in self.places:
            self.places[path] = name_paths([path]).get(path, path)
        return self.places[path]


def _rows(actor: Actor, alert: Alert) -> Iterator[list[str]]:
    names = Names()
    for line in iterate_log(actor=actor, alert=alert):
        at = clock.local(line.at).isoformat(timespec="seconds")
        count = "" if line.count is None else str(line.count)
        yield [
            at,
            str(words.LOG_KINDS[line.kind]),
            _what(line),
            names.place(line.path),
            names.who(line.who),
            line.to,
            count,
            line.note,
        ]


def _what(line: LogLine) -> str:
    if line.kind == "act":
        return act_words(line.what)
    if line.kind == "messages":
        return str(MESSAGE_STATES[line.what][1]) if line.what in MESSAGE_STATES else line.what
    if line.kind == "move":
        return words.move_entry(line.at, line.what, 1).words
    return words.fact_words(line.what, line.count or 0)


def _json(actor: Actor, alert: Alert) -> Iterator[bytes]:
    """One object; its entries are written as they are read. Codes stand beside words, for programs."""
    head: dict[str, Any] = {"alert": str(alert.pk), "headline": text_of(alert).headline}
    names, first = Names(), True
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "entries": [').encode()
    for line in iterate_log(actor=actor, alert=alert):
        entry = {
            "at": line.at.isoformat(),
            "kind": line.kind,
            "what": line.what,
            "words": _what(line),
            "place": names.place(line.path),
            "who": names.who(line.who),
            "to": line.to,
            "count": line.count,
            "note": line.note,
        }
        yield (("" if first else ",") + "\n" + json.dumps(entry, ensure_ascii=False)).encode()
        first = False
    yield b"\n]}\n"
