"""Every write stands in an action, where it is checked, audited and in one transaction."""

import pytest

from tests.architecture.source import Source, findings, sources
from tests.architecture.writes import database_writes

# The intake lane shares its one statement with the action that is a batch of one. Core writes its own tables in the
# writer's transaction. The deployment's one row is written before anybody can act.
ALLOWED = {
    "rounds/intake.py",
    "core/audit.py",
    "core/erasures.py",
