"""What the pages with a form share."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from linli.core.errors import Conflict, Invalid, TooMany


def form_page(request: HttpRequest, form: Any, **shown: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "residents/form.html", {"form": form, **shown}, status=status)


def note_on(name: str, note: str) -> str:
    """Under the heading of a form: whom it is about, and what to know."""
    # Translators: a name, then a sentence about it
    return _("%(name)s. %(note)s") % {"name": name, "note": note}


def is_done(request: HttpRequest, form: Any, act: Callable[[], Any]) -> bool:
    """Was the form sent in order, and did the action take it? What it refuses stands at the form's fields."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act()
    except (Invalid, Conflict, TooMany) as problem:
        form.blame(problem)
        return False
    return True
