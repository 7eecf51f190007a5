"""Pages without an account: a household's own link, and the link of a chat group. GET shows, POST confirms."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from linli.alerts import actions
from linli.alerts.forms_public import AskForm, ConfirmForm, ForgetForm, Proven, SharedForm
from linli.alerts.queries import public as queries
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing, Problem
from linli.core.middleware import no_referrer
from linli.core.throttle import count_guess, count_try, take_back_guess
from linli.duties import actions as duties
from linli.duties.profile import most_a_day
from linli.duties.queries import list_questions_of
from linli.messages.models import PersonalLink
from linli.messages.queries import get_link, get_link_by_id
from linli.messages.rules import HOUSEHOLD, RELATIVE, SHARED
from linli.residents.queries import find_household_by_dwelling_and_last4
from linli.residents.rules import name_variants
from linli.rounds.rules import OWN_TAP, SHARED_LINK
from linli.rounds.rules import RELATIVE as BY_RELATIVE

COOKIE, SALT = "linli_link", "linli.link"
HOLDS = 30 * 60  # seconds: then the link is opened again, so that a phone passed on shows nothing
JUST_NOW = 5 * 60
# Wrong tries, not tries: a whole stairwell may confirm from behind one address in a minute.
WRONG_LINKS = {"most": 20, "minutes": 10}
WRONG_FROM_ONE = {"most": 8, "minutes": 15}
WRONG_AT_DOOR = {"most": 10, "minutes": 24 * 60}
WRONG_AT_LINK = {"most": 60, "minutes": 60}

View = Callable[..., HttpResponse]
Sent = TypeVar("Sent", bound=Proven)


class SeeOther(HttpResponseRedirect):
    status_code = 303


def personal(view: View) -> View:
    """Every answer of these pages, problems too: no referrer, nothing stored, the reader's language, and one friendly
    page for links that are unknown, over, revoked or not opened on this phone."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.get("language", "")
        if chosen in _known_languages():
            _speak(request, chosen)
        try:
            response = view(request, *args, **kwargs)
        except Missing:
            response = _page(request, "alerts/public/gone.html", status=404)
        except Problem as error:
            response = _page(request, "alerts/public/problem.html", {"problem": error}, status=error.status)
        if chosen in _known_languages():
            year, secure = 365 * 86400, settings.SESSION_COOKIE_SECURE
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=year, samesite="Lax", secure=secure)
        return no_referrer(response)

    return login_not_required(shown)


def _page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Without Django's token and so without its cookie: these forms carry a proof of their own."""
    return render(request, template, {**(context or {}), "csrf_token": ""}, status=status)


def _known_languages() -> set[str]:
    return {code for code, _name in settings.LANGUAGES}


def _speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = language


def _chosen_languages(request: HttpRequest) -> list[str]:
    """What the reader asked for on this phone; empty where they never chose."""
    asked = (request.GET.get("language", ""), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
    return [code for code in asked if code in _known_languages()][:1]


def _phone_languages() -> list[str]:
    return [translation.get_language() or ""]


# The link and its cookie ---------------------------------------------------------------------------------------------


def _take(request: HttpRequest, token: str, purpose: str) -> PersonalLink:
    try:
        return get_link(token=token, purpose=purpose)
    except Missing:
        count_try("link", _origin(request), **WRONG_LINKS)
        raise


def _origin(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _exchange(link: PersonalLink, to: str) -> HttpResponse:
    """The address without the token, and a cookie that says which link was opened. Lax, not Strict: the tap comes from a
    chat app, and a Strict cookie would not travel with the redirect."""
    response = SeeOther(to)
    response.set_signed_cookie(
        COOKIE,
        f"{link.purpose}:{link.pk}",
        salt=SALT,
        max_age=HOLDS,
        path=to,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _opened(request: HttpRequest, purpose: str) -> PersonalLink:
    """The link of the cookie, as long as it still holds. Raises Missing."""
    held = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=HOLDS) or ""
    kind, _sep, key = held.partition(":")
    if kind != purpose or not key.isdigit():
        raise Missing()
    return get_link_by_id(link_id=int(key), purpose=purpose)


def _actor(link: PersonalLink) -> Actor:
    return Actor(kind="link", id=link.pk)


def sent(request: HttpRequest, link: PersonalLink, form: type[Sent], **given: Any) -> Sent:
    """What came from a page of this link. Raises Forbidden where the page did not make the form."""
    found = form(request.POST, link_id=link.pk, **given)
    if not found.is_proven():
        raise Forbidden(
            _("The page was open for too long or came from elsewhere. Open the link again and tap once more.")
        )
    return found


# A household's own link ----------------------------------------------------------------------------------------------


@require_safe
@personal
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    return _exchange(_take(request, token, HOUSEHOLD), reverse("notices"))


@require_safe
@personal
def notices(request: HttpRequest) -> HttpResponse:
    link = _opened(request, HOUSEHOLD)
    chosen = _chosen_languages(request)
    home = queries.read_home(actor=_actor(link), household=link.subject, chosen=chosen, phone=_phone_languages())
    spoken = [code for code in home.languages if code in _known_languages()]
    if spoken and not chosen:
        _speak(request, spoken[0])
    return _show_home(request, link, home, AskForm(link_id=link.pk, initial={"question_id": uuid4()}))


def _show_home(
    request: HttpRequest, link: PersonalLink, home: queries.Home, ask: AskForm, status: int = 200
) -> HttpResponse:
    context = {
        "home": home,
        "shown": [(one, _confirm_form(link, one), _is_fresh(one)) for one in home.notices],
        "relative": link.answers_as == RELATIVE,
        "asked": list_questions_of(household=link.subject),
        "ask": ask,
        "forget": ForgetForm(link_id=link.pk),
    }
    return _page(request, "alerts/public/notices.html", context, status=status)


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def ask_question(request: HttpRequest) -> HttpResponse:
    """A question or a need; somebody answers by a time, and the answer stands on this page."""
    link = _opened(request, HOUSEHOLD)
    form = sent(request, link, AskForm)
    home = queries.read_home(actor=_actor(link), household=link.subject)
    if not form.is_valid():
        return _show_home(request, link, home, form, 422)
    given = {name: form.cleaned_data[name] for name in ("question_id", "kind", "text")}
    if not any(one.pk == given["question_id"] for one in list_questions_of(household=link.subject)):
        count_try("question", str(link.subject), most=most_a_day(), minutes=24 * 60)
    duties.ask(actor=_actor(link), household=link.subject, **given)
    return SeeOther(reverse("notices") + "#asked")


def _confirm_form(link: PersonalLink, one: queries.ShownNotice) -> ConfirmForm | None:
    if one.answered_at is not None:
        return None
    return ConfirmForm(link_id=link.pk, initial={"alert": one.id, "receipt_id": uuid4()}, auto_id=False)


def _is_fresh(one: queries.ShownNotice) -> bool:
    return one.answered_at is not None and (clock.now() - one.answered_at).total_seconds() < JUST_NOW


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def confirm_notice(request: HttpRequest) -> HttpResponse:
    link = _opened(request, HOUSEHOLD)
    form = sent(request, link, ConfirmForm)
    if not form.is_valid():
        raise Missing()
    home = queries.read_home(actor=_actor(link), household=link.subject)
    notice = next((one for one in home.notices if one.id == form.cleaned_data["alert"]), None)
    if notice is not None:  # one that ended meanwhile is simply no longer there
        actions.confirm_household(
            actor=_actor(link),
            alert=notice.alert,
            household=link.subject,
            receipt_id=form.cleaned_data["receipt_id"],
            how=BY_RELATIVE if link.answers_as == RELATIVE else OWN_TAP,
        )
    return SeeOther(reverse("notices"))


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def forget_me(request: HttpRequest) -> HttpResponse:
    link = _opened(request, HOUSEHOLD)
    sent(request, link, ForgetForm)
    response = SeeOther(reverse("forgotten"))
    response.delete_cookie(COOKIE, path=reverse("notices"), samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'  # nothing else: a helper may be signed in here
    return response


@require_safe
@personal
def forgotten(request: HttpRequest) -> HttpResponse:
    return _page(request, "alerts/public/forgotten.html")


# The link of a chat group --------------------------------------------------------------------------------------------


@require_safe
@personal
def open_shared(request: HttpRequest, token: str) -> HttpResponse:
    return _exchange(_take(request, token, SHARED), reverse("shared"))


@require_safe
@personal
def shared(request: HttpRequest) -> HttpResponse:
    link = _opened(request, SHARED)
    form = SharedForm(link_id=link.pk, initial={"receipt_id": uuid4()})
    return _show_shared(request, _read_shared(request, link), form)


def _read_shared(request: HttpRequest, link: PersonalLink) -> queries.SharedNotice:
    return queries.read_shared_notice(
        actor=_actor(link),
        alert_id=link.source,
        place_id=link.subject,
        languages=[*_chosen_languages(request), *_phone_languages()],
    )


def _show_shared(
    request: HttpRequest, found: queries.SharedNotice, form: SharedForm, status: int = 200, *, wrong: bool = False
) -> HttpResponse:
    context = {"found": found, "notice": found.notice, "form": form, "wrong": wrong}
    return _page(request, "alerts/public/shared.html", context, status=status)


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def confirm_shared(request: HttpRequest) -> HttpResponse:
    link = _opened(request, SHARED)
    form = sent(request, link, SharedForm)
    found = _read_shared(request, link)
    if not form.is_valid():
        return _show_shared(request, found, form, 422)
    if not _confirm_by_digits(request, link, found, form.cleaned_data):
        return _show_shared(request, found, form, 422, wrong=True)
    return SeeOther(reverse("shared-done"))


def _confirm_by_digits(
    request: HttpRequest, link: PersonalLink, found: queries.SharedNotice, entered: dict[str, Any]
) -> bool:
    """False alike for a door that is not there, one elsewhere, and wrong digits; each try is counted before it is looked
    at, and a right one taken back."""
    door = "/".join(name_variants(part, entered[part])[0] for part in ("building", "entrance", "room"))
    counted = [
        ("shared-from", f"{link.pk}:{_origin(request)}", WRONG_FROM_ONE),
        ("shared-door", f"{link.pk}:{door}", WRONG_AT_DOOR),
        ("shared-link", str(link.pk), WRONG_AT_LINK),
    ]
    count_guess(counted)
    household = find_household_by_dwelling_and_last4(
        paths=[found.path], **{name: entered[name] for name in ("building", "entrance", "room", "last4")}
    )
    if household is None or not _confirm_shared(link, found, household, entered):
        return False
    take_back_guess(counted)
    return True


def _confirm_shared(link: PersonalLink, found: queries.SharedNotice, household: int, entered: dict[str, Any]) -> bool:
    """One that had confirmed before looks like one that confirms now."""
    try:
        actions.confirm_household(
            actor=_actor(link),
            alert=found.notice.alert,
            household=household,
            receipt_id=entered["receipt_id"],
            how=SHARED_LINK,
            within_paths=[found.path],
        )
    except Missing:  # the notice is for groups that nobody in this household belongs to
        return False
    return True


@require_safe
@personal
def shared_done(request: HttpRequest) -> HttpResponse:
    return _page(request, "alerts/public/shared_done.html")
