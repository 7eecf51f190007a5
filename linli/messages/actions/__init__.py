"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction. A worker's own stand in
`outbox`."""

from linli.messages.actions.answers import (
    Report,
    file_reply,
    forget_old_messages,
    list_for_call,
    note_inbox_opened,
    note_reports,
    record_call,
    retry,
    reveal_call,
)
from linli.messages.actions.codes import forget_old_codes, send_codes, use_code
from linli.messages.actions.dispatches import begin_dispatch, enqueue, stop, stop_source
from linli.messages.actions.erasing import forget_homes, forget_people
from linli.messages.actions.links import (
    Wanted,
    make_link_rows,
    make_links,
    note_opened,
    reopen_links,
    revoke_links,
)
from linli.messages.actions.means import add_means, choose_quiet_hours, prefer_means, remove_means
from linli.messages.actions.redrawing import follow_redrawing, restore_links
from linli.messages.actions.senders import add_sender, change_sender, switch_sender
from linli.messages.actions.trying import try_sender
from linli.messages.rules import Recipient, Sending

__all__ = [
    "Recipient",
    "Report",
    "Sending",
    "Wanted",
    "add_means",
    "add_sender",
    "begin_dispatch",
    "change_sender",
    "choose_quiet_hours",
    "enqueue",
    "file_reply",
    "follow_redrawing",
    "forget_homes",
    "forget_old_codes",
    "forget_old_messages",
    "forget_people",
    "list_for_call",
    "make_link_rows",
    "make_links",
    "note_inbox_opened",
    "note_opened",
    "note_reports",
    "prefer_means",
    "record_call",
    "remove_means",
    "reopen_links",
    "restore_links",
    "retry",
    "reveal_call",
    "revoke_links",
    "send_codes",
    "stop",
    "stop_source",
    "switch_sender",
    "try_sender",
    "use_code",
]
