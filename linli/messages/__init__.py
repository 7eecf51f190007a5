"""Messages: how do I reach them.

Personal links (one purpose, one household or place, an end); senders that somebody set up and the means by which people are
reached; the outbox, in which a dispatch says what and a delivery says to whom and how it stands; replies. Nothing is sent
inside a transaction, nothing twice but marked, and whatever can't be sent stands on a page with its reason. A link proves
that somebody was handed it; it is never an account. What a message is about is known by the room that asks.
"""
