"""Keeping the register true, for programs: hand-overs, corrections, duplicates, contacts, erasure."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from linli.core.api import PROBLEMS, WRITE_PROBLEMS, Limit, actor_of, needs
from linli.core.errors import Invalid
from linli.grid.queries import get_place
from linli.residents import actions, queries
from linli.residents.access import check_may, check_may_household, check_may_look
from linli.residents.api.households import SENT_AGAIN

upkeep = Router(tags=["register"])
SEE, EDIT, APPROVE = "register.see", "register.edit", "register.approve"
STATES = "proposed, accepted, refused, cancelled or lapsed"


class WriteIn(Schema):
    id: UUID = Field(description=SENT_AGAIN)


class AnswerIn(WriteIn):
    answer: str = Field(max_length=200, description="why not: whoever asked reads it")


# Hand-overs ------------------------------------------------------------------------------------------------------------


class TransferLine(Schema):
    id: UUID
    name: str = Field(description="of the household")
    from_place: str = Field(description="name")
    to_place: str = Field(description="name")
    is_incoming: bool = Field(description="yours to accept or refuse")
    state: str = Field(description=STATES)
    at: datetime
    due_at: datetime
    is_late: bool


class TransferOut(Schema):
    id: UUID
    name: str
    kind: str
    subkind: str
    people: int
    from_place: str = Field(description="code")
    to_place: str = Field(description="code")
    reason: str = Field(description="empty once it is settled")
    new_address: str = Field(description="empty once it is settled")
    state: str = Field(description=STATES)
    answer: str
    at: datetime

    @staticmethod
    def resolve_from_place(view: queries.TransferView) -> str:
        return view.from_place.code

    @staticmethod
    def resolve_to_place(view: queries.TransferView) -> str:
        return view.to_place.code


class ProposeIn(WriteIn):
    to: str = Field(description="code of a community of the same district")
    reason: str = Field(max_length=200)
    new_address: str = Field("", max_length=200)


class AcceptIn(WriteIn):
    dwelling: int = Field(description="where it lives there")


@upkeep.get("/transfers", response={200: list[TransferLine], **PROBLEMS}, summary="Hand-overs, open ones first")
@needs(EDIT)
def list_transfers(request: HttpRequest) -> Any:
    check_may_look(actor_of(request))
    return queries.list_transfers(actor=actor_of(request))


@upkeep.get("/transfers/{transfer_id}", response={200: TransferOut, **PROBLEMS}, summary="One hand-over")
@needs(EDIT)
def get_transfer(request: HttpRequest, transfer_id: UUID) -> Any:
    return queries.get_transfer(actor=actor_of(request), transfer_id=transfer_id)


@upkeep.post(
    "/households/{household_id}/transfers",
    response={201: TransferOut, **WRITE_PROBLEMS},
    summary="Propose that another community takes it over",
    description="Until they accept, the household is counted where it is. They see its name, its number of people and what "
    "you write, nothing else.",
)
@needs(EDIT)
def propose_transfer(request: HttpRequest, household_id: int, new: ProposeIn) -> Any:
    actor = actor_of(request)
    at = check_may_household(actor, EDIT, household_id)
    to = next((one for one in queries.list_communities_near(path=at.path) if one.code == new.to), None)
    if to is None:
        raise Invalid(fields={"to": _("Choose a community of the same district.")})
    made = actions.propose_transfer(
        actor=actor,
        household_id=household_id,
        to_place_id=to.pk,
        reason=new.reason,
        new_address=new.new_address,
        write_id=new.id,
    )
    return Status(201, queries.get_transfer(actor=actor, transfer_id=made.pk))


@upkeep.post(
    "/transfers/{transfer_id}/accept",
    response={200: TransferOut, **WRITE_PROBLEMS},
    summary="Take the household over",
)
@needs(EDIT)
def accept_transfer(request: HttpRequest, transfer_id: UUID, accept: AcceptIn) -> Any:
    actor = actor_of(request)
    actions.accept_transfer(actor=actor, transfer_id=transfer_id, dwelling_id=accept.dwelling, write_id=accept.id)
    return queries.get_transfer(actor=actor, transfer_id=transfer_id)


@upkeep.post(
    "/transfers/{transfer_id}/refuse", response={200: TransferOut, **WRITE_PROBLEMS}, summary="Say why it is not taken"
)
@needs(EDIT)
def refuse_transfer(request: HttpRequest, transfer_id: UUID, refuse: AnswerIn) -> Any:
    actor = actor_of(request)
    actions.refuse_transfer(actor=actor, transfer_id=transfer_id, answer=refuse.answer, write_id=refuse.id)
    return queries.get_transfer(actor=actor, transfer_id=transfer_id)


@upkeep.post(
    "/transfers/{transfer_id}/cancel", response={200: TransferOut, **WRITE_PROBLEMS}, summary="Take a proposal back"
)
@needs(EDIT)
def cancel_transfer(request: HttpRequest, transfer_id: UUID, cancel: WriteIn) -> Any:
    actor = actor_of(request)
    actions.cancel_transfer(actor=actor, transfer_id=transfer_id, write_id=cancel.id)
    return queries.get_transfer(actor=actor, transfer_id=transfer_id)


# Corrections -----------------------------------------------------------------------------------------------------------


class CorrectionLine(Schema):
    id: UUID
    field: str = Field(description="what is said to be wrong")
    household: int = Field(alias="household_id")
    person: int | None = Field(alias="person_id")
    asked_as: str = Field(description="resident or worker")
    asked_at: datetime
    state: str = Field(description="waiting, approved, refused or lapsed")
    answer: str
    decided_at: datetime | None
    is_late: bool


class CorrectionOut(CorrectionLine):
    value: str = Field(description="what would be right; empty once it is decided")


class CorrectionIn(WriteIn):
    field: str = Field(max_length=20)
    value: str = Field("", max_length=200)
    person: int | None = Field(None, description="empty: about the household")


@upkeep.get(
    "/corrections",
    response={200: list[CorrectionLine], **PROBLEMS},
    summary="What is said to be wrong, waiting ones first",
)
@needs(EDIT)
def list_corrections(request: HttpRequest) -> Any:
    check_may_look(actor_of(request))
    return queries.list_corrections(actor=actor_of(request))


@upkeep.get("/corrections/{correction_id}", response={200: CorrectionOut, **PROBLEMS}, summary="One with its value")
@needs(EDIT)
def get_correction(request: HttpRequest, correction_id: UUID) -> Any:
    return queries.get_correction(actor=actor_of(request), correction_id=correction_id)


@upkeep.post(
    "/households/{household_id}/corrections",
    response={201: CorrectionOut, **WRITE_PROBLEMS},
    summary="Say what is wrong with a record that you may see",
)
@needs(SEE)
def ask_correction(request: HttpRequest, household_id: int, new: CorrectionIn) -> Any:
    actor = actor_of(request)
    made = actions.ask_correction(
        actor=actor,
        household_id=household_id,
        person_id=new.person,
        field=new.field,
        value=new.value,
        write_id=new.id,
    )
    return Status(201, queries.get_correction(actor=actor, correction_id=made.pk))


@upkeep.post(
    "/corrections/{correction_id}/approve",
    response={200: CorrectionOut, **WRITE_PROBLEMS},
    summary="Change the record so",
)
@needs(EDIT)
def approve_correction(request: HttpRequest, correction_id: UUID, approve: WriteIn) -> Any:
    actor = actor_of(request)
    actions.approve_correction(actor=actor, correction_id=correction_id, write_id=approve.id)
    return queries.get_correction(actor=actor, correction_id=correction_id)


@upkeep.post(
    "/corrections/{correction_id}/refuse",
    response={200: CorrectionOut, **WRITE_PROBLEMS},
    summary="Leave it, and say why",
)
@needs(EDIT)
def refuse_correction(request: HttpRequest, correction_id: UUID, refuse: AnswerIn) -> Any:
    actor = actor_of(request)
    actions.refuse_correction(actor=actor, correction_id=correction_id, answer=refuse.answer, write_id=refuse.id)
    return queries.get_correction(actor=actor, correction_id=correction_id)


# Duplicates ------------------------------------------------------------------------------------------------------------


class PairOut(Schema):
    one: int = Field(description="a person")
    other: int
    names: list[str]
    households: list[int]
    signs: list[str] = Field(description="what speaks for one person, the strongest first")


class PairsOut(Schema):
    items: list[PairOut]
    total: int


class MergeIn(WriteIn):
    other: int = Field(description="whose record goes into this one")
    take: list[Literal["name", "sex", "born_on", "id_number", "phone", "language", "registered_place"]] = Field(
        [], max_length=7, description="columns in which the other's word counts"
    )


class PairIn(WriteIn):
    other: int


class MergeOut(Schema):
    id: UUID
    person: int = Field(description="whose record went on")
    name: str
    at: datetime


@upkeep.get("/duplicates", response={200: PairsOut, **PROBLEMS}, summary="Likely duplicates below a community")
@needs(EDIT)
def list_duplicates(request: HttpRequest, place: str, limit: int = Limit) -> Any:
    actor = actor_of(request)
    at = get_place(actor=actor, code=place, permission=EDIT)
    pairs, total = queries.list_duplicates(actor=actor, place=at, most=limit)
    items = [
        {
            "one": pair.one.id,
            "other": pair.other.id,
            "names": [pair.one.name, pair.other.name],
            "households": [pair.one.household, pair.other.household],
            "signs": list(pair.signs),
        }
        for pair in pairs
    ]
    return {"items": items, "total": total}


@upkeep.post(
    "/people/{person_id}/merge", response={204: None, **WRITE_PROBLEMS}, summary="Two records are one person: this one"
)
@needs(EDIT)
def merge_people(request: HttpRequest, person_id: int, merge: MergeIn) -> Any:
    take: dict[str, bool] = dict.fromkeys(merge.take, True)
    actor = actor_of(request)
    actions.merge_people(actor=actor, kept_id=person_id, gone_id=merge.other, take=take, write_id=merge.id)
    return Status(204, None)


@upkeep.post(
    "/people/{person_id}/two", response={204: None, **WRITE_PROBLEMS}, summary="They are two: not proposed any more"
)
@needs(EDIT)
def dismiss_duplicate(request: HttpRequest, person_id: int, pair: PairIn) -> Any:
    actions.dismiss_duplicate(actor=actor_of(request), one_id=person_id, other_id=pair.other, write_id=pair.id)
    return Status(204, None)


@upkeep.get("/merges", response={200: list[MergeOut], **PROBLEMS}, summary="Merges that may still be taken back")
@needs(EDIT)
def list_merges(request: HttpRequest, place: str) -> Any:
    actor = actor_of(request)
    at = get_place(actor=actor, code=place, permission=EDIT)
    return [
        {"id": one.merged.pk, "person": one.merged.kept_id, "name": one.name, "at": one.merged.at}
        for one in queries.list_merges(actor=actor, place=at)
    ]


@upkeep.post(
    "/merges/{merged_id}/undo",
    response={204: None, **WRITE_PROBLEMS},
    summary="Two people after all: both records are back",
)
@needs(EDIT)
def unmerge_people(request: HttpRequest, merged_id: UUID, undo: WriteIn) -> Any:
    actions.unmerge_people(actor=actor_of(request), merged_id=merged_id, write_id=undo.id)
    return Status(204, None)


# Contacts --------------------------------------------------------------------------------------------------------------


class StaleOut(Schema):
    person: int = Field(alias="person_id")
    name: str
    phone: str = Field(description="masked")
    is_vulnerable: bool
    at: datetime | None = Field(description="when it was last known to be right; empty: never")
    how: str


class TickIn(WriteIn):
    channel: str = Field("phone", max_length=20)


@upkeep.get(
    "/contacts/stale",
    response={200: list[StaleOut], **PROBLEMS},
    summary="Phones to confirm again, those that need it most first",
    description="The first so many; what is confirmed falls out, and the next ones follow.",
)
@needs(SEE)
def list_stale_contacts(request: HttpRequest, place: str, group: str = "", limit: int = Limit) -> Any:
    actor = actor_of(request)
    at = get_place(actor=actor, code=place, permission=SEE)
    rows = queries.list_stale_contacts(actor=actor, place=at, group=group)[:limit]
    return queries.describe_stale(actor=actor, rows=list(rows))


@upkeep.post(
    "/people/{person_id}/contact", response={204: None, **WRITE_PROBLEMS}, summary="Asked: it is still right today"
)
@needs("tasks.work")
def tick_contact(request: HttpRequest, person_id: int, tick: TickIn) -> Any:
    actions.tick_contact(actor=actor_of(request), person_id=person_id, channel=tick.channel, write_id=tick.id)
    return Status(204, None)


# Erasure ---------------------------------------------------------------------------------------------------------------


class DueOut(Schema):
    kind: Literal["person", "household"]
    id: int
    name: str
    since: date = Field(description="gone since")
    household: int = Field(alias="household_id")
    held: str = Field(description="why it stays for now: a code; empty where nothing holds it")


class EraseIn(WriteIn):
    ground: Literal["kept_long_enough", "asked", "mistake", "order"]


class EraseDueIn(WriteIn):
    place: str = Field(description="code")


class ErasedOut(Schema):
    erased: int = Field(description="records")


@upkeep.get("/due", response={200: list[DueOut], **PROBLEMS}, summary="Records whose time is over")
@needs(APPROVE)
def list_due(request: HttpRequest, place: str) -> Any:
    actor = actor_of(request)
    at = get_place(actor=actor, code=place, permission=SEE)
    check_may(actor, APPROVE, at.path)
    return queries.list_due(actor=actor, path=at.path)


@upkeep.post("/due/erase", response={200: ErasedOut, **WRITE_PROBLEMS}, summary="Erase all of them that nothing holds")
@needs(APPROVE)
def erase_due(request: HttpRequest, due: EraseDueIn) -> Any:
    actor = actor_of(request)
    at = get_place(actor=actor, code=due.place, permission=SEE)
    return {"erased": actions.erase_due(actor=actor, path=at.path, write_id=due.id)}


@upkeep.post(
    "/people/{person_id}/erase",
    response={204: None, **WRITE_PROBLEMS},
    summary="Everything personal of a record goes for good",
)
@needs(APPROVE)
def erase_person(request: HttpRequest, person_id: int, erase: EraseIn) -> Any:
    actions.erase_person(actor=actor_of(request), person_id=person_id, ground=erase.ground, write_id=erase.id)
    return Status(204, None)


@upkeep.post(
    "/households/{household_id}/erase",
    response={204: None, **WRITE_PROBLEMS},
    summary="The same of a household and whose last home it was",
)
@needs(APPROVE)
def erase_household(request: HttpRequest, household_id: int, erase: EraseIn) -> Any:
    actions.erase_household(actor=actor_of(request), household_id=household_id, ground=erase.ground, write_id=erase.id)
    return Status(204, None)
