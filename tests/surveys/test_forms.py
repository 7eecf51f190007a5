"""A form from the upload to its closing: on pages, by commands and for programs."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from typer.testing import CliRunner

from linli.config.cli import build
from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.models import AuditEntry
from linli.surveys import actions, queries
from linli.surveys.intake import Refused
from linli.surveys.models import Form, FormFile, FormVersion
from linli.surveys.rules.states import CLOSED, DRAFT, PUBLISHED
from tests.surveys.books import a_form, make_book, questions

PICTURE = [["type", "name", "label", "image"], ["note", "map", "The way", "map.png"]]


def take(cast, data=None, who="wang", place="001", name="form.xlsx"):
    return actions.take_workbook(
        actor=cast.actor(who), place=cast.place(place), data=a_form() if data is None else data, filename=name
    )


def with_picture(version="1", extra="The way"):
    settings = [["form_id", "version"], ["ways", version]]
    return make_book({"survey": [PICTURE[0], ["note", "map", extra, "map.png"]], "settings": settings})


def send(client, data, place="360103001001", name="form.xlsx"):
    return client.post(reverse("form-new"), {"file": SimpleUploadedFile(name, data), "place": place})


# Versions --------------------------------------------------------------------------------------------------------------


def test_a_form_is_taken_published_closed_and_opened_again(cast):
    draft = take(cast)
    wang = cast.actor("wang")
    assert (draft.number, draft.version, draft.state) == (1, "1", DRAFT)
    assert draft.source_name == "form.xlsx"
    assert actions.publish_version(actor=wang, version=draft).state == PUBLISHED
    assert actions.close_version(actor=wang, version=draft).state == CLOSED
    assert actions.reopen_version(actor=wang, version=draft).state == PUBLISHED
    form = Form.objects.get()
    assert (form.state, form.title, form.form_id) == (PUBLISHED, "Quarantine at home", "quarantine")
    acts = AuditEntry.objects.filter(object_type="surveys.form").order_by("id").values_list("act", "actor")
    assert [act for act, _who in acts] == ["take_form", "publish_form", "close_form", "reopen_form"]
    assert {who for _act, who in acts} == {wang.ref}


def test_the_same_bytes_are_one_draft_and_other_bytes_take_its_place(cast):
    first = take(cast)
    assert take(cast).pk == first.pk
    assert AuditEntry.objects.filter(act="take_form").count() == 1
    second = take(cast, a_form(version="2"))
    assert (second.pk, second.version) == (first.pk, "2")
    assert FormVersion.objects.count() == 1


def test_what_was_published_never_changes(cast):
    first = take(cast)
    actions.publish_version(actor=SYSTEM, version=first)
    before = FormVersion.objects.values("xml", "md5", "questions", "version").get(pk=first.pk)
    assert take(cast).pk == first.pk  # the same bytes: nothing new
    with pytest.raises(Refused) as refused:
        take(cast, a_form(survey=[["type", "name", "label"], ["text", "a", "A"]]))
    assert [(one.code, one.sheet, one.row, one.column) for one in refused.value.findings] == [
        ("version-used", "settings", 2, "C")
    ]
    second = take(cast, a_form(version="2"))
    assert second.number == 2
    assert Form.objects.get().state == PUBLISHED
    actions.publish_version(actor=SYSTEM, version=second)
    assert FormVersion.objects.values("xml", "md5", "questions", "version").get(pk=first.pk) == before
    assert dict(FormVersion.objects.values_list("number", "state")) == {1: CLOSED, 2: PUBLISHED}
    with pytest.raises(Conflict):
        actions.reopen_version(actor=SYSTEM, version=first)


def test_without_settings_the_file_and_the_day_name_it(cast):
    from linli.core import clock

    day = f"{clock.today():%Y%m%d}"
    first = take(cast, questions(["text", "a", "A"]), name="居家 隔离.xlsx")
    assert (first.form.form_id, first.version) == ("居家_隔离", day)
    actions.publish_version(actor=SYSTEM, version=first)
    assert take(cast, questions(["text", "b", "B"]), name="居家 隔离.xlsx").version == f"{day}-2"


def test_steps_that_are_sent_twice_are_done_once(cast):
    draft, first, second = take(cast), uuid4(), uuid4()
    for _again in (1, 2):
        assert actions.publish_version(actor=SYSTEM, version=draft, write_id=first).state == PUBLISHED
    actions.close_version(actor=SYSTEM, version=draft, write_id=second)
    actions.reopen_version(actor=SYSTEM, version=draft)
    # the tap that closed it comes in once more, late: it stays open
    actions.close_version(actor=SYSTEM, version=draft, write_id=second)
    assert Form.objects.get().state == FormVersion.objects.get().state == PUBLISHED


def test_steps_that_lead_nowhere_are_refused(cast):
    draft = take(cast)
    for act in (actions.close_version, actions.reopen_version):
        with pytest.raises(Conflict):
            act(actor=SYSTEM, version=draft)
    actions.publish_version(actor=SYSTEM, version=draft)
    actions.close_version(actor=SYSTEM, version=draft)
    with pytest.raises(Conflict):
        actions.publish_version(actor=SYSTEM, version=draft)


# Files -----------------------------------------------------------------------------------------------------------------


def test_a_form_is_published_with_its_files_only(cast):
    draft = take(cast, with_picture())
    assert queries.list_missing(version=draft) == ["map.png"]
    with pytest.raises(Invalid) as refused:
        actions.publish_version(actor=SYSTEM, version=draft)
    assert "map.png" in str(refused.value.detail)
    for name, data in (("other.png", b"x"), ("map.png", b""), ("../x/map.PNG", b"x")):
        with pytest.raises(Invalid):
            actions.attach_file(actor=SYSTEM, version=draft, name=name, data=data)
    for data in (b"old", b"\x89PNG"):
        actions.attach_file(actor=SYSTEM, version=draft, name="map.png", data=data)
    kept = FormFile.objects.get()
    assert (bytes(kept.content), kept.content_type, kept.size) == (b"\x89PNG", "image/png", 4)
    actions.publish_version(actor=SYSTEM, version=draft)
    with pytest.raises(Conflict):
        actions.attach_file(actor=SYSTEM, version=draft, name="map.png", data=b"new")
    # the next version takes along what it still shows
    assert queries.list_missing(version=take(cast, with_picture("2"))) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b"name,label\n\xff\xfe"),
        ("t.csv", b"name\0label"),
        ("t.xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
        ("t.xml", "<!DOCTYPE x []><x/>".encode("utf-16")),
    ],
)
def test_tables_that_could_do_harm_are_not_kept(cast, name, data):
    survey = [["type", "name", "label"], [f"select_one_from_file {name}", "a", "A"]]
    draft = take(cast, make_book({"survey": survey}))
    with pytest.raises(Invalid):
        actions.attach_file(actor=SYSTEM, version=draft, name=name, data=data)
    assert not FormFile.objects.exists()


def test_choices_of_a_workbook_become_its_own_table(cast):
    survey = [["type", "name", "label", "choice_filter"], ["select_one_external streets", "a", "A", "k=1"]]
    rows = [["list_name", "name", "label", "k"], ["streets", "s1", "S 1", 1]]
    draft = take(cast, make_book({"survey": survey, "external_choices": rows}))
    assert draft.needs == ["itemsets.csv"]
    assert queries.list_missing(version=draft) == []
    assert b"s1" in bytes(FormFile.objects.get().content)


# Scope -----------------------------------------------------------------------------------------------------------------


def test_another_community_sees_nothing_of_it(cast, sign_in):
    draft = take(cast)
    sun = cast.actor("sun")
    assert not queries.list_forms(actor=sun).exists()
    assert queries.list_versions(actor=sun, form=draft.form) == []
    with pytest.raises(Missing):
        queries.get_version(actor=sun, form=draft.form)
    for who in ("sun", "li"):  # next door; in a grid of the community
        with pytest.raises(Missing):
            actions.publish_version(actor=cast.actor(who), version=draft)
    client = sign_in("sun")
    for name in ("form-version", "form-source", "form-xml"):
        assert client.get(reverse(name, args=[draft.form_id, 1])).status_code == 404
    assert client.post(reverse("form-publish", args=[draft.form_id, 1])).status_code == 404
    assert FormVersion.objects.get().state == DRAFT


def test_an_id_that_is_taken_elsewhere_tells_nothing_of_the_place(cast, sign_in):
    take(cast)
    shown = send(sign_in("sun"), a_form(), place="360103001002")
    assert shown.status_code == 422
    assert shown.context["findings"][0]["sheet"] == "settings"
    assert "二郎庙" not in shown.content.decode()
    # whoever keeps both is told where
    assert "二郎庙" in send(sign_in("chen"), a_form(), place="360103001002").content.decode()
    assert Form.objects.count() == 1


def test_an_upload_for_a_place_of_others_is_refused(cast, sign_in):
    assert send(sign_in("sun"), a_form()).status_code == 422
    assert not Form.objects.exists()


# Pages -----------------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_form(cast, sign_in, django_assert_max_num_queries):
    wang = sign_in("wang")
    assert not wang.get(reverse("form-list")).context["rows"]
    done = send(wang, a_form())
    assert done.status_code == 302
    with django_assert_max_num_queries(16):
        shown = wang.get(done.url)
    text = shown.content.decode()
    for words in ("Does anybody have a fever?", "有人发烧吗？", "药品", "&#x27;yes&#x27;"):
        assert words in text
    assert text.index("有人发烧吗？") < text.index("几个人？") < text.index("需要什么？")
    version = FormVersion.objects.get()
    where = [version.form_id, version.number]
    assert wang.post(reverse("form-publish", args=where), {"write_id": uuid4()}).status_code == 302
    got = wang.get(reverse("form-xml", args=where))
    assert got["Content-Disposition"].startswith("attachment")
    assert b'id="quarantine"' in got.content
    assert wang.get(reverse("form-source", args=where)).content == a_form_bytes(version)
    assert wang.get(reverse("form-list") + "?q=quarant&state=published").context["rows"]
    assert not wang.get(reverse("form-list") + "?q=nothing").context["rows"]


def a_form_bytes(version):
    return bytes(FormVersion.objects.values_list("source", flat=True).get(pk=version.pk))


def test_the_number_of_queries_does_not_grow(cast, sign_in, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    wang = sign_in("wang")
    take(cast)
    with CaptureQueriesContext(
        connection,
    ) as few:
        wang.get(reverse("form-list"))
    for n in range(5):
        take(cast, a_form(form_id=f"other{n}"))
    with django_assert_num_queries(len(few)):
        wang.get(reverse("form-list"))


def test_errors_of_a_file_are_a_table(cast, sign_in):
    shown = send(sign_in("wang"), questions(["txt", "1a", "<b>x</b>"], ["select_one l", "b", "${<script>}"]))
    assert shown.status_code == 422
    assert len(shown.context["findings"]) == 4
    text = shown.content.decode()
    assert "<script>}" not in text
    assert "&lt;script&gt;" in text
    assert not Form.objects.exists()


def test_html_of_a_label_is_shown_as_text(cast, sign_in):
    made = take(cast, questions(["text", "a", "<script>alert(1)</script>"], ["text", "b", "=HYPERLINK(1)"]))
    text = sign_in("wang").get(reverse("form", args=[made.form_id])).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "=HYPERLINK(1)" in text


def test_files_are_added_on_the_page(cast, sign_in):
    made, wang = take(cast, with_picture()), sign_in("wang")
    where = [made.form_id, made.number]
    assert reverse("form-publish", args=where) not in wang.get(reverse("form-version", args=where)).content.decode()
    refused = wang.post(reverse("form-publish", args=where))
    assert refused.status_code == 422
    assert (
        wang.post(reverse("form-attach", args=where), {"attached": SimpleUploadedFile("b.png", b"x")}).status_code
        == 422
    )
    done = wang.post(reverse("form-attach", args=where), {"attached": SimpleUploadedFile("map.png", b"\x89PNG")})
    assert done.status_code == 302
    assert reverse("form-publish", args=where) in wang.get(done.url).content.decode()
    got = wang.get(reverse("form-file", args=[*where, "map.png"]))
    assert (got.content, got["Content-Type"], got["X-Content-Type-Options"]) == (b"\x89PNG", "image/png", "nosniff")


def test_who_may_write_forms_finds_them(cast, sign_in):
    assert reverse("form-list") in sign_in("wang").get("/").content.decode()
    assert reverse("form-list") not in sign_in("li").get("/").content.decode()


# Commands --------------------------------------------------------------------------------------------------------------


def run(*words):
    console.use_json(on=True)
    try:
        done = CliRunner().invoke(build(), list(words), catch_exceptions=False)
    finally:
        console.use_json(on=False)
    return done.exit_code, json.loads(done.stdout)


def test_commands_publish_list_and_show(cast, tmp_path):
    file = tmp_path / "ways.xlsx"
    file.write_bytes(with_picture())
    (tmp_path / "map.png").write_bytes(b"\x89PNG")
    words = ["form", "publish", str(file), "--place", cast.place("001").code]
    code, told = run(*words, "--attach", str(tmp_path / "map.png"))
    assert (code, told["form_id"], told["version"], told["state"]) == (0, "ways", "1", "published")
    assert run(*words)[0] == 0  # again: the same version
    assert [one["form_id"] for one in run("form", "list")[1]] == ["ways"]
    shown = run("form", "show", "ways")[1]
    assert [one["name"] for one in shown["questions"]] == ["map"]
    assert len(shown["versions"]) == 1


def test_a_command_tells_what_is_wrong_and_fails(cast, tmp_path):
    file = tmp_path / "bad.xlsx"
    file.write_bytes(questions(["txt", "a", "A"], ["text", "a", "B"]))
    code, told = run("form", "publish", str(file), "--place", cast.place("001").code)
    assert code == 1
    assert [(one["sheet"], one["row"], one["column"]) for one in told] == [("survey", 2, "A"), ("survey", 3, "B")]
    assert all(one["message"] for one in told)


# Programs --------------------------------------------------------------------------------------------------------------


def test_programs_read_forms(cast, client):
    from tests.api.permission_rows import token

    made = take(cast)
    head = token(cast, "wang")
    listed = client.get("/api/v1/forms", headers=head).json()
    assert [one["form_id"] for one in listed["items"]] == ["quarantine"]
    found = client.get(f"/api/v1/forms/{made.form_id}", headers=head).json()
    assert found["questions"][1]["choices"][0]["label"]["中文 (zh)"] == "有"
    assert found["versions"][0]["md5"] == made.md5
    assert client.get("/api/v1/forms/999", headers=head).status_code == 404
    assert client.get(f"/api/v1/forms/{made.form_id}", headers=token(cast, "sun")).status_code == 404
