"""Linli, the working system of a neighbourhood: from an alert to every household reached, provably."""

__version__ = "0.1.0"
