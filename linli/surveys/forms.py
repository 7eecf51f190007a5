"""What is asked on the pages of forms."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.grid.forms.files import FILE_ERRORS, PlacedFileForm
from linli.surveys.rules.states import MOST_BYTES, MOST_FILE_BYTES


class WorkbookForm(PlacedFileForm):
    """A workbook and the place whose form it is."""

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("An .xlsx or .xls file in the notation XLSForm, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls"}),
        error_messages=FILE_ERRORS,
    )
    place = forms.ChoiceField(label=_("Place"), help_text=_("The form is kept here; its people may change it."))
    most, too_large = MOST_BYTES, _("The file is larger than 10 MB. Take pictures and other sheets out of it.")


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """One or several files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        one = super().clean
        return (
            [one(found, initial) for found in data] if isinstance(data, list | tuple) and data else [one(data, initial)]
        )


class FilesForm(forms.Form):
    """Pictures, sounds and tables that the form shows, under their own names."""

    attached = FilesField(
        label=_("Files"),
        help_text=_("Under exactly the names above; several at once, at most 10 MB each."),
        error_messages={"required": _("Choose the files."), "empty": _("This file is empty.")},
    )

    def clean_attached(self) -> Any:
        found = self.cleaned_data["attached"]
        if any(one.size > MOST_FILE_BYTES for one in found):
            raise forms.ValidationError(_("A file is larger than 10 MB. Make it smaller."))
        return found
