"""Pages of forms: the list, bringing one in, what it asks, publishing and closing it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.errors import Conflict, Invalid
from linli.grid.queries import list_places
from linli.surveys import actions, queries
from linli.surveys.access import EDIT, check_may_write
from linli.surveys.forms import FilesForm, WorkbookForm
from linli.surveys.intake import Refused
from linli.surveys.models import Form, FormVersion
from linli.surveys.rules.states import CLOSED, DRAFT, PUBLISHED, STATES
from linli.surveys.words import STATES as STATE_WORDS
from linli.surveys.words import tell, type_words

A_PAGE = 30


def _write_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


@require_GET
def form_list(request: HttpRequest) -> HttpResponse:
    check_may_write(request.actor)
    text, state = request.GET.get("q", "").strip()[:60], request.GET.get("state", "")
    state = state if state in STATES else ""
    page = Paginator(queries.list_forms(actor=request.actor, text=text, state=state), A_PAGE).get_page(
        request.GET.get("page")
    )
    shown = {
        "page": page,
        "rows": [(one, STATE_WORDS[one.state]) for one in page],
        "text": text,
        "state": state,
        "states": [(code, words) for code, (_kind, words) in STATE_WORDS.items()],
    }
    return render(request, "surveys/list.html", shown)


@require_http_methods(["GET", "POST"])
def form_new(request: HttpRequest) -> HttpResponse:
    check_may_write(request.actor)
    places = queries.list_writable_places(actor=request.actor)
    start = {"place": request.GET.get("place", places[0].code if places else "")}
    form = WorkbookForm(request.POST or None, request.FILES or None, places=places, initial=start)
    findings: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        chosen = list_places(actor=request.actor, codes=[form.cleaned_data["place"]], permission=EDIT)[0]
        sent = form.cleaned_data["file"]
        try:
            made = actions.take_workbook(actor=request.actor, place=chosen, data=sent.read(), filename=sent.name)
        except Refused as refused:
            findings = tell(refused.findings)
        else:
            return _taken(request, made)
    shown = {"form": form, "findings": findings, "name": getattr(request.FILES.get("file"), "name", "")}
    return render(request, "surveys/new.html", shown, status=422 if findings or form.errors else 200)


def _taken(request: HttpRequest, made: FormVersion) -> HttpResponse:
    if made.state == DRAFT:
        messages.success(request, _("The form is a draft now. Look at it; nobody is asked before it is published."))
    else:
        messages.info(request, _("This very file is a version of the form already."))
    return redirect("form-version", form_id=made.form_id, number=made.number)


@require_GET
def form_page(request: HttpRequest, form_id: int) -> HttpResponse:
    found = queries.get_form(actor=request.actor, form_id=form_id)
    return _show(request, queries.get_version(actor=request.actor, form=found))


@require_GET
def version_page(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    return _show(request, _version(request, form_id, number))


def _version(request: HttpRequest, form_id: int, number: int) -> FormVersion:
    found = queries.get_form(actor=request.actor, form_id=form_id)
    return queries.get_version(actor=request.actor, form=found, number=number)


def _show(
    request: HttpRequest,
    version: FormVersion,
    *,
    files_form: FilesForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    form: Form = version.form
    files = queries.list_files(version=version)
    held = {one.name: one for one in files}
    versions = queries.list_versions(actor=request.actor, form=form)
    shown = {
        "form": form,
        "version": version,
        "state": STATE_WORDS[version.state],
        "is_draft": version.state == DRAFT,
        "is_published": version.state == PUBLISHED,
        "is_closed": version.state == CLOSED,
        "replaces": next((one for one in versions if one.state == PUBLISHED and one.pk != version.pk), None),
        "versions": [(one, STATE_WORDS[one.state]) for one in versions],
        "rows": [{**one, "words": type_words(one["type"])} for one in queries.outline(version=version)],
        "asked": sum(one["kind"] == "question" and not one["silent"] for one in version.questions),
        "needs": [(name, held.get(name)) for name in version.needs],
        "missing": queries.list_missing(version=version, files=files),
        "warnings": tell(queries.list_warnings(version=version)),
        "files_form": files_form or FilesForm(),
        "refused": refused,
        "steps": [(_("Forms"), reverse("form-list")), (form.title, "")],
    }
    return render(request, "surveys/form.html", shown, status=status)


def _act(request: HttpRequest, form_id: int, number: int, act: Callable[..., FormVersion], done: str) -> HttpResponse:
    version = _version(request, form_id, number)
    try:
        act(actor=request.actor, version=version, write_id=_write_id(request))
    except (Conflict, Invalid) as problem:
        return _show(request, version, refused=str(problem.detail), status=problem.status)
    messages.success(request, done)
    return redirect("form-version", form_id=form_id, number=number)


@require_POST
def publish(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    return _act(request, form_id, number, actions.publish_version, _("The form is published."))


@require_POST
def close(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    return _act(request, form_id, number, actions.close_version, _("The form is closed. You can open it again."))


@require_POST
def reopen(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    return _act(request, form_id, number, actions.reopen_version, _("The form is open again."))


@require_POST
def attach(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    version = _version(request, form_id, number)
    form = FilesForm(request.POST, request.FILES)
    if form.is_valid():
        for sent in form.cleaned_data["attached"]:
            try:
                actions.attach_file(actor=request.actor, version=version, name=sent.name, data=sent.read())
            except (Invalid, Conflict) as problem:
                form.add_error("attached", str(problem.detail))
    if form.errors:
        return _show(request, version, files_form=form, status=422)
    messages.success(request, _("The files are kept."))
    return redirect("form-version", form_id=form_id, number=number)


def _download(data: bytes, content_type: str, name: str) -> HttpResponse:
    """Always a file to keep, never a page of this site."""
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
def source(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    version = _version(request, form_id, number)
    return _download(queries.read_source(version=version), "application/octet-stream", version.source_name)


@require_GET
def xml(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    version = _version(request, form_id, number)
    name = f"{version.form.form_id}-{version.version}.xml"
    return _download(queries.read_xml(version=version).encode(), "application/xml; charset=utf-8", name)


@require_GET
def file(request: HttpRequest, form_id: int, number: int, name: str) -> HttpResponse:
    found = queries.read_file(version=_version(request, form_id, number), name=name)
    return _download(bytes(found.content), found.content_type, found.name)
