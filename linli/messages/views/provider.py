"""What providers call: delivery reports and replies. An address that holds an unguessable key of its sender; a gateway of
one's own signs each call besides. Everything may come twice."""

import hmac
import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.crypto import keyed_hash
from linli.core.errors import Forbidden, Invalid, Missing
from linli.core.throttle import count_try
from linli.messages import actions, queries, rules
from linli.messages.actions import Report
from linli.messages.models import Sender
from linli.messages.queries.outbox import read_config
from linli.messages.senders.gateways import sign_body

WRONG = {"most": 20, "minutes": 10}
CALLS = {"most": 20_000, "minutes": 10}
MOST_BYTES, MOST_ITEMS = 1_000_000, 1_000
STALE_S = 300
DEAD_NUMBERS = frozenset(
    {"MOBILE_NOT_ON_SERVICE", "MK:0012", "MK:0001", "UNDELIV_NULL", "bad_address", "unknown_number"}
)
View = Callable[[HttpRequest, Sender, list[dict[str, Any]]], HttpResponse]


def hook_key(sender_id: int) -> str:
    return keyed_hash(str(sender_id), "sms-hook")


def hook(view: View) -> Callable[..., HttpResponse]:
    @csrf_exempt
    @login_not_required
    @require_POST
    @wraps(view)
    def called(request: HttpRequest, sender_id: int, key: str) -> HttpResponse:
        if not hmac.compare_digest(key.encode(), hook_key(sender_id).encode()):
            count_try("hook", str(request.META.get("REMOTE_ADDR", "")), **WRONG)
            raise Missing()
        count_try("hook-calls", str(sender_id), **CALLS)
        sender = queries.find_sender(sender_id=sender_id)
        check_signature(request, sender)
        return view(request, sender, _items(request))

    return called


def check_signature(request: HttpRequest, sender: Sender) -> None:
    """Where a secret is shared: signed over time and body, and fresh, so that a call overheard is worth nothing later."""
    secret = read_config(sender).get("secret") if sender.kind == rules.SMS_HTTP else ""
    if not secret:
        return
    stamp = request.headers.get("X-Linli-Timestamp", "")
    seconds = int(stamp) if stamp.isdigit() and len(stamp) < 12 else 0
    wanted = sign_body(secret, request.body, seconds)["X-Linli-Signature"]
    given = request.headers.get("X-Linli-Signature", "")
    fresh = abs(clock.now().timestamp() - seconds) <= STALE_S
    if not fresh or not hmac.compare_digest(wanted.encode(), given.encode()):
        count_try("hook", str(request.META.get("REMOTE_ADDR", "")), **WRONG)
        raise Forbidden()


def _items(request: HttpRequest) -> list[dict[str, Any]]:
    if len(request.body) > MOST_BYTES:
        raise Invalid()
    try:
        found = json.loads(request.body)
    except ValueError:
        raise Invalid() from None
    items = found if isinstance(found, list) else [found]
    return [one for one in items[:MOST_ITEMS] if isinstance(one, dict)]


def _text(item: dict[str, Any], *names: str) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str | int) and str(value):
            return str(value).replace("\0", "")
    return ""


def _done(found: int, wanted: int) -> HttpResponse:
    """In the words of all three kinds at once. What was not known is asked for again: it may only have come too early."""
    if wanted and not found:
        return JsonResponse({"code": 1, "result": 1, "msg": "unknown reference"}, status=404)
    return JsonResponse({"code": 0, "result": 0, "msg": "ok", "errmsg": "OK"})


@hook
def report(request: HttpRequest, sender: Sender, items: list[dict[str, Any]]) -> HttpResponse:  # noqa: ARG001
    reports = list(_reports(items))
    return _done(actions.note_reports(actor=SYSTEM, sender=sender, reports=reports), len(reports))


def _reports(items: Iterable[dict[str, Any]]) -> Iterable[Report]:
    for item in items:
        ref = _text(item, "biz_id", "sid", "ref", "out_id")
        said = _text(item, "success", "report_status", "status")
        arrived = item.get("success") is True or said.lower() in {"true", "success", "delivered", "ok", "0"}
        code = _text(item, "err_code", "errmsg", "code", "failure")
        dead = code in DEAD_NUMBERS
        if ref:
            yield Report(ref, arrived, rules.BAD_ADDRESS if dead else rules.PROVIDER_ERROR)


@hook
def reply(request: HttpRequest, sender: Sender, items: list[dict[str, Any]]) -> HttpResponse:  # noqa: ARG001
    for item in items:
        phone, text = _text(item, "phone_number", "phone", "mobile"), _text(item, "content", "text")
        if _text(item, "nationcode") and not phone.startswith("+"):
            phone = f"+{_text(item, 'nationcode')}{phone}"
        ref = _text(item, "sequence_id", "ref", "id") or keyed_hash(json.dumps(item, sort_keys=True), "reply")
        if phone:
            actions.file_reply(actor=SYSTEM, sender=sender, phone=phone, text=text, ref=ref)
    return _done(len(items), len(items))
