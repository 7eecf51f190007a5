"""Setting a way out up, and trying it."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.crypto import keyed_hash
from linli.core.errors import Invalid
from linli.core.outward import OutwardError, check_url
from linli.core.writes import done_before, mark_done
from linli.grid.models import Place
from linli.messages.access import check_may_add, check_may_keep
from linli.messages.models import Sender
from linli.messages.queries.outbox import read_config
from linli.messages.rules import APPRISE, SENDER_CHANNEL, SMTP, WEB_PUSH
from linli.messages.senders.push import make_private_key

SECRETS = ("password", "secret", "key_secret", "token", "private_key", "url")


def add_sender(
    *,
    actor: Actor,
    name: str,
    kind: str,
    place: Place | None,
    config: Mapping[str, Any],
    per_minute: int,
    write_id: UUID | None = None,
) -> Sender:
    """Raises Invalid with the field where an address can't be used. Nothing is asked but a name server."""
    if kind not in SENDER_CHANNEL:
        raise Invalid(fields={"kind": _("Choose how it sends.")})
    check_may_add(actor, kind, place)
    check_config(kind, config)
    content = [name, kind, place.pk if place else None, per_minute, keyed_hash(json.dumps(config), "write")]
    with transaction.atomic():
        before = done_before(actor, "add_sender", write_id, content)
        if before is not None:
            return Sender.objects.get(pk=before)
        settled = {**config, "private_key": make_private_key()} if kind == WEB_PUSH else dict(config)
        made = Sender.objects.create(
            name=name,
            kind=kind,
            place=place,
            path=place.path if place else "",
            config=json.dumps(settled, ensure_ascii=False),
            per_minute=per_minute,
            made_at=clock.now(),
        )
        audit.record(actor, "add_sender", made, fields=["name", "config"], path=made.path)
        mark_done(actor, "add_sender", write_id, content, made.pk)
        return made


def check_config(kind: str, config: Mapping[str, Any]) -> None:
    """Addresses of the inside, and what is no address, are refused at once; each connection is checked again."""
    name, url = "url", config.get("url") or config.get("endpoint") or ""
    if kind == SMTP:
        name, url = "host", f"http://{config.get('host')}:{config.get('port')}/"
    elif kind == APPRISE:
        from linli.messages.senders.robots import is_apprise_address

        if not is_apprise_address(url):
            raise Invalid(fields={"url": _("apprise does not know this kind of address.")})
        return
    if not url:
        return
    try:
        check_url(url)
    except OutwardError as error:
        field = name if config.get(name) else "endpoint"
        raise Invalid(fields={field: _ADDRESS_WORDS.get(error.code, _ADDRESS_WORDS["bad_address"])}) from None


_ADDRESS_WORDS = {
    "bad_address": _("This is no address that can be asked. It begins with https://."),
    "inner_address": _(
        "This address lies inside your own network. If it is a gateway of yours, the operator lists it in "
        "LINLI_INNER_HOSTS as host:port."
    ),
    "unreachable": _("No server of this name is found. Check how it is written."),
}


def change_sender(*, actor: Actor, sender: Sender, name: str, config: Mapping[str, Any], per_minute: int) -> Sender:
    """Secrets left empty stay as they are. It is no longer taken to be failing."""
    check_may_keep(actor, sender)
    before = read_config(sender)
    kept = {key: value for key, value in before.items() if key in SECRETS and not config.get(key)}
    settled = {**config, **kept}
    if settled != before:
        check_config(sender.kind, settled)
    with transaction.atomic():
        fresh = Sender.objects.select_for_update().get(pk=sender.pk)
        changed = ["name"] * (fresh.name != name) + ["per_minute"] * (fresh.per_minute != per_minute)
        changed += ["config"] * (settled != before)
        fresh.name, fresh.per_minute = name, per_minute
        fresh.config = json.dumps(settled, ensure_ascii=False)
        fresh.failures, fresh.broken_until = 0, None
        fresh.save()
        audit.record(actor, "change_sender", fresh, fields=changed, path=fresh.path)
        return fresh


def switch_sender(*, actor: Actor, sender: Sender, is_on: bool) -> None:
    check_may_keep(actor, sender)
    with transaction.atomic():
        changed = Sender.objects.filter(pk=sender.pk).exclude(is_on=is_on)
        if changed.update(is_on=is_on, failures=0, broken_until=None):
            audit.record(actor, "switch_sender", sender, fields=["on" if is_on else "off"], path=sender.path)


def note_sender_tested(*, actor: Actor, sender: Sender, failure: str) -> None:
    """What came of the test, which the caller has sent outside any transaction."""
    check_may_keep(actor, sender)
    now = clock.now()
    with transaction.atomic():
        rows = Sender.objects.filter(pk=sender.pk)
        if failure:
            rows.update(last_failed_at=now, last_failure=failure)
        else:
            rows.update(last_ok_at=now, failures=0, broken_until=None)
        audit.record(actor, "test_sender", sender, fields=[failure or "ok"], path=sender.path)
