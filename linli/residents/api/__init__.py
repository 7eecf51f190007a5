"""The register for programs."""

from linli.residents.api.households import register
from linli.residents.api.upkeep import upkeep

register.add_router("", upkeep)

__all__ = ["register"]
