"""Pages on which a notice is written, looked at, sent, replaced and called back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.alerts import actions, queries
from linli.alerts.access import check_may_issue, find_issuing_grant
from linli.alerts.actions import Notice
from linli.alerts.forms import CancelForm, NoticeForm, clock_of, first_values, languages, values_of
from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.rules import DRAFT, ISSUED, WAITING
from linli.alerts.texts import in_all
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid.models import Place
from linli.grid.profile import post_name
from linli.grid.queries import list_places, list_top_places
from linli.residents.profile import group_name

MOST_OWN = 12  # of a person's own places ticked at the start


def check_may_write(request: HttpRequest) -> None:
    """Writing begins with a place where one may issue."""
    if not request.actor.may_somewhere("alerts.issue"):
        raise Forbidden() if request.actor.may_somewhere("alerts.see") else Missing()


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    check_may_write(request)
    own = list_top_places(actor=request.actor, permission="alerts.issue")[:MOST_OWN]
    form = NoticeForm(request.POST or None, initial=first_values(place_codes=[place.code for place in own]))
    return _write(request, form, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Change a draft."""
    draft = _own_draft(request, alert_id)
    codes = [place.code for place in queries.list_places_of(alert=draft)]
    initial = values_of(draft, place_codes=codes, alert_id=draft.pk)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["alert_id"] = str(draft.pk)
    return _write(request, NoticeForm(data, initial=initial), draft.replaces)


@require_http_methods(["GET", "POST"])
def update(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Write the notice that is to replace this one."""
    old = queries.get_alert(actor=request.actor, alert_id=alert_id)
    places = queries.list_places_of(alert=old)
    check_may_issue(request.actor, places)
    if old.state != ISSUED:
        raise Conflict(_("This notice has ended: issue a new one."))
    initial = values_of(old, place_codes=[place.code for place in places], alert_id=uuid4())
    return _write(request, NoticeForm(request.POST or None, initial=initial), old)


def _write(request: HttpRequest, form: NoticeForm, replaces: Alert | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            draft = actions.draft_alert(
                actor=request.actor,
                alert_id=form.cleaned_data["alert_id"],
                notice=_notice_of(request, form),
                replaces=replaces,
            )
        except Invalid as problem:
            form.blame(problem)
        else:
            return redirect("alert-preview", draft.pk)
    choices = queries.list_choices(actor=request.actor, chosen=form.chosen)
    shown = {"form": form, "replaces": replaces, "choices": choices}
    return render(request, "alerts/office/write.html", shown, status=422 if form.errors else 200)


def _notice_of(request: HttpRequest, form: NoticeForm) -> Notice:
    data = form.cleaned_data
    return Notice(
        texts=form.texts(),
        urgency=data["urgency"],
        places=list_places(actor=request.actor, codes=data["places"], permission="alerts.issue"),
        groups=data["groups"],
        expires_at=data["expires_at"],
    )


@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """The list of places to tick, found by name or opened by level; what is ticked already stays."""
    check_may_write(request)
    text, under = request.GET.get("q", "")[:60], request.GET.get("under", "")
    choices = queries.list_choices(
        actor=request.actor,
        text=text,
        under=under,
        chosen=request.GET.getlist("places")[:200],
    )
    shown = {"choices": choices, "text": text, "under": under}
    return render(request, "alerts/office/parts/choices.html", shown)


def _own_draft(request: HttpRequest, alert_id: UUID) -> Alert:
    """A draft is its writer's alone. Raises Missing for another's, Conflict where it went out meanwhile."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if found.issued_by_id != request.actor.id:
        raise Missing()
    if found.state != DRAFT:
        raise Conflict(_("This notice was already issued. Use an update to change it."))
    return found


@require_GET
def preview(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Who will be reached by which means and who can't be, before anything is sent."""
    draft = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if draft.state != DRAFT:
        return redirect("alert", draft.pk)
    chosen = queries.list_places_of(alert=draft)
    check_may_issue(request.actor, chosen)
    found = queries.preview(actor=request.actor, places=chosen, groups=draft.groups)
    urgency = urgencies()[draft.urgency]
    shown: dict[str, Any] = {
        "alert": draft,
        "places": chosen,
        "preview": found,
        "means": _means(found),
        "groups": [group_name(code) for code in draft.groups],
        "urgency": urgency,
        "clock": clock_of(urgency),
        "texts": in_all(draft.texts, languages()),
        "sender": _sender(request.actor, chosen),
        "approval": _approval(request.actor, draft, chosen),
        "lacks_own_language": not draft.texts.get(settings.LANGUAGE_CODE, {}).get("headline"),
    }
    return render(request, "alerts/office/preview.html", shown)


def _approval(actor: Actor, draft: Alert, places: Sequence[Place]) -> str:
    """Whether a rule asks for a second person: '' | asked | nobody (nobody else may give it: it goes out at once)."""
    if actions.find_rule(actor=actor, notice=_notice(draft, places), drill=bool(draft.drill)) is None:
        return ""
    return "asked" if queries.list_approvers(alert=draft) else "nobody"


def _notice(draft: Alert, places: Sequence[Place]) -> Notice:
    return Notice(
        texts=draft.texts,
        urgency=draft.urgency,
        places=places,
        groups=draft.groups,
        expires_at=draft.expires_at,
    )


def _sender(actor: Actor, places: Sequence[Place]) -> str:
    """As residents see it: a post and its place, never a person."""
    grant = find_issuing_grant(actor, places)
    if grant is None:
        return ""
    at = queries.name_paths(paths=[grant.path], depth=1)[grant.path]
    return " · ".join(part for part in (at, post_name(grant.post_kind)) if part)


def _means(found: queries.Preview) -> list[tuple[str, int]]:
    means = found.means
    return [
        (_("Own phone"), means.phone),
        (_("Another channel of their own"), means.other),
        (_("Someone who answers for them"), means.answerer),
        (_("Nothing but a knock at the door"), means.none),
    ]


@require_POST
def issue(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Send the draft. Sent twice, it goes out once."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if found.issued_by_id != request.actor.id:
        raise Missing()
    notice = _notice(found, queries.list_places_of(alert=found))
    if found.replaces is not None:
        actions.update_alert(actor=request.actor, alert=found.replaces, alert_id=found.pk, notice=notice)
    else:
        actions.issue_alert(actor=request.actor, alert_id=found.pk, notice=notice)
    if queries.get_alert(actor=request.actor, alert_id=alert_id).state == WAITING:
        messages.warning(request, _("It has not gone out yet: a second person must approve it, and was told."))
        return redirect("alert", found.pk)
    messages.success(request, _("The notice is out. This page shows its receipts as they come in."))
    return redirect("alert", found.pk)


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Call a notice back, or throw a draft away."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    check_may_issue(request.actor, queries.list_places_of(alert=found))
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.cancel_alert(actor=request.actor, alert=found, reason=form.cleaned_data["reason"])
        thrown = found.state in (DRAFT, WAITING)
        messages.success(request, _("The draft is gone.") if thrown else _("The notice is cancelled."))
        return redirect("alert-list") if thrown else redirect("alert", found.pk)
    if found.state not in (DRAFT, WAITING, ISSUED):
        raise Conflict(_("This notice has ended already."))
    status = 422 if form.errors else 200
    return render(request, "alerts/office/cancel.html", {"alert": found, "form": form}, status=status)


@require_POST
def acknowledge(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """ "I have read it", for all of one's posts at once."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    credited = actions.acknowledge_alert(actor=request.actor, alert=found)
    if credited:
        text = ngettext("Thank you. It counts for %(n)s post.", "Thank you. It counts for %(n)s posts.", credited)
        messages.success(request, text % {"n": credited})
    else:
        messages.info(request, _("You had confirmed it before."))
    return redirect("alert", found.pk)
