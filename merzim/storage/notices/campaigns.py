"""Repository of campaigns: those running, the people they ask, their answers, and letters still to be
queued.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, case, func, literal, select, update

from merzim.storage.database.dialect import execute_for_names, in_names, insert_many, text_within
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.events import OFFICE, ROW, hold
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.org.chain import IN_ORDER, OfficeEvent, record
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from merzim.storage.tables.registers import CAMPAIGN, CAMPAIGN_PERSON, REGISTER_ROW
from notifications.channels import NO_ADDRESS
from notifications.notice import Notice
from workflow.org.name_index import alphabetical
from workflow.ports import Contradiction
from workflow.registers.campaigns import AnswerState, CampaignPerson, StartedCampaign
from workflow.search_words import search_words

CHUNK = 500
"""People written in one transaction."""
MOST_SORTED = 20_000
"""Maximum number of people sorted alphabetically; more are sorted by the database's own order."""
STARTED, REMINDED, EXTENDED, CLOSED, REOPENED, PEOPLE = EVENTS = (
    "campaign_started",
    "campaign_reminded",
    "campaign_extended",
    "campaign_closed",
    "campaign_reopened",
    "campaign_people",
)
"""Kinds of events in the office's chain."""
_P = CAMPAIGN_PERSON.c
_STATES: Mapping[AnswerState, ColumnElement[bool]] = {
    "awaited": and_(_P.answer == "", _P.left_on.is_(None)),
    "answered": and_(_P.answer != "", _P.refused.is_(False)),
    "refused": and_(_P.answer != "", _P.refused.is_(True)),
    "left": and_(_P.answer == "", _P.left_on.is_not(None)),
}
_PEOPLE_OF = CAMPAIGN_PERSON.select().where(in_names(_P.person))


class AlreadyAnswered(Contradiction):
    """The person's answer exists already, or is no longer awaited; nothing was written."""


class CampaignChanged(Contradiction):
    """Another user sent reminders, closed or reopened the campaign since it was read; nothing was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleQuery:
    """Filter for people of a campaign. `units`: None for all; `unreached`: only those no channel has an address
    for.
    """

    campaign: str
    state: AnswerState | None = None
    units: Collection[str] | None = None
    search: str = ""
    unreached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleChange:
    """The differences between the people a campaign asks and the office's present people.

    Attributes:
        joined: new people, not numbered yet.
        changed: people whose name, unit or post differs, or who left or came back.
    """

    joined: Sequence[CampaignPerson] = ()
    changed: Sequence[CampaignPerson] = ()


class SqlCampaigns:
    """Repository of the campaigns of an office."""

    def __init__(self, engine: Engine, outbox: SqlOutbox | None = None) -> None:
        self._engine = engine
        self._outbox = outbox

    def all(self) -> Sequence[StartedCampaign]:
        """Return every campaign, the newest first."""
        with reading(self._engine) as connection:
            query = CAMPAIGN.select().order_by(CAMPAIGN.c.id.desc())
            return [_campaign(record) for record in connection.execute(query)]

    def open(self, today: date) -> Sequence[StartedCampaign]:
        """Return the campaigns that still accept answers."""
        with reading(self._engine) as connection:
            query = CAMPAIGN.select().where(CAMPAIGN.c.closed_on.is_(None), CAMPAIGN.c.until >= today)
            return [_campaign(record) for record in connection.execute(query.order_by(CAMPAIGN.c.id))]

    def get(self, name: str) -> StartedCampaign | None:
        """Return a campaign by its id; None where there is none."""
        with reading(self._engine) as connection:
            record = connection.execute(CAMPAIGN.select().where(CAMPAIGN.c.id == name)).first()
        return _campaign(record) if record is not None else None

    def start(self, campaign: StartedCampaign, *, now: datetime) -> StartedCampaign:
        """Store a new campaign with its event; return it with its id. Its people are added afterwards."""
        year = campaign.started_on.year
        with writing(self._engine) as connection:
            hold(connection, OFFICE)
            last = connection.execute(
                select(func.max(CAMPAIGN.c.id)).where(CAMPAIGN.c.id.like(f"{year}-%"))
            ).scalar()
            number = int(last.partition("-")[2]) + 1 if last else 1
            started = replace(campaign, id=f"{year}-{number:03d}")
            values = _values(started)
            connection.execute(CAMPAIGN.insert(), values)
            record(
                connection,
                _event(
                    STARTED,
                    started,
                    started.started_by,
                    now,
                    on=started.started_on,
                    details={"units": values["units"], "until": started.until},
                ),
            )
        return started

    def remind(self, campaign: StartedCampaign, *, by: str, now: datetime, today: date) -> StartedCampaign:
        """Start a reminder wave: everybody whose answer is awaited gets a letter. Raises CampaignChanged."""
        after = replace(campaign, wave=campaign.wave + 1)
        return self._change(REMINDED, campaign, after, by=by, now=now, today=today)

    def close(self, campaign: StartedCampaign, *, by: str, now: datetime, today: date) -> StartedCampaign:
        """Close a campaign to answers. Raises CampaignChanged."""
        after = replace(campaign, closed_on=today)
        return self._change(CLOSED, campaign, after, by=by, now=now, today=today)

    def extend(
        self, campaign: StartedCampaign, until: date, *, by: str, now: datetime, today: date
    ) -> StartedCampaign:
        """Extend the period for answers to a later day. Raises CampaignChanged."""
        after, details = replace(campaign, until=until), {"until": until.isoformat()}
        return self._change(EXTENDED, campaign, after, by=by, now=now, today=today, details=details)

    def reopen(
        self, campaign: StartedCampaign, until: date, ground: str, *, by: str, now: datetime, today: date
    ) -> StartedCampaign:
        """Accept answers to a closed campaign again; everybody whose answer is awaited gets one letter. Raises
        CampaignChanged.
        """
        after = replace(campaign, until=until, closed_on=None, wave=campaign.wave + 1)
        details = {"until": until.isoformat(), "ground": ground}
        return self._change(REOPENED, campaign, after, by=by, now=now, today=today, details=details)

    def _change(
        self,
        kind: str,
        before: StartedCampaign,
        after: StartedCampaign,
        *,
        by: str,
        now: datetime,
        today: date,
        details: Mapping[str, str] | None = None,
    ) -> StartedCampaign:
        with writing(self._engine) as connection:
            step = (
                CAMPAIGN.update()
                .where(
                    CAMPAIGN.c.id == before.id,
                    CAMPAIGN.c.wave == before.wave,
                    CAMPAIGN.c.until == before.until,
                    CAMPAIGN.c.closed_on == before.closed_on,
                )
                .values(wave=after.wave, closed_on=after.closed_on, until=after.until)
            )
            if not connection.execute(step, execution_options={"preserve_rowcount": True}).rowcount:
                raise CampaignChanged("campaign.changed", campaign=before.id)
            if after.wave > before.wave:
                # The new letter says what one still waiting says, and by when.
                waits = (
                    NOTICE.c.case.is_(None),
                    NOTICE.c.obligation == before.id,
                    NOTICE.c.state == "queued",
                )
                connection.execute(NOTICE.update().where(*waits).values(state="withdrawn"))
            record(connection, _event(kind, after, by, now, on=today, details=details))
        return after

    def history(self, campaign: str) -> Sequence[Row_]:
        """Return the events of a campaign in the office's chain, in order."""
        query = IN_ORDER.where(EVENT.c.kind.in_(EVENTS), EVENT.c.name == campaign)
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    # ------------------------------------------------------------------------------------------- people

    def people(self, campaign: str, keys: Collection[str] | None = None) -> Mapping[str, CampaignPerson]:
        """Return the people a campaign asks or asked, by key: everybody, or those with these keys."""
        with reading(self._engine) as connection:
            query = CAMPAIGN_PERSON.select().where(_P.campaign == campaign)
            if keys is not None:
                query = query.where(_P.person.in_(keys))
            return {record.person: _person(record) for record in connection.execute(query)}

    def change_people(
        self, campaign: StartedCampaign, change: PeopleChange, *, now: datetime, on: date
    ) -> None:
        """Store who joined, left, came back or changed name, unit or post; one transaction for every CHUNK of
        people.

        Changes another writer has already made are left as they are.
        """
        joined, changed_people = list(change.joined), list(change.changed)
        while joined or changed_people:
            with writing(self._engine) as connection:
                # One process at a time gives numbers.
                hold(connection, OFFICE)
                last = connection.execute(
                    select(func.max(_P.number)).where(_P.campaign == campaign.id)
                ).scalar()
                first = int(last or 0) + 1
                new = [replace(person, number=number) for number, person in enumerate(joined[:CHUNK], first)]
                added = _insert_people(connection, new)
                for person in changed_people[:CHUNK]:
                    self._update_person(connection, person)
                left_people = [
                    person.number
                    for person in changed_people[:CHUNK]
                    if person.left_on == on and not person.answer
                ]
                details = {"joined": added, "left": left_people}
                if added or left_people:
                    record(connection, _event(PEOPLE, campaign, "", now, on=on, details=details))
            joined, changed_people = joined[CHUNK:], changed_people[CHUNK:]

    @staticmethod
    def _update_person(connection: Connection, person: CampaignPerson) -> None:
        step = CAMPAIGN_PERSON.update().where(_P.campaign == person.campaign, _P.person == person.person)
        connection.execute(
            step.values(
                {
                    name: getattr(person, name)
                    for name in ("name", "unit", "post", "left_on", "reached", "search")
                }
            )
        )

    def counts(
        self, campaign: str, units: Collection[str] | None = None
    ) -> tuple[Mapping[AnswerState, int], int]:
        """Return the number of people by state of answer, and the number of awaited people no channel can
        reach.
        """
        sums = [func.sum(case((condition, 1), else_=0)) for condition in _STATES.values()]
        unreached = func.sum(case((and_(_STATES["awaited"], _P.reached.is_(False)), 1), else_=0))
        query = select(*sums, unreached).where(_P.campaign == campaign)
        if units is not None:
            query = query.where(_P.unit.in_(units))
        with reading(self._engine) as connection:
            record = connection.execute(query).one()
        numbers = [int(figure or 0) for figure in record]
        return dict(zip(_STATES, numbers, strict=False)), numbers[-1]

    def page(
        self,
        query: PeopleQuery,
        *,
        limit: int | None,
        offset: int = 0,
        place: Callable[[str, str], str] = lambda _key, name: alphabetical(name),
    ) -> tuple[int, Sequence[CampaignPerson]]:
        """Return the number of matching people, and one page of them.

        Args:
            place: sort key of a person, from key and name; for more than MOST_SORTED people the database makes
                the pages, and only those of one page are sorted by it.
        """
        # The narrow index finds the page; only its people are read whole.
        chosen = select(_P.person, _P.name).where(*self._conditions(query)).order_by(_P.name, _P.person)
        with reading(self._engine) as connection:
            count_query = select(func.count()).select_from(CAMPAIGN_PERSON).where(*self._conditions(query))
            total = int(connection.execute(count_query).scalar_one())
            if limit is not None and total > MOST_SORTED:
                chosen = chosen.limit(limit).offset(offset or None)
            keys = [
                record.person
                for record in sorted(connection.execute(chosen), key=lambda record: place(*record))
            ]
            if total <= MOST_SORTED:
                keys = keys[offset:][:limit]
            query_of_people: Select[tuple[object, ...]] = _PEOPLE_OF.where(_P.campaign == query.campaign)
            people = {
                record.person: _person(record)
                for record in execute_for_names(connection, query_of_people, keys)
            }
        return total, [people[key] for key in keys]

    def _conditions(self, query: PeopleQuery) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [_P.campaign == query.campaign]
        if query.state is not None:
            conditions.append(_STATES[query.state])
        if query.unreached:
            conditions += [_STATES["awaited"], _P.reached.is_(False)]
        if query.units is not None:
            conditions.append(_P.unit.in_(query.units))
        return conditions + [text_within(self._engine, _P.search, word) for word in search_words(query.search)]

    def person(self, campaign: str, number: int) -> CampaignPerson | None:
        """Return the person with a number; None where there is none."""
        query = CAMPAIGN_PERSON.select().where(_P.campaign == campaign, _P.number == number)
        with reading(self._engine) as connection:
            record = connection.execute(query).first()
        return _person(record) if record is not None else None

    def answer(self, person: CampaignPerson, row: str, *, refused: bool, at: datetime) -> None:
        """Record a row as somebody's answer; of two simultaneous answers one is accepted.

        Raises:
            AlreadyAnswered: there is another answer, or they left, or the campaign was closed.
        """
        open_ = select(CAMPAIGN.c.id).where(CAMPAIGN.c.closed_on.is_(None))
        step = (
            CAMPAIGN_PERSON.update()
            .where(
                _P.campaign == person.campaign,
                _P.person == person.person,
                _P.version == person.version,
                _STATES["awaited"],
                _P.campaign.in_(open_),
            )
            .values(answer=row, answered_at=at, refused=refused, version=person.version + 1)
        )
        with writing(self._engine) as connection:
            if not connection.execute(step, execution_options={"preserve_rowcount": True}).rowcount:
                raise AlreadyAnswered("campaign.answered_already")

    # ------------------------------------------------------------------------------------------ letters

    def unwritten(self, campaign: StartedCampaign, *, limit: int) -> Sequence[CampaignPerson]:
        """Return awaited people whose letter of the present wave is not queued yet, ordered by number."""
        query = (
            CAMPAIGN_PERSON.select()
            .where(_P.campaign == campaign.id, _P.written < campaign.wave, _STATES["awaited"])
            .order_by(_P.written, _P.number)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_person(record) for record in connection.execute(query)]

    def queue(
        self, campaign: StartedCampaign, people: Sequence[CampaignPerson], letters: Sequence[Notice]
    ) -> int:
        """Queue letters of the present wave in one transaction; return how many were queued.

        Args:
            people: all people the letters were for, including those without an address.
        """
        if self._outbox is None:
            raise ValueError("letters are queued in an outbox")
        reached = {letter.person for letter in letters}
        with writing(self._engine) as connection:
            queued = self._outbox.queue(connection, letters)
            for has_address in (True, False):
                keys = [person.person for person in people if (person.person in reached) is has_address]
                step = (
                    update(CAMPAIGN_PERSON)
                    .where(_P.campaign == campaign.id, _P.person.in_(keys))
                    .values(written=campaign.wave, reached=has_address)
                )
                if keys:
                    connection.execute(step)
        return queued

    def sent(self, campaign: str) -> Mapping[str, datetime]:
        """Return the moment the first letter of a campaign was sent to each person."""
        query = (
            select(NOTICE.c.person, func.min(NOTICE.c.sent_at).label("at"))
            .where(*_sent(campaign))
            .group_by(NOTICE.c.person)
        )
        with reading(self._engine) as connection:
            return {record.person: record.at for record in connection.execute(query)}

    def letters_of(self, campaign: str, person: str) -> tuple[datetime | None, datetime | None]:
        """Return the moments of the first letter and of the last reminder a person was sent."""
        reminded = case((NOTICE.c.step.like("reminder-%"), NOTICE.c.sent_at))
        query = select(func.min(NOTICE.c.sent_at), func.max(reminded)).where(
            *_sent(campaign), NOTICE.c.person == person
        )
        with reading(self._engine) as connection:
            first, last = connection.execute(query).one()
        return first, last

    def reminded(self, campaign: str, since: datetime) -> frozenset[str]:
        """Return the people who were sent a reminder of a campaign since a moment."""
        query = select(NOTICE.c.person).where(
            *_sent(campaign), NOTICE.c.step.like("reminder-%"), NOTICE.c.sent_at >= since
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def reminders_sent(self, campaign: str) -> int:
        """Return the number of reminder letters of a campaign that were sent."""
        query = (
            select(func.count()).select_from(NOTICE).where(*_sent(campaign), NOTICE.c.step.like("reminder-%"))
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def on_paper(self, campaign: str, units: Collection[str] | None = None) -> Sequence[Row_]:
        """Return the answers the officer recorded, in order of time: row, person, name, moment, author, shown
        values; `refused`: whether it is a refusal.
        """
        first = and_(EVENT.c.stream == literal(ROW).concat(_P.answer), EVENT.c.seq == 1)
        query = (
            select(
                _P.answer.label("row"),
                _P.person,
                _P.name,
                _P.answered_at.label("at"),
                _P.refused,
                EVENT.c.by,
                REGISTER_ROW.c.shown,
            )
            .join(EVENT, first)
            .join(REGISTER_ROW, REGISTER_ROW.c.id == _P.answer)
            .where(_P.campaign == campaign, _P.answer != "", EVENT.c.kind == "added")
            .order_by(_P.answered_at, _P.number)
        )
        if units is not None:
            query = query.where(_P.unit.in_(units))
        with reading(self._engine) as connection:
            return connection.execute(query).all()


def _sent(campaign: str) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for letters of a campaign that were sent to the person's own address."""
    return (
        NOTICE.c.case.is_(None),
        NOTICE.c.obligation == campaign,
        NOTICE.c.sent_at.is_not(None),
        NOTICE.c.address != NO_ADDRESS,
    )


def _insert_people(connection: Connection, people: Sequence[CampaignPerson]) -> int:
    """Insert people not stored yet; return how many were inserted."""
    if not people:
        return 0
    present_people = set(
        execute_for_names(
            connection,
            select(_P.person).where(_P.campaign == people[0].campaign, in_names(_P.person)),
            [person.person for person in people],
        )
    )
    known_people = {record.person for record in present_people}
    new = [person for person in people if person.person not in known_people]
    insert_many(
        connection, CAMPAIGN_PERSON, [{name: getattr(person, name) for name in _COLUMNS} for person in new]
    )
    return len(new)


_COLUMNS = tuple(column.name for column in CAMPAIGN_PERSON.columns)


def _person(record: Row_) -> CampaignPerson:
    return CampaignPerson(**{name: getattr(record, name) for name in _COLUMNS})


def _campaign(record: Row_) -> StartedCampaign:
    return StartedCampaign(
        id=record.id,
        register=record.register_id,
        version=record.version,
        kind=record.kind,
        title=record.title,
        units=tuple(record.units),
        until=record.until,
        document=record.document,
        given=record.given,
        started_on=record.started_on,
        started_by=record.started_by,
        closed_on=record.closed_on,
        wave=record.wave,
    )


def _values(campaign: StartedCampaign) -> dict[str, object]:
    """Return the columns of a campaign's row."""
    values = {name: getattr(campaign, name) for name in StartedCampaign.__slots__ if name != "register"}
    return {
        **values,
        "register_id": campaign.register,
        "units": [*campaign.units],
        "document": dict(campaign.document),
        "given": dict(campaign.given),
    }


def _event(
    kind: str,
    campaign: StartedCampaign,
    by: str,
    now: datetime,
    *,
    on: date,
    details: Mapping[str, object] | None = None,
) -> OfficeEvent:
    return OfficeEvent(kind=kind, name=campaign.id, by=by, now=now, on=on, more=details or {})
