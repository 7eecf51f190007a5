"""Demo: a real district and an accelerated first hour.

Moves the clock and calls the public actions and jobs, as a user would; it may not touch a model.
"""
