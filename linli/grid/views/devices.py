"""Phones that hold a list of the day: one's own, and those of the people whom one appoints."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.grid import actions, queries
from linli.grid.models import Device
from linli.grid.words import DEVICE_WORDS


@require_GET
def account_devices(request: HttpRequest) -> HttpResponse:
    devices = _named(queries.list_devices(actor=request.actor))
    return render(request, "grid/account_devices.html", {"devices": devices})


@require_GET
def person_devices(request: HttpRequest, account_id: int) -> HttpResponse:
    devices = _named(queries.list_devices(actor=request.actor, account_id=account_id))
    person = queries.find_person(account_id=account_id)
    return render(request, "grid/account_devices.html", {"devices": devices, "person": person})


def _named(devices: Iterable[Device]) -> list[tuple[Device, str]]:
    return [(one, DEVICE_WORDS.get(one.name, one.name)) for one in devices]


@require_POST
def device_revoke(request: HttpRequest, device_id: UUID) -> HttpResponse:
    found = actions.revoke_device(actor=request.actor, device_id=device_id)
    text = _("The phone is revoked. Its list is cleared at its next contact, and its sign-in has ended.")
    messages.success(request, text)
    if found.account_id == request.actor.id:
        return redirect("account-devices")
    return redirect("person-devices", account_id=found.account_id)
