"""What people of a home send from the page of what is held about them."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.alerts.forms_public import Proven
from linli.core.errors import Problem
from linli.residents.rules import CORRECTABLE, LONGEST_REQUEST, OF_A_HOUSEHOLD
from linli.residents.words import CORRECTABLE as FIELD_WORDS


class ProofForm(Proven):
    """The last digits of one's own phone."""

    last4 = forms.CharField(label=_("Last four digits of your own phone"), max_length=20)

    def clean_last4(self) -> str:
        digits = "".join(one for one in self.cleaned_data["last4"] if one.isdigit())
        if len(digits) != 4:
            raise forms.ValidationError(_("Write the last four digits only, for example 1234."))
        return digits


class CodeForm(Proven):
    """The six digits that went to one's own phone."""

    code = forms.CharField(label=_("The six digits from the message"), max_length=20)


class ConfirmContactForm(Proven):
    person = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    write_id = forms.UUIDField(widget=forms.HiddenInput)
    parts = ("person", "write_id")


class WithdrawForm(Proven):
    consent = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    write_id = forms.UUIDField(widget=forms.HiddenInput)
    parts = ("consent", "write_id")


class OwnCorrectionForm(Proven):
    """Whom it is about, what is wrong, what would be right."""

    write_id = forms.UUIDField(widget=forms.HiddenInput)
    person = forms.ChoiceField(label=_("About whom?"), required=False)
    field = forms.ChoiceField(label=_("What is wrong?"))
    value = forms.CharField(label=_("What would be right?"), max_length=LONGEST_REQUEST, required=False)
    parts = ("write_id",)

    def __init__(self, *args: Any, people: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["person"]).choices = [*people, ("", _("the whole home"))]
        cast(forms.ChoiceField, self.fields["field"]).choices = [
            ("", _("Choose")),
            *((code, FIELD_WORDS[code]) for code in CORRECTABLE),
        ]

    @property
    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        person = int(data["person"]) if data["person"] and data["field"] not in OF_A_HOUSEHOLD else None
        return {"field": data["field"], "value": data["value"], "person_id": person, "write_id": data["write_id"]}

    def blame(self, problem: Problem) -> None:
        for name, text in problem.fields.items():
            self.add_error(name if name in self.fields else None, str(text))
        if not problem.fields:
            self.add_error(None, str(problem.detail))
