"""Every write on boundaries."""

from linli.boundaries.actions.editions import apply_choices, choose_differences, take_edition
from linli.boundaries.actions.redrawings import redraw, undo_redrawing

__all__ = [
    "apply_choices",
    "choose_differences",
    "redraw",
    "take_edition",
    "undo_redrawing",
]
