"""What is recorded at a door."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.alerts.words import OUTCOMES
from linli.core.errors import Invalid
from linli.messages.rules import ITSELF, RELATIVE


def uuids(values: Iterable[str]) -> list[UUID]:
    """Raises Invalid where one of them is none."""
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise Invalid(_("This page is out of date. Load it again and send once more.")) from None


class KnockForm(forms.Form):
    """`attempt_id` is made when the form is shown, so that a knock sent twice is one."""

    attempt_id = forms.UUIDField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(choices=list(OUTCOMES.items()))
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200})
    )

    def checked(self) -> dict[str, Any]:
        """The cleaned data. Raises Invalid with a message at each field."""
        if not self.is_valid():
            wrong = {name: errors[0] for name, errors in self.errors.items()}
            raise Invalid(_("The knock was not recorded."), fields=wrong)
        return self.cleaned_data


class LinkForm(forms.Form):
    answers_as = forms.ChoiceField(choices=[(ITSELF, ITSELF), (RELATIVE, RELATIVE)])
