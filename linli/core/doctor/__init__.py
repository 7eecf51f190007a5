"""What is missing or unsafe in a deployment, why it matters, and how to mend it.

A check is a function that yields findings; rooms add theirs in `config/wiring.py`. The command `linli doctor` and the
operator's page show the same list.
"""

from linli.core.doctor.findings import HINT, LEVELS, UNSAFE, WARNING, Finding, consult, examine, worst

__all__ = ["HINT", "LEVELS", "UNSAFE", "WARNING", "Finding", "consult", "examine", "worst"]
