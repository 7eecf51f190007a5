"""Rounds: is everyone accounted for.

A round is a population (places, a unit, a group), a record time, a deadline, one answer a member. Members are computed,
never copied: opening a round writes the same few rows for a cell and for a country. Coverage is read from counters; the
missing are an anti-join. A round does not know why it was opened: its source is an opaque pair.
"""
