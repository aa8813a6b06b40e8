"""Kinds of organisation the law tells apart, and the groups it names together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

KINDS = (
    "central_body",
    "committee",
    "territorial_department",
    "oblast_akim_office",
    "city_akim_office",
    "district_akim_office",
    "akim_apparatus",
    "oblast_department",
    "city_department",
    "district_department",
    "quasi_state",
)

_STATE = frozenset(KINDS) - {"quasi_state"}
GROUPS: Mapping[str, frozenset[str]] = {
    "state_body": _STATE,
    "local_executive": frozenset(
        {
            *("oblast_akim_office", "city_akim_office", "district_akim_office", "akim_apparatus"),
            *("oblast_department", "city_department", "district_department"),
        }
    ),
    "district_level": frozenset({"district_akim_office", "district_department"}),
    "civil_service": _STATE,
}
"""Names for several kinds, allowed wherever a kind is."""

NAMES = (*KINDS, *GROUPS)


def among(kind: str, named: Collection[str]) -> bool:
    """Return whether a list of kinds and groups includes this kind.

    An empty list includes all, and an unknown kind ("") is included in every list, so that nobody is left out
    for missing data.
    """
    return not named or not kind or any(kind == name or kind in GROUPS.get(name, ()) for name in named)
