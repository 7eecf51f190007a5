"""My day."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from linli.desk.queries import read_day


@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """What one must do now; fetched anew every few seconds, then only its inside."""
    template = "desk/day_part.html" if request.headers.get("HX-Request") else "desk/day.html"
    return render(request, template, {"day": read_day(actor=request.actor)})
