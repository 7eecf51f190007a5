"""Core: what every room stands on.

Clock, keys and encrypted fields, errors, audit, events and jobs, locks, writes that may be sent twice, the page frame.
It knows no place, no person and no alert.
"""
