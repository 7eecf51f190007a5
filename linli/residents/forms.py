"""What is typed in about households and people."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.errors import Problem
from linli.residents import rules, words
from linli.residents.profile import group_name, groups, purpose_name, purposes
from linli.residents.rules import PersonEntry

UNKNOWN = ("", "")
YES_NO = (("", _("not known")), ("True", _("yes")), ("False", _("no")))
MOST_BYTES = 20 * 1024 * 1024


def write_id(request: HttpRequest) -> UUID | None:
    """The id that came with a form; one that is no id is none."""
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


class BlamableForm(forms.Form):
    def blame(self, problem: Problem) -> None:
        """Show what an action refused at the fields of this form."""
        for name, text in problem.fields.items():
            self.add_error(name if name in self.fields else None, str(text))
        if not problem.fields:
            self.add_error(None, str(problem.detail))


class SearchForm(forms.Form):
    """Sent by POST: what one looks for may be a number, and stands in no address or log."""

    text = forms.CharField(
        label=_("Name, initials, room, number or its last four"), max_length=100, required=False, strip=True
    )


class PersonForm(BlamableForm):
    """A person; numbers left empty stay what they are."""

    name = forms.CharField(label=_("Name"), max_length=100)
    role = forms.ChoiceField(label=_("In the household"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    id_number = forms.CharField(label=_("Identity number"), max_length=40, required=False)
    sex = forms.ChoiceField(label=_("Sex"), required=False)
    born_on = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    status = forms.ChoiceField(label=_("On the register"), required=False)
    registered_here = forms.NullBooleanField(
        label=_("Officially registered in this community"), required=False, widget=forms.Select(choices=YES_NO)
    )
    registered_place = forms.CharField(label=_("Officially registered at"), max_length=100, required=False)
    language = forms.CharField(
        label=_("Language"), max_length=10, required=False, help_text=_("A code such as zh or en")
    )
    channels = forms.MultipleChoiceField(
        label=_("Ways to reach this person"), required=False, widget=forms.CheckboxSelectMultiple
    )
    groups = forms.MultipleChoiceField(
        label=_("Vulnerable groups"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, with_groups: bool = True, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [UNKNOWN, *words.choices(words.ROLES)]
        self.fields["sex"].choices = [UNKNOWN, *words.choices(words.SEXES)]
        self.fields["status"].choices = words.choices(words.STATUSES, ("registered", "unregistered"))
        self.fields["channels"].choices = words.choices(words.CHANNELS)
        self.fields["groups"].choices = [(code, group_name(code)) for code in groups()]
        if not with_groups:
            del self.fields["groups"]

    @property
    def entry(self) -> PersonEntry:
        data = self.cleaned_data
        lists = {"channels": tuple(data["channels"]), "groups": tuple(data.get("groups", ()))}
        return PersonEntry(**{**data, **lists, "status": data["status"] or "registered"})

    @property
    def changes(self) -> dict[str, Any]:
        """What the form says of a person on the register: a number left empty is kept."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "groups"}
        kept = {name for name in ("phone", "id_number") if not data[name]}
        return {name: value for name, value in data.items() if name not in kept}


class DoorForm(BlamableForm):
    """A dwelling by the names on its doors."""

    leaf = forms.ChoiceField(label=_("Place"))
    estate = forms.CharField(label=_("Estate"), max_length=100, required=False)
    building = forms.CharField(label=_("Building"), max_length=100)
    entrance = forms.CharField(label=_("Entrance"), max_length=60, required=False)
    floor = forms.IntegerField(label=_("Floor"), required=False, min_value=-20, max_value=300)
    room = forms.CharField(label=_("Room"), max_length=60, required=False)

    def __init__(self, *args: Any, leaves: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["leaf"].choices = [
            (leaf.pk, f"{leaf.parent.name} · {leaf.name}" if leaf.parent else leaf.name) for leaf in leaves
        ]

    @property
    def door(self) -> dict[str, Any]:
        names = ("estate", "building", "entrance", "room")
        texts = {name: rules.plain(self.cleaned_data[name]) for name in names}
        return {**texts, "floor": self.cleaned_data["floor"], "place_id": int(self.cleaned_data["leaf"])}


class NewHouseholdForm(DoorForm):
    name = forms.CharField(label=_("Name of the household"), max_length=100)
    kind = forms.ChoiceField(label=_("Type"))
    person = forms.CharField(
        label=_("First person"), max_length=100, required=False, help_text=_("Head or contact person")
    )
    phone = forms.CharField(label=_("Phone of the first person"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices()

    @property
    def members(self) -> list[PersonEntry]:
        name = self.cleaned_data["person"]
        role = "head" if self.cleaned_data["kind"].startswith("family") else "contact"
        return [PersonEntry(name=name, phone=self.cleaned_data["phone"], role=role)] if name else []


def kind_choices() -> list[tuple[str, Any]]:
    """Kind and subkind as one choice: 'collective/hotel'."""
    found: list[tuple[str, Any]] = []
    for kind, subkinds in rules.SUBKINDS.items():
        found.append((kind, words.KINDS[kind]))
        found += [(f"{kind}/{code}", f"{words.KINDS[kind]}: {words.SUBKINDS[code]}") for code in subkinds]
    return found


def split_kind(text: str) -> dict[str, str]:
    kind, _slash, subkind = text.partition("/")
    return {"kind": kind, "subkind": subkind}


class HouseholdForm(BlamableForm):
    name = forms.CharField(label=_("Name of the household"), max_length=100)
    kind = forms.ChoiceField(label=_("Type"))
    contact = forms.ChoiceField(label=_("Contact person"), required=False)
    protected = forms.BooleanField(label=_("Protected: the address is for named posts only"), required=False)

    def __init__(self, *args: Any, members: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices()
        self.fields["contact"].choices = [("", _("nobody in particular")), *((one.id, one.name) for one in members)]

    @property
    def changes(self) -> dict[str, Any]:
        data = self.cleaned_data
        contact = int(data["contact"]) if data["contact"] else None
        return {"name": data["name"], **split_kind(data["kind"]), "contact": contact, "protected": data["protected"]}


class AnswererForm(BlamableForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    phone = forms.CharField(label=_("Phone"), max_length=40)
    relation = forms.CharField(label=_("Relation"), max_length=40, required=False)


class MovePersonForm(BlamableForm):
    household_id = forms.ChoiceField(label=_("To the household"))
    role = forms.ChoiceField(label=_("In the household"), required=False)

    def __init__(self, *args: Any, doors: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["household_id"].choices = [
            (door.id, " · ".join(part for part in (door.address or door.leaf, door.name) if part)) for door in doors
        ]
        self.fields["role"].choices = [UNKNOWN, *words.choices(words.ROLES)]


class ReasonForm(BlamableForm):
    reason = forms.CharField(label=_("Why"), max_length=200)


class RevealForm(BlamableForm):
    fields_shown = forms.MultipleChoiceField(label=_("What to show"), widget=forms.CheckboxSelectMultiple)
    purpose = forms.ChoiceField(label=_("What you need it for"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, names: Any = rules.REVEALABLE, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["fields_shown"].choices = words.choices(words.REVEALABLE, names)
        self.fields["purpose"].choices = [("", _("Choose")), *words.choices(words.PURPOSES)]


class GrantForm(BlamableForm):
    act = forms.ChoiceField(label=_("What for"))
    place_id = forms.ChoiceField(label=_("Where"))
    reason = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["act"].choices = words.choices(words.GRANT_ACTS)
        self.fields["place_id"].choices = [(place.pk, place.name) for place in places]


class ExportForm(BlamableForm):
    place_id = forms.ChoiceField(label=_("Where"))
    file_format = forms.ChoiceField(label=_("File"), choices=[("xlsx", "XLSX"), ("csv", "CSV")])
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["place_id"].choices = [(place.pk, place.name) for place in places]

    @property
    def filename(self) -> str:
        return f"register-{clock.today().isoformat()}.{self.cleaned_data['file_format']}"


class UploadForm(BlamableForm):
    place_id = forms.ChoiceField(label=_("Whose roster"))
    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv,.tsv"}),
        help_text=_("An XLSX or CSV file with a row for each person; headers in Chinese or English, in any order."),
    )

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["place_id"].choices = [(place.pk, place.name) for place in places]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 20 MB. Split it by grid."))
        return file


class MergeForm(BlamableForm):
    """Which household becomes part of this one."""

    other_id = forms.ChoiceField(label=_("Which household is the same home?"))

    def __init__(self, *args: Any, doors: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["other_id"].choices = [
            ("", _("Choose")),
            *((door.id, " · ".join(part for part in (door.address or door.leaf, door.name) if part)) for door in doors),
        ]


class SplitForm(BlamableForm):
    """Who goes, and what their own household is called. The door is left empty where they stay in the same dwelling."""

    people = forms.MultipleChoiceField(label=_("Who goes?"), widget=forms.CheckboxSelectMultiple)
    name = forms.CharField(label=_("Name of the new household"), max_length=100)
    leaf = forms.ChoiceField(label=_("Place"), required=False)
    building = forms.CharField(
        label=_("Building"), max_length=100, required=False, help_text=_("Empty: they stay in the same dwelling")
    )
    entrance = forms.CharField(label=_("Entrance"), max_length=60, required=False)
    room = forms.CharField(label=_("Room"), max_length=60, required=False)

    def __init__(self, *args: Any, members: Any = (), leaves: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = [(one.id, one.name) for one in members]
        self.fields["leaf"].choices = [
            (leaf.pk, f"{leaf.parent.name} · {leaf.name}" if leaf.parent else leaf.name) for leaf in leaves
        ]

    @property
    def person_ids(self) -> list[int]:
        return [int(key) for key in self.cleaned_data["people"]]

    @property
    def door(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["building"] or not data["leaf"]:
            return None
        texts = {name: rules.plain(data[name]) for name in ("building", "entrance", "room")}
        return {**texts, "place_id": int(data["leaf"])}


class TransferForm(BlamableForm):
    to_place_id = forms.ChoiceField(label=_("To which community?"))
    reason = forms.CharField(label=_("Why"), max_length=300)
    new_address = forms.CharField(label=_("New address, if you know it"), max_length=200, required=False)

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        names = [(one.pk, f"{one.parent.name} · {one.name}" if one.parent else one.name) for one in places]
        self.fields["to_place_id"].choices = [("", _("Choose")), *names]


class AnswerForm(BlamableForm):
    answer = forms.CharField(label=_("Why not"), max_length=300)


class CorrectionForm(BlamableForm):
    """`about` is a person's number, or empty for the whole household."""

    field = forms.ChoiceField(label=_("What is wrong?"))
    value = forms.CharField(label=_("What would be right?"), max_length=rules.LONGEST_REQUEST, required=False)

    def __init__(self, *args: Any, fields: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = [("", _("Choose")), *words.choices(words.CORRECTABLE, fields)]


class GroundForm(BlamableForm):
    purpose = forms.ChoiceField(label=_("What for"))
    ground = forms.ChoiceField(label=_("Ground"))
    word = forms.CharField(label=_("By whose word, or by which paper"), max_length=100)
    until_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [(code, purpose_name(code)) for code in purposes()]
        self.fields["ground"].choices = words.choices(words.GROUNDS)


class EraseForm(BlamableForm):
    ground = forms.ChoiceField(label=_("Why"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [("", _("Choose")), *words.choices(words.ERASE_GROUNDS)]
