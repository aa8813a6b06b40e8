"""Who may sign or approve something, by kind of organisation."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.org.kinds import GROUPS

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
        said = dict(self.by_kind)
        groups = [name for name, members in GROUPS.items() if kind in members]
        return next((said[name] for name in (kind, *groups, ANY) if name in said), ())
