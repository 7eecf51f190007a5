"""How one is reached, and one's own messages."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.core.errors import Invalid, Problem
from linli.core.throttle import count_try
from linli.grid.queries import get_own_account
from linli.messages import actions, queries, rules, words
from linli.messages.actions import Recipient, Sending
from linli.messages.forms import MeansForm, QuietForm
from linli.messages.models import Means
from linli.messages.profile import quiet
from linli.messages.queries.outbox import reaches_of_account, read_config
from linli.messages.senders.push import public_key
from linli.messages.texts import choose
from linli.residents.rules import mask_phone

A_PAGE = 30
TESTS = {"most": 5, "minutes": 10}


def write_id(request: HttpRequest) -> UUID | None:
    """The id that came with a form; one that is no id is none."""
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


def take(form: Any, problem: Problem) -> None:
    """Show what an action refused at the fields of its form."""
    for name, text in problem.fields.items():
        form.add_error(name if name in form.fields else None, str(text))
    if not problem.fields:
        form.add_error(None, str(problem.detail))


@require_GET
def means(request: HttpRequest) -> HttpResponse:
    return _means_page(request, MeansForm())


def _means_page(request: HttpRequest, form: MeansForm, status: int = 200) -> HttpResponse:
    account = get_own_account(actor=request.actor)
    mine = queries.list_own_means(actor=request.actor)
    chosen, usual = queries.find_own_quiet_hours(actor=request.actor), quiet()
    hours = chosen or usual
    sender = queries.find_push_sender()
    fallback = [one for one in reaches_of_account(account, []) if one.channel == rules.SMS] if not mine else []
    shown = {
        "account": account,
        "means": [{"row": one, "words": words.CHANNELS[one.kind], "address": _shown(one)} for one in mine],
        "fallback": mask_phone(fallback[0].address) if fallback else "",
        "form": form,
        "quiet": QuietForm(initial={"begins": hours.begins, "ends": hours.ends}),
        "none_quiet": hours.begins == hours.ends,
        "push_key": public_key(read_config(sender)["private_key"]) if sender else "",
    }
    return render(request, "messages/means.html", shown, status=status)


def _shown(one: Means) -> str:
    """One's own, and yet masked: phones lie on desks."""
    if one.kind in {rules.SMS, rules.VOICE}:
        return mask_phone(one.address)
    if one.kind == rules.EMAIL:
        name, _at, host = one.address.partition("@")
        return f"{name[:1]}***@{host}"
    return one.label


@require_POST
def means_add(request: HttpRequest) -> HttpResponse:
    form = MeansForm(request.POST)
    if form.is_valid():
        try:
            actions.add_means(actor=request.actor, **form.cleaned_data)
        except Invalid as problem:
            take(form, problem)
    if form.errors:
        return _means_page(request, form, status=422)
    messages.success(request, _("Added. Send yourself a test to see that it arrives."))
    return redirect("account-means")


@require_POST
def means_push(request: HttpRequest) -> HttpResponse:
    """From the script of the page: what the browser gave."""
    label = request.POST.get("label", "")
    clean = "".join(sign for sign in label if sign.isprintable())[:60] or _("this browser")
    text = request.POST.get("subscription", "")[:3_000]
    actions.add_means(actor=request.actor, kind=rules.PUSH, address=text, label=clean)
    messages.success(request, _("This browser shows notifications from now on. Send yourself a test."))
    return JsonResponse({"go": reverse("account-means")})


@require_POST
def means_remove(request: HttpRequest, means_id: int) -> HttpResponse:
    actions.remove_means(actor=request.actor, means_id=means_id)
    messages.success(request, _("Taken away: nothing more is sent there."))
    return redirect("account-means")


@require_POST
def means_prefer(request: HttpRequest, means_id: int) -> HttpResponse:
    actions.prefer_means(actor=request.actor, means_id=means_id)
    return redirect("account-means")


@require_POST
def means_quiet(request: HttpRequest) -> HttpResponse:
    form = QuietForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Write both times as hours and minutes, such as 22:00."))
    actions.choose_quiet_hours(actor=request.actor, **form.cleaned_data)
    messages.success(request, _("Your quiet hours are noted. Only the most urgent notices break them."))
    return redirect("account-means")


@require_POST
def means_test(request: HttpRequest) -> HttpResponse:
    """Through the outbox, as any message: what arrives shows that the whole way works."""
    count_try("test-message", str(request.actor.id), **TESTS)
    texts = {
        "zh-hans": {"headline": "这是邻里的测试消息", "body": "收到即说明这一方式可用，无需回复。"},
        "en": {
            "headline": "This is a test from Linli",
            "body": "It has arrived, so this way works. No reply is needed.",
        },
    }
    key = write_id(request) or uuid4()
    sending = Sending(source=("messages", str(request.actor.id)), kind=rules.TEST, texts=texts, url=reverse("inbox"))
    with_account = [Recipient(rules.ACCOUNT, request.actor.id, _own_path(request))]
    dispatch = actions.begin_dispatch(actor=request.actor, dispatch_id=key, sending=sending)
    actions.enqueue(actor=request.actor, dispatch=dispatch, recipients=with_account)
    messages.success(request, _("The test is on its way. How it went stands among your messages in a moment."))
    return redirect("inbox")


def _own_path(request: HttpRequest) -> str:
    """Where one holds a post, for the senders of that place."""
    return max((grant.path for grant in request.actor.grants), key=len, default="")


# The inbox ------------------------------------------------------------------------------------------------------------


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.list_inbox(actor=request.actor), A_PAGE).get_page(request.GET.get("page"))
    rows = [_message(row) for row in page]
    return render(request, "messages/inbox.html", {"page": page, "rows": rows})


def _message(row: Any) -> dict[str, Any]:
    said = choose(row.dispatch.texts, get_language() or "", "", drill=row.dispatch.drill)
    return {
        "row": row,
        "said": said,
        "kind": words.KINDS[row.dispatch.kind],
        "state": words.STATES[row.state],
        "channel": words.CHANNELS[row.channel] if row.channel else "",
        "tried": [(words.CHANNELS.get(entry[0], entry[0]), words.failure_words(entry[1])) for entry in row.tried],
        "failure": words.failure_words(row.failure) if row.failure else "",
    }


@require_POST
def inbox_open(request: HttpRequest, delivery_id: int) -> HttpResponse:
    row = actions.note_inbox_opened(actor=request.actor, delivery_id=delivery_id)
    url = row.dispatch.url
    inside = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return redirect(url if inside else reverse("inbox"))
