"""Who may bring forms in, look at them and publish them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from linli.core.actors import SYSTEM
from linli.surveys import actions
from tests.api.permission_rows import token
from tests.conftest import Cast
from tests.matrix import API, Row
from tests.surveys.books import a_form, make_book

PICTURE = {"survey": [["type", "name", "label", "image"], ["note", "map", "The way", "map.png"]]}


def draft(cast: Cast, data: bytes = b"") -> Mapping[str, Any]:
    """A form of the secretary's community."""
    found = actions.take_workbook(
        actor=SYSTEM, place=cast.place("001"), data=data or a_form(), filename="quarantine.xlsx"
    )
    return {"form_id": found.form_id, "number": found.number}


def published(cast: Cast) -> Mapping[str, Any]:
    made = draft(cast)
    _version(made, "publish_version")
    return made


def closed(cast: Cast) -> Mapping[str, Any]:
    made = published(cast)
    _version(made, "close_version")
    return made


def _version(made: Mapping[str, Any], act: str) -> None:
    from linli.surveys.models import FormVersion

    getattr(actions, act)(actor=SYSTEM, version=FormVersion.objects.get(form_id=made["form_id"]))


def form_only(cast: Cast) -> Mapping[str, Any]:
    return {"form_id": draft(cast)["form_id"]}


def with_picture(cast: Cast) -> Mapping[str, Any]:
    return draft(cast, make_book(PICTURE))


def with_file(cast: Cast) -> Mapping[str, Any]:
    from linli.surveys.models import FormVersion

    made = with_picture(cast)
    version = FormVersion.objects.select_related("form__place").get(form_id=made["form_id"])
    actions.attach_file(actor=SYSTEM, version=version, name="map.png", data=b"\x89PNG")
    return {**made, "name": "map.png"}


def sent(cast: Cast) -> Mapping[str, Any]:
    return {"file": SimpleUploadedFile("quarantine.xlsx", a_form()), "place": cast.place("001").code}


def sent_files(cast: Cast) -> Mapping[str, Any]:
    return {"attached": SimpleUploadedFile("map.png", b"\x89PNG")}


EDIT: dict[str, Any] = {"permission": "surveys.edit", "lacking": "li"}
ONCE = {"data": lambda _cast: {"write_id": UUID(int=7)}}
ROWS = [
    Row("form-list", **EDIT, expect={"outsider": 200}),
    Row("form-new", **EDIT, expect={"outsider": 200}),
    Row("form-new", "POST", data=sent, **EDIT, expect={"outsider": 422}),
    Row("form", kwargs=form_only, **EDIT),
    Row("form-version", kwargs=draft, **EDIT),
    Row("form-publish", "POST", kwargs=draft, **ONCE, **EDIT),
    Row("form-close", "POST", kwargs=published, **ONCE, **EDIT),
    Row("form-reopen", "POST", kwargs=closed, **ONCE, **EDIT),
    Row("form-source", kwargs=draft, **EDIT),
    Row("form-xml", kwargs=draft, **EDIT),
    Row("form-attach", "POST", kwargs=with_picture, data=sent_files, **EDIT),
    Row("form-file", kwargs=with_file, **EDIT),
    Row(
        "api:list_forms", answers=API, headers=token, **EDIT, expect={"lacking": 200, "outsider": 200, "operator": 200}
    ),
    Row("api:get_form", answers=API, headers=token, kwargs=form_only, **EDIT),
]
