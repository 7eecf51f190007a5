"""Messages: how do I reach them.

Personal links (one purpose, one household or place, an end), what a message says, and in what words it is copied into a
chat group. Outside senders come later. A link proves that somebody was handed it; it is never an account.
"""
