"""What becomes of an alert from outside. Pure."""

NEW, DRAFTED, ISSUED = "new", "drafted", "issued"
CALLED_BACK, DISMISSED, SUPERSEDED, ELSEWHERE = "called_back", "dismissed", "superseded", "elsewhere"

# State → the states it may go to. The diagram of the docs is made from this.
STATES: dict[str, tuple[str, ...]] = {
    NEW: (DRAFTED, CALLED_BACK, DISMISSED, SUPERSEDED),
    DRAFTED: (ISSUED, DISMISSED, SUPERSEDED),
    DISMISSED: (NEW,),
    ELSEWHERE: (NEW,),
    ISSUED: (),
    CALLED_BACK: (),
    SUPERSEDED: (),
}
WAITING = (NEW, DRAFTED)


def may_become(state: str, other: str) -> bool:
    return other in STATES.get(state, ())
