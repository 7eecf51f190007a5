"""Boundaries: places are merged, split, moved and renamed, and nothing is lost by it.

A redrawing is one dated act: what goes along is shown before, everything is done in one transaction, and it can be undone
until something later depends on it. Open rounds keep everybody they promised to account for; closed rounds never change.
A newer edition of the official tables is compared before any of it is taken over. Any day can be asked in which place a
house stood.
"""
