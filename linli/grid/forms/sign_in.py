"""Forms of the doors. They parse; the actions decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.grid.rules import plain_username


class SignInForm(forms.Form):
    username = forms.CharField(label=_("Name for sign-in"), max_length=60)
    password = forms.CharField(label=_("Password"), max_length=256, strip=False, widget=forms.PasswordInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_username(self) -> str:
        text: str = self.cleaned_data["username"]
        return plain_username(text) or text.strip().lower()


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Three or four words that nobody would guess are easy to remember."),
    )
    again = forms.CharField(
        label=_("New password, once more"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two are not the same."))
        return again


class CodeForm(forms.Form):
    """A code of the app, six digits, or a recovery code."""

    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}),
        error_messages={"required": _("Enter the code that the app shows now.")},
    )
