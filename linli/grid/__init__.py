"""Grid: where, and who may do what there.

Places and what stands on them (buildings, entrances, dwellings), organisations, posts and appointments, accounts and
tokens, scope. A post is a kind at a place: vacancies, holders and double bookings are questions put to the dated
appointments, never columns. Headcounts of what lives below each place are kept here for every room above.
It knows no resident by name.
"""
