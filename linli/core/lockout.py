"""What a person sees after too many wrong passwords: the same page whether the account exists or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from linli.core.errors import TooMany
from linli.core.pages import problem


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG001
    return problem(request, TooMany(_("Too many wrong passwords. Try again in a quarter of an hour.")))
