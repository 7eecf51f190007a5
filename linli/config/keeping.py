"""The table of what is kept how long, and `linli retention`, which says what would go now."""

from datetime import timedelta

import typer
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session

from linli.alerts.models import LateRecord
from linli.core import clock, console, jobs
from linli.core.models import AuditEntry, DoneWrite, Event, Throttle
from linli.core.retention import Kept, kept
from linli.duties.profile import texts_kept
from linli.messages.models import Dispatch, Reply
from linli.residents.models import RosterUpload
from linli.residents.profile import departed_kept
from linli.residents.rules import UPLOAD_KEPT

MONTH, DAY = jobs.WRITES_KEPT, jobs.TRIES_KEPT


def mount(app: typer.Typer) -> None:
    app.command("retention")(show)


def table() -> list[Kept]:
    """What concerns residents first. Who departed is named one by one on the page of the register."""
    now = clock.now()
    audit = timedelta(days=settings.KEEP_AUDIT_DAYS) if settings.KEEP_AUDIT_DAYS else None
    return [
        Kept(
            "records of people who departed",
            departed_kept(),
            "the ground for holding them is over; open rounds and tasks hold them longer",
            "residents.jobs.review_retention",
        ),
        Kept(
            "file of a roster",
            UPLOAD_KEPT,
            "it was only on its way into the register",
            "residents.jobs.forget_uploads",
            lambda: RosterUpload.objects.filter(made_at__lt=now - UPLOAD_KEPT).count(),
        ),
        Kept(
            "questions and needs of residents, once answered",
            texts_kept(),
            "whoever asked may ask again what was said",
            "duties.jobs.forget_old_questions",
        ),
        Kept(
            "messages that were sent, and how far they came",
            kept("messages"),
            "to answer who was told when",
            "messages.jobs.forget_old_messages",
            lambda: Dispatch.objects.filter(made_at__lt=now - kept("messages")).count(),
        ),
        Kept(
            "replies to messages",
            kept("replies"),
            "what was filed from them stays with the task or receipt",
            "messages.jobs.forget_old_messages",
            lambda: Reply.objects.filter(expires_at__lte=now).count(),
        ),
        Kept(
            "what was written on late records of a knock, once decided",
            kept("late_notes"),
            "whoever decided may be asked why",
            "alerts.jobs.forget_old_late_notes",
            lambda: LateRecord.objects.filter(decided_at__lt=now - kept("late_notes")).exclude(note="").count(),
        ),
        Kept(
            "audit trail, with who opened which record",
            audit,
            "a log of access is kept at least six months; LINLI_KEEP_AUDIT_DAYS",
            "core.jobs.forget_old_audit",
            lambda: AuditEntry.objects.exclude(seal=None).filter(at__lt=now - audit).count() if audit else 0,
        ),
        Kept(
            "ids of writes that may be sent twice",
            MONTH,
            "a phone may come back late",
            "core.jobs.forget_old_writes",
            lambda: DoneWrite.objects.filter(at__lt=now - MONTH).count(),
        ),
        Kept(
            "events that were taken up",
            MONTH,
            "for whoever looks for a fault",
            "core.jobs.forget_old_writes",
            lambda: Event.objects.filter(at__lt=now - MONTH).exclude(deliveries__done_at=None).count(),
        ),
        Kept(
            "counters of tries and failed sign-ins",
            DAY,
            "they only slow down guessing",
            "core.jobs.forget_old_writes",
            lambda: (
                Throttle.objects.filter(window_from__lt=now - DAY).count()
                + AccessAttempt.objects.filter(attempt_time__lt=now - DAY).count()
            ),
        ),
        Kept(
            "sessions",
            timedelta(seconds=settings.SESSION_COOKIE_AGE),
            "whoever was signed in signs in again",
            "core.jobs.forget_old_writes",
            lambda: Session.objects.filter(expire_date__lt=now).count(),
        ),
    ]


def show() -> None:
    """Say what is kept how long, by which job, and how much of it is over now."""
    rows = [
        {"what": one.what, "kept": one.words, "why": one.why, "job": one.job, "due": one.due() if one.due else None}
        for one in table()
    ]
    lines = [
        f"{row['what']}: {row['kept']} ({row['why']})" + ("" if row["due"] is None else f"; {row['due']} over now")
        for row in rows
    ]
    console.result({"kept": rows}, "\n".join(lines))
