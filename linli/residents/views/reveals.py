"""Numbers in full, grants of a second person, exports."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Forbidden, Invalid, Missing, TooMany
from linli.core.middleware import no_referrer
from linli.grid.models import Place
from linli.grid.queries import get_place_by_id, list_registers, list_top_places
from linli.residents import actions, imports, queries, words
from linli.residents.access import check_may_household, check_may_person
from linli.residents.forms import ExportForm, GrantForm, RevealForm, write_id

REVEAL = "register.reveal"
SHOWN_S = 60


def _template(request: HttpRequest, name: str) -> str:
    """The part alone where only it was asked for."""
    return f"residents/{name}_part.html" if request.headers.get("HX-Request") else f"residents/{name}.html"


@require_http_methods(["GET", "POST"])
def reveal_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Ask for the purpose; show once, and put the mask back after a minute."""
    standing = check_may_person(request.actor, REVEAL, person_id)
    names = [name for name in words.REVEALABLE if getattr(standing.person, name)]
    form = RevealForm(request.POST or None, names=names, initial={"fields_shown": names[:1]})
    shown = None
    if request.method == "POST" and form.is_valid():
        try:
            shown = actions.reveal_numbers(
                actor=request.actor,
                person_id=person_id,
                fields=form.cleaned_data["fields_shown"],
                purpose=form.cleaned_data["purpose"],
                note=form.cleaned_data["note"],
            )
        except (Invalid, TooMany) as problem:
            form.blame(problem)
    return _reveal_page(request, form, shown, standing.person.name, names)


@require_http_methods(["GET", "POST"])
def reveal_answerer(request: HttpRequest, household_id: int, answerer_id: int) -> HttpResponse:
    check_may_household(request.actor, REVEAL, household_id)
    found = {one.id: one for one in queries.list_answerers(actor=request.actor, household_id=household_id)}
    if answerer_id not in found or found[answerer_id].person_id:
        raise Missing()
    form = RevealForm(request.POST or None, names=["phone"], initial={"fields_shown": ["phone"]})
    shown = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            shown = actions.reveal_answerer(
                actor=request.actor, answerer_id=answerer_id, purpose=data["purpose"], note=data["note"]
            )
        except (Invalid, TooMany) as problem:
            form.blame(problem)
    return _reveal_page(request, form, shown, found[answerer_id].name, ["phone"])


def _reveal_page(
    request: HttpRequest, form: RevealForm, shown: dict[str, str] | None, name: str, names: list[str]
) -> HttpResponse:
    lines = [(words.REVEALABLE[key], value) for key, value in (shown or {}).items()]
    context = {"form": form, "lines": lines, "name": name, "names": names, "seconds": SHOWN_S, "url": request.path}
    status = 422 if form.errors and not request.headers.get("HX-Request") else 200
    return no_referrer(render(request, _template(request, "reveal"), context, status=status))


@require_GET
def grants(request: HttpRequest) -> HttpResponse:
    """Who asked, who decided, until when."""
    if not (request.actor.may_somewhere(REVEAL) or request.actor.may_somewhere("register.approve")):
        raise Forbidden() if request.actor.may_somewhere("places.see") else Missing()
    now = clock.now()
    rows = [
        {
            "grant": one,
            "is_open": one.is_open(now),
            "may_decide": one.decided_at is None
            and one.asked_by_id != request.actor.id
            and request.actor.may("register.approve", one.place.path),
        }
        for one in queries.list_grants(actor=request.actor)
    ]
    form = GrantForm(places=_places(request))
    return render(request, "residents/grants.html", {"rows": rows, "form": form})


def _places(request: HttpRequest) -> list[Place]:
    own = list_top_places(actor=request.actor, permission=REVEAL)
    registers = list_registers(actor=request.actor, permission=REVEAL)
    return list({place.pk: place for place in [*own, *registers]}.values())


@require_POST
def ask_grant(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere(REVEAL):
        raise Forbidden() if request.actor.may_somewhere("places.see") else Missing()
    form = GrantForm(request.POST, places=_places(request))
    if not form.is_valid():
        return render(request, "residents/grants.html", {"rows": [], "form": form}, status=422)
    actions.ask_reveal_grant(
        actor=request.actor,
        place_id=int(form.cleaned_data["place_id"]),
        act=form.cleaned_data["act"],
        reason=form.cleaned_data["reason"],
        write_id=write_id(request),
    )
    messages.success(request, _("Asked. Whoever may approve it sees it on this page."))
    return redirect("grant-list")


@require_POST
def decide_grant(request: HttpRequest, grant_id: int) -> HttpResponse:
    allow = request.POST.get("allow") == "1"
    actions.decide_reveal_grant(actor=request.actor, grant_id=grant_id, allow=allow, write_id=write_id(request))
    messages.success(request, _("Allowed for two hours.") if allow else _("Refused."))
    return redirect("grant-list")


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere(REVEAL):
        raise Forbidden() if request.actor.may_somewhere("places.see") else Missing()
    form = ExportForm(request.POST or None, places=_places(request))
    if request.method == "POST" and form.is_valid():
        place = get_place_by_id(
            actor=request.actor, place_id=int(form.cleaned_data["place_id"]), permission="register.see"
        )
        data = actions.export_register(
            actor=request.actor,
            place_id=place.pk,
            headers={column: imports.column_name(column) for column in actions.EXPORT_COLUMNS},
            file_format=form.cleaned_data["file_format"],
            reason=form.cleaned_data["reason"],
        )
        return download(data, form.filename)
    note = _("Needs a second person's word, given on the page of grants. The numbers are in it in full: keep it safe.")
    context = {"form": form, "heading": _("Export the register"), "button": _("Export"), "note": note}
    return render(request, "residents/form.html", context, status=422 if form.errors else 200)


def download(data: bytes, filename: str) -> HttpResponse:
    kinds = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    response = HttpResponse(data, content_type=kinds[filename.rpartition(".")[2]])
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return no_referrer(response)
