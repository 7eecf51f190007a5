"""Forms for programs."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from linli.core.api import PROBLEMS, Cursor, Limit, Page, actor_of, key_page, needs
from linli.surveys import queries
from linli.surveys.models import Form

forms = Router(tags=["forms"])


class FormOut(Schema):
    id: int
    form_id: str = Field(description="as the author named it; one for the whole deployment")
    title: str
    place: str = Field(description="code")
    state: str = Field(description="draft, published or closed")
    changed_at: datetime

    @staticmethod
    def resolve_place(form: Form) -> str:
        return form.place.code


class VersionOut(Schema):
    number: int
    version: str = Field(description="as phones compare it")
    state: str = Field(description="draft, published or closed")
    md5: str = Field(description="of the XForm")
    languages: list[str]
    made_at: datetime
    published_at: datetime | None
    closed_at: datetime | None


class ChoiceOut(Schema):
    name: str
    label: dict[str, str]


class QuestionOut(Schema):
    path: str = Field(description="where its answer stands in a submission")
    name: str
    kind: str = Field(description="question, group, repeat or loop")
    type: str
    depth: int
    label: dict[str, str] = Field(description="language → text; '' where the form names no language")
    hint: dict[str, str]
    required: bool
    relevant: str
    constraint: str
    choices: list[ChoiceOut]


class FormDetailOut(FormOut):
    versions: list[VersionOut]
    shown: int = Field(description="number of the version whose questions these are: the latest")
    questions: list[QuestionOut]
    missing: list[str] = Field(description="names of files that this version shows and nobody has attached")

    @staticmethod
    def resolve_place(form: Any) -> str:
        return str(form["place"])


@forms.get("", response={200: Page[FormOut], **PROBLEMS}, summary="Forms of your places, the last changed first")
@needs("surveys.edit")
def list_forms(request: HttpRequest, state: str = "", cursor: str = Cursor, limit: int = Limit) -> Any:
    rows = queries.list_forms(actor=actor_of(request), state=state)
    found, following = key_page(rows, cursor, limit, order=("-changed_at", "-id"), kinds=(str, int))
    return {"items": found, "next": following}


@forms.get("/{int:form_id}", response={200: FormDetailOut, **PROBLEMS}, summary="One form: versions and questions")
@needs("surveys.edit")
def get_form(request: HttpRequest, form_id: int) -> Any:
    actor = actor_of(request)
    found = queries.get_form(actor=actor, form_id=form_id)
    version = queries.get_version(actor=actor, form=found)
    return {
        "id": found.pk,
        "form_id": found.form_id,
        "title": found.title,
        "place": found.place.code,
        "state": found.state,
        "changed_at": found.changed_at,
        "versions": queries.list_versions(actor=actor, form=found),
        "shown": version.number,
        "questions": queries.outline(version=version),
        "missing": queries.list_missing(version=version),
    }
