"""Shared queries of commands: units and people by name, titles of obligations, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from workflow.closest_matches import closest_first
from workflow.org.duties import Unresolved, resolve
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from datetime import date

    from services.app import AppContext
    from services.context import Reads
    from workflow.board.rows import Row
    from workflow.board.sums import AssigneeKey
    from workflow.cases.case import Case
    from workflow.cases.commands.case_commands import View
    from workflow.findings.finding import Finding
    from workflow.law.procedure import Force, Text
    from workflow.org.office import Office, Recipient


class UnknownUnit(Refusal, LookupError):
    """There is no unit with that id or name; `allowed` lists the closest ids first."""


class UnknownPerson(Refusal, LookupError):
    """There is nobody with that key or name, or several people; `allowed` lists the closest keys first."""


def unit_named(app: AppContext, text: str, *, new: bool = False) -> str:
    """Return the id of a unit given by its id, its name, or the unit text of a case; "" stays "".

    Args:
        new: whether to accept any name while the office has no units.

    Raises:
        UnknownUnit: it does not exist, and no case belongs to it.
    """
    if not text:
        return ""
    units = app.reads.office().units
    for unit in units.values():
        if text.casefold() in map(str.casefold, (unit.id, *unit.names)):
            return unit.id
    if (new and not units) or app.reads.cases(text, limit=1):
        return text
    raise UnknownUnit("unknown_unit", unit=text, allowed=closest_first(text, units))


def people_named(office: Office, text: str) -> list[str]:
    """Return the keys of the people with a key or e-mail, else with a name, ignoring letter case."""
    query, people = text.casefold(), office.people.values()
    keys = [
        person.key for person in people if query in (person.key.casefold(), (person.email or "").casefold())
    ]
    return keys or [person.key for person in people if query in map(str.casefold, person.names)]


def person_named(app: AppContext, text: str, *, required: bool = False) -> str:
    """Return the key of a person given by key, e-mail or name; "" stays "" unless a person is required.

    Raises:
        UnknownPerson: nobody, or more than one person, of that name.
    """
    if not text and not required:
        return ""
    office = app.reads.office()
    keys = people_named(office, text) if text else []
    if len(keys) != 1:
        raise UnknownPerson("unknown_person", person=text, allowed=closest_first(text, office.people)[:10])
    return keys[0]


def assignees_of(office: Office, key: AssigneeKey, *, on: date) -> tuple[Recipient, ...]:
    """Return the assignees on a day: the same people a letter of that day would go to.

    The officer who gets letters nobody else can get is among them, with `why` "officer".
    """

    def recipients() -> tuple[Recipient, ...]:
        found = resolve(
            office,
            duty=key.duty,
            unit=key.unit,
            on=on,
            responsible=key.responsible,
            person=key.person,
        )
        return () if isinstance(found, Unresolved) else found

    return office.resolved_once(on, key, recipients)


def title(app: AppContext, case: Case, obligation: str) -> Text:
    """Return the title of an obligation of a whole case; for a measure of its plan, the action."""
    from workflow.deadlines.register_deadlines import entry_obligation

    return entry_obligation(case, app.library.named(case.edition), obligation).title


def force(app: AppContext, case: Case, obligation: str) -> Force:
    """Return the force of an obligation of a whole case."""
    from workflow.deadlines.register_deadlines import entry_obligation

    return entry_obligation(case, app.library.of(case), obligation).force


def cases_of(reads: Reads, rows: Iterable[Row]) -> Mapping[str, Case]:
    """Return the visible cases of board rows by id: whole for rows of measures, whose titles are in the events,
    else heads.
    """
    from workflow.cases.registers.entries import is_entry

    all_rows = tuple(rows)
    heads = reads.heads({row.case for row in all_rows})
    return {**heads, **reads.whole({row.case for row in all_rows if is_entry(row.obligation)})}


def stage_title(app: AppContext, case: Case, stage: str) -> Text | str:
    """Return a stage's title; for `completed` and `cancelled`, a code of the catalogues."""
    return app.library.named(case.edition).stage_title.get(stage, f"cli.stage.{stage}")


def findings_of(app: AppContext, view: View) -> tuple[Finding, ...]:
    """Return the findings of a case, including plan dates that cannot be kept."""
    from workflow.findings.findings import feasibility, findings
    from workflow.findings.of_risks import risk_findings

    return (
        *findings(view.case, view.procedure, view.deadlines, app.calendar),
        *feasibility(view.deadlines, app.calendar),
        *risk_findings(view.case, view.deadlines),
    )
