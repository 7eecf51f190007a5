"""A certificate is drawn up, and files are made of it."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_issue, find_issuing_grant
from linli.alerts.models import Alert, Certificate
from linli.alerts.queries.certificates import code_for, count_for_certificate, digest_for, pack_lines
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict
from linli.core.locks import lock
from linli.core.paths import common


def draw_up_certificate(*, actor: Actor, certificate_id: UUID, alert: Alert, code: str = "") -> Certificate:
    """Freeze the account of a notice below the place with this code ('': all that one sees), counted now. The same id
    sent again gives the same certificate."""
    with transaction.atomic():
        lock(f"certificate:{certificate_id}")
        found = Certificate.objects.filter(pk=certificate_id).first()
        if found is not None:
            if (found.alert_id, found.made_by_id) != (alert.pk, actor.id):
                raise Conflict(_("This id was already used for something else."), code="write-id-reused")
            return found
        counted = count_for_certificate(actor=actor, alert=alert, code=code)
        if counted is None:
            raise Conflict(_("Too many households for one certificate: draw one up for each place below."))
        check_may_issue(actor, counted.places)
        grant = find_issuing_grant(actor, counted.places)
        made = Certificate(
            id=certificate_id,
            alert=alert,
            path=common(place.path for place in counted.places),
            places=[{"code": place.code, "name": place.name} for place in counted.places],
            figures=counted.figures,
            lines=pack_lines(counted.account.not_reached),
            made_by_id=actor.id,
            made_post=grant.post_kind if grant else "",
            made_at=clock.now(),
        )
        made.digest, made.code = digest_for(made), code_for(made)
        made.save(force_insert=True)
        audit.record(actor, "draw_up_certificate", alert, fields=["figures"], path=made.path)
        return made


def note_certificate_file(*, actor: Actor, certificate: Certificate, language: str, sha256: str) -> None:
    """A PDF of the certificate was handed out: its fingerprint stands on the public page of the code."""
    with transaction.atomic():
        fresh = Certificate.objects.select_for_update(of=("self",)).defer("lines").get(pk=certificate.pk)
        if not any(one["sha256"] == sha256 for one in fresh.files):
            fresh.files = [*fresh.files, {"sha256": sha256, "language": language, "at": clock.now().isoformat()}]
            fresh.save(update_fields=["files"])
        audit.record(actor, "print_certificate", fresh, fields=["lines"], path=fresh.path)


def note_log_export(*, actor: Actor, alert: Alert, file_format: str) -> None:
    """Somebody takes the log of a notice out as a file."""
    with transaction.atomic():
        where = common(alert.places.values_list("path", flat=True))
        audit.record(actor, "export_alert_log", alert, fields=[file_format], path=where)
