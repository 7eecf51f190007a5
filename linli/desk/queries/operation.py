"""How the deployment itself fares, for its operators."""

from dataclasses import dataclass
from typing import Any

from linli.core import chain, doctor, events, jobs, upkeep
from linli.core.actors import Actor
from linli.grid.access import check_operator
from linli.grid.queries import count_accounts, count_lacking_factor


@dataclass(frozen=True)
class Operation:
    findings: list[doctor.Finding]
    jobs: list[jobs.JobState]
    failing: list[Any]
    failing_count: int
    backups: list[Any]
    audit: dict[str, Any]
    accounts: dict[str, int]
    lacking_factor: int


def read_operation(*, actor: Actor) -> Operation:
    """Whoever is not an operator learns of nothing here. A constant number of queries."""
    check_operator(actor)
    return Operation(
        findings=doctor.examine(),
        jobs=jobs.list_states(),
        failing=events.list_failing(),
        failing_count=events.count_failing(),
        backups=upkeep.list_backups(),
        audit=chain.count_sealed(),
        accounts=count_accounts(actor=actor),
        lacking_factor=count_lacking_factor(),
    )
