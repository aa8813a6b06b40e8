"""Resolves the duties of a reminder step to people, each once, with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from workflow.board.rows import assignee_key
from workflow.cases.case import Case
from workflow.law.procedure import Obligation, Step
from workflow.org.duties import Unresolved, concerned, heads_over, resolve
from workflow.org.office import Office, Recipient

# In a reminder step, "duty" means the person responsible; every other word is a duty of the office.
THE_DUTY_ITSELF = "duty"
CHIEF_OF_STAFF = "chief_of_staff"


def resolve_recipients(
    office: Office, case: Case, obligation: Obligation, deadline: str, step: Step, *, on: date
) -> tuple[tuple[Recipient, ...], tuple[Unresolved, ...]]:
    """Return the recipients of a step of a deadline (its id with its period) on that day, and its duties that
    nobody holds. Of an obligation that is not obligatory only those who must fulfil it are told.
    """
    people: dict[str, Recipient] = {}
    nobody, organisation = [], office.organisation(case.unit)
    executors = resolve(office, on=on, **assignee_key(case, obligation, deadline)._asdict())
    recommended = obligation.force != "obligatory" and THE_DUTY_ITSELF in step.to
    for duty in (THE_DUTY_ITSELF,) if recommended else step.to:
        itself, without = duty == THE_DUTY_ITSELF, concerned(duty, case.person)
        recipients: tuple[Recipient, ...] | Unresolved
        if itself:
            recipients = executors
        elif duty == "head_of_unit":
            places = _places(office, case, executors)
            recipients = heads_over(office, places, on=on, without=without, first_head=step.last)
        else:
            recipients = resolve(office, duty=duty, unit=case.unit, on=on, person=case.person)
        if isinstance(recipients, Unresolved):
            nobody.append(recipients)
            continue
        for recipient in recipients:
            # Those of other organisations are not told, where the kinds of organisations are known.
            is_elsewhere = organisation not in (None, office.organisation(recipient.person.unit))
            if duty == CHIEF_OF_STAFF and is_elsewhere:
                continue
            # The officer replaces a missing head and gets a copy, because somebody responsible was found.
            told = recipient if itself or recipient.why == "deputy" else replace(recipient, why="copied")
            people.setdefault(recipient.person.key, told)
    return tuple(people.values()), tuple(nobody)


def _places(office: Office, case: Case, executors: tuple[Recipient, ...] | Unresolved) -> list[tuple[str, str]]:
    """Return unit and key of each responsible person; the case's unit if there are none, or if the officer
    replaces them.
    """
    recipients = () if isinstance(executors, Unresolved) else executors
    answering = [
        recipient.instead_of or recipient.person for recipient in recipients if recipient.why != "officer"
    ]
    places = [(person.unit, person.key) for person in answering if person.unit in office.units]
    return places or [(case.unit, "")]


def resolve_assignees(
    office: Office, case: Case, obligation: Obligation, deadline: str, *, on: date
) -> tuple[Recipient, ...]:
    """Return the people who must fulfil the obligation on that day, or their deputies; nobody if none is."""
    people = resolve(office, on=on, **assignee_key(case, obligation, deadline)._asdict())
    return () if isinstance(people, Unresolved) else people
