"""Senders: set up, tried, turned off."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Forbidden, Invalid, Missing
from linli.grid.access import may_operate
from linli.grid.models import Place
from linli.grid.queries import search_places
from linli.messages import actions, queries, rules, words
from linli.messages.access import EDIT
from linli.messages.forms import SenderForm, TestForm
from linli.messages.models import Sender
from linli.messages.queries.outbox import read_config
from linli.messages.views.own import take, write_id
from linli.messages.views.provider import hook_key


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    rows = [(one, _health(one, now)) for one in queries.list_senders(actor=request.actor)]
    shown = {
        "rows": rows,
        "kinds": _kinds(request),
        "operator": may_operate(request.actor),
        "no_address": not settings.PUBLIC_URL,
        "may_unsent": request.actor.may_somewhere(EDIT),
    }
    return render(request, "messages/senders.html", shown)


def _kinds(request: HttpRequest) -> list[tuple[str, Any]]:
    every = may_operate(request.actor)
    return [(kind, name) for kind, name in words.SENDERS.items() if every or kind in rules.ROBOTS]


def _health(sender: Sender, now: Any) -> tuple[str, Any]:
    if not sender.is_on:
        return "plain", _("off")
    if rules.is_resting(sender.broken_until, now):
        return "stop", _("fails: it rests")
    if sender.failures:
        return "late", _("failed just now")
    return ("done", _("works")) if sender.last_ok_at else ("open", _("not tried yet"))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in dict(_kinds(request)):
        raise Missing()
    queries.list_senders(actor=request.actor)
    form = SenderForm(request.POST or None, kind=kind)
    if request.method == "GET":
        form.initial["place"] = request.GET.get("place", "")[:100]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.add_sender(
                actor=request.actor,
                name=given["name"],
                kind=kind,
                place=_find_place(request, given["place"]),
                config=form.config(),
                per_minute=given["per_minute"],
                write_id=write_id(request),
            )
        except (Invalid, Forbidden) as problem:
            take(form, problem)
        else:
            messages.success(request, _("The sender is set up. Send a test now."))
            return redirect("channel", made.pk)
    shown = {"form": form, "words": words.SENDERS[kind]}
    return render(request, "messages/sender_new.html", shown, status=422 if form.errors else 200)


def _find_place(request: HttpRequest, text: str) -> Place | None:
    """By code, or by a name that only one place has. Raises Invalid with what to write instead."""
    if not text:
        return None
    finder = SYSTEM if may_operate(request.actor) else request.actor  # where places lie is no secret
    found = [one for one in search_places(actor=finder, text=text) if text in (one.code, one.name)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{one.parent.name if one.parent else ''} {one.name} ({one.code})" for one in found[:5])
        raise Invalid(
            fields={"place": _("Several places are called so. Write the code: %(places)s") % {"places": several}}
        )
    raise Invalid(fields={"place": _("No place of yours has this name or code.")})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, sender_id: int) -> HttpResponse:
    found = queries.get_sender(actor=request.actor, sender_id=sender_id)
    form = SenderForm(request.POST or None, kind=found.kind, sender=found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.change_sender(
                actor=request.actor,
                sender=found,
                name=given["name"],
                config=form.config(),
                per_minute=given["per_minute"],
            )
        except Invalid as problem:
            take(form, problem)
        else:
            messages.success(request, _("The sender is changed. Send a test now."))
            return redirect("channel", found.pk)
    return _page(request, found, form, TestForm(), status=422 if form.errors else 200)


def _page(request: HttpRequest, found: Sender, form: Any, test: Any, *, status: int = 200) -> HttpResponse:
    channel = rules.SENDER_CHANNEL[found.kind]
    hooks = []
    if channel == rules.SMS and may_operate(request.actor):
        base = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
        key = hook_key(found.pk)
        hooks = [base + reverse(name, args=[found.pk, key]) for name in ("sms-report", "sms-reply")]
    shown = {
        "sender": found,
        "form": form,
        "test": test,
        "words": words.SENDERS[found.kind],
        "health": _health(found, clock.now()),
        "failure": words.FAILURES.get(found.last_failure),
        "needs_address": channel in {rules.SMS, rules.EMAIL},
        "channel": channel,
        "signed": bool(read_config(found).get("secret")) and found.kind == rules.SMS_HTTP,
        "hooks": hooks,
    }
    return render(request, "messages/sender.html", shown, status=status)


@require_POST
def switch(request: HttpRequest, sender_id: int) -> HttpResponse:
    found = queries.get_sender(actor=request.actor, sender_id=sender_id)
    on = request.POST.get("on") == "1"
    actions.switch_sender(actor=request.actor, sender=found, is_on=on)
    messages.success(request, _("The sender is on.") if on else _("The sender is off: nothing goes out through it."))
    return redirect("channel", found.pk)


@require_POST
def test(request: HttpRequest, sender_id: int) -> HttpResponse:
    """At once, in the request: whoever sets a sender up wants to see what the provider says."""
    found = queries.get_sender(actor=request.actor, sender_id=sender_id)
    form = TestForm(request.POST)
    form.is_valid()
    try:
        failure = actions.try_sender(actor=request.actor, sender=found, to=form.cleaned_data.get("to", ""))
    except Invalid as problem:
        take(form, problem)
        return _page(request, found, SenderForm(kind=found.kind, sender=found), form, status=422)
    if failure:
        why, what = words.FAILURES[failure]
        messages.error(request, _("The test was not sent. %(why)s. %(what)s") % {"why": why, "what": what})
    else:
        messages.success(request, str(words.TEST_RESULT))
    return redirect("channel", found.pk)
