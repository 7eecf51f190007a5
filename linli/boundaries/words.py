"""The room's codes in the user's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.boundaries import rules

KINDS: Mapping[str, Any] = {
    rules.RENAME: pgettext_lazy("a place", "Rename"),
    rules.MOVE: pgettext_lazy("a place", "Move"),
    rules.MERGE: pgettext_lazy("a place", "Merge"),
    rules.SPLIT: pgettext_lazy("a place", "Split"),
    rules.SHIFT: _("Give entrances away"),
    rules.EDITION: _("Official tables"),
}
PARTS: Mapping[str, Any] = {
    rules.MADE: pgettext_lazy("a place", "new"),
    rules.ENDED: pgettext_lazy("a place", "ended"),
    rules.KEPT: pgettext_lazy("a place", "goes on"),
    rules.RENAMED: pgettext_lazy("a place", "renamed"),
}
HOLDERS: Mapping[str, Mapping[str, Any]] = {
    rules.SPLIT: {
        rules.H_SEVERAL: _(
            "Posts that one person may hold at several places are held in the new place too; others are vacant"
        ),
        rules.H_NONE: _("All posts of the new place are vacant"),
        rules.H_ALL: _("Everyone holds their post in both places"),
    },
    rules.MERGE: {
        rules.H_FILL: _("Holders of what is merged come along where a seat is free; the other appointments end"),
        rules.H_NONE: _("All appointments of what is merged end"),
        rules.H_ALL: _("Everyone comes along, also where that is a double booking"),
    },
}
DIFFERENCES: Mapping[str, Any] = {
    rules.ADDED: pgettext_lazy("a place of the tables", "Added"),
    rules.RENAMED: pgettext_lazy("a place of the tables", "Renamed"),
    rules.RECODED: _("Other code, same name"),
    rules.MOVED: pgettext_lazy("a place of the tables", "Moved"),
    rules.VANISHED: _("No longer in the tables"),
}
STATES: Mapping[str, Any] = {
    rules.OPEN: pgettext_lazy("a difference", "to be decided"),
    rules.CHOSEN: pgettext_lazy("a difference", "on its way"),
    rules.TAKEN: pgettext_lazy("a difference", "taken over"),
    rules.ALREADY: pgettext_lazy("a difference", "stands like that already"),
    rules.LEFT: pgettext_lazy("a difference", "left standing"),
    rules.REFUSED: pgettext_lazy("a difference", "not possible"),
}
WHYS: Mapping[str, Any] = {
    rules.NO_PLACE: _("The place it is about stands no more. Compare the edition once more."),
    rules.NO_PARENT: _("The place above it is not there yet. Take that one over first."),
    rules.CODE_USED: _("The code belongs to another place, or to one that ended. A code is given once."),
    rules.NAME_TAKEN: _(
        "Another place beside it has this name: the tables may have given the code to that one. Decide by hand."
    ),
    rules.TOO_MUCH: _("Too much stands below it to be done in one go. Take what is below over first."),
    rules.NOT_YOURS: _("Somebody above you decides this: it touches places that are not yours."),
    rules.BEGAN_LATER: _("The place, or one below it, began later than that day. Choose a later day."),
}


def why_words(code: str) -> str:
    """Why a difference could not be taken over: by its code, or what was said then."""
    return str(WHYS.get(code, code))


def kind_words(code: str) -> str:
    return str(KINDS.get(code, code))
