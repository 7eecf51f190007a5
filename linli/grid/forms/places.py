"""Forms of places and of what stands on them."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.grid.forms.posts import DayInput
from linli.grid.models import Place
from linli.grid.queries import EntranceAt

NAMES = re.compile(r"[\n,，、;；]+")
MOST_BYTES = 15 * 1024 * 1024


def split_names(text: str) -> list[str]:
    """'1单元、2单元' or one a line → the names."""
    return [name.strip() for name in NAMES.split(text) if name.strip()]


class PlaceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    code = forms.CharField(label=_("Code"), required=False, max_length=40)


class _InPlace(forms.Form):
    """A form with a choice of the lowest places of a community."""

    place = forms.ChoiceField(label=_("Stands in"), required=False)

    def __init__(self, *args: Any, leaves: Iterable[Place], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one.parent.name} › {one.name}" if one.parent else one.name) for one in leaves]
        field: Any = self.fields["place"]
        field.choices = [*([] if field.required else [("", _("nowhere yet"))]), *choices]


class BuildingForm(_InPlace):
    name = forms.CharField(label=_("Building"), max_length=100)
    estate = forms.CharField(label=_("Housing estate"), required=False, max_length=100)
    entrances = forms.CharField(
        label=_("Entrances"), required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("name", "estate", "entrances", "place")


class EntrancesForm(_InPlace):
    names = forms.CharField(label=_("Entrances"), max_length=4_000, widget=forms.Textarea(attrs={"rows": 2}))
    field_order = ("names", "place")


class RoomsForm(forms.Form):
    floor = forms.IntegerField(label=_("Floor"), required=False, min_value=-20, max_value=300)
    rooms = forms.CharField(label=_("Rooms"), max_length=4_000, widget=forms.Textarea(attrs={"rows": 2}))


class PlacementForm(_InPlace):
    """Which entrances a place takes over, and from which day."""

    entrances = forms.MultipleChoiceField(label=_("Entrances"), widget=forms.CheckboxSelectMultiple)
    place = forms.ChoiceField(label=_("Stand in"))
    on = forms.DateField(label=_("From this day on"), widget=DayInput)
    field_order = ("entrances", "place", "on")

    def __init__(self, *args: Any, found: Iterable[EntranceAt], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["entrances"]
        field.choices = [(str(one.entrance.pk), str(one.entrance)) for one in found]
        self.fields["on"].initial = clock.today()


class VacancyForm(forms.Form):
    vacant = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[("yes", _("Nobody lives here")), ("no", _("Somebody lives here"))],
        widget=forms.RadioSelect,
    )
    checked_on = forms.DateField(label=_("Day"), widget=DayInput)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["checked_on"].initial = clock.today()


class DayForm(forms.Form):
    day = forms.DateField(label=_("Day"), required=False, widget=DayInput)


class SheetForm(forms.Form):
    file = forms.FileField(label=_("Sheet (XLSX or CSV)"))
    make_places = forms.BooleanField(label=_("Make the grids and cells that are missing"), required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 15 MB. Split it."))
        return file
