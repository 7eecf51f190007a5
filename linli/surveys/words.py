"""The room's codes in the user's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.surveys.rules import states
from linli.surveys.rules.sheets import Finding

# State → (kind of badge, words)
STATES: Mapping[str, tuple[str, Any]] = {
    states.DRAFT: ("part", pgettext_lazy("state of a form", "Draft")),
    states.PUBLISHED: ("done", pgettext_lazy("state of a form", "Published")),
    states.CLOSED: ("stop", pgettext_lazy("state of a form", "Closed")),
}

FINDINGS: Mapping[str, Any] = {
    # the file
    "file": "%(text)s",
    "not-a-workbook": _("This is no workbook. A form is written in an .xlsx or .xls file with a sheet named survey."),
    "empty-file": _("The file is empty."),
    "file-too-large": _("The file is larger than %(most)s MB. Take pictures and other sheets out of it."),
    "too-many-questions": _("There are more than %(most)s rows. Divide the form."),
    "too-many-choices": _(
        "There are more than %(most)s choices. Put them into a .csv file and use select_one_from_file."
    ),
    "header-twice": _("Two columns are called “%(name)s”. Rename or remove one."),
    "bad-sign": _("The cell holds a sign that can't be shown (code %(code)s). Type the text again."),
    "uncalculated": _(
        "This formula has no value. Open the file, save it and send it again, or write the value itself."
    ),
    "formula-error": _("This formula gives an error."),
    # sheets and columns
    "no-survey": _("There is no sheet named “survey”. The questions stand on it, one in a row."),
    "no-column": _("There is no column named “%(name)s”. The first row of the sheet holds the names of the columns."),
    "no-questions": _("There is no question on the sheet."),
    # questions
    "no-type": _("The question has no type. Write one into the column “type”, for example text."),
    "unknown-type": _("There is no question type “%(type)s”."),
    "unknown-type-near": _("There is no question type “%(type)s”. Is “%(near)s” meant?"),
    "no-list": _("Name the choice list behind the type, for example: select_one yes_no."),
    "unknown-list": _("There is no choice list “%(list)s” on the sheet “choices”."),
    "bad-list-file": _("“%(file)s” is no .csv, .xml or .geojson file."),
    "no-name": _("The question has no name. Write a short one without spaces into the column “name”."),
    "bad-name": _(
        "“%(name)s” can't be a name. A name begins with a letter or an underscore and holds only letters, digits, "
        "underscores, hyphens and full stops; “meta” is taken."
    ),
    "name-twice": _("The name “%(name)s” stands in row %(row)s already. In one group every name stands once."),
    "no-label": _("Nobody can read this question: the label is empty."),
    "end-alone": _("Here a %(type)s ends that was never begun."),
    "end-other": _("Here a %(type)s ends, but what is open is the %(begun)s “%(name)s” of row %(row)s."),
    "never-ended": _("The %(type)s “%(name)s” is never ended."),
    "unknown-reference": _("${%(name)s} is no question of this form."),
    "unknown-reference-near": _("${%(name)s} is no question of this form. Is ${%(near)s} meant?"),
    # choices
    "choice-no-list": _("The choice names no list in the column “list_name”."),
    "choice-no-name": _("A choice of the list “%(list)s” has no name."),
    "choice-twice": _("The choice “%(name)s” stands in the list “%(list)s” already, in row %(row)s."),
    "choice-spaces": _("The name “%(name)s” of a choice holds a space. Use an underscore."),
    # settings
    "bad-form-id": _(
        "“%(form_id)s” can't be the id of a form. It begins with a letter and holds at most %(most)s letters, digits, "
        "underscores, hyphens and full stops."
    ),
    "bad-version": _(
        "“%(version)s” can't be a version. It holds at most %(most)s letters, digits and hyphens, without spaces."
    ),
    "long-title": _("The title is longer than %(most)s signs."),
    "id-elsewhere": _("A form with the id “%(form_id)s” is kept elsewhere. Give yours another id."),
    "id-at-place": _("The form “%(form_id)s” is kept at %(place)s. Choose that place, or give yours another id."),
    "version-used": _("Version “%(version)s” was published before. Give the new one another number."),
    # the compiler
    "compiler": _("The form can't be made: %(text)s"),
    "compiler-broke": _(
        "The form can't be made, and the compiler does not say why. Take out what you added last and try again."
    ),
    "compiler-note": "%(text)s",
    # worth a look
    "not-translated": _("There is no text in %(language)s."),
    "column-not-translated": _("There is no column “%(column)s” in %(language)s."),
    "choice-no-label": _("The choice has no label: only its name would be shown."),
    "unused-list": _("No question uses the choice list “%(list)s”."),
}


def message_of(finding: Finding) -> str:
    template = str(FINDINGS[finding.code])
    # Only what the template names in brackets is put in; "${" and a percent sign of the author stay what they are.
    return template % finding.values if finding.values else template


def tell(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """As pages, programs and the command line say them."""
    return [{"sheet": one.sheet, "row": one.row, "column": one.column, "message": message_of(one)} for one in findings]


TYPES: Mapping[str, Any] = {
    "text": _("text"),
    "string": _("text"),
    "integer": _("whole number"),
    "int": _("whole number"),
    "decimal": _("number"),
    "range": _("number on a scale"),
    "date": _("day"),
    "time": _("time of day"),
    "dateTime": _("day and time"),
    "datetime": _("day and time"),
    "note": _("text to read"),
    "geopoint": _("point on the map"),
    "geotrace": _("line on the map"),
    "geoshape": _("area on the map"),
    "image": _("picture"),
    "photo": _("picture"),
    "audio": _("sound recording"),
    "video": _("video"),
    "file": _("file"),
    "barcode": _("barcode"),
    "acknowledge": _("tick"),
    "trigger": _("tick"),
    "select_one": _("one of"),
    "select_multiple": _("any of"),
    "rank": _("put in order"),
    "calculate": _("computed"),
    "hidden": _("hidden value"),
    "start": _("time of the beginning"),
    "end": _("time of the end"),
    "today": _("day of answering"),
    "group": _("group"),
    "repeat": _("repeated group"),
    "loop": _("repeated group"),
}


def type_words(name: str) -> str:
    return str(TYPES.get(name, name))
