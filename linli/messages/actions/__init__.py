"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.messages.actions.dispatches import begin_dispatch, enqueue, stop, stop_source
from linli.messages.actions.links import (
    Wanted,
    follow_redrawing,
    make_link_rows,
    make_links,
    note_opened,
    restore_links,
    revoke_links,
)
from linli.messages.rules import Recipient, Sending

__all__ = [
    "Recipient",
    "Sending",
    "Wanted",
    "begin_dispatch",
    "enqueue",
    "follow_redrawing",
    "make_link_rows",
    "make_links",
    "note_opened",
    "restore_links",
    "revoke_links",
    "stop",
    "stop_source",
]
