"""Receipts of posts in bulk, from a gateway that has them: a group robot's confirmations, a lower system's own count."""

from collections.abc import Sequence

from django.db import transaction

from linli.alerts.actions.answers import check_moments, open_rounds
from linli.alerts.actions.spreading import stop_for_accounts
from linli.alerts.models import Alert
from linli.core.actors import Actor
from linli.core.errors import Forbidden
from linli.grid.queries import list_line_accounts
from linli.rounds import actions as rounds
from linli.rounds.intake import Receipt


def confirm_posts(*, actor: Actor, alert: Alert, receipts: Sequence[Receipt]) -> rounds.Intake:
    """`member` of a receipt is the place whose post of the line has confirmed. Only whoever may issue there speaks for
    posts; nothing more goes to those who stand at them. A second receipt of a post counts nothing."""
    _households, posts = open_rounds(alert)
    paths = actor.paths("alerts.issue")
    if not paths:
        raise Forbidden()
    check_moments(alert, receipts)
    with transaction.atomic():
        done = rounds.record_receipts(actor=actor, found=posts, receipts=receipts, within=[p for p in paths if p])
        if done.credited:
            stop_for_accounts(actor=actor, alert=alert, accounts=list_line_accounts(place_ids=done.credited))
        return done
