"""Forms are brought in, given their files, published, closed and opened again."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.grid.models import Place
from linli.surveys import queries
from linli.surveys.access import EDIT, check_may_write_at
from linli.surveys.intake import ITEMSETS, Checked, Compiled, Refused, compile_form, read_form
from linli.surveys.models import Form, FormFile, FormVersion
from linli.surveys.rules.checks import where_is
from linli.surveys.rules.sheets import Finding
from linli.surveys.rules.states import (
    CLOSED,
    DRAFT,
    MOST_ALL_FILES,
    MOST_FILE_BYTES,
    PUBLISHED,
    version_of_day,
)

# What a form may show, by the ending of its name. Drawings that can hold scripts are not among them.
KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".3gp": "video/3gpp",
    ".webm": "video/webm",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".geojson": "application/geo+json",
}
TEXTS = {".csv", ".xml", ".geojson"}


@dataclass(frozen=True)
class _Sent:
    """A workbook on its way into a form."""

    place: Place
    checked: Checked
    data: bytes
    filename: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def take_workbook(*, actor: Actor, place: Place, data: bytes, filename: str) -> FormVersion:
    """A workbook becomes the draft of its form; the draft before it gives way. The same bytes again make nothing new.
    Raises Refused with everything that is wrong in it."""
    check_may_write_at(actor, place.path)
    sent = _Sent(place, read_form(data, filename), data, filename)
    made: tuple[str, Compiled] | None = None
    while (
        True
    ):  # compiled outside the transaction, and anew in the rare case that the version's name was taken meanwhile
        form = _find_own(actor, sent)
        same = _same(form, sent)
        if same:
            return same
        version = _name_version(form, sent.checked)
        if made is None or made[0] != version:
            made = version, compile_form(sent.checked, version)
        with transaction.atomic():
            lock(f"form:{sent.checked.form_id}")
            form = _find_own(actor, sent)
            same = _same(form, sent)
            if same:
                return same
            if _name_version(form, sent.checked) == version:
                return _write(actor, form, sent, version, made[1])


def _find_own(actor: Actor, sent: _Sent) -> Form | None:
    """The form with this id. Raises Refused where it is kept at another place."""
    checked = sent.checked
    found = Form.objects.select_related("place").filter(form_id=checked.form_id).first()
    if found is None or found.place_id == sent.place.pk:
        return found
    values, code = {"form_id": checked.form_id}, "id-elsewhere"
    if actor.may(EDIT, found.place.path):
        values, code = {**values, "place": found.place.name}, "id-at-place"
    sheet, row, column = where_is(checked.book, "form_id")
    raise Refused([Finding(code, sheet, row, column, values)])


def _same(form: Form | None, sent: _Sent) -> FormVersion | None:
    """The form's latest version, where it was made of these very bytes."""
    last = form.versions.defer(*queries.HEAVY).order_by("-number").first() if form else None
    if form is None or last is None or last.source_digest != sent.digest:
        return None
    last.form = form
    return last


def _name_version(form: Form | None, checked: Checked) -> str:
    taken = set(form.versions.exclude(state=DRAFT).values_list("version", flat=True)) if form else set()
    if not checked.version:
        return version_of_day(clock.today(), taken)
    if checked.version in taken:
        sheet, row, column = where_is(checked.book, "version")
        raise Refused([Finding("version-used", sheet, row, column, {"version": checked.version})])
    return checked.version


def _write(actor: Actor, form: Form | None, sent: _Sent, version: str, made: Compiled) -> FormVersion:
    now, made_by, place, checked = clock.now(), actor.id if actor.kind == "account" else None, sent.place, sent.checked
    if form is None:
        form = Form.objects.create(
            place=place, form_id=checked.form_id, title=checked.title, made_by_id=made_by, made_at=now, changed_at=now
        )
    values: dict[str, Any] = {
        "version": version,
        "title": checked.title,
        "source": sent.data,
        "source_name": PurePosixPath(sent.filename.replace("\\", "/")).name[-200:],
        "source_digest": sent.digest,
        "xml": made.xml,
        "md5": made.md5,
        "languages": made.languages,
        "questions": made.questions,
        "lists": made.lists,
        "warnings": [asdict(one) for one in made.warnings],
        "needs": made.needs,
        "made_by_id": made_by,
        "made_at": now,
    }
    found = _into_draft(form, values)
    if made.itemsets:
        _keep_file(found, ITEMSETS, made.itemsets.encode(), is_made=True)
    form.changed_at = now
    if form.state == DRAFT:
        form.title = checked.title
    form.save(update_fields=["changed_at", "title"])
    record(actor, "take_form", form, path=place.path)
    return found


def _into_draft(form: Form, values: dict[str, Any]) -> FormVersion:
    """The draft with new content, or a new draft; files that the form still shows go along."""
    draft = form.versions.filter(state=DRAFT).defer(*queries.HEAVY).first()
    if draft:
        FormVersion.objects.filter(pk=draft.pk).update(**values)
        draft.refresh_from_db()
        FormFile.objects.filter(version=draft, is_made=True).delete()
        FormFile.objects.filter(version=draft).exclude(name__in=values["needs"]).delete()
        draft.form = form
        return draft
    before = form.versions.order_by("-number").defer(*queries.HEAVY).first()
    last = form.versions.aggregate(n=Max("number"))["n"] or 0
    made = FormVersion.objects.create(form=form, number=last + 1, **values)
    if before:
        kept = FormFile.objects.filter(version=before, name__in=values["needs"], is_made=False)
        for one in kept:
            one.pk, one.version = None, made
        FormFile.objects.bulk_create(kept)
    return made


def attach_file(*, actor: Actor, version: FormVersion, name: str, data: bytes) -> FormFile:
    """A file that the draft shows, under the name by which it calls it; sent again, it takes the place of the one before."""
    check_may_write_at(actor, version.form.place.path)
    name = PurePosixPath(name.replace("\\", "/")).name
    _check_file(version, name, data)
    with transaction.atomic():
        lock(f"form:{version.form.form_id}")
        if FormVersion.objects.values_list("state", flat=True).get(pk=version.pk) != DRAFT:
            raise Conflict(_("This version is published: nothing of it changes any more. Bring in a new one."))
        others = FormFile.objects.filter(version=version).exclude(name=name).aggregate(n=Sum("size"))["n"] or 0
        if others + len(data) > MOST_ALL_FILES:
            raise _bad_file(_("The files of a form hold at most %(most)s MB together."), most=MOST_ALL_FILES // 1024**2)
        kept = _keep_file(version, name, data)
        record(actor, "attach_form_file", version.form, path=version.form.place.path)
    return kept


def _check_file(version: FormVersion, name: str, data: bytes) -> None:
    if name not in version.needs:
        raise _bad_file(
            _("The form shows no file named “%(name)s”: %(needs)s."), name=name, needs=", ".join(version.needs)
        )
    ending = PurePosixPath(name.lower()).suffix
    if ending not in KINDS:
        raise _bad_file(_("“%(name)s” is no picture, sound, video or table that a form can show."), name=name)
    if not data:
        raise _bad_file(_("“%(name)s” is empty."), name=name)
    if len(data) > MOST_FILE_BYTES:
        raise _bad_file(_("“%(name)s” is larger than %(most)s MB."), name=name, most=MOST_FILE_BYTES // 1024**2)
    if ending not in TEXTS:
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad_file(_("“%(name)s” is not written in UTF-8. Save it as such."), name=name) from None
    if "\0" in text or (ending == ".xml" and "<!" in text.replace("<!--", "")):
        raise _bad_file(
            _("“%(name)s” holds a document type or entities. These can do harm and are never kept."), name=name
        )


def _bad_file(text: str, **values: Any) -> Invalid:
    told = text % values
    return Invalid(told, code="form-file", fields={"file": told})


def _keep_file(version: FormVersion, name: str, data: bytes, *, is_made: bool = False) -> FormFile:
    values = {
        "content_type": KINDS[PurePosixPath(name.lower()).suffix],
        "content": data,
        "size": len(data),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "is_made": is_made,
        "made_at": clock.now(),
    }
    return FormFile.objects.update_or_create(version=version, name=name, defaults=values)[0]


def publish_version(*, actor: Actor, version: FormVersion, write_id: UUID | None = None) -> FormVersion:
    """From now on this is what people are asked; the version published before is closed by it. Raises Invalid where files
    lack."""

    def publish(found: FormVersion) -> None:
        if found.state == CLOSED:
            raise Conflict(_("This version was closed. Open it again instead."))
        lacking = queries.list_missing(version=found)
        if lacking:
            text = _("Add the files that the form shows first: %(names)s.") % {"names": ", ".join(lacking)}
            raise Invalid(text, code="files-missing", fields={"file": text})
        now = clock.now()
        found.form.versions.filter(state=PUBLISHED).update(state=CLOSED, closed_at=now)
        FormVersion.objects.filter(pk=found.pk).update(state=PUBLISHED, published_at=now)

    return _move(actor, version, act="publish_form", to=PUBLISHED, write=publish, write_id=write_id)


def close_version(*, actor: Actor, version: FormVersion, write_id: UUID | None = None) -> FormVersion:
    """Nobody is asked by it any more."""

    def close(found: FormVersion) -> None:
        if found.state == DRAFT:
            raise Conflict(_("A draft can't be closed: it was never published."))
        FormVersion.objects.filter(pk=found.pk).update(state=CLOSED, closed_at=clock.now())

    return _move(actor, version, act="close_form", to=CLOSED, write=close, write_id=write_id)


def reopen_version(*, actor: Actor, version: FormVersion, write_id: UUID | None = None) -> FormVersion:
    """A closed version is asked again. Raises Conflict while another version is."""

    def reopen(found: FormVersion) -> None:
        if found.state == DRAFT:
            raise Conflict(_("A draft was never closed. Publish it instead."))
        if found.form.versions.filter(state=PUBLISHED).exists():
            raise Conflict(_("Another version is published. Close that one first."))
        FormVersion.objects.filter(pk=found.pk).update(state=PUBLISHED, closed_at=None)

    return _move(actor, version, act="reopen_form", to=PUBLISHED, write=reopen, write_id=write_id)


def _move(
    actor: Actor,
    version: FormVersion,
    *,
    act: str,
    to: str,
    write: Callable[[FormVersion], None],
    write_id: UUID | None,
) -> FormVersion:
    """One step of a version, once: checked, written, audited; the form's own state follows."""
    form = version.form
    check_may_write_at(actor, form.place.path)
    with transaction.atomic():
        lock(f"form:{form.form_id}")
        found = FormVersion.objects.select_related("form__place").defer(*queries.HEAVY).get(pk=version.pk)
        if found.state == to or done_before(actor, act, write_id, found.pk):
            return found
        write(found)
        mark_done(actor, act, write_id, found.pk, found.pk)
        found.refresh_from_db(fields=["state", "published_at", "closed_at"])
        titles = {"title": found.title} if to == PUBLISHED else {}
        Form.objects.filter(pk=form.pk).update(state=to, changed_at=clock.now(), **titles)
        record(actor, act, form, path=form.place.path)
    return found
