"""Who may sign or approve something, by kind of organisation."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.org.kinds import GROUPS

ANY = "any"


@dataclass(frozen=True, slots=True)
class Signatories:
    """Duties that may sign, by kind or group of kinds; `any` where nothing nearer is said."""

    by_kind: tuple[tuple[str, tuple[str, ...]], ...]

    def of(self, kind: str) -> tuple[str, ...]:
        """The duties that may sign in an organisation of that kind; empty: nothing is said of it.

        The kind itself speaks before a group it belongs to, a group before `any`. Of an unknown kind ("")
        everybody may sign who may anywhere.
        """
        if not kind:
            return tuple(dict.fromkeys(duty for _, duties in self.by_kind for duty in duties))
        said = dict(self.by_kind)
        groups = [name for name, members in GROUPS.items() if kind in members]
        return next((said[name] for name in (kind, *groups, ANY) if name in said), ())
