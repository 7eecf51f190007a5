"""A roster comes in: the file, the preview, the progress, the result, the rows to mend."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.errors import Forbidden, Invalid, Missing
from linli.grid.queries import get_place_by_id, list_registers
from linli.residents import actions, imports, queries
from linli.residents.forms import UploadForm, write_id
from linli.residents.models import RosterUpload
from linli.residents.views.reveals import download

IMPORT = "register.import"
ERRORS_SHOWN = 100


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere(IMPORT):
        raise Forbidden() if request.actor.may_somewhere("register.see") else Missing()
    places = list_registers(actor=request.actor, permission=IMPORT)
    form = UploadForm(request.POST or None, request.FILES or None, places=places)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("roster", _keep(request, form).pk)
        except Invalid as problem:
            form.blame(problem)
    context = {"form": form, "uploads": queries.list_uploads(actor=request.actor)}
    return render(request, "residents/roster_upload.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: UploadForm) -> RosterUpload:
    file = form.cleaned_data["file"]
    place = get_place_by_id(actor=request.actor, place_id=int(form.cleaned_data["place_id"]), permission=IMPORT)
    data = file.read()
    checked = imports.check_roster(data, file.name, actor=request.actor, place=place)
    return actions.keep_upload(
        actor=request.actor,
        place=place,
        filename=file.name,
        data=data,
        report=imports.report_of(checked),
        write_id=write_id(request),
    )


@require_GET
def roster(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Before the import: what was understood and what would happen. After it: what happened."""
    found = queries.get_upload(actor=request.actor, upload_id=upload_id)
    context = _report(found)
    if found.state == "checked":
        read = imports.read_roster(
            queries.open_upload(upload=found), found.filename, actor=request.actor, place=found.place
        )
        headers, rows = imports.first_rows(read)
        columns = [(read.headers[at], imports.column_name(name)) for name, at in read.columns.items()]
        context |= {
            "headers": headers,
            "first_rows": rows,
            "columns": columns,
            "unknown": read.unknown,
            "notes": read.notes,
        }
    return render(request, "residents/roster.html", context)


@require_GET
def roster_part(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Fetched while the worker is at it."""
    found = queries.get_upload(actor=request.actor, upload_id=upload_id)
    return render(request, "residents/roster_state.html", _report(found))


def _report(found: RosterUpload) -> dict[str, Any]:
    report = found.report
    errors = imports.errors_of(report)
    return {
        "upload": found,
        "report": report,
        "bad_rows": len({error.row for error in errors}),
        "errors": [(error.row, imports.sentence(error)) for error in errors[:ERRORS_SHOWN]],
        "more": max(len(errors) - ERRORS_SHOWN, 0),
        "is_under_way": found.state in {"waiting", "running"},
    }


@require_POST
def start(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    actions.start_import(actor=request.actor, upload_id=upload_id)
    return redirect("roster", upload_id)


@require_POST
def drop(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    actions.drop_upload(actor=request.actor, upload_id=upload_id)
    messages.success(request, _("The file is forgotten."))
    return redirect("roster-upload")


@require_GET
def errors(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """The rows that stay out, as a file to mend and send again."""
    found = queries.get_upload(actor=request.actor, upload_id=upload_id)
    read = imports.read_roster(
        queries.open_upload(upload=found), found.filename, actor=request.actor, place=found.place
    )
    return download(imports.error_sheet(read, imports.errors_of(found.report)), "to-mend.xlsx")


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere(IMPORT):
        raise Forbidden() if request.actor.may_somewhere("register.see") else Missing()
    return download(imports.template(), "roster.xlsx")
