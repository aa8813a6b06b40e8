"""What the pages that look over organisations need of the shell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from workflow.law.overlay import Overlay
from workflow.law.procedure import Obligation, Procedure
from workflow.org.access import Scope
from workflow.org.office import Office, Person
from workflow.reports.consolidated import Consolidated
from workflow.reports.uploads import Waiting
from workflow.reports.yearly_clock import Turn


class Gathered(Protocol):
    """The consolidated form with what it is of."""

    @property
    def procedure(self) -> Procedure: ...

    @property
    def obligation(self) -> Obligation: ...

    @property
    def form(self) -> Consolidated: ...

    @property
    def office(self) -> Office: ...


class Ready(Protocol):
    """An upload for which something is ready: whose, through whose account, and who holds that."""

    @property
    def waiting(self) -> Waiting: ...

    @property
    def unit(self) -> str: ...

    @property
    def through(self) -> str: ...

    @property
    def people(self) -> tuple[Person, ...]: ...


class Clocked(Protocol):
    """Where an organisation stands, and the own rules by which it reads "once a year"."""

    @property
    def turn(self) -> Turn: ...

    @property
    def rules(self) -> Overlay | None: ...


class Gathering(Protocol):
    """What many organisations did, as somebody may see it. `unit` narrows to it and all below; "" is all."""

    def consolidated(
        self, procedure: str, obligation: str, scope: Scope, *, unit: str, year: int, today: date
    ) -> Gathered:
        """One obligation over a year. Raises UnknownProcedure, UnknownObligation."""

    def ready(self, scope: Scope, *, unit: str, today: date) -> Sequence[Ready]:
        """What is ready and has not been uploaded to the platform of the higher body."""

    def turns(self, scope: Scope, *, unit: str, today: date) -> Sequence[Clocked]:
        """The once-a-year clock of the internal analysis."""
