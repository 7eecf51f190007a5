"""How the messages of something stand, for the pages of the rooms above."""

from typing import Any

from django import template

from linli.core.actors import NOBODY
from linli.messages.access import CALL, EDIT
from linli.messages.queries import count_states
from linli.messages.rules import CONFIRMED, DELIVERED, FAILED, QUEUED, READ, SENT, STOPPED, TO_CALL
from linli.messages.words import STATES

register = template.Library()
ORDER = (FAILED, TO_CALL, QUEUED, SENT, DELIVERED, READ, CONFIRMED, STOPPED)


@register.inclusion_tag("messages/parts/states.html", takes_context=True)
def message_states(context: Any, room: str, key: Any) -> dict[str, Any]:
    """What lacks first: `{% message_states "alerts" alert.pk %}`. Nothing where nothing was to be sent. One query."""
    actor = context.get("actor") or NOBODY
    counts = count_states(actor=actor, source=(room, str(key)))
    return {
        "rows": [(*STATES[code], counts[code]) for code in ORDER if counts.get(code)],
        "total": sum(counts.values()),
        "failed": counts.get(FAILED, 0) if actor.may_somewhere(EDIT) else 0,
        "to_call": counts.get(TO_CALL, 0) if actor.may_somewhere(CALL) else 0,
    }
