"""What an operator does on the page of the deployment. It touches the machinery of jobs and events, never a register."""

from django.utils.translation import gettext_lazy as _

from linli.core import audit, events, jobs
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.grid.access import check_operator

GONE = _("It is no longer among those that were given up. Load the page again.")


def run_job(*, actor: Actor, name: str) -> None:
    """A worker runs the job with its next look. Asked twice it runs once or twice: jobs may."""
    check_operator(actor)
    if not jobs.hasten(name):
        raise Missing()
    audit.record(actor, "run_job", ("core.job", name[-40:]))


def retry_delivery(*, actor: Actor, delivery_id: int) -> None:
    check_operator(actor)
    if not events.try_again(delivery_id):
        raise Conflict(GONE)
    audit.record(actor, "retry_delivery", ("core.eventdelivery", delivery_id))


def give_up_delivery(*, actor: Actor, delivery_id: int, reason: str) -> None:
    check_operator(actor)
    if not events.give_up(delivery_id):
        raise Conflict(GONE)
    audit.record(actor, "give_up_delivery", ("core.eventdelivery", delivery_id), reason=reason)
