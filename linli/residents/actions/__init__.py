"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.residents.actions.doors import name_dwelling
from linli.residents.actions.entrances import move_entrances
from linli.residents.actions.erasures import erase_due, erase_household, erase_person, replay_erasures
from linli.residents.actions.exports import COLUMNS as EXPORT_COLUMNS
from linli.residents.actions.exports import export_register
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
from linli.residents.actions.reveals import (
    ask_reveal_grant,
    decide_reveal_grant,
    note_reading,
    reveal_answerer,
    reveal_numbers,
)
from linli.residents.actions.rosters import import_households
from linli.residents.actions.uploads import (
    drop_upload,
    finish_upload,
    forget_uploads,
    keep_upload,
    note_progress,
    start_import,
    take_waiting_upload,
)

__all__ = [
    "EXPORT_COLUMNS",
    "add_household",
    "add_person",
    "ask_reveal_grant",
    "change_household",
    "change_person",
    "decide_reveal_grant",
    "depart_household",
    "depart_person",
    "drop_upload",
    "end_answerer",
    "erase_due",
    "erase_household",
    "erase_person",
    "export_register",
    "finish_upload",
    "forget_uploads",
    "import_households",
    "keep_upload",
    "mark_group",
    "move_entrances",
    "move_household",
    "move_person",
    "name_answerer",
    "name_dwelling",
    "note_progress",
    "note_reading",
    "record_phone_alive",
    "record_phone_dead",
    "replay_erasures",
    "reveal_answerer",
    "reveal_numbers",
    "start_import",
    "take_waiting_upload",
    "unmark_group",
]
