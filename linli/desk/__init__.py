"""Desk: one picture for one person.

My day, the picture, search, the resident's page: joins what the rooms hold and owns no tables. Its buttons post to the
rooms' own addresses.
"""
