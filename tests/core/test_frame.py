"""The frame of every page, and the parts that pages are made of."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import include, path
from django.utils import translation

from linli.core import clock
from linli.core.charts import HEIGHT, WIDTH, draw
from linli.core.errors import Forbidden, Invalid
from linli.core.templatetags.linli import STATES, percent


def write(source: str, request=None, **context: object) -> str:
    return engines["django"].from_string(source).render(context, request)


class Door(forms.Form):
    username = forms.CharField(label="Name", help_text="As on your paper")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    means = forms.ChoiceField(label="Means", choices=[("a", "A tap"), ("b", "At the door")], widget=forms.RadioSelect)
    place = forms.ChoiceField(label="Place", choices=[("1", "One")])
    sure = forms.BooleanField(label="I am sure")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


PAGE = """{% extends "core/base.html" %}{% block title %}Sample{% endblock %}{% block heading %}Sample{% endblock %}
{% block content %}<p>Words</p>{% endblock %}"""


def sample(request):
    messages.success(request, "Done <b>")
    return HttpResponse(write(PAGE, request))


def refused(request):
    raise Forbidden()


def wrong(request):
    raise Invalid("Look again", fields={"phone": "Eleven digits"})


def door(request):
    return render(request, "core/sign_in.html", {"form": Door(request.POST or None)})


urlpatterns = [
    path("sample", sample, name="my-day"),
    path("alerts", sample, name="alert-list"),
    path("register", sample, name="household-list"),
    path("refused", refused),
    path("wrong", wrong),
    path("door", door, name="sign-in"),
    path("", include("linli.config.urls")),
]
here = pytest.mark.urls(__name__)


@here
def test_ways_are_those_that_exist_and_that_the_posts_open(sign_in):
    body = sign_in("wang").get("/alerts").content.decode()
    assert 'href="/alerts" data-go="a" aria-current="page"' in body
    assert 'href="/register"' in body
    assert 'data-go="p"' not in body or "place-tree" not in body
    assert "王建国" in body
    body = sign_in("nobody").get("/sample").content.decode()
    assert "data-go" not in body


@here
def test_who_is_not_signed_in_sees_no_ways(client, db):
    body = client.get("/sample").content.decode()
    assert 'class="ways"' not in body
    assert 'href="/door"' in body
    assert "Done &lt;b&gt;" in body
    assert '<meta name="csrf-token" content="' in body


@here
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_names_its_language(client, db, language):
    client.cookies["linli_language"] = language
    assert f'<html lang="{language}">' in client.get("/sample").content.decode()


@here
def test_no_page_holds_inline_script_or_style(client, db):
    for address in ("/sample", "/door", "/refused"):
        body = client.get(address).content.decode()
        assert "<style" not in body
        assert " style=" not in body
        assert "<script>" not in body
        assert " onclick" not in body
        assert "http://" not in body.replace("http://www.w3.org", "")


@here
def test_problems_are_pages_and_parts(client, db):
    page = client.get("/refused")
    assert page.status_code == 403
    assert page.content.decode().count("<h1>") == 1
    part = client.get("/wrong", headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "<html" not in part.content.decode()
    assert "Eleven digits" in part.content.decode()
    assert client.get("/there-is-nothing").status_code == 404


def test_the_page_of_last_resort_needs_nothing():
    assert "<h1>" in engines["django"].get_template("core/server_error.html").render({})


@here
def test_the_door_ties_errors_to_fields(client, db):
    with translation.override("en"):
        body = client.post("/door", {"username": ""}, headers={"Accept-Language": "en"}).content.decode()
    assert 'aria-describedby="id_username-help id_username-error"' in body
    assert 'aria-invalid="true"' in body
    assert 'id="id_username-error"' in body


def test_every_kind_of_field_is_labelled():
    body = write("{% fields form %}", form=Door())
    for name in ("username", "password", "note", "place", "sure"):
        assert f'for="id_{name}"' in body
    assert "<legend" in body
    assert 'type="hidden" name="next"' in body
    assert "form-select" in body
    assert "form-errors" not in body


@pytest.mark.parametrize(
    ("reached", "expected", "shown"), [(0, 9, 0), (1, 1000, 1), (999, 1000, 99), (9, 9, 100), (0, 0, 0)]
)
def test_only_all_is_a_hundred_and_only_none_is_zero(reached, expected, shown):
    assert percent(reached, expected) == shown
    assert f"pct-{shown}" in write("{% coverage_bar r e label='G' %}", r=reached, e=expected)


def test_coverage_says_the_gap_first():
    with translation.override("en"):
        body = write("{% coverage_bar 88 100 label='Grid 1' %}")
    assert body.index("12 missing") < body.index("88 of 100")
    assert 'aria-label="Grid 1"' in body


def test_every_state_has_its_own_shape():
    assert len(set(STATES.values())) == len(STATES)
    for kind, shape in STATES.items():
        assert f"shape-{shape}" in write("{% state kind 'Words' %}", kind=kind)


def test_a_query_is_kept(rf):
    request = rf.get("/x?q=李&page=3&cursor=a")
    assert write("{% keep_query page=4 cursor=None %}", request) == "?q=%E6%9D%8E&amp;page=4"
    page = Paginator(range(30), 10).page(2)
    body = write("{% pagination page %}", request, page=page)
    assert "page=1" in body
    assert "page=3" in body
    assert write("{% pagination page %}", request, page=Paginator([1], 10).page(1)).strip() == ""
    assert "cursor=z" in write("{% pagination page %}", request, page=SimpleNamespace(next_cursor="z"))


def test_times_are_exact_and_spoken():
    with translation.override("en"):
        body = write("{% when at %}", at=clock.now() - timedelta(minutes=3))
        assert "3\xa0minutes ago" in body
        assert "<time datetime=" in body
        assert "in 2\xa0hours" in write("{% time_ago at %}", at=clock.now() + timedelta(hours=2, seconds=5))
        assert write("{% when at %}", at=None) == "–"


def test_an_act_is_a_form_that_may_be_sent_twice(rf):
    body = write("{% act '/do' 'Go' confirm='Sure?' task=4 %}", rf.get("/"))
    assert 'name="csrfmiddlewaretoken"' in body
    assert 'name="write_id"' in body
    assert 'name="task" value="4"' in body
    assert 'data-confirm="Sure?"' in body


def test_other_parts_are_drawn(rf):
    now = clock.now()
    source = """{% empty_state "None" "Words" "/new" "Make one" %}{% definitions pairs %}{% breadcrumb steps %}
    {% tabs items %}{% stat "Reached" 9 "of 10" kind="done" %}{% masked "138****1234" "/show" %}{% copy_text "Text" %}
    {% step_chart series "Reached" whole=10 %}{% step_chart empty "Reached" %}{% bar_list rows %}
    <div {% live "/part" 4 %}></div>{% day today %}{% icon "door" "Door" %}"""
    body = write(
        source,
        rf.get("/b"),
        pairs=[("Floor", 3), ("Room", None)],
        steps=[("District", "/a"), ("Street", "")],
        items=[("All", "/a", 3), ("Mine", "/b")],
        series=[(now, 1), (now + timedelta(minutes=9), 8)],
        empty=[],
        rows=[("A", 3, "/a"), ("B", 1)],
        today=clock.today(),
    )
    assert "Room" not in body
    assert '<a href="/b" aria-current="page">' in body
    assert '<span aria-current="page">Street</span>' in body
    assert 'hx-trigger="every 4s"' in body
    assert "pct-33" in body


def test_steps_hold_until_the_next_value():
    found = draw([("a", 0), ("b", 5), ("c", 10)], 10)
    assert found.line == f"0.0,{HEIGHT}.0 300.0,{HEIGHT}.0 300.0,80.0 {WIDTH}.0,80.0 {WIDTH}.0,0.0"
    assert found.whole_y == 0
    assert draw([]) is None
    assert draw([("a", 0)]).top == 1
