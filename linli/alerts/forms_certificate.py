"""What is typed in about certificates: a code, a file to compare."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.alerts.rules import read_code

MOST_BYTES = 25 * 1024 * 1024


class DrawUpForm(forms.Form):
    write_id = forms.UUIDField()


class CodeForm(forms.Form):
    """The code on the paper, in any case, with or without its dashes."""

    code = forms.CharField(
        label=_("Code of the certificate"),
        max_length=40,
        help_text=_("Twelve letters and figures, in the foot of every page."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Type the code that stands on the paper.")},
    )

    def clean_code(self) -> str:
        found = read_code(self.cleaned_data["code"])
        if not found:
            raise forms.ValidationError(_("A code has twelve letters and figures, as in 4F7K-9QXM-2D3H."))
        return found


class CheckForm(forms.Form):
    """A file that is said to be this certificate. It is compared and not kept."""

    file = forms.FileField(
        label=_("The PDF file that you were given"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={"required": _("Choose the file."), "empty": _("This file is empty.")},
    )

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is too large to be a certificate."))
        return found
