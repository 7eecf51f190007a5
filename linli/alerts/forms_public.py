"""What a resident sends: a tap on their own page, or their door and four digits on the chat group's."""

import unicodedata
from typing import Any

from django import forms
from django.core.signing import Signer
from django.utils.translation import gettext_lazy as _

from linli.alerts.rules import split_door
from linli.duties.rules import LONGEST_TEXT, NEED, QUESTION

SALT = "linli.link.form"


def proof_of(*parts: Any) -> str:
    """Ties what a page gave out to the link that it was shown for: only that page can have made the form. These pages
    send no referrer, so browsers send `Origin: null` with their forms and Django's own check can't know them."""
    return Signer(salt=SALT).signature(":".join(str(part) for part in parts))


class Proven(forms.Form):
    """A form of a link's page. `parts` names the fields that the proof covers, after the link's id."""

    proof = forms.CharField(widget=forms.HiddenInput, max_length=100)
    parts: tuple[str, ...] = ()

    def __init__(self, *args: Any, link_id: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.link_id = link_id
        if not self.is_bound:
            covered = [self.get_initial_for_field(self.fields[name], name) for name in self.parts]
            self.initial["proof"] = proof_of(link_id, *covered)

    def is_proven(self) -> bool:
        """Read before anything else is believed: was this form made by the page of this link?"""
        given = self.data.get("proof", "")
        expected = proof_of(self.link_id, *(self.data.get(name, "") for name in self.parts))
        return bool(given) and _same(given, expected)


def _same(one: str, other: str) -> bool:
    from django.utils.crypto import constant_time_compare

    return constant_time_compare(one, other)


class ConfirmForm(Proven):
    """We have received it."""

    alert = forms.UUIDField(widget=forms.HiddenInput)
    receipt_id = forms.UUIDField(widget=forms.HiddenInput)
    parts = ("alert", "receipt_id")


class AskForm(Proven):
    """A household asks something, or says what it needs."""

    question_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("What is it"),
        choices=[(QUESTION, _("We have a question")), (NEED, _("We need something"))],
        initial=QUESTION,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In your words"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Whoever answers for your home reads it, and those above. "
            "In danger call for help by phone: this is not read within minutes."
        ),
        error_messages={"required": _("Write what you want to know or what you need.")},
    )
    parts = ("question_id",)


class ForgetForm(Proven):
    """Forget me on this phone."""


class SharedForm(Proven):
    """Which door, and the last four digits of a phone on record there."""

    receipt_id = forms.UUIDField(widget=forms.HiddenInput)
    building = forms.CharField(label=_("Building"), max_length=60, required=False)
    entrance = forms.CharField(label=_("Entrance"), max_length=60, required=False)
    room = forms.CharField(label=_("Room"), max_length=60, required=False)
    last4 = forms.CharField(label=_("Last four digits of a phone that we know of your home"), max_length=20)
    parts = ("receipt_id",)

    def clean_last4(self) -> str:
        plain = unicodedata.normalize("NFKC", self.cleaned_data["last4"])
        digits = "".join(one for one in plain if one.isdigit())
        if len(digits) != 4:
            raise forms.ValidationError(_("Write the last four digits only, for example 1234."))
        return digits

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        door = split_door(found.get("building", ""), found.get("entrance", ""), found.get("room", ""))
        found["building"], found["entrance"], found["room"] = door
        if not found["room"]:
            self.add_error("room", _("Write your door as on its plate, for example 3-2-301."))
        return found
