"""Forms, scoped by the actor. Contents (workbook, XML, files) are read only where they are asked for."""

from typing import Any

from django.db.models import Q, QuerySet

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.models import Place
from linli.grid.queries import list_children, list_top_places
from linli.surveys.access import EDIT
from linli.surveys.models import Form, FormFile, FormVersion
from linli.surveys.rules.sheets import Finding

HEAVY = ("source", "xml")


def list_forms(*, actor: Actor, text: str = "", state: str = "") -> QuerySet[Form]:
    """The actor's forms, the last changed first."""
    rows = Form.objects.visible_to(actor).select_related("place").order_by("-changed_at", "-id")
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(form_id__icontains=text))
    return rows.filter(state=state) if state else rows


def get_form(*, actor: Actor, form_id: int) -> Form:
    """Raises Missing."""
    found = Form.objects.visible_to(actor).select_related("place", "made_by").filter(pk=form_id).first()
    if found is None:
        raise Missing()
    return found


def find_form_called(*, actor: Actor, name: str) -> Form:
    """By the id that its author gave it. Raises Missing."""
    found = Form.objects.visible_to(actor).select_related("place", "made_by").filter(form_id=name).first()
    if found is None:
        raise Missing()
    return found


def list_versions(*, actor: Actor, form: Form) -> list[FormVersion]:
    """The latest first, without questions and contents."""
    rows = FormVersion.objects.filter(form__in=Form.objects.visible_to(actor), form_id=form.pk)
    return list(rows.defer(*HEAVY, "questions", "lists").select_related("made_by").order_by("-number"))


def get_version(*, actor: Actor, form: Form, number: int | None = None) -> FormVersion:
    """One version, without its contents; by default the draft, else the published one, else the latest. Raises Missing."""
    rows = FormVersion.objects.filter(form__in=Form.objects.visible_to(actor), form_id=form.pk).defer(*HEAVY)
    found = rows.filter(number=number).first() if number else rows.order_by("-number").first()
    if found is None:
        raise Missing()
    found.form = form
    return found


def list_files(*, version: FormVersion) -> list[FormFile]:
    """What is attached, without the contents. The caller has read the version for the actor."""
    return list(FormFile.objects.filter(version=version).defer("content").order_by("name"))


def list_missing(*, version: FormVersion, files: list[FormFile] | None = None) -> list[str]:
    """Names of files that the version shows and nobody has attached."""
    held = {one.name for one in (list_files(version=version) if files is None else files)}
    return [name for name in version.needs if name not in held]


def read_source(*, version: FormVersion) -> bytes:
    return bytes(FormVersion.objects.values_list("source", flat=True).get(pk=version.pk))


def read_xml(*, version: FormVersion) -> str:
    return str(FormVersion.objects.values_list("xml", flat=True).get(pk=version.pk))


def read_file(*, version: FormVersion, name: str) -> FormFile:
    """Raises Missing."""
    found = FormFile.objects.filter(version=version, name=name).first()
    if found is None:
        raise Missing()
    return found


def list_writable_places(*, actor: Actor) -> list[Place]:
    """Where the actor may put a form: her own places, and what stands right below them."""
    tops = list_top_places(actor=actor, permission=EDIT)
    below = [one for top in tops[:5] for one in list_children(actor=actor, place=top, permission=EDIT)]
    return list({one.pk: one for one in (*tops, *below)}.values())


def outline(*, version: FormVersion) -> list[dict[str, Any]]:
    """The questions with their choices, for a page."""
    return [{**one, "choices": version.lists.get(one["list"], [])} for one in version.questions]


def list_warnings(*, version: FormVersion) -> list[Finding]:
    return [Finding(**one) for one in version.warnings]
