"""Every read that leaves the room. Takes the actor, is always scoped; `reach` takes what the caller has scoped."""

from linli.residents.queries.reach import (
    Door,
    MeansCount,
    contact_means,
    count_means,
    count_people,
    describe_households,
    find_household_by_dwelling_and_last4,
    list_groups_of,
    list_languages_of,
    list_without_means,
    member_paths,
)

__all__ = [
    "Door",
    "MeansCount",
    "contact_means",
    "count_means",
    "count_people",
    "describe_households",
    "find_household_by_dwelling_and_last4",
    "list_groups_of",
    "list_languages_of",
    "list_without_means",
    "member_paths",
]
