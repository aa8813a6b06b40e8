"""People who leave: what passes to others then, and anonymising who left by an order of the office, after the
years set in config.toml.

Names, addresses and log-in names are replaced in every table by "former employee" and a number; the chains can
still be verified. Evidence files and older backups are not changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

import i18n
from merzim.services.board.deadlines import keys_of_person
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Ground, Key, Line
from merzim.services.names import assignees_of, cases_of
from merzim.services.people import staff
from merzim.services.upkeep import maintenance
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.maintenance import anonymising
from merzim.storage.maintenance.anonymising import Erasure, open_cases_naming
from merzim.storage.office import former_people
from merzim.storage.tables.organisation import FormerPersonRow
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.deadlines.deadline import is_overdue
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

MOST_READ = 20_000
"""Maximum number of deadlines that are looked through."""
_Duty: TypeAlias = "tuple[Text | None, str, tuple[str, ...]]"
"""Title, unit, and who gets it then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingDuty:
    """The open deadlines of one obligation and unit that would pass from a person to others.

    Attributes:
        title: None for confidential cases: administrators of people may not see them.
        unit: id of the unit, "" for confidential cases.
        count: how many open deadlines; `late`: how many of them are overdue.
        to: the people who would be notified instead; empty if nobody would.
    """

    title: Text | None
    unit: str
    count: int
    late: int
    to: tuple[Person, ...]


def pending_duties(ctx: RequestContext, person: str) -> Sequence[PendingDuty]:
    """Return the open deadlines a person is notified of, by obligation, unit and who gets them then, the most
    numerous first. Those of confidential cases are one entry: administrators of people may not see them.
    """
    reads, library, today = ctx.app.reads, ctx.app.library, ctx.today
    office = reads.office()
    without = _office_without(office, person)
    own = frozenset(keys_of_person(office, person, reads.assignees(), on=today))
    rows = reads.listed(
        DeadlineFilter(horizon=Horizon(today=today, soon=today), assignees=own), limit=MOST_READ
    )
    cases = cases_of(reads, rows)
    counts, late = Counter[_Duty](), Counter[_Duty]()
    for row in rows:
        case = cases[row.case]
        duty: _Duty = (None, "", ())
        if not (case.confidential or library.of(case).confidential):
            to = assignees_of(without, row.assignee, on=today)
            title = entry_obligation(case, library.of(case), row.obligation).title
            duty = (title, case.unit, tuple(recipient.person.key for recipient in to))
        counts[duty] += 1
        late[duty] += is_overdue(row, today=today)
    return [
        PendingDuty(
            title=duty[0],
            unit=duty[1],
            count=count,
            late=late[duty],
            to=tuple(office.people[key] for key in duty[2]),
        )
        for duty, count in counts.most_common()
    ]


def _office_without(office: Office, person: str) -> Office:
    """Return the office as it is once a person has left: nobody's deputy, and not the officer."""
    people = {
        key: replace(member, deputy=None) if member.deputy == person else member
        for key, member in office.people.items()
        if key != person
    }
    officer = office.officer if office.officer != person else None
    return replace(office, people=people, officer=officer)


MAX_NAMES = 10


class AnonymisePerson(Command):
    """Anonymise a person who left, by an order of the office. `also`: further spellings of the name."""

    person: Annotated[Key, Field(description="Number or key of somebody who left.")]
    act: Annotated[Key, Field(description="Number of the order.")]
    act_on: Annotated[Day, Field(description="Date of the order.")]
    ground: Ground
    also: list[Line] = Field(default_factory=list, max_length=MAX_NAMES)
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class Anonymised(BaseModel):
    """The rows rewritten, or to be rewritten in a preview, by table. `key`: the replacement of the name."""

    preview: bool
    number: int
    key: str
    rows: dict[str, int]


@verb("settings")
def anonymise_person(ctx: RequestContext, command: AnonymisePerson) -> Anonymised:
    """Replace names, addresses and log-in names of a person who left in every table, by an order of the office.

    Refused before the years of config.toml are over, and while an open case names the person.
    """
    person = _find(ctx, command.person)
    words = _words(ctx, person, command.also)
    years = ctx.app.settings.retention.people_years
    if not years:
        raise Refusal("retention_off")
    if (due_on := _years_later(person.left_on, years)) > ctx.today:
        raise Refusal("retention_not_due", on=due_on, years=years)
    if cases := _open_cases(ctx, person):
        raise Refusal("retention_open_cases", cases=tuple(cases[:10]), count=len(cases))
    if command.act_on > ctx.today:
        raise Refusal("retention_act_ahead", on=command.act_on)
    if command.preview:
        rows = anonymising.preview(ctx.app.engine, words)
        return Anonymised(preview=True, number=person.number, key=words.token, rows=rows)
    order = {"number": " ".join(command.act.split()), "ground": command.ground}
    rows = anonymising.carry_out(ctx.app.engine, person, words, on=command.act_on, at=ctx.moment, **order)
    maintenance.rebuild(ctx.app, at=ctx.moment)
    return Anonymised(preview=False, number=person.number, key=words.token, rows=rows)


def _find(ctx: RequestContext, text: str) -> FormerPersonRow:
    """Return somebody who left and is not anonymised yet. Raises NotFound, Refusal."""
    candidates = [
        former_person
        for former_person in former_people(ctx.app.engine)
        if text.strip() in (str(former_person.number), former_person.key)
    ]
    if not candidates:
        if text.strip() in staff.recorded_office(ctx).people:
            raise Refusal("retention_has_not_left")
        raise NotFound("web.problem.no_person")
    person = candidates[0]
    if person.anonymised_on is not None:
        raise Refusal("retention_done", act=person.act, on=person.act_on)
    return person


def _years_later(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 1 March in other years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _open_cases(ctx: RequestContext, person: FormerPersonRow) -> list[str]:
    """Return the open cases a person is responsible for, or that are about them."""
    names = {person.key, *_identifiers(person, "name"), *_identifiers(person, "email")}
    cases = ctx.app.ledger.cases(open_cases_naming(ctx.app.engine, names))
    return sorted(
        id for id, case in cases.items() if case.person in names or names & set(case.responsible.values())
    )


def _identifiers(person: FormerPersonRow, kind: str) -> list[str]:
    """Return what identified a person who left, of one kind: `name`, `email`, `login` or `chat`."""
    return [word.partition(":")[2] for word in person.said if word.startswith(f"{kind}:")]


def _words(ctx: RequestContext, person: FormerPersonRow, also: list[str]) -> Erasure:
    """Return the words to replace and their replacements. A name that is shared, or one word, is replaced only
    beside the person's key; an address or log-in a colleague has now is left out.
    """
    office = ctx.app.reads.office()
    other_names = {name.casefold() for colleague in office.people.values() for name in colleague.names}
    other_names |= {
        name.casefold()
        for former_person in former_people(ctx.app.engine)
        if former_person.number != person.number
        for name in _identifiers(former_person, "name")
    }
    names = {" ".join(name.split()) for name in (*_identifiers(person, "name"), *also)} - {""}
    shared = {name for name in names if name.casefold() in other_names or " " not in name}
    taken_addresses = {
        text.casefold()
        for colleague in office.people.values()
        for text in (colleague.key, colleague.email or "")
    }
    handed_on = {
        account.reader.login for account in ctx.accounts.all() if account.reader.person in office.people
    }
    logins = [login for login in _identifiers(person, "login") if login not in handed_on]
    addresses = {person.key, *_identifiers(person, "email"), *(login for login in logins if "@" in login)}
    addresses = {address for address in addresses if address.casefold() not in taken_addresses}
    say = {language: i18n.say("person.former", {"number": person.number}, language) for language in LANGUAGES}
    return Erasure(
        token=" / ".join(say.values()),
        name=say[ctx.app.settings.office.language],
        name_in=say,
        keys=tuple(sorted(addresses)),
        names=tuple(sorted(names - shared)),
        shared_names=tuple(sorted(shared)),
        logins=tuple(sorted({*logins, *_identifiers(person, "chat")})),
    )
