"""Every setting of a deployment, read from the environment (`LINLI_…`). `docs/settings.md` is checked against this."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LEAST_AUDIT_DAYS = 183  # six months: Cybersecurity Law of the PRC, article 21


class Env(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LINLI_", extra="ignore")

    home: Path = Field(Path("~/.linli"), description="Folder of the embedded database and the key file.")
    database_url: str = Field("", description="postgresql://user:password@host:5432/name; empty: SQLite in the home.")
    secret_key: str = Field("", description="At least 32 characters; signs cookies and derives the data keys.")
    key_file: Path | None = Field(
        None, description="Mode-600 file that holds the key; default `keys.toml` in the home."
    )
    erasure_list: Path | None = Field(
        None,
        description="List of erasures that outlives the database; default `erasures.jsonl` in the home. Back it up apart.",
    )
    profile: str = Field("china", description="Deployment profile: a shipped name or the path of a TOML file.")
    hosts: str = Field("localhost,127.0.0.1,[::1]", description="Host names that are answered, with commas.")
    public_url: str = Field("", description="Address that personal links start with; default: the request's own.")
    inner_hosts: str = Field(
        "", description="Gateways of one's own network that may be reached, as host:port, with commas; else none is."
    )
    oidc_issuer: str = Field("", description="Address of an OpenID Connect issuer; empty: no outside sign-in.")
    oidc_client_id: str = Field("", description="What the issuer calls this deployment.")
    oidc_client_secret: str = Field("", description="The secret that the issuer gave for it.")
    oidc_name: str = Field("OpenID Connect", description="What the button of the outside sign-in is called.")
    oidc_username_claim: str = Field(
        "", description="Claim whose value is the name for sign-in, where the issuer is trusted to tell it."
    )
    oidc_second_factor: bool = Field(
        default=False, description="The issuer asks for a second factor itself: none is asked for here."
    )
    cap_sender: str = Field(
        "", description="Sender of CAP messages; default `linli@` and the host of the public address."
    )
    cap_key: Path | None = Field(
        None,
        description="Mode-600 PEM file with key and certificate that CAP documents are signed by; default: unsigned.",
    )
    https: bool = Field(default=False, description="Cookies only over TLS, HSTS; set it behind every public address.")
    metrics_token: str = Field(
        "",
        description="At least 16 characters: Prometheus reads /metrics with `Authorization: Bearer …`; empty: not there.",
    )
    keep_audit_days: int = Field(
        1095,
        description="How long the audit trail with its log of who opened which record is kept; at least 183, 0: for ever.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(default=False, description="One JSON object a log line.")
    tiles: Path | None = Field(
        None, description="Background of the map: an MBTiles file (png, jpg, webp) or a folder z/x/y; empty: plain."
    )
    tiles_attribution: str = Field("", description="Who made the background; shown on every map.")
    demo: bool = Field(default=False, description="Demonstration: one-click sign-in and a movable clock. Never in use.")

    @field_validator("metrics_token")
    @classmethod
    def _long_enough(cls, text: str) -> str:
        if text and len(text) < 16:
            raise ValueError("it needs at least 16 characters")
        return text

    @field_validator("keep_audit_days")
    @classmethod
    def _half_a_year(cls, days: int) -> int:
        if days and days < LEAST_AUDIT_DAYS:
            raise ValueError(
                f"logs of access are kept at least six months: {LEAST_AUDIT_DAYS} days or more, or 0 for ever"
            )
        return days

    @field_validator("inner_hosts")
    @classmethod
    def _hosts_with_ports(cls, text: str) -> str:
        for entry in text.split(","):
            if entry.strip() and not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):[1-9]\d{0,4}", entry.strip()):
                raise ValueError(f"{entry.strip()!r} is not host:port")
        return text


@cache
def env() -> Env:
    try:
        return Env()
    except ValidationError as error:
        first = error.errors()[0]
        name = "LINLI_" + str(first["loc"][0]).upper()
        raise SystemExit(f"linli: the setting {name} is wrong: {first['msg']}") from None


def home() -> Path:
    return env().home.expanduser().resolve()


def database(url: str, folder: Path) -> dict[str, Any]:
    """The Django database settings for `url`, or for SQLite in `folder` where it is empty."""
    if not url:
        url = f"sqlite:///{folder / 'linli.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit("linli: LINLI_DATABASE_URL must start with postgresql:// or sqlite:///")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def sqlite(path: str) -> dict[str, Any]:
    """WAL with full sync: a confirmed receipt is on disk; writers queue instead of failing. The log grows to 32 MB before
    it is written back: pages that many batches touch are then written once."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000;"
            " PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY",
        },
    }


def in_test() -> bool:
    return "PYTEST_VERSION" in os.environ
