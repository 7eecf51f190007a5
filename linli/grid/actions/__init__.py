"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.grid.actions.accounts import (
    NewAccount,
    appoint_person,
    change_own_language,
    deactivate_account,
    make_account,
    make_accounts,
    make_password_link,
    make_token,
    note_token_use,
    reactivate_account,
    revoke_token,
    set_operator,
    set_password,
    set_password_by_link,
)
from linli.grid.actions.headcounts import Change, fold_headcounts, record_headcount_changes
from linli.grid.actions.placements import WantedDwelling, ensure_dwellings, place_inhabited_entrances
from linli.grid.actions.places import NewPlace, add_place, add_places, rename_place
from linli.grid.actions.posts import NewAppointment, add_organisation, appoint, appoint_many, end_appointment
from linli.grid.actions.premises import (
    PremisesAdded,
    PremisesRow,
    add_building,
    add_dwellings,
    add_entrances,
    add_premises,
    place_entrances,
    record_vacancy_check,
)
from linli.grid.actions.tables import PlaceBatch, PlacesImported, import_places
from linli.grid.actions.vacancies import record_vacancy_checks

__all__ = [
    "Change",
    "NewAccount",
    "NewAppointment",
    "NewPlace",
    "PlaceBatch",
    "PlacesImported",
    "PremisesAdded",
    "PremisesRow",
    "WantedDwelling",
    "add_building",
    "add_dwellings",
    "add_entrances",
    "add_organisation",
    "add_place",
    "add_places",
    "add_premises",
    "appoint",
    "appoint_many",
    "appoint_person",
    "change_own_language",
    "deactivate_account",
    "end_appointment",
    "ensure_dwellings",
    "fold_headcounts",
    "import_places",
    "make_account",
    "make_accounts",
    "make_password_link",
    "make_token",
    "note_token_use",
    "place_entrances",
    "place_inhabited_entrances",
    "reactivate_account",
    "record_headcount_changes",
    "record_vacancy_check",
    "record_vacancy_checks",
    "rename_place",
    "revoke_token",
    "set_operator",
    "set_password",
    "set_password_by_link",
]
