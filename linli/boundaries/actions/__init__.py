"""Every write on boundaries."""

from linli.boundaries.actions.redrawings import redraw, undo_redrawing

__all__ = ["redraw", "undo_redrawing"]
