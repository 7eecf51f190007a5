"""Every hidden arrow on one screen: which function listens to which fact, and what the clock starts."""

from linli.core import jobs
from linli.grid.jobs import fold_headcounts


def wire() -> None:
    jobs.every(5, fold_headcounts)
    jobs.every(5, jobs.seal_audit)
    jobs.every(3600, jobs.forget_old_writes)
