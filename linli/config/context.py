"""What every page's frame needs: who is here, where one may go, what the product is called."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import NOBODY, Actor
from linli.grid.profile import post_name
from linli.grid.queries import list_posts_of

MAIN = (  # route, words, permission, icon, key of the keyboard shortcut after g
    ("my-day", _("My day"), "tasks.see", "day", "d"),
    ("alert-list", _("Alerts"), "alerts.see", "alert", "a"),
    ("place-tree", _("Places"), "places.see", "place", "p"),
    ("post-vacancies", _("Posts"), "posts.see", "post", "o"),
    ("household-list", _("Register"), "register.see", "register", "r"),
    ("form-list", _("Forms"), "surveys.edit", "file", "f"),
)


@dataclass(frozen=True)
class Entry:
    """One way to go from everywhere."""

    name: str
    url: str
    words: Any
    icon: str
    key: str
    current: bool


def page(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None) or NOBODY
    return {
        "actor": actor,
        "demo": settings.DEMO,
        "languages": settings.LANGUAGES,
        "frame": SimpleLazyObject(lambda: frame(request, actor)),
    }


def frame(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Read only by the pages that show the frame: a part of a page never asks for it."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    return {
        "signed_in": signed_in,
        "name": actor.name or (user.get_username() if user and signed_in else ""),
        "posts": posts(request, actor) if signed_in else [],
        "main": entries(request, actor) if signed_in else [],
        "search": find_url("search") if signed_in else "",
        "search_live": find_url("search-live") if signed_in else "",
        "sign_in": "" if signed_in else find_url("sign-in"),
        "sign_out": find_url("sign-out"),
        "account": find_url("account"),
        "language": find_url("choose-language"),
        "home": find_url("my-day") or "/",
        "cast": find_url("demo-cast") if settings.DEMO else "",
        "clock": clock.local(clock.now()),
    }


def posts(request: HttpRequest, actor: Actor) -> list[str]:
    """The posts held now, with their places: one query."""
    valid = {grant.appointment_id for grant in actor.grants}
    account: Any = request.user
    held = [one for one in list_posts_of(actor=actor, account=account) if one.pk in valid]
    return [f"{post_name(one.post_kind)} · {one.place.name}" for one in held]


def entries(request: HttpRequest, actor: Actor) -> list[Entry]:
    """The main ways, without those that this deployment lacks or this person's posts don't open."""
    ways = [(way, find_url(way[0])) for way in MAIN if actor.may_somewhere(way[2])]
    here = _here(request, [url for _way, url in ways if url])
    return [Entry(way[0], url, way[1], way[3], way[4], url == here) for way, url in ways if url]


def _here(request: HttpRequest, urls: list[str]) -> str:
    """The way whose address is the longest beginning of this page's; `/` counts for itself only."""
    path = request.path
    under = [url for url in urls if path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))]
    return max(under, key=len, default="")


def find_url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
