"""What is held about a home, for its own people: from their link, and only after a second proof, for a link is soon passed
on. No token of Django's here either, see forms_public."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from linli.alerts.forms_about import CodeForm, ConfirmContactForm, OwnCorrectionForm, ProofForm, WithdrawForm
from linli.alerts.views.public import SALT, SeeOther, _actor, _opened, _origin, _page, personal, sent
from linli.core.errors import Invalid, Missing, TooMany
from linli.core.throttle import Tries, count_guess, count_try, take_back_guess
from linli.messages import actions as messages
from linli.messages.models import PersonalLink
from linli.messages.queries import find_code_sent, serves_sms
from linli.messages.rules import CODE_MARK, HOUSEHOLD
from linli.residents import actions, queries

PROOF = "linli_proof"
HOLDS = 10 * 60
WRONG_AT_LINK = {"most": 5, "minutes": 24 * 60}
WRONG_AT_HOME = {"most": 10, "minutes": 24 * 60}
WRONG_FROM_ONE = {"most": 20, "minutes": 60}
CODES_AT_HOME = {"most": 5, "minutes": 60}
CODE_TEXT = _("%(code)s opens the page about your home for ten minutes. Give it to nobody.")


def _people(request: HttpRequest, link: PersonalLink) -> list[int]:
    """Whose records the proof of this phone opens; nobody's where there is none, or it was given for another link."""
    held = request.get_signed_cookie(PROOF, default="", salt=SALT, max_age=HOLDS) or ""
    key, _sep, people = held.partition(":")
    return [int(one) for one in people.split(",") if one.isdigit()] if key == str(link.pk) else []


@require_safe
@personal
def about(request: HttpRequest) -> HttpResponse:
    link = _opened(request, HOUSEHOLD)
    people = _people(request, link)
    if people:
        return _show(request, link, people)
    if find_code_sent(link=link) is not None and "again" not in request.GET:
        return _page(request, "alerts/public/prove_code.html", {"form": CodeForm(link_id=link.pk)})
    return _page(request, "alerts/public/prove.html", {"form": ProofForm(link_id=link.pk)})


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def prove(request: HttpRequest) -> HttpResponse:
    """Whose phone it is. Where SMS can be sent, a code goes to it; else its last digits are the proof. Each try is counted
    before it is looked at, and a right one taken back."""
    link = _opened(request, HOUSEHOLD)
    form = sent(request, link, ProofForm)
    if not form.is_valid():
        return _page(request, "alerts/public/prove.html", {"form": form}, 422)
    counted = _counted(request, link, "about")
    count_guess(counted)
    people = queries.find_people_by_last4(household=link.subject, last4=form.cleaned_data["last4"])
    if not people:
        return _page(request, "alerts/public/prove.html", {"form": form, "wrong": True}, 422)
    take_back_guess(counted)
    path = queries.member_paths([link.subject]).get(link.subject, (0, ""))[1]
    if serves_sms(path=path):
        return _send_codes(link, people, path)
    return _let_in(link, people)


def _counted(request: HttpRequest, link: PersonalLink, what: str) -> Tries:
    return [
        (f"{what}-link", str(link.pk), WRONG_AT_LINK),
        (f"{what}-home", str(link.subject), WRONG_AT_HOME),
        (f"{what}-from", _origin(request), WRONG_FROM_ONE),
    ]


def _send_codes(link: PersonalLink, people: list[int], path: str) -> HttpResponse:
    """To whoever's phone ends so; a phone is not to be flooded by somebody who found a link."""
    count_try("codes-home", str(link.subject), **CODES_AT_HOME)
    texts = {}
    for language, _words in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = {"headline": str(CODE_TEXT) % {"code": CODE_MARK}, "body": ""}
    own = list(queries.list_own_phones(people=people))
    messages.send_codes(actor=_actor(link), link=link, people=own, path=path, texts=texts)
    return SeeOther(reverse("about-us"))


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def enter_code(request: HttpRequest) -> HttpResponse:
    """Once, for ten minutes, on the page of the link for which it was sent."""
    link = _opened(request, HOUSEHOLD)
    form = sent(request, link, CodeForm)
    if not form.is_valid():
        return _page(request, "alerts/public/prove_code.html", {"form": form}, 422)
    counted = _counted(request, link, "code")
    count_guess(counted)
    person = messages.use_code(actor=_actor(link), link=link, code=form.cleaned_data["code"])
    people = queries.find_people_of_phone(household=link.subject, person_id=person) if person else []
    if not people:
        return _page(request, "alerts/public/prove_code.html", {"form": form, "wrong": True}, 422)
    take_back_guess(counted)
    return _let_in(link, people)


def _let_in(link: PersonalLink, people: list[int]) -> HttpResponse:
    actions.note_own_reading(actor=_actor(link), household_id=link.subject)
    response = SeeOther(reverse("about-us"))
    response.set_signed_cookie(
        PROOF,
        f"{link.pk}:{','.join(map(str, people))}",
        salt=SALT,
        max_age=HOLDS,
        path=reverse("notices"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _show(
    request: HttpRequest, link: PersonalLink, people: list[int], form: OwnCorrectionForm | None = None
) -> HttpResponse:
    record = queries.read_own_record(actor=_actor(link), household=link.subject, people=people)
    shown = [
        (
            one,
            ConfirmContactForm(link_id=link.pk, initial={"person": one.line.id, "write_id": uuid4()}, auto_id=False),
            [(ground, _withdraw_form(link, ground)) for ground in one.grounds],
        )
        for one in record.people
    ]
    names = [(one.line.id, one.line.name) for one in record.people]
    form = form or OwnCorrectionForm(link_id=link.pk, people=names, initial={"write_id": uuid4()})
    context = {"record": record, "shown": shown, "form": form}
    return _page(request, "alerts/public/about.html", context, 422 if form.errors else 200)


def _withdraw_form(link: PersonalLink, ground: queries.GroundLine) -> WithdrawForm | None:
    if not (ground.id and ground.holds and ground.ground == "consent"):
        return None
    return WithdrawForm(link_id=link.pk, initial={"consent": ground.id, "write_id": uuid4()}, auto_id=False)


def _proven(request: HttpRequest) -> tuple[PersonalLink, list[int]]:
    link = _opened(request, HOUSEHOLD)
    people = _people(request, link)
    if not people:
        raise Missing()
    return link, people


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def ask(request: HttpRequest) -> HttpResponse:
    """Something is wrong, or is to be erased."""
    link, people = _proven(request)
    record = queries.read_own_record(actor=_actor(link), household=link.subject, people=people)
    names = [(one.line.id, one.line.name) for one in record.people]
    form = sent(request, link, OwnCorrectionForm, people=names)
    if form.is_valid():
        try:
            actions.ask_correction(actor=_actor(link), household_id=link.subject, **form.asked)
        except (Invalid, TooMany) as problem:
            form.blame(problem)
        else:
            return SeeOther(reverse("about-us") + "#requests")
    return _show(request, link, people, form)


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def confirm_contact(request: HttpRequest) -> HttpResponse:
    link, people = _proven(request)
    form = sent(request, link, ConfirmContactForm)
    if not form.is_valid() or form.cleaned_data["person"] not in people:
        raise Missing()
    actions.confirm_own_contact(
        actor=_actor(link),
        person_id=form.cleaned_data["person"],
        household_id=link.subject,
        write_id=form.cleaned_data["write_id"],
    )
    return SeeOther(reverse("about-us"))


@csrf_exempt  # see forms_public.proof_of
@require_POST
@personal
def withdraw(request: HttpRequest) -> HttpResponse:
    link, people = _proven(request)
    form = sent(request, link, WithdrawForm)
    own = {
        ground.id for key in people for ground in queries.list_grounds(actor=_actor(link), person_id=key) if ground.id
    }
    if not form.is_valid() or form.cleaned_data["consent"] not in own:
        raise Missing()
    actions.withdraw_ground(
        actor=_actor(link), consent_id=form.cleaned_data["consent"], write_id=form.cleaned_data["write_id"]
    )
    return SeeOther(reverse("about-us"))


@require_safe
@personal
def download(request: HttpRequest) -> HttpResponse:
    """The same as a plain text file, to keep or to show."""
    link, people = _proven(request)
    record = queries.read_own_record(actor=_actor(link), household=link.subject, people=people)
    context: dict[str, Any] = {"record": record}
    text = "\n".join(
        line.strip() for line in render_to_string("alerts/public/about.txt", context).splitlines() if line.strip()
    )
    response = HttpResponse(text + "\n", content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="linli-about-us.txt"'
    return response
