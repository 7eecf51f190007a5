"""Search. What is typed may be a phone or an identity number, so it is sent in a form: a short text then stands in the
address, to go back to and to share; one with seven digits in a row never does, it is answered where it was sent."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.desk.queries import GLANCE
from linli.desk.queries import search as find
from linli.desk.rules import holds_number, is_enough, plain_text


class SeeOther(HttpResponseRedirect):
    status_code = 303


@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        text = request.POST.get("q", "")
        if not holds_number(text):
            return SeeOther(f"{reverse('search')}?{urlencode({'q': plain_text(text)})}")
        return _show(request, text)
    text = request.GET.get("q", "")
    if holds_number(text):  # a hand-made address: nothing is looked up, and the number goes from the address line
        hint = _(
            "Numbers don't belong into an address, for browsers and networks keep it. Type it into the field below."
        )
        messages.warning(request, hint)
        return SeeOther(reverse("search"))
    return _show(request, text)


@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """The first few of each kind while somebody types. What is typed goes in a form, never into an address."""
    text = plain_text(request.POST.get("q", ""))
    found = find(actor=request.actor, text=text, each=GLANCE) if is_enough(text) else None
    return render(request, "desk/search_live.html", {"found": found, "text": text})


def _show(request: HttpRequest, text: str) -> HttpResponse:
    found = find(actor=request.actor, text=text)
    return render(request, "desk/search.html", {"found": found, "text": plain_text(text)})
