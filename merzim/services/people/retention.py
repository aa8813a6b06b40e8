"""People who left, and anonymising them by an order of the office, after the years set in config.toml.

Names, addresses and log-in names are replaced in every table by "former employee" and a number; the chains can
still be verified. Evidence files and older backups are not changed.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

import i18n
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Ground, Key, Line
from merzim.services.people import staff
from merzim.services.results import Result
from merzim.services.upkeep import maintenance
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.maintenance import anonymising
from merzim.storage.maintenance.anonymising import Words, open_cases_naming
from merzim.storage.maintenance.orders import Order
from merzim.storage.org.former import FormerPerson, former_people, keys_by_id
from workflow.languages import LANGUAGES
from workflow.refusal import Refusal

MAX_NAMES = 10
_State = Literal["done", "present", "unknown", "spellings"]
log = logging.getLogger("merzim.retention")


class RetentionRefused(Refusal):
    """The person cannot be anonymised now."""


class UnknownFormer(NotFound):
    """No person who left has that name or key."""

    not_found = "web.problem.no_person"


class AskFormer(Command):
    """Ask for the list of people who left."""


class FormerView(Result):
    """A person who left. `name`: empty once anonymised; `due_on`: day from which they may be anonymised;
    `cases`: open ones they are responsible for.
    """

    number: int
    id: str
    name: str
    key: str
    left_on: date
    due_on: date | None
    is_due: bool
    cases: list[str]
    anonymised_on: date | None
    act: str
    act_on: date | None


class FormerList(BaseModel):
    """The people who left, the longest gone first. `years`: from config.toml, 0 for off."""

    years: int
    people: list[FormerView]


class AnonymisePerson(Command):
    """Anonymise a person who left, by an order of the office. `also`: further spellings of the name."""

    person: Annotated[Key, Field(description="Number, key or id of those who left.")]
    act: Annotated[Key, Field(description="Number of the order.")]
    act_on: Annotated[Day, Field(description="Date of the order.")]
    ground: Ground
    also: list[Line] = Field(default_factory=list, max_length=MAX_NAMES)
    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class ReplayOrders(Command):
    """Carry out again the orders that a restored older backup does not contain; they are listed outside the
    database.
    """

    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class ReplayedOrder(Result):
    """An order that was carried out after the backup. `state`: `done` (or would be), `present` (somebody of the
    people here: remove them first), `unknown` (nobody here left under that number and id),
    `spellings` (it named further spellings, which no list keeps: carry it out by hand with them)."""

    number: int
    id: str
    act: str
    act_on: date
    done_on: date
    state: _State
    spellings: int
    rows: int = 0


class ReplayedOrders(BaseModel):
    """The orders the database did not contain, and the result for each."""

    preview: bool
    orders: list[ReplayedOrder]


class Anonymised(BaseModel):
    """The rows rewritten, or to be rewritten in a preview, by table. `key`: the replacement of the name."""

    preview: bool
    number: int
    id: str
    key: str
    rows: dict[str, int]


@verb("settings", writes=False)
def list_former(ctx: RequestContext, command: AskFormer) -> FormerList:
    """Return the people who left, and which of them are due to be anonymised."""
    years = ctx.app.settings.retention.people_years
    return FormerList(years=years, people=[_view(ctx, former_person) for former_person in _former(ctx)])


@verb("settings")
def anonymise_person(ctx: RequestContext, command: AnonymisePerson) -> Anonymised:
    """Replace the name of a person who left in every table, by an order of the office."""
    person = _find(ctx, command.person)
    words = _words(ctx, person, command.also)
    view = _view(ctx, person)
    if not view.is_due:
        raise RetentionRefused(
            "retention_not_due", on=view.due_on, years=ctx.app.settings.retention.people_years
        )
    if view.cases:
        raise RetentionRefused("retention_open_cases", cases=tuple(view.cases[:10]), count=len(view.cases))
    if command.act_on > ctx.today:
        raise RetentionRefused("retention_act_ahead", on=command.act_on)
    if command.preview:
        rows = anonymising.preview(ctx.app.engine, words)
        return Anonymised(preview=True, number=person.number, id=person.id, key=words.token, rows=rows)
    act = anonymising.Act(
        number=" ".join(command.act.split()),
        on=command.act_on,
        ground=command.ground,
        by=ctx.reader.login,
        now=ctx.now,
        today=ctx.today,
        spellings=len(command.also),
    )
    rows = anonymising.carry_out(ctx.app.engine, person, words, act)
    _list_orders(ctx.app)
    maintenance.rebuild(ctx.app, now=ctx.now, today=ctx.today)
    return Anonymised(preview=False, number=person.number, id=person.id, key=words.token, rows=rows)


@verb("settings")
def replay_orders(ctx: RequestContext, command: ReplayOrders) -> ReplayedOrders:
    """Carry out again the orders a restored backup does not know, by the lists outside the database."""
    replayed = []
    for order in maintenance.missing_orders(ctx.app):
        person, state = _replayable(ctx, order)
        replayed_order = ReplayedOrder.of(order, state=state)
        if person is not None and state == "done":
            words = _words(ctx, person, [])
            act = anonymising.Act(
                number=order.act,
                on=order.act_on,
                ground=order.ground,
                by=ctx.reader.login,
                now=ctx.now,
                today=ctx.today,
            )
            if command.preview:
                rows = anonymising.preview(ctx.app.engine, words)
            else:
                rows = anonymising.carry_out(ctx.app.engine, person, words, act)
            replayed_order.rows = sum(rows.values())
        replayed.append(replayed_order)
    if not command.preview and any(replayed_order.state == "done" for replayed_order in replayed):
        _list_orders(ctx.app)
        maintenance.rebuild(ctx.app, now=ctx.now, today=ctx.today)
    return ReplayedOrders(preview=command.preview, orders=replayed)


def _replayable(ctx: RequestContext, order: Order) -> tuple[FormerPerson | None, _State]:
    """Return the person an order anonymises here, and whether it can be carried out again.

    Open cases of an older copy do not stand in the way: the order was carried out.
    """
    person = next(
        (
            former_person
            for former_person in _former(ctx)
            if (former_person.number, former_person.id) == (order.number, order.id)
        ),
        None,
    )
    if person is None:
        present = order.id in keys_by_id(ctx.app.engine, ctx.app.reads.office().people)
        return None, "present" if present else "unknown"
    return person, "spellings" if order.spellings else "done"


def _list_orders(app: AppContext) -> None:
    """Write the orders into the lists outside the database; what cannot be written is logged."""
    try:
        maintenance.list_orders(app)
    except (OSError, Refusal) as trouble:
        log.error("the list of orders was not written: %s", trouble)


def _former(ctx: RequestContext) -> list[FormerPerson]:
    return list(former_people(ctx.app.engine))


def _find(ctx: RequestContext, text: str) -> FormerPerson:
    """Return somebody who left and is not anonymised yet. Raises UnknownFormer, RetentionRefused."""
    candidates = [
        former_person
        for former_person in _former(ctx)
        if text.strip() in (str(former_person.number), former_person.key, former_person.id)
    ]
    # A later owner of an anonymised person's address has the same id after leaving.
    matches = sorted(candidates, key=lambda former_person: former_person.anonymised_on is not None)
    if not matches:
        if text.strip() in staff.recorded_office(ctx).people:
            raise RetentionRefused("retention_has_not_left")
        raise UnknownFormer("web.problem.no_person")
    if matches[0].anonymised_on is not None:
        raise RetentionRefused("retention_done", act=matches[0].act, on=matches[0].act_on)
    return matches[0]


def _view(ctx: RequestContext, person: FormerPerson) -> FormerView:
    years = ctx.app.settings.retention.people_years
    due = _years_later(person.left_on, years) if years else None
    is_anonymised = person.anonymised_on is not None
    return FormerView.of(
        person,
        name="" if is_anonymised else next(iter(_identifiers(person, "name")), person.key),
        due_on=due,
        is_due=due is not None and due <= ctx.today and not is_anonymised,
        cases=[] if is_anonymised or due is None or due > ctx.today else _open_cases(ctx, person),
    )


def _years_later(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 1 March in other years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _open_cases(ctx: RequestContext, person: FormerPerson) -> list[str]:
    """Return the open cases a person is responsible for, or that are about them."""
    names = {person.key, *_identifiers(person, "name"), *_identifiers(person, "email")}
    cases = ctx.app.ledger.cases(open_cases_naming(ctx.app.engine, names))
    return sorted(
        id for id, case in cases.items() if case.person in names or names & set(case.responsible.values())
    )


def _identifiers(person: FormerPerson, kind: str) -> list[str]:
    return [word.partition(":")[2] for word in person.said if word.startswith(f"{kind}:")]


def _words(ctx: RequestContext, person: FormerPerson, also: list[str]) -> Words:
    """Return the words to replace and their replacements. A name shared with others is replaced only beside the
    person's key.
    """
    office = ctx.app.reads.office()
    other_names = {name.casefold() for colleague in office.people.values() for name in colleague.names}
    other_names |= {
        name.casefold()
        for former_person in _former(ctx)
        if former_person.number != person.number
        for name in _identifiers(former_person, "name")
    }
    names = {" ".join(name.split()) for name in (*_identifiers(person, "name"), *also)} - {""}
    shared = {name for name in names if name.casefold() in other_names or " " not in name}
    # An address or account a colleague has now is theirs.
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
    return Words(
        token=" / ".join(say.values()),
        name=say[ctx.app.settings.office.language],
        name_in=say,
        keys=tuple(sorted(addresses)),
        names=tuple(sorted(names - shared)),
        shared_names=tuple(sorted(shared)),
        logins=tuple(sorted({*logins, *_identifiers(person, "chat")})),
    )
