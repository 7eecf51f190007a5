"""A file handed in for a place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PlacedFileForm(forms.Form):
    """Rooms say with fields of their own what the file is and what the place is for; `too_large` is told beyond `most`."""

    file = forms.FileField()
    place = forms.ChoiceField()
    most: int  # bytes
    too_large: Any

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [(one.code, one.name) for one in places]

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > self.most:
            raise forms.ValidationError(self.too_large)
        return found


FILE_ERRORS = {"required": _("Choose the file."), "empty": _("This file is empty.")}
