"""From a planned delivery to a letter: the right language and length for its channel, with its link."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages import actions, rules, texts
from linli.messages.jobs.plan import Planned
from linli.messages.queries.links import code_of
from linli.messages.queries.outbox import Outgoing
from linli.messages.rules import EMAIL, GROUP, HOUSEHOLD, ITSELF, PUSH, RELATIVE, ROBOT, SHARED, SMS, VOICE
from linli.messages.senders import Letter

PAGES = {HOUSEHOLD: "link-open", SHARED: "shared-open"}  # the pages behind personal links, of the room that shows them


@cache
def page_address(purpose: str) -> str:
    """With `TOKEN` where the token goes; '' where the deployment has no public address: a message can't be clicked then."""
    try:
        path = reverse(PAGES[purpose], args=["TOKEN"])
    except NoReverseMatch:
        return ""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""


def make_links(planned: Sequence[Planned], outgoing: Outgoing) -> dict[int, str]:
    """Delivery → the link that goes out with it. Personal ones are made for the whole batch at once."""
    found = {}
    for one in planned:
        if one.claimed.row.kind != HOUSEHOLD and one.claimed.dispatch.url and settings.PUBLIC_URL:
            found[one.claimed.row.pk] = settings.PUBLIC_URL + one.claimed.dispatch.url
    households = [one for one in planned if one.claimed.row.kind == HOUSEHOLD and one.reach.channel != VOICE]
    shared = [one for one in planned if _is_for_residents(one, outgoing)]
    found |= _make(HOUSEHOLD, households)
    found |= _make(SHARED, shared)
    return found


def _is_for_residents(one: Planned, outgoing: Outgoing) -> bool:
    if one.claimed.row.kind != GROUP or one.sender is None or one.sender.place_id is None:
        return False
    return outgoing.configs[one.sender.pk].get("audience") == "residents"


def _make(purpose: str, planned: Sequence[Planned]) -> dict[int, str]:
    address = page_address(purpose) if planned else ""
    if not address:
        return {}
    wanted = [_wanted(purpose, one) for one in planned]
    links = actions.make_link_rows(
        actor=SYSTEM, purpose=purpose, wanted=wanted, expires_at=clock.now() + rules.LINK_LASTS[purpose]
    )
    for one, link in zip(planned, links, strict=True):
        one.link_id = link.id
    return {one.claimed.row.pk: address.replace("TOKEN", link.token) for one, link in zip(planned, links, strict=True)}


def _wanted(purpose: str, one: Planned) -> actions.Wanted:
    if purpose == SHARED:
        place = one.sender.place_id if one.sender else None
        return actions.Wanted(subject=place or 0, source=one.claimed.dispatch.source_id)
    return actions.Wanted(one.claimed.row.recipient, answers_as=RELATIVE if one.reach.relative else ITSELF)


@cache
def sentences(language: str) -> Mapping[str, str]:
    """What stands around a text, in its language."""
    with translation.override(language):
        return {
            HOUSEHOLD: _("Open and confirm"),
            "read": _("Read and confirm"),
            "closing": _("Sent by Linli because you hold a post there. How you are reached is yours to choose:"),
        }


def write(one: Planned, link: str) -> Letter:
    row, dispatch, channel = one.claimed.row, one.claimed.dispatch, one.reach.channel
    words = texts.choose(dispatch.texts, one.reach.language, settings.LANGUAGE_CODE, drill=dispatch.drill)
    if dispatch.kind == rules.CODE:
        words = replace(words, headline=words.headline.replace(rules.CODE_MARK, code_of(key=dispatch.pk)))
    said = sentences(words.language)
    read_on = said["read"] if row.kind == rules.ACCOUNT else said[HOUSEHOLD]
    shape = {SMS: _sms, EMAIL: _mail, PUSH: _push, ROBOT: _robot}[channel]
    return Letter(
        id=row.pk,
        to=one.reach.address,
        ref=f"{row.pk}-{len(row.tried)}-{row.tries}",
        language=words.language,
        subject=words.headline,
        link=link,
        **shape(words, link, read_on),
    )


def _sms(words: texts.Words, link: str, read_on: str) -> dict[str, str]:  # noqa: ARG001
    return {"plain": texts.sms(words, link)}


def _push(words: texts.Words, link: str, read_on: str) -> dict[str, str]:  # noqa: ARG001
    return {"plain": texts.push_text(words)}


def _robot(words: texts.Words, link: str, read_on: str) -> dict[str, str]:
    return {"plain": texts.group_text(words), "markdown": texts.markdown(words, link, read_on)}


def _mail(words: texts.Words, link: str, read_on: str) -> dict[str, str]:
    where = settings.PUBLIC_URL + reverse("account-means")
    closing = f"{sentences(words.language)['closing']} {where}" if settings.PUBLIC_URL else ""
    return {
        "plain": texts.mail_text(words, link, read_on, closing),
        "html": texts.mail_html(words, link, read_on, closing),
    }
