"""What is sent about a task."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.core.errors import Invalid
from linli.grid.profile import post_name

NOBODY = _("Choose someone who holds a post at this place or above it now.")


class HandOverForm(forms.Form):
    """`holders` are offered where the form is shown; what comes back is looked up anew."""

    write_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    to = forms.IntegerField(label=_("To whom"), widget=forms.Select, min_value=1, max_value=2**62)
    note = forms.CharField(label=_("What they should know"), max_length=200, required=False)

    def __init__(self, *args: Any, holders: Iterable[Any] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to"].widget.choices = [
            (one.pk, f"{one.name} · {post_name(one.post_kind)} · {one.place.name}") for one in holders
        ]

    def checked(self) -> dict[str, Any]:
        """Raises Invalid."""
        if not self.is_valid():
            raise Invalid(NOBODY, fields={name: errors[0] for name, errors in self.errors.items()})
        return self.cleaned_data


class NoteForm(forms.Form):
    subject = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    note = forms.CharField(label=_("Note"), max_length=300)

    def checked(self) -> dict[str, Any]:
        if not self.is_valid():
            raise Invalid(_("Write a note of at most 300 characters."), fields={"note": _("Write a short note.")})
        return self.cleaned_data


class AnswerForm(forms.Form):
    write_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Answer"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("It stands on the household's own page. The message only says that there is an answer."),
        error_messages={"required": _("Write the answer, in at most 1,000 characters.")},
    )
