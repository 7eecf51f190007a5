"""The page of the cast: who you can be in a demonstration, and what to look at. Served in demonstrations only."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from linli.alerts.queries import list_alerts
from linli.core.actors import SYSTEM
from linli.core.errors import Missing
from linli.demo import stage
from linli.demo.sinks import read_arrived
from linli.demo.world import Member
from linli.grid.profile import post_name
from linli.grid.queries import actor_for, get_account_by_username, list_posts_of
from linli.messages.texts import DRILL
from linli.messages.words import CHANNELS

SIGNED_IN_BY = "django.contrib.auth.backends.ModelBackend"
LOOK = {
    "street_officer": _(
        "Watch the picture fill up, gaps first, down to the door. Then write a notice of your own for your street, and look "
        "at the drills of the line: one was scored yesterday, one begins in a few minutes."
    ),
    "district": _("See all streets in one picture, and read the certificate after the hour."),
    "secretary": _(
        "See which grids wait, who holds which post, and the register of one whole community. Then split a grid: Places, "
        "a grid, Split. You see first what goes along, and can undo it while the notice runs."
    ),
    "administrator": _("See today's tasks: the doors of a grid in walking order, and the text for the chat group."),
    "leader": _(
        "Confirm the notice, then go from door to door and record what came of each knock. Try it on a phone. A neighbour's "
        "post is yours too while its holder is on leave, and a household asks you something: see your tasks."
    ),
    "vacancy": _("One post below is vacant: its part is held here from the first minute, and the vacancy shows."),
    "outsider": _("Works next door: try to open what you saw as the others. It is not there."),
    "risk_officer": _(
        "Watch the picture fill up, gaps first. Then write a notice of your own, and look at the drills of the line: one was "
        "scored yesterday, one begins in a few minutes."
    ),
    "captain": _(
        "See which puroks wait, who holds which post, and the register of the barangay. Then split a purok: Places, a purok, "
        "Split. You can undo it while the notice runs."
    ),
}
EXAMPLES = {
    "own": _("A household with a phone: open its link and confirm with one tap."),
    "relative": _("Somebody answers for this household: confirm for them."),
    "waits": _("A household that waits. Close the page without a tap: opening alone confirms nothing."),
}


@dataclass(frozen=True)
class Part:
    """A member of the cast as a card: one name for sign-in, the posts and where."""

    username: str
    name: str
    posts: list[str]
    look: Any


@login_not_required
@require_GET
@never_cache
def cast(request: HttpRequest) -> HttpResponse:
    _check_demonstration()
    links = stage.read_links()
    examples = [
        {"url": reverse("link-open", args=[links[key]]), "words": words}
        for key, words in EXAMPLES.items()
        if key in links
    ]
    shared = reverse("shared-open", args=[links["shared"]]) if "shared" in links else ""
    notice = list_alerts(actor=SYSTEM).filter(drill="").first()
    found = {"parts": [_part(member) for member in _members()], "examples": examples, "links": links}
    return render(request, "demo/cast.html", {**found, "shared": shared, "notice": notice})


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    _check_demonstration()
    username = request.POST.get("username", "")
    if username not in {member.username for member in _members()}:
        raise Missing()
    account = get_account_by_username(actor=SYSTEM, username=username)
    login(request, account, backend=SIGNED_IN_BY)
    notice = list_alerts(actor=actor_for(account), running=True).filter(drill="").first()
    if notice is not None and "officer" in _look_of(username):
        return redirect("alert", alert_id=notice.pk)
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_not_required
@require_GET
@never_cache
def sinks(request: HttpRequest) -> HttpResponse:
    """What was sent in this hour: it went to a server on this machine."""
    _check_demonstration()
    drill, here = request.GET.get("of") == "drill", reverse("demo-sinks")
    arrived, count = read_arrived(settings.HOME, marks=tuple(DRILL.values()) if drill else ("",))
    tabs = [(_("All"), here, None, not drill), (_("Of the drill"), f"{here}?of=drill", None, drill)]
    rows = [{**one, "words": CHANNELS.get(one["channel"], one["channel"])} for one in arrived]
    return render(request, "demo/sinks.html", {"arrived": rows, "count": count, "tabs": tabs})


def _check_demonstration() -> None:
    if not settings.DEMO:
        raise Missing()


def _members() -> tuple[Member, ...]:
    return tuple(stage.CASTS.get(settings.PROFILE.name, ()))


def _look_of(username: str) -> str:
    return next(member.look for member in _members() if member.username == username)


def _part(member: Member) -> Part:
    account = get_account_by_username(actor=SYSTEM, username=member.username)
    held = list_posts_of(actor=SYSTEM, account=account)
    line: dict[str, list[str]] = {}
    for one in held:
        line.setdefault(str(post_name(one.post_kind)), []).append(one.place.name)
    posts = [f"{name}: {places[0]}" + (f" (+{len(places) - 1})" if places[1:] else "") for name, places in line.items()]
    return Part(member.username, account.name, posts, LOOK[member.look])
