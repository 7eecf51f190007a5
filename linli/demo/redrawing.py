"""In the middle of the notice somebody splits a place, sees that it was wrong, and undoes it: at every step the account adds
up and the counters say the same as the rows."""

from typing import Any

from linli.alerts.queries import get_alert, read_figures
from linli.boundaries import actions as boundaries
from linli.boundaries.queries import list_items
from linli.boundaries.rules import SPLIT, Part, Wish
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.demo.play import Play
from linli.grid import queries as places
from linli.grid.profile import leaf_kinds

SPLIT_AT, UNDONE_AT = 25, 31  # minutes of the hour


class Redrawing:
    """What was done so far, and whether every household had somebody at each step."""

    def __init__(self, play: Play):
        self.play, self.wanted = play, play.world.split
        self.made: Any = None
        self.undone, self.unaccounted, self.agree = False, 0, True

    def at(self, minute: int) -> None:
        """What falls to this minute, after its jobs."""
        if minute == SPLIT_AT:
            self._split()
        elif minute == UNDONE_AT:
            self._check()
            self._undo()
        elif minute == UNDONE_AT + 1:
            self._check()

    def _split(self) -> None:
        """The last third of what stands in the place becomes a place of its own."""
        actor = self._actor()
        place = places.get_place(actor=actor, code=self.wanted.place)
        keys = [key for key, _name, _group in list_items(place=place)]
        part = keys[len(keys) - max(1, len(keys) // 3) :]
        if place.kind in leaf_kinds():
            new = Part(name=self.wanted.name, entrances=tuple(int(key) for key in part))
        else:
            new = Part(name=self.wanted.name, children=tuple(part))
        wish = Wish(kind=SPLIT, place=place.code, on=clock.today(), paper=self.wanted.paper, parts=(new,))
        self.made = boundaries.redraw(actor=actor, wish=wish)
        self._check()

    def _undo(self) -> None:
        boundaries.undo_redrawing(actor=self._actor(), redrawing_id=self.made.pk, reason=self.wanted.why_undone)
        self.undone = True
        self._check()

    def _actor(self) -> Any:
        account = places.get_account_by_username(actor=SYSTEM, username=self.wanted.by)
        return places.actor_for(account)

    def _check(self) -> None:
        """The whole notice, counted from the rows and read from the counters."""
        self.play.look_again()
        figures = read_figures(actor=SYSTEM, alert=get_alert(actor=SYSTEM, alert_id=self.play.alert.pk))
        self.unaccounted = max(self.unaccounted, figures.account.unaccounted)
        self.agree = self.agree and figures.agree

    @property
    def adds_up(self) -> bool:
        return self.made is not None and self.undone and not self.unaccounted and self.agree

    def plain(self) -> dict[str, Any]:
        return {
            "split": self.made is not None,
            "undone": self.undone,
            "unaccounted": self.unaccounted,
            "agree": self.agree,
        }
