"""The deployment profile: what differs between countries and cities, as one TOML file. Each room reads its section."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).resolve().parent.parent / "profiles"
SECTIONS = {"place_kinds", "post_kinds", "roles", "groups", "urgencies", "register", "staffing", "quiet"}
OPTIONAL = {"absence", "approval", "cap", "questions", "retention"}  # left out: what the room takes for usual


@dataclass(frozen=True)
class Profile:
    name: str
    language: str
    time_zone: str
    sections: dict[str, Any]

    def __getitem__(self, section: str) -> Any:
        return self.sections[section]


def load_profile(name: str) -> Profile:
    """Reads a shipped profile by name, or any file by path. Raises SystemExit with one line where it is wrong."""
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        names = ", ".join(sorted(found.stem for found in SHIPPED.glob("*.toml")))
        raise SystemExit(f"linli: there is no profile {name!r}; shipped: {names}") from None
    except tomllib.TOMLDecodeError as error:
        raise SystemExit(f"linli: the profile {path} can't be understood: {error}") from None
    lacking = ({"name", "language", "time_zone"} | SECTIONS) - set(data)
    if lacking:
        raise SystemExit(f"linli: the profile {path} lacks {', '.join(sorted(lacking))}")
    sections = {key: data[key] for key in SECTIONS} | {key: data.get(key, {}) for key in OPTIONAL}
    return Profile(data["name"], data["language"], data["time_zone"], sections)
