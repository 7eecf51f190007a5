"""Certificates that were drawn up: their figures as frozen then, beside what the rows say now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from linli.alerts.models import Alert, Certificate
from linli.alerts.queries.accounting import Account, account_by_place, accounting
from linli.alerts.queries.picture import Sight, see
from linli.alerts.rules import NotReached, spell_code
from linli.core.actors import Actor
from linli.core.crypto import keyed_hash
from linli.core.errors import Missing
from linli.core.writes import digest_of
from linli.grid.models import Place
from linli.rounds.queries import count_by_how, recount

MOST_LISTED = 5_000  # households not reached on one certificate; above that, the places below are certified


@dataclass(frozen=True)
class Count:
    """What a certificate would say now of the places that an actor looks at."""

    sight: Sight
    account: Account
    places: tuple[Place, ...]
    figures: dict[str, Any]


def count_for_certificate(*, actor: Actor, alert: Alert, code: str = "") -> Count | None:
    """Counted from the rows. None where too many households were not reached to list them all."""
    sight = see(actor=actor, alert=alert, code=code)
    if sight.households.missing > MOST_LISTED:
        return None
    path = sight.place.path if sight.place else None
    account = accounting(actor=actor, alert=alert, path=path)
    below = sorted((one.place for one in sight.below), key=lambda one: one.path)
    by_place = account_by_place(actor=actor, alert=alert, account=account, places=below)
    households = sight.households
    places = (sight.place,) if sight.place else sight.starts
    of_notice = set(alert.places.values_list("place", flat=True))
    figures = {
        "households": account.households,
        "reached": account.reached,
        "receipts": account.receipts,
        "by_how": account.by_how,
        "not_reached": len(account.not_reached),
        "unaccounted": account.unaccounted,
        "expected": [households.expected, households.arrived, households.left],
        "by_place": [
            [one.place.name, one.households, one.reached, one.not_reached, one.unaccounted] for one in by_place
        ],
        "state": alert.state,
        "whole": of_notice == {place.pk for place in places},
    }
    return Count(sight, account, tuple(places), figures)


def pack_lines(rows: Sequence[NotReached]) -> str:
    return json.dumps([[row.household, row.path, row.reason, row.responsible] for row in rows], ensure_ascii=False)


def list_lines_of(*, certificate: Certificate) -> list[NotReached]:
    """The households not reached, as frozen. The caller has loaded the certificate for its actor."""
    return [NotReached(*row) for row in json.loads(certificate.lines)]


def digest_for(certificate: Certificate) -> str:
    said = [certificate.figures, certificate.places, certificate.lines]
    return digest_of([str(certificate.alert_id), certificate.path, certificate.made_at.isoformat(), *said])


def code_for(certificate: Certificate) -> str:
    """Stands for all that a certificate says; without this deployment's key it can't be made up."""
    return spell_code(keyed_hash(f"{certificate.pk}\0{digest_for(certificate)}", "certificate"))


def list_certificates(*, actor: Actor, alert: Alert, most: int = 20) -> list[Certificate]:
    """Those drawn up of a notice, newest first."""
    rows = Certificate.objects.visible_to(actor).filter(alert=alert).select_related("made_by").defer("lines")
    return list(rows.order_by("-made_at", "pk")[:most])


def get_certificate(*, actor: Actor, alert: Alert, certificate_id: UUID) -> Certificate:
    rows = Certificate.objects.visible_to(actor).filter(alert=alert, pk=certificate_id)
    found = rows.select_related("made_by", "alert").first()
    if found is None:
        raise Missing()
    return found


def find_certificate_by_code(*, code: str) -> Certificate | None:
    """For whoever holds the paper: the code is the proof. A row whose content doesn't give its code is none."""
    found = Certificate.objects.filter(code=code).select_related("alert").first()
    return found if found is not None and code_for(found) == code else None


def still_true(*, certificate: Certificate) -> bool:
    """Do the rows still give the figures that were certified? Three counts, whatever the size."""
    households = certificate.alert.households
    if households is None:
        return False
    codes = [one["code"] for one in certificate.places]
    paths = list(Place.objects.filter(code__in=codes).values_list("path", flat=True))
    now, figures = recount(found=households, paths=paths), certificate.figures
    by_how = count_by_how(found=households, paths=paths)
    return (now.members, now.answered, sum(by_how.values())) == (
        figures["households"],
        figures["reached"],
        figures["receipts"],
    )
