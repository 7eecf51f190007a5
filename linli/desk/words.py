"""The operator's page in the user's language: levels of findings, names of jobs."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.core import doctor

FINDING_STATES: dict[str, tuple[str, Any]] = {
    doctor.UNSAFE: ("stop", _("unsafe")),
    doctor.WARNING: ("vacant", _("warning")),
    doctor.HINT: ("plain", _("hint")),
}

JOB_WORDS: dict[str, Any] = {
    "alerts.jobs.advance_alerts": _("Advance alerts down the line"),
    "core.jobs.forget_old_writes": _("Forget what has served its purpose"),
    "core.jobs.keep_statistics": _("Keep the statistics of the database"),
    "core.jobs.seal_audit": _("Chain the audit trail"),
    "core.jobs.forget_old_audit": _("Delete old entries of the audit trail"),
    "core.jobs.verify_audit": _("Verify the audit trail"),
    "core.erasures.write_list": _("Write the list of erasures"),
    "duties.jobs.move_tasks": _("Pass tasks on"),
    "duties.jobs.review_standing_tasks": _("Review vacancies and dead contacts"),
    "grid.jobs.fold_headcounts": _("Fold headcounts"),
    "alerts.jobs.spread_alerts": _("Spread alerts to the outbox"),
    "boundaries.jobs.carry_on_editions": _("Take over what was chosen of the official tables"),
    "exchange.jobs.read_feeds": _("Read the feeds"),
    "duties.jobs.forget_old_questions": _("Delete old questions"),
    "alerts.jobs.forget_old_late_notes": _("Delete old notes of late records"),
    "messages.jobs.forget_old_messages": _("Delete old messages"),
    "residents.jobs.end_old_requests": _("End old requests"),
    "residents.jobs.review_retention": _("Review whose time on the register is over"),
    "residents.jobs.forget_uploads": _("Delete uploaded rosters"),
    "residents.jobs.import_waiting_rosters": _("Import rosters"),
    "rounds.jobs.carry_moves": _("Carry answers along with moves"),
    "rounds.jobs.fold_tallies": _("Fold counters"),
}


def job_words(name: str) -> Any:
    """What a job does; one that has no words yet shows its name."""
    short = name.removeprefix("linli.")
    return JOB_WORDS.get(short, short)
