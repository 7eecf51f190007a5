"""What is typed in to write a notice, and to call one back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils import translation
from django.utils.translation import get_language, get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from linli.alerts.profile import urgencies
from linli.alerts.rules import LINE_ONLY, Urgency
from linli.alerts.words import REPEAT_WORDS, SCOPE_WORDS, span
from linli.core import clock
from linli.core.errors import Problem
from linli.grid.profile import word
from linli.residents.profile import group_name, groups

MOST_PLACES = 200
LOCAL = "%Y-%m-%dT%H:%M"


def languages() -> list[str]:
    """Codes of the languages that a notice may be written in, the deployment's own first."""
    return sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != settings.LANGUAGE_CODE)


@dataclass(frozen=True)
class Written:
    """The fields of one language."""

    code: str
    name: str
    headline: BoundField
    body: BoundField


@dataclass(frozen=True)
class ClockStop:
    """What happens so many minutes after issue."""

    after: str
    words: Any


def clock_of(urgency: Urgency) -> list[ClockStop]:
    """What an urgency means, in minutes and plain words."""
    return [
        *(ClockStop(span(one), _("silent posts are reminded")) for one in urgency.reminders),
        *(ClockStop(span(one), _("silent households are reminded")) for one in urgency.remind_homes),
        ClockStop(span(urgency.pass_post), _("their part passes to the level above")),
        ClockStop(span(urgency.visit), _("silent households become visits to the door")),
        ClockStop(span(urgency.pass_task), _("visits not begun climb to the level above")),
        ClockStop(span(urgency.deadline), _("everyone is accounted for")),
    ]


class CodesField(forms.Field):
    """Codes of places, as ticked in a list that the page fetches by parts."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(str(code) for code in value or [] if code))[:MOST_PLACES]


class NoticeForm(forms.Form):
    """A notice: its texts by language, how urgent, where, for whom, until when."""

    alert_id = forms.UUIDField(widget=forms.HiddenInput)
    urgency = forms.ChoiceField(label=_("How urgent"), widget=forms.RadioSelect)
    places = CodesField(label=_("Places"), error_messages={"required": _("Choose at least one place.")})
    groups = forms.MultipleChoiceField(
        label=_("Only households with"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick nothing to tell every household. The posts of the line are told in any case."),
    )
    expires_at = forms.DateTimeField(
        label=_("Ends at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        help_text=_(
            "From then on nobody can confirm it any more. Without an end it runs until you cancel or update it."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        urgency, group = self.fields["urgency"], self.fields["groups"]
        urgency.choices = [(code, word(one)) for code, one in urgencies().items()]
        group.choices = [(code, group_name(code)) for code in groups()]
        said = {code for code in languages() if str(self.data.get(f"headline_{code}", "")).strip()}
        for place, code in enumerate(self.order):
            self.fields[f"headline_{code}"] = forms.CharField(
                label=_("Headline"),
                required=place == 0 and not said,  # in one language at least
                max_length=60,
                help_text=_("At most 60 characters."),
                error_messages={"required": _("Say in one line what is the matter.")},
            )
            self.fields[f"body_{code}"] = forms.CharField(
                label=_("What to know and do"),
                required=False,
                max_length=2_000,
                widget=forms.Textarea(attrs={"rows": 5}),
            )

    @property
    def order(self) -> list[str]:
        """The writer's own language comes first."""
        return sorted(languages(), key=lambda code: code != get_language())

    @property
    def written(self) -> list[Written]:
        return [
            Written(code, get_language_info(code)["name_local"], self[f"headline_{code}"], self[f"body_{code}"])
            for code in self.order
        ]

    @property
    def clocks(self) -> list[tuple[BoundWidget, list[ClockStop]]]:
        """Each urgency to choose, with what it means."""
        known = urgencies()
        return [(option, clock_of(known[str(option.data["value"])])) for option in self["urgency"]]

    @property
    def chosen(self) -> list[str]:
        return [str(code) for code in self["places"].value() or []]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code in languages():
            if data.get(f"body_{code}", "").strip() and not data.get(f"headline_{code}", "").strip():
                self.add_error(f"headline_{code}", _("Say in one line what is the matter."))
        return data

    def texts(self) -> dict[str, dict[str, str]]:
        """Language → headline and body, of the languages that were written in."""
        data = self.cleaned_data
        found = {
            code: {"headline": data[f"headline_{code}"].strip(), "body": data[f"body_{code}"].strip()}
            for code in languages()
        }
        return {code: text for code, text in found.items() if text["headline"]}

    def blame(self, problem: Problem) -> None:
        """Put what an action found wrong at its fields."""
        own = {"headline": f"headline_{self.order[0]}"}
        for name, text in problem.fields.items():
            self.add_error(own.get(name, name) if own.get(name, name) in self.fields else None, text)
        if not problem.fields:
            self.add_error(None, str(problem.detail))


def first_values(*, place_codes: list[str]) -> dict[str, Any]:
    """An empty notice: the most urgent kind, for one's own place."""
    return {"alert_id": uuid4(), "urgency": next(iter(urgencies())), "places": place_codes}


def values_of(alert: Any, *, place_codes: list[str], alert_id: UUID) -> dict[str, Any]:
    """A notice that was written before, to change it or to replace it."""
    ends: datetime | None = alert.expires_at
    values = {
        "alert_id": alert_id,
        "urgency": alert.urgency,
        "places": place_codes,
        "groups": alert.groups,
        "expires_at": ends if ends and ends > clock.now() else None,
    }
    for code, text in alert.texts.items():
        values |= {f"headline_{code}": text.get("headline", ""), f"body_{code}": text.get("body", "")}
    return values


class CancelForm(forms.Form):
    """Why a notice is called back; everyone on the line reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it is cancelled.")},
        help_text=_("It stands in the timeline and on the page that households open."),
    )


class RefuseForm(forms.Form):
    """Why a notice must not go out as it is."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it must not go out.")},
        help_text=_("The writer reads it, and may change the notice and ask again."),
    )


class DrillForm(NoticeForm):
    """A drill of the line: what is said, where, by which clock, when, who takes part, how often."""

    planned_at = forms.DateTimeField(
        label=_("Begins at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        error_messages={"required": _("Say when it begins.")},
    )
    scope = forms.ChoiceField(
        label=_("Who takes part"), choices=list(SCOPE_WORDS.items()), widget=forms.RadioSelect, initial=LINE_ONLY
    )
    repeat = forms.ChoiceField(label=_("Again"), choices=list(REPEAT_WORDS.items()), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("groups", "expires_at"):
            del self.fields[name]
        for code in languages():
            self.fields[f"headline_{code}"].max_length = 50


def first_drill(*, place_codes: list[str]) -> dict[str, Any]:
    """Words that need no change, for an hour from now."""
    values = first_values(place_codes=place_codes)
    hour = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    values |= {"planned_at": hour, "scope": LINE_ONLY, "repeat": ""}
    for code in languages():
        with translation.override(code):
            values[f"headline_{code}"] = gettext("Test of the contact line")
            values[f"body_{code}"] = gettext(
                "This is a drill. Please confirm this message; nothing else is to be done."
            )
    return values
