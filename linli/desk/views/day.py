"""My day."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from linli.desk.queries import read_day

# The list of the day that this phone keeps, if it does, is sent and fetched anew along with the page.
SCRIPTS = ("desk/field-store.js", "desk/field-seal.js", "desk/field-send.js", "desk/day.js")


@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """What one must do now; fetched anew every few seconds, then only its inside."""
    template = "desk/day_part.html" if request.headers.get("HX-Request") else "desk/day.html"
    context = {"day": read_day(actor=request.actor), "field_scripts": SCRIPTS}
    return render(request, template, context)
