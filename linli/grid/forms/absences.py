"""What is typed in about being away."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.grid import queries
from linli.grid.forms.posts import DayField, beginning, end
from linli.grid.models import Account, Appointment
from linli.grid.profile import longest_absence_days, post_name
from linli.grid.words import ABSENCE_WORDS


class AwayForm(forms.Form):
    """From which of these posts somebody is away, on which days, and who stands in."""

    posts = forms.TypedMultipleChoiceField(label=_("Away from"), coerce=int, widget=forms.CheckboxSelectMultiple)
    from_on = DayField(label=_("First day away"), help_text=_("Today: from now."))
    until_on = DayField(label=_("Last day away"))
    deputy = forms.TypedChoiceField(
        label=_("Who stands in"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Sees and does until then what the post allows, besides their own. It ends by itself."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=list(ABSENCE_WORDS.items()))

    def __init__(self, *args: Any, appointments: Sequence[Appointment], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.appointments = {one.pk: one for one in appointments}
        self.deputies = _common(appointments)
        self.fields["posts"].choices = [(one.pk, f"{post_name(one.post_kind)} · {one.place}") for one in appointments]
        self.fields["posts"].initial = list(self.appointments)
        nobody = ("", _("nobody: the level above holds the part"))
        self.fields["deputy"].choices = [nobody, *((key, one.name) for key, one in self.deputies.items())]
        self.fields["from_on"].initial = clock.today()
        self.fields["until_on"].help_text = _("At most %(n)s days in one go.") % {"n": longest_absence_days()}

    def away(self) -> dict[str, Any]:
        """What the action takes."""
        given = self.cleaned_data
        return {
            "from_at": beginning(given["from_on"]),
            "until_at": end(given["until_on"]),
            "deputy": self.deputies.get(given["deputy"] or 0),
            "reason": given["reason"],
        }

    def chosen(self) -> list[Appointment]:
        return [self.appointments[key] for key in self.cleaned_data["posts"]]


def _common(appointments: Sequence[Appointment]) -> dict[int, Account]:
    """Who may stand in at all of these posts, in the order of the first."""
    lists = [{one.pk: one for one in queries.list_possible_deputies(appointment=post)} for post in appointments]
    if not lists:
        return {}
    return {key: one for key, one in lists[0].items() if all(key in other for other in lists)}
