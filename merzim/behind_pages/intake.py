"""What pages take in besides facts: schedules, years, tables of past analyses (`web.ports.opening.Intake`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from web.ports.opening import Analysis, Intake, Past, Taken, Year

if TYPE_CHECKING:
    from services.app import AppContext
    from services.imports.schedules import Considered


class HouseIntake(Intake):
    """The use cases of the commands, for pages."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def look(
        self, content: bytes, name: str, procedure: str, *, today: date
    ) -> tuple[tuple[Analysis, ...], Taken]:
        """What taking in a schedule would do. Raises UnreadablePaper, UnknownProcedure."""
        from services.imports.files import consider_schedule

        seen = consider_schedule(self._app, content, procedure, name=name, today=today)
        analyses = tuple(_analysis(one) for one in seen.analyses)
        return analyses, Taken(notes=seen.notes, matches=seen.matches, strange=seen.strange)

    def take(
        self,
        content: bytes,
        name: str,
        procedure: str,
        *,
        meant: Mapping[str, str],
        by: str,
        now: datetime,
        today: date,
    ) -> Taken:
        """Take in a schedule, all of it or none. Raises UnreadablePaper, UnknownProcedure."""
        from services.imports.files import import_schedule
        from storage.org import store as office_store
        from storage.org.chain import Stamp

        if meant:
            office_store.save(self._app.engine, matches=meant, hand=Stamp(by=by, now=now, today=today))
        done = import_schedule(self._app, content, procedure, name=name, by=by, now=now, today=today)
        return Taken(
            cases=tuple(case.id for case in done.cases),
            opened=done.opened,
            replanned=done.replanned,
            unchanged=done.unchanged,
            notes=done.notes,
            matches=done.matches,
        )

    def year(self, year: int, unit: str) -> Year:
        """What opening a year would open. Raises NothingYearly, OutOfRange."""
        from services.yearly.opening import year_ahead

        openings, there = year_ahead(self._app, year, unit=unit)
        return Year(openings=tuple(openings), there=there)

    def open_year(self, year: int, unit: str, *, by: str, now: datetime, today: date) -> int:
        """Open it; how many cases were opened."""
        from services.yearly.opening import open_year

        return len(open_year(self._app, year, unit=unit, by=by, now=now, today=today).cases)

    def past(self, content: bytes, name: str, procedure: str) -> tuple[Past, ...]:
        """Findings of a table of past analyses. Raises UnreadablePaper, UnknownProcedure."""
        from services.queries import audit

        judged = audit(self._app, content, procedure, name=name)
        return tuple(Past(case=case, findings=findings) for case, findings in judged)


def _analysis(one: Considered) -> Analysis:
    known = one.case
    return Analysis(
        row=one.schedule.row,
        object=one.schedule.object,
        unit=one.unit,
        case=known,
        facts=one.facts,
        planned=one.intended,
        new=one.new,
        moved=one.moved,
        procedure=one.procedure,
        responsible=one.schedule.responsible,
    )
