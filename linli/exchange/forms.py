"""What is typed in on the pages of exchange."""

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.core.errors import Problem
from linli.exchange.rules.reading import MOST_BYTES
from linli.exchange.words import KINDS
from linli.grid.forms.files import FILE_ERRORS, PlacedFileForm


class DismissForm(forms.Form):
    """Why nothing is issued for an alert."""

    write_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Why nothing needs to be issued"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why nothing needs to be issued.")},
    )


class CallBackForm(forms.Form):
    """The reason that everyone on the line reads when a notice is cancelled."""

    write_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it is cancelled.")},
        help_text=_("It stands in the timeline and on the page that households open."),
    )


class UploadForm(PlacedFileForm):
    """A CAP file that came by another way than a feed."""

    file = forms.FileField(
        label=_("CAP file"),
        help_text=_("An XML file of the Common Alerting Protocol 1.2, at most 1 MB. Nothing is issued by it."),
        widget=forms.FileInput(attrs={"accept": ".xml,.cap,application/cap+xml,text/xml"}),
        error_messages=FILE_ERRORS,
    )
    place = forms.ChoiceField(label=_("For"), help_text=_("Who looks at it: the people of this place."))
    most, too_large = MOST_BYTES, _("The file is larger than 1 MB. An alert is never that large.")


class FeedForm(forms.Form):
    """A feed to read."""

    write_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("Name of the feed"), max_length=80, help_text=_("Whose alerts these are."))
    address = forms.CharField(
        label=_("Address"), max_length=500, widget=forms.URLInput(attrs={"placeholder": "https://"})
    )
    kind = forms.ChoiceField(label=_("What stands there"), choices=lambda: list(KINDS.items()))
    place = forms.CharField(
        label=_("For the place with the code"),
        max_length=40,
        help_text=_("Its alerts are laid before the people of this place who may issue notices."),
    )
    period_minutes = forms.IntegerField(label=_("Read every so many minutes"), min_value=1, max_value=1_440, initial=5)
    certificate = forms.CharField(
        label=_("Certificate of the sender (PEM)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("With it, alerts that are not signed by it are refused."),
    )
    is_on = forms.BooleanField(label=_("Read it"), required=False, initial=True)

    def blame(self, problem: Problem) -> None:
        """Put what an action found wrong at its fields."""
        for name, text in problem.fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not problem.fields:
            self.add_error(None, str(problem.detail))


class PublicationForm(forms.Form):
    is_public = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda text: text == "yes")
