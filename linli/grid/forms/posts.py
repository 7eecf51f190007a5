"""Forms of appointing and ending."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.grid import queries
from linli.grid.models import Place
from linli.grid.profile import post_at, word

EXISTING, NEW = "existing", "new"
MOST_BODIES = 500
FIRST_YEAR, LAST_YEAR = 1949, 2199


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day of a life: what lies further is a slip of the keyboard."""

    def __init__(self, **more: Any):
        super().__init__(widget=DayInput, **more)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(_("Check the year."))
        return day


def beginning(day: date | None) -> datetime | None:
    """From the first moment of a day; from now where that day is today or none is named."""
    return None if day is None or day == clock.today() else queries.day_span(day)[0]


def end(last_day: date | None) -> datetime | None:
    """Until the last moment of the last day."""
    return None if last_day is None else queries.day_span(last_day)[1]


class AppointForm(forms.Form):
    """Who gets which post of a place. `picked` is one of the people found, `username` an exact name for sign-in."""

    post_kind = forms.ChoiceField(label=_("Post"))
    who = forms.ChoiceField(
        label=_("Who"),
        choices=[(EXISTING, _("Somebody with an account")), (NEW, _("Somebody new: open an account"))],
        initial=EXISTING,
        widget=forms.RadioSelect,
    )
    picked = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    username = forms.CharField(label=_("Name for sign-in"), required=False, max_length=60)
    name = forms.CharField(label=_("Name"), required=False, max_length=60)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40)
    organisation = forms.TypedChoiceField(label=_("Lent by"), required=False, coerce=int, empty_value=None)
    from_on = DayField(label=_("First day"), help_text=_("The whole day; today: from now."))
    until_on = DayField(label=_("Last day"), required=False)
    paper = forms.CharField(
        label=_("Paper that says so"), max_length=120, help_text=_("Its number, or its date and who signed it.")
    )
    anyway = forms.BooleanField(label=_("Appoint anyway: the double booking stays in sight"), required=False)

    def __init__(self, *args: Any, actor: Actor, place: Place, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = sorted(post_at(place.kind), key=lambda kind: not kind.line)
        self.fields["post_kind"].choices = [(kind.code, word(kind)) for kind in kinds]
        bodies = queries.list_organisations(actor=actor, place=place)[:MOST_BODIES]
        self.bodies = {one.pk: one for one in bodies}
        choices = [("", _("nobody: own staff")), *((key, one.name) for key, one in self.bodies.items())]
        self.fields["organisation"].choices = choices
        self.fields["from_on"].initial = clock.today()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["organisation"] = self.bodies.get(data.get("organisation") or 0)
        if data.get("who") == NEW:
            for name in ("name", "username"):
                if not data.get(name):
                    self.add_error(name, _("This is needed for a new account."))
        elif not (data.get("picked") or data.get("username")):
            self.add_error("username", _("Find the person above, or enter the exact name for sign-in."))
        return data


class EndForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It is kept in the audit trail."))
    last_on = DayField(label=_("Last day"), required=False, help_text=_("Leave it empty and the appointment ends now."))


class DayForm(forms.Form):
    """The place and the day of a question: who held this post on that day."""

    day = DayField(label=_("Day"), required=False)
