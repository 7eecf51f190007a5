"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.residents.actions.entrances import move_entrances
from linli.residents.actions.households import (
    add_household,
    change_household,
    depart_household,
    end_answerer,
    move_household,
    name_answerer,
)
from linli.residents.actions.people import (
    add_person,
    change_person,
    depart_person,
    mark_group,
    move_person,
    record_phone_alive,
    record_phone_dead,
    unmark_group,
)
from linli.residents.actions.rosters import import_households

__all__ = [
    "add_household",
    "add_person",
    "change_household",
    "change_person",
    "depart_household",
    "depart_person",
    "end_answerer",
    "import_households",
    "mark_group",
    "move_entrances",
    "move_household",
    "move_person",
    "name_answerer",
    "record_phone_alive",
    "record_phone_dead",
    "unmark_group",
]
