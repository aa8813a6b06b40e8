"""Migration of a case to another edition: preview of lost obligations and moved dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest

from i18n import LANGUAGES, refusal
from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR
from tests.permits import PERMIT, permit
from workflow.cases.case import Case, fold
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.commands.planning import preview
from workflow.law.library import Library, read_edition
from workflow.moments import Moment
from workflow.refusal import Refusal

NOW, TODAY = datetime(2026, 12, 1, 7, 0, tzinfo=UTC), date(2026, 12, 1)
STAMP = Moment(by="officer", now=NOW, today=TODAY)
NEW = "permit.2026-07-01"
NEXT = (
    PERMIT.replace("in_force = 2026-01-01", "in_force = 2026-07-01")
    .replace("count = 10", "count = 12")
    .replace('id = "visited"', 'id = "inspected"')
)
LIBRARY = Library([permit(), read_edition(f"{NEW}.toml", NEXT.encode())])


@pytest.fixture
def case_commands(ledger: SqlLedger) -> CaseCommands:
    return CaseCommands(ledger, LIBRARY, CALENDAR)


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    """An application of 1 September under the first edition, visited on the 2nd."""
    facts = {"received": date(2026, 9, 1), "visited": date(2026, 9, 2)}
    opening = Opening(procedure="permit", edition="permit.2026-01-01", facts=facts)
    return case_commands.open(opening, at=STAMP)


def test_dates_move_and_what_the_edition_does_not_know_leaves(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Twelve working days from 1 September are 17 September; the visit leaves the case, not the ledger.
    Back under the first edition the day is the old one again; what was lost is to be recorded anew."""
    change = case_commands.write(case.id, STAMP, statuses.migrate, LIBRARY, NEW)

    assert ("decided", date(2026, 9, 15), date(2026, 9, 17)) in change.moved
    (event,) = change.events
    assert (event.kind, event.payload["lost"]) == ("migrated", ["visited"])
    after = ledger.case(case.id)
    assert (after.edition, set(after.facts)) == (NEW, {"received"})
    assert fold(ledger.events(case.id)) == after
    rows = ledger.rows(case.id)
    assert "inspected" in rows
    assert "visited" not in rows
    assert {row.obligation: row for row in case_commands.recomputed(after, today=TODAY).rows} == rows
    assert case_commands.write(case.id, STAMP, statuses.migrate, LIBRARY, NEW).events == ()
    back = case_commands.write(case.id, STAMP, statuses.migrate, LIBRARY, "permit.2026-01-01")

    assert ("decided", date(2026, 9, 17), date(2026, 9, 15)) in back.moved
    case_commands.write(case.id, STAMP, recording.record, "visited", on=date(2026, 9, 2))


def test_a_preview_names_losses_and_dates_and_writes_nothing(case_commands: CaseCommands, case: Case) -> None:
    """The same command on a ledger that writes nothing."""
    command = partial(statuses.migrate, library=LIBRARY, edition=NEW)
    foreseen = preview(case_commands, case.id, command, at=STAMP)

    assert foreseen.change.events[0].payload["lost"] == ["visited"]
    assert [(change.obligation, change.before, change.after) for change in foreseen.moved] == [
        ("decided", date(2026, 9, 15), date(2026, 9, 17))
    ]
    assert [event.kind for event in case_commands.events(case.id)] == ["opened", "fact", "fact"]


@pytest.mark.parametrize("edition", ["permit.2027-01-01", "internal-analysis.2024-01-01", ""])
def test_an_edition_of_something_else_is_refused(case_commands: CaseCommands, case: Case, edition: str) -> None:
    """One sentence that names the editions there are."""
    with pytest.raises(Refusal) as caught:
        case_commands.write(case.id, STAMP, statuses.migrate, LIBRARY, edition)

    assert all(NEW in refusal(caught.value, language) for language in LANGUAGES)
