"""Facts for the rooms above."""

from dataclasses import dataclass

from linli.core.events import Fact


@dataclass(frozen=True)
class AlertIssued(Fact):
    """A notice went out to its places."""

    alert_id: str


@dataclass(frozen=True)
class AlertEnded(Fact):
    """A notice was updated, cancelled or has expired."""

    alert_id: str
    state: str
