"""Every write. Keyword-only, actor first; check, decide, write, audit, publish, in one transaction."""

from linli.grid.actions.headcounts import Change, fold_headcounts, record_headcount_changes

__all__ = ["Change", "fold_headcounts", "record_headcount_changes"]
