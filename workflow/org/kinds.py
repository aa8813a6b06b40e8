"""Kinds of organisation the law tells apart, the groups it names together, and who signs in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

_LOCAL = (
    *("oblast_akim_office", "city_akim_office", "district_akim_office", "akim_apparatus"),
    *("oblast_department", "city_department", "district_department"),
)
KINDS = ("central_body", "committee", "territorial_department", *_LOCAL, "quasi_state")

GROUPS: Mapping[str, frozenset[str]] = {
    "state_body": frozenset(KINDS) - {"quasi_state"},
    "local_executive": frozenset(_LOCAL),
    "district_level": frozenset({"district_akim_office", "district_department"}),
}
"""Names for several kinds, allowed wherever a kind is."""

NAMES = (*KINDS, *GROUPS)


def among(kind: str, names: Collection[str]) -> bool:
    """Return whether a list of kinds and groups includes this kind.

    An empty list includes all, and an unknown kind ("") is included in every list, so that nobody is left out
    for missing data.
    """
    return not names or not kind or any(kind == name or kind in GROUPS.get(name, ()) for name in names)


ANY = "any"


@dataclass(frozen=True, slots=True)
class Signatories:
    """Duties that may sign, by kind or group of kinds; `any` for kinds without an entry."""

    by_kind: tuple[tuple[str, tuple[str, ...]], ...]

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the duties that may sign in an organisation of that kind; empty if nothing is defined for it.

        An entry of the kind counts before one of its group, a group before `any`. For an unknown kind ("") all
        signatories of all kinds are returned.
        """
        if not kind:
            return tuple(dict.fromkeys(duty for _, duties in self.by_kind for duty in duties))
        duties_by_kind = dict(self.by_kind)
        groups = [name for name, members in GROUPS.items() if kind in members]
        return next((duties_by_kind[name] for name in (kind, *groups, ANY) if name in duties_by_kind), ())
