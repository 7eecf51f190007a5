"""The findings and who looks for them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from linli.core.logs import log

UNSAFE = "unsafe"  # data may be lost, seen or false
WARNING = "warning"  # it will be a trouble one day
HINT = "hint"  # something one might want
LEVELS = (UNSAFE, WARNING, HINT)


@dataclass(frozen=True)
class Finding:
    """`code` stays the same in every language, for scripts; `mend` is a command or a sentence that says what to do."""

    code: str
    level: str
    what: str
    why: str
    mend: str

    def plain(self) -> dict[str, Any]:
        return asdict(self)


Check = Callable[[], Iterable[Finding]]
_checks: list[Check] = []


def consult(check: Check) -> None:
    if check not in _checks:
        _checks.append(check)


def examine() -> list[Finding]:
    """Every finding, the gravest first. A check that fails is a finding too."""
    found: list[Finding] = []
    for check in _checks:
        found += _run(check)
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def _run(check: Check) -> list[Finding]:
    try:
        return list(check())
    except Exception as error:  # the others must still be heard; no message, it may quote a person's data
        log.error("doctor_check_failed", check=check.__name__, error=type(error).__name__)
        what = _("The check %(name)s could not be done (%(error)s).") % {
            "name": check.__name__,
            "error": type(error).__name__,
        }
        why = _("What it looks for may be wrong without anybody seeing it.")
        return [Finding("check-failed", WARNING, what, why, _("Look at the log of 'linli doctor'."))]


def worst(found: Iterable[Finding]) -> int:
    """The exit code: 0 nothing or hints, 1 unsafe, 2 warnings."""
    levels = {one.level for one in found}
    return 1 if UNSAFE in levels else 2 if WARNING in levels else 0
