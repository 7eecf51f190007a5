"""The rooms' figures for Prometheus and their checks for the doctor. Counts only."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.core.doctor import UNSAFE, WARNING, Finding
from linli.core.doctor.place import INNER
from linli.core.metrics import Gauge, gauge
from linli.grid.models import Account, Place
from linli.grid.queries import count_lacking_factor
from linli.messages.models import Delivery, Sender
from linli.rounds.models import Round


def read_rounds() -> Iterator[Gauge]:
    rows = Round.objects.filter(closed_at=None).order_by().values_list("source_room", "unit").annotate(n=Count("pk"))
    values = [((room, unit), float(n)) for room, unit, n in rows]
    yield Gauge("linli_rounds_open", "Rounds that are not closed.", ("source", "unit"), values)


def read_outbox() -> Iterator[Gauge]:
    """By state and channel, and by the number of the sender: its name was given by people."""
    rows = Delivery.objects.order_by().values_list("state", "channel", "sender_id").annotate(n=Count("pk"))
    values = [((state, channel or "none", str(sender or "none")), float(n)) for state, channel, sender, n in rows]
    yield Gauge("linli_outbox", "Messages by how far they have come.", ("state", "channel", "sender"), values)
    broken = Sender.objects.filter(is_on=True, failures__gt=0).count()
    yield gauge("linli_senders_failing", "Senders whose last try failed.", broken)


def check_accounts() -> Iterator[Finding]:
    """Somebody keeps the deployment, and those who must have a second factor have one."""
    if not Account.objects.filter(is_operator=True, is_active=True).exists():
        yield Finding(
            "no-operator",
            WARNING,
            _("No account is an operator's."),
            _("Nobody can open accounts or see this list in the browser."),
            "linli account operator NAME",
        )
    lacking = count_lacking_factor()
    if lacking:
        yield Finding(
            "second-factor-missing",
            WARNING,
            ngettext(
                "%(n)s account lacks the second factor that its posts ask for.",
                "%(n)s accounts lack the second factor that their posts ask for.",
                lacking,
            )
            % {"n": lacking},
            _("A stolen password alone opens what those posts may see."),
            _("Its owner sets it up on the page 'My account'."),
        )


def check_places() -> Iterator[Finding]:
    """An empty deployment: everything else begins with its places."""
    if not Place.objects.exists():
        yield Finding(
            "no-places",
            WARNING,
            _("There are no places yet."),
            _("Posts, the register and notices all stand at places."),
            "linli import places " + _("FOLDER"),
        )


def check_senders() -> Iterator[Finding]:
    """A way out that has never worked, or not since it last failed."""
    for one in Sender.objects.filter(is_on=True, last_ok_at=None).order_by("pk")[:5]:
        yield Finding(
            "sender-untried",
            WARNING,
            _("The sender %(name)s has never sent anything.") % {"name": one.name},
            _("Whether it works would show only in an emergency."),
            _("Send a test message with it on the page of channels."),
        )
    for one in Sender.objects.filter(is_on=True, failures__gte=3).exclude(last_ok_at=None).order_by("pk")[:5]:
        yield Finding(
            "sender-failing",
            UNSAFE,
            _("The sender %(name)s fails (%(why)s).") % {"name": one.name, "why": one.last_failure},
            _("Messages go by the next means of each person, or wait."),
            _("Look at it on the page of channels, and send a test message."),
        )


def check_links() -> Iterator[Finding]:
    """Messages to residents and posts end in a link, of which the worker must know the beginning."""
    if settings.PUBLIC_URL or settings.DEMO:
        return
    count = Sender.objects.filter(is_on=True).count()
    if count:
        yield Finding(
            "links-without-address",
            UNSAFE,
            ngettext(
                "%(n)s sender sends messages without their links: LINLI_PUBLIC_URL is not set.",
                "%(n)s senders send messages without their links: LINLI_PUBLIC_URL is not set.",
                count,
            )
            % {"n": count},
            _("Whoever gets such a message has nothing to confirm it with, and counts as not reached."),
            "LINLI_PUBLIC_URL=https://" + _some_host(),
        )


def _some_host() -> str:
    hosts = [one.lstrip(".") for one in settings.ALLOWED_HOSTS if one not in {"*", *INNER}]
    return hosts[0] if hosts else "linli.example.org"
