"""Alerts: a notice issued at places goes down the line of posts to every household, and the receipts come back.

Under an alert stand two rounds: the posts of the line, and the households. What a post owes, who holds the part of a
vacant one, whether a branch is closed and why a household was not reached are computed from appointments, answers and
attempts. An alert's "sent" is never a receipt.
"""
