"""A part of the pages that move, merge and split households, fetched by them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from linli.core.errors import Missing
from linli.desk.queries import list_home_notices

MOST = 4


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """`?ids=1,2`: which notices are out for these households."""
    ids = [int(one) for one in request.GET.get("ids", "").split(",") if one.isdigit() and len(one) < 18][:MOST]
    if not ids or not request.actor.may_somewhere("register.see"):
        raise Missing()
    lines = list_home_notices(actor=request.actor, ids=ids)
    return render(request, "desk/home_notices.html", {"lines": lines})
