"""Pages that belong to no room: problems, health, the choice of language."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli import __version__
from linli.core.errors import Missing, Problem


def problem(request: HttpRequest, error: Problem) -> HttpResponse:
    """The page for a problem; as a fragment where only a part of a page was asked for."""
    template = "core/problem_part.html" if request.headers.get("HX-Request") else "core/problem.html"
    return render(request, template, {"problem": error}, status=error.status)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return problem(request, Missing())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    text = _("The page was open for too long or came from elsewhere. Go back, load it again and send once more.")
    return problem(request, Problem(text, code="csrf"))


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "core/server_error.html", status=500)


@login_not_required
@require_GET
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 where the database answers; for load balancers and the container's health check."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "version": __version__})


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    if chosen in {code for code, _name in settings.LANGUAGES}:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=365 * 86400,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
