"""Notices and knocks in the reader's words, for pages of this room and of the desk."""

from typing import Any

import segno
from django import template
from django.conf import settings
from django.utils.translation import get_language

from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.rules import show_code
from linli.alerts.texts import pick
from linli.alerts.words import OUTCOMES
from linli.grid.profile import word

register = template.Library()


@register.filter
def headline(alert: Alert) -> str:
    """In the language of the page, or whichever there is."""
    return pick(alert.texts, get_language() or "", settings.LANGUAGE_CODE).headline


@register.filter
def body(alert: Alert) -> str:
    return pick(alert.texts, get_language() or "", settings.LANGUAGE_CODE).body


@register.filter
def urgency_words(alert: Alert) -> str:
    found = urgencies().get(alert.urgency)
    return word({"en": found.en, "zh": found.zh}) if found else alert.urgency


@register.filter
def outcome_words(code: str) -> Any:
    """What a knock ended in."""
    return OUTCOMES.get(code, code)


@register.filter
def certificate_code(code: str) -> str:
    """In groups of four, as it stands on the paper."""
    return show_code(code)


@register.filter
def qr_code(address: str) -> str:
    """An address as a picture to scan."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=0))
