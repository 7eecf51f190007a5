"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.residents.actions.consents import record_ground, withdraw_ground
from linli.residents.actions.corrections import (
    approve_correction,
    ask_correction,
    lapse_corrections,
    refuse_correction,
)
from linli.residents.actions.doors import name_dwelling
from linli.residents.actions.duplicates import dismiss_duplicate, merge_people, unmerge_people
from linli.residents.actions.entrances import count_redrawn, follow_redrawing, restore_followers
from linli.residents.actions.erasures import erase_due, erase_household, erase_person, replay_erasures, review_due
from linli.residents.actions.exports import COLUMNS as EXPORT_COLUMNS
from linli.residents.actions.exports import export_register
from linli.residents.actions.households import (
    add_household,
    change_household,
    depart_household,
    end_answerer,
    move_household,
    name_answerer,
    resume_answerer,
)
from linli.residents.actions.people import (
    add_person,
    change_person,
    confirm_own_contact,
    depart_person,
    mark_group,
    move_person,
    record_phone_alive,
    record_phone_dead,
    tick_contact,
    unmark_group,
)
from linli.residents.actions.regroupings import merge_households, split_household, undo_regrouping
from linli.residents.actions.reveals import (
    ask_reveal_grant,
    decide_reveal_grant,
    note_own_reading,
    note_reading,
    reveal_answerer,
    reveal_numbers,
)
from linli.residents.actions.rosters import import_households
from linli.residents.actions.transfers import (
    accept_transfer,
    cancel_transfer,
    lapse_transfers,
    propose_transfer,
    refuse_transfer,
)
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
    "accept_transfer",
    "add_household",
    "add_person",
    "approve_correction",
    "ask_correction",
    "ask_reveal_grant",
    "cancel_transfer",
    "change_household",
    "change_person",
    "confirm_own_contact",
    "count_redrawn",
    "decide_reveal_grant",
    "depart_household",
    "depart_person",
    "dismiss_duplicate",
    "drop_upload",
    "end_answerer",
    "erase_due",
    "erase_household",
    "erase_person",
    "export_register",
    "finish_upload",
    "follow_redrawing",
    "forget_uploads",
    "import_households",
    "keep_upload",
    "lapse_corrections",
    "lapse_transfers",
    "mark_group",
    "merge_households",
    "merge_people",
    "move_household",
    "move_person",
    "name_answerer",
    "name_dwelling",
    "note_own_reading",
    "note_progress",
    "note_reading",
    "propose_transfer",
    "record_ground",
    "record_phone_alive",
    "record_phone_dead",
    "refuse_correction",
    "refuse_transfer",
    "replay_erasures",
    "restore_followers",
    "resume_answerer",
    "reveal_answerer",
    "reveal_numbers",
    "review_due",
    "split_household",
    "start_import",
    "take_waiting_upload",
    "tick_contact",
    "undo_regrouping",
    "unmark_group",
    "unmerge_people",
    "withdraw_ground",
]
