"""Every write on what comes from and goes to others."""

from linli.exchange.actions.feeds import (
    FeedValues,
    add_feed,
    change_feed,
    claim_feed,
    note_entry,
    note_reading,
    read_feed_now,
)
from linli.exchange.actions.incoming import take_in
from linli.exchange.actions.publishing import set_publication, sign_document
from linli.exchange.actions.screening import begin_notice, call_back, dismiss_incoming, note_issued, reopen_incoming

__all__ = [
    "FeedValues",
    "add_feed",
    "begin_notice",
    "call_back",
    "change_feed",
    "claim_feed",
    "dismiss_incoming",
    "note_entry",
    "note_issued",
    "note_reading",
    "read_feed_now",
    "reopen_incoming",
    "set_publication",
    "sign_document",
    "take_in",
]
