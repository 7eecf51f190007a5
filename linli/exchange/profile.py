"""How a deployment speaks CAP: its section of the profile, or values that hurt nobody where it has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings

from linli.exchange.rules.cap import CATEGORIES, CERTAINTIES, SEVERITIES, URGENCIES
from linli.grid.profile import place_kinds


@dataclass(frozen=True)
class Cap:
    category: str = "Other"
    certainty: str = "Unknown"
    geocode: str = "code"
    public_kinds: tuple[str, ...] = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    urgencies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def tag(self, language: str) -> str:
        return self.languages.get(language, language)

    def language(self, tag: str) -> str:
        """The language of Linli for a tag: the same one, or one of the same family; '' where it has none."""
        wanted = tag.lower()
        for code, own in self.languages.items():
            if own.lower() == wanted:
                return code
        family = wanted.partition("-")[0]
        return next((code for code, own in self.languages.items() if own.lower().partition("-")[0] == family), "")

    def words(self, urgency: str) -> tuple[str, str]:
        """Urgency and severity of one of the deployment's urgencies."""
        how_urgent, how_serious = self.urgencies.get(urgency, ("Unknown", "Unknown"))
        return how_urgent, how_serious


@cache
def cap() -> Cap:
    """Raises SystemExit where the profile says what CAP doesn't know."""
    raw: dict[str, Any] = dict(settings.PROFILE["cap"])
    given = {**raw, "public_kinds": tuple(raw.get("public_kinds", ()))}
    found = Cap(**given)
    wrong = [name for name, value in (("category", found.category),) if value not in CATEGORIES]
    wrong += ["certainty"] if found.certainty not in CERTAINTIES else []
    wrong += ["public_kinds"] if set(found.public_kinds) - set(place_kinds()) else []
    for code, words in found.urgencies.items():
        known = len(words) == 2 and words[0] in URGENCIES and words[1] in SEVERITIES
        wrong += [] if known else [f"urgencies.{code}"]
    if wrong:
        raise SystemExit(f"linli: the section [cap] of the profile has a value that is none: {', '.join(wrong)}")
    return found
