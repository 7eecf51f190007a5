"""Forms of the map: an outline as GeoJSON, a file of outlines, where a building stands."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_TEXT = 600_000  # signs of a GeoJSON polygon with 5,000 points, and some air
MOST_BYTES = 15 * 1024 * 1024


class OutlineForm(forms.Form):
    geometry = forms.CharField(
        label=_("Outline as GeoJSON"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    source = forms.CharField(label=_("Where it comes from"), required=False, max_length=120)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean_geometry(self) -> Any:
        try:
            return json.loads(self.cleaned_data["geometry"])
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is no GeoJSON: it can't be read as JSON.")) from None


class VersionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class OutlinesFileForm(forms.Form):
    file = forms.FileField(label=_("GeoJSON file"))
    source = forms.CharField(label=_("Where it comes from"), required=False, max_length=120)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 15 MB. Split it."))
        return file


class PointForm(forms.Form):
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-85, max_value=85)

    def clean(self) -> Any:
        given = super().clean() or {}
        if not self.errors and (given.get("lon") is None) != (given.get("lat") is None):
            raise forms.ValidationError(_("Give both numbers, or none."))
        return given
