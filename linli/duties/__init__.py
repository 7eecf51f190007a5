"""Duties: who answers for it.

A task is what a person sees: what, where, by when, on whose post. A silence is one task per source and responsible post;
its lines are computed where they come from, and a line gets a row only when something is recorded on it. A task knows
its source as an opaque pair of room and id.
"""
