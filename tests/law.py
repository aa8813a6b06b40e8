"""The shipped regulations and calendar records for tests, read once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from calendars import calendar
from calendars.kazakhstan import Kazakhstan
from merzim.services.law.regulations import shared_law
from workflow.cases.case import Case, Fact
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.library import Library, read_edition
from workflow.law.procedure import Procedure

ROOT = Path(__file__).parent.parent
CALENDAR = calendar()
NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
TODAY = date(2026, 4, 6)


@lru_cache(maxsize=1)
def library() -> Library:
    """Every edition in regulations/."""
    files = sorted((ROOT / "regulations").glob("*.*.toml"))
    return Library([read_edition(file.name, file.read_bytes(), shared_law()) for file in files])


def analysis() -> Procedure:
    """The internal analysis in its 2024 edition."""
    return library().named("internal-analysis.2024-01-01")


def case(
    *,
    facts: dict[str, date] | None = None,
    planned: dict[str, date] | None = None,
    procedure: Procedure | None = None,
) -> Case:
    """A case of the internal analysis with these facts and plan dates, no evidence."""
    edition = procedure or analysis()
    return Case(
        id="2026-0001",
        procedure=edition.id,
        edition=edition.edition,
        facts={name: Fact(name=name, on=on) for name, on in (facts or {}).items()},
        planned=planned or {},
    )


def chain(
    of: Case, *, edition: Procedure | None = None, calendar: Kazakhstan = CALENDAR, today: date = TODAY
) -> dict[str, Deadline]:
    """The deadlines of a case by id; of the internal analysis where no edition is given."""
    return {deadline.id: deadline for deadline in deadlines(of, edition or analysis(), calendar, today=today)}
