"""Which place was it on that day."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from linli.boundaries import queries
from linli.boundaries.forms import WhenForm
from linli.core import clock
from linli.core.errors import Missing
from linli.grid.queries import get_place


@require_GET
def when(request: HttpRequest) -> HttpResponse:
    """A house and a day: where it stood, and where it stands."""
    if not request.actor.may_somewhere("places.see"):
        raise Missing()
    asked = bool(request.GET.get("door"))
    form = WhenForm(request.GET if asked else None, initial={"day": clock.today()})
    code = request.GET.get("place", "")
    place = get_place(actor=request.actor, code=code) if code else None
    rows = []
    if asked and form.is_valid():
        door, day = form.cleaned_data["door"], form.cleaned_data["day"]
        rows = queries.find_doors_on(actor=request.actor, door=door, day=day, place=place)
    shown = {"form": form, "rows": rows, "asked": asked and form.is_valid(), "place": place}
    return render(request, "boundaries/when.html", shown, status=422 if form.errors else 200)
