"""Forms of accounts and tokens. They parse; the actions decide."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from linli.grid.forms.sign_in import NewPasswordForm
from linli.grid.rules import MOST_TOKEN_DAYS, PERMISSIONS, SENSITIVE, TOKEN_DAYS
from linli.grid.words import PERMISSION_WORDS


class OwnPasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Present password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "again"]


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    username = forms.CharField(
        label=_("Name for sign-in"), max_length=60, help_text=_("Letters, digits, or . - _ @ without spaces.")
    )
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    is_operator = forms.BooleanField(
        label=_("Operator: keeps accounts and tokens, sees no register"),
        required=False,
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


def _scopes(*, sensitive: bool) -> list[tuple[str, str]]:
    return [(code, PERMISSION_WORDS[code]) for code in PERMISSIONS if (code in SENSITIVE) == sensitive]


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Which program is it for?"), max_length=60)
    days = forms.IntegerField(
        label=_("Valid for how many days"), initial=TOKEN_DAYS, min_value=1, max_value=MOST_TOKEN_DAYS
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do, within your own posts"),
        choices=_scopes(sensitive=False),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Choose as little as the program needs."),
    )
    sensitive = forms.MultipleChoiceField(
        label=_("More access to personal data"),
        choices=_scopes(sensitive=True),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not data.get("scopes") and not data.get("sensitive"):
            raise forms.ValidationError(_("Choose at least one thing that the program may do."))
        return data
