"""A test of one sender, at once: outside the outbox. It is sent outside any transaction, then noted."""

import re
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.messages import rules, texts
from linli.messages.access import check_may_keep
from linli.messages.actions.senders import note_sender_tested
from linli.messages.models import Sender
from linli.messages.queries.outbox import read_config
from linli.messages.senders import Letter, open_way
from linli.residents.numbers import BadNumber, normalise_phone


def try_sender(*, actor: Actor, sender: Sender, to: str = "") -> str:
    """The failure, or '' where the provider took it. Raises Invalid where the address can't be one."""
    check_may_keep(actor, sender)
    fault = _address_fault(sender, to)
    if fault:
        raise Invalid(fields={"to": fault})
    failure = _send(sender, to)
    note_sender_tested(actor=actor, sender=sender, failure=failure)
    return failure


def _address_fault(sender: Sender, to: str) -> Any:
    channel = rules.SENDER_CHANNEL[sender.kind]
    if channel == rules.PUSH:
        return _(
            "Browsers subscribe by themselves: open “How I am reached” in one, and send yourself a test from there."
        )
    if channel == rules.EMAIL and not re.fullmatch(r"[^@\s]+@[^@\s]+", to):
        return _("This is no e-mail address: name@example.org")
    if channel == rules.SMS:
        try:
            normalise_phone(to)
        except BadNumber:
            return _("This is no phone number. Write it with its area or country code.")
    return ""


def _send(sender: Sender, to: str) -> str:
    if rules.SENDER_CHANNEL[sender.kind] == rules.SMS:
        to = normalise_phone(to)
    with translation.override(settings.LANGUAGE_CODE):
        said = texts.Words(settings.LANGUAGE_CODE, _("A test of Linli"), _("This way works. No reply is needed."))
    letter = Letter(
        id=0,
        to=to,
        ref=f"test-{sender.pk}",
        language=said.language,
        subject=said.headline,
        plain=texts.sms(said, "") if rules.SENDER_CHANNEL[sender.kind] == rules.SMS else said.body,
        html=texts.mail_html(said, "", "", ""),
        markdown=texts.markdown(said, "", ""),
    )
    way = open_way(sender.kind, read_config(sender))
    try:
        return way.send(letter).failure
    finally:
        way.close()
