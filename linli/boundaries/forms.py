"""What is asked of boundaries, as forms. The choices are places and entrances that the person may redraw."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.boundaries.rules import HOLDERS, MERGE, MOST_PARTS, MOVE, RENAME, SHIFT, SPLIT, Part, Wish
from linli.boundaries.words import HOLDERS as HOLDER_WORDS
from linli.core import clock
from linli.grid.models import Place

STAYS = "0"
MOST_BYTES = 20 * 1024 * 1024


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RedrawForm(forms.Form):
    """What every redrawing needs: from which day on, and which paper says so."""

    kind = ""
    on = forms.DateField(label=_("From this day on"), widget=DayInput)
    paper = forms.CharField(label=_("Paper that says so"), max_length=120)

    def __init__(self, *args: Any, place: Place, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.place = place
        self.fields["on"].initial = clock.today()

    def wish(self) -> Wish:
        """What was asked. Call it on a valid form."""
        return Wish(
            kind=self.kind, place=self.place.code, on=self.data_of("on"), paper=self.data_of("paper"), **self.more()
        )

    def data_of(self, name: str) -> Any:
        return self.cleaned_data[name]

    def more(self) -> dict[str, Any]:
        return {}


class RenameForm(RedrawForm):
    kind = RENAME
    name = forms.CharField(label=_("New name"), max_length=100)
    field_order = ("name", "on", "paper")

    def more(self) -> dict[str, Any]:
        return {"name": self.data_of("name")}


class MoveForm(RedrawForm):
    kind = MOVE
    into = forms.ChoiceField(label=_("Goes below"))
    code = forms.CharField(label=_("New official code"), required=False, max_length=40)
    name = forms.CharField(label=_("Another name there"), required=False, max_length=100)
    field_order = ("into", "code", "name", "on", "paper")

    def __init__(self, *args: Any, targets: Iterable[Place], needs_code: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = place_choices(targets)
        if not needs_code:
            del self.fields["code"]

    def more(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"into": data["into"], "code": data.get("code", ""), "name": data["name"]}


def place_choices(places: Iterable[Place]) -> list[tuple[str, str]]:
    return [(one.code, f"{one.parent.name} › {one.name}" if one.parent else one.name) for one in places]


def holders_field(kind: str) -> forms.ChoiceField:
    choices = [(code, HOLDER_WORDS[kind][code]) for code in HOLDERS[kind]]
    label = _("What becomes of the holders")
    return forms.ChoiceField(label=label, choices=choices, initial=HOLDERS[kind][0], widget=forms.RadioSelect)


class MergeForm(RedrawForm):
    kind = MERGE
    others = forms.MultipleChoiceField(label=_("Merged into it"), widget=forms.CheckboxSelectMultiple)
    name = forms.CharField(label=_("Another name for the whole"), required=False, max_length=100)
    holders = holders_field(MERGE)
    field_order = ("others", "name", "holders", "on", "paper")

    def __init__(self, *args: Any, targets: Iterable[Place], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["others"].choices = place_choices(targets)

    def more(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"others": tuple(data["others"]), "name": data["name"], "holders": data["holders"]}


class ShiftForm(RedrawForm):
    kind = SHIFT
    into = forms.ChoiceField(label=_("Go to"))
    entrances = forms.MultipleChoiceField(label=_("Entrances"), widget=forms.CheckboxSelectMultiple)
    field_order = ("entrances", "into", "on", "paper")

    def __init__(self, *args: Any, targets: Iterable[Place], items: Sequence[tuple[str, str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = place_choices(targets)
        self.fields["entrances"].choices = [(key, f"{group} {name}".strip()) for key, name, group in items]

    def more(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"into": data["into"], "entrances": tuple(int(key) for key in data["entrances"])}


class SplitForm(RedrawForm):
    """`items`: (key, name, group) of what can go, `parts` new places. Where each item goes is a field `goes_<key>`."""

    kind = SPLIT
    holders = holders_field(SPLIT)

    def __init__(
        self,
        *args: Any,
        items: Sequence[tuple[str, str, str]],
        parts: int,
        by_entrance: bool,
        needs_code: bool,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.items_shown, self.by_entrance = items, by_entrance
        self.numbers = list(range(1, min(max(parts, 1), MOST_PARTS) + 1))
        for number in self.numbers:
            label = (
                _("Name of the new place") if len(self.numbers) == 1 else _("Name of new place %(n)s") % {"n": number}
            )
            self.fields[f"name_{number}"] = forms.CharField(label=label, max_length=100)
            if needs_code:
                self.fields[f"code_{number}"] = forms.CharField(label=_("Its official code"), max_length=40)
        choices = [(STAYS, "")] + [(str(number), "") for number in self.numbers]
        for key, _name, _group in items:
            self.fields[f"goes_{key}"] = forms.ChoiceField(choices=choices, initial=STAYS)
        names = [f"{what}_{number}" for number in self.numbers for what in ("name", "code")]
        self.order_fields([*names, "holders", "on", "paper"])
        self.parts_error = ""

    def rows(self) -> list[dict[str, Any]]:
        """For the table: each item with its group (once) and what is chosen."""
        shown, before = [], None
        for key, name, group in self.items_shown:
            chosen = self[f"goes_{key}"].value() or STAYS
            first = group if group != before else ""
            shown.append({"key": key, "name": name, "group": first, "of": group, "goes": str(chosen)})
            before = group
        return shown

    def columns(self) -> list[tuple[str, Any]]:
        return [(str(number), self[f"name_{number}"]) for number in self.numbers]

    def more(self) -> dict[str, Any]:
        return {"parts": tuple(self._part(number) for number in self.numbers), "holders": self.data_of("holders")}

    def _part(self, number: int) -> Part:
        keys = [key for key, _name, _group in self.items_shown if self.cleaned_data[f"goes_{key}"] == str(number)]
        chosen: dict[str, Any] = {"entrances": tuple(map(int, keys))} if self.by_entrance else {"children": tuple(keys)}
        return Part(self.cleaned_data[f"name_{number}"], self.cleaned_data.get(f"code_{number}", ""), **chosen)


class WhenForm(forms.Form):
    door = forms.CharField(label=_("House"), max_length=60)
    day = forms.DateField(label=_("Day"), widget=DayInput)


class UndoForm(forms.Form):
    reason = forms.CharField(label=_("Why it is undone"), max_length=200)


# Editions ------------------------------------------------------------------------------------------------------------


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One packed folder, or the tables by themselves."""

    widget = ManyFilesInput(attrs={"accept": ".zip,.csv"})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        found = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in found or [None]]


class EditionForm(forms.Form):
    name = forms.CharField(label=_("Name of the edition"), max_length=120)
    under = forms.ChoiceField(label=_("Compare it in"), required=False)
    tables = ManyFilesField(label=_("Tables"))

    def __init__(self, *args: Any, places: Iterable[Place], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(one.code, one.name) for one in places]
        self.fields["under"].choices = [("", _("All of my places")), *choices]

    def clean_tables(self) -> list[Any]:
        found: list[Any] = self.cleaned_data["tables"]
        if sum(one.size for one in found) > MOST_BYTES:
            raise forms.ValidationError(_("The files are larger than 20 MB together."))
        return found


class TakeForm(forms.Form):
    """From which day on differences are taken over, and which paper says so."""

    on = forms.DateField(label=_("From this day on"), widget=DayInput)
    paper = forms.CharField(label=_("Paper that says so"), max_length=120)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
