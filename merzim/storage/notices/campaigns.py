"""Repository of campaigns: those running, the people they ask, their answers, and letters still to be
queued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Engine, and_, func, literal, select, update

from merzim.storage.database import Row_, execute_for_names, in_names, insert_many, read, read_first, writing
from merzim.storage.events import OFFICE_IN_ORDER, ROW, changing_office, office_event, record
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from merzim.storage.tables.registers import CAMPAIGN, CAMPAIGN_PERSON, REGISTER_ROW, StartedCampaign
from notifications.channels import NO_ADDRESS
from notifications.notice import Notice
from workflow.moments import Moment
from workflow.ports import Contradiction
from workflow.registers.campaigns import state_of

CHUNK = 500
"""Letters queued in one transaction."""
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
_AWAITED = and_(_P.answer == "", _P.left_on.is_(None))
_CHANGING = ("wave", "until", "closed_on")
"""Columns of a campaign that change."""
_JOINED: Mapping[str, object] = {"version": 0, "answer": "", "answered_at": None, "written": -1}
"""Columns of a person who joins, but for those that follow the office."""


class AlreadyAnswered(Contradiction):
    """The person has answered already, or left, or the campaign was closed; nothing was written."""


class SqlCampaigns:
    """Repository of the campaigns of an office."""

    def __init__(self, engine: Engine, outbox: SqlOutbox) -> None:
        self._engine = engine
        self._outbox = outbox

    def all(self) -> Sequence[StartedCampaign]:
        """Return every campaign, the newest first."""
        query = CAMPAIGN.select().order_by(CAMPAIGN.c.id.desc())
        return [StartedCampaign(**record._mapping) for record in read(self._engine, query)]

    def open_on(self, today: date) -> Sequence[StartedCampaign]:
        """Return the campaigns that still accept answers, the oldest first."""
        return [campaign for campaign in reversed(self.all()) if campaign.is_open(today)]

    def get(self, name: str) -> StartedCampaign | None:
        """Return the campaign of an id; None if there is none."""
        record = read_first(self._engine, CAMPAIGN.select().where(CAMPAIGN.c.id == name))
        return StartedCampaign(**record._mapping) if record is not None else None

    def start(self, campaign: StartedCampaign, *, at: Moment) -> StartedCampaign:
        """Store a new campaign with its event; return it with its id. Its people are added afterwards."""
        year = campaign.started_on.year
        with changing_office(self._engine) as session:
            last = session.execute(
                select(func.max(CAMPAIGN.c.id)).where(CAMPAIGN.c.id.like(f"{year}-%"))
            ).scalar()
            number = int(last.partition("-")[2]) + 1 if last else 1
            campaign.id = f"{year}-{number:03d}"
            session.add(campaign)
            details = {"units": campaign.units, "until": campaign.until}
            record(session, office_event(at, STARTED, campaign.id, details))
        return campaign

    def change(
        self,
        kind: str,
        before: StartedCampaign,
        *,
        at: Moment,
        details: Mapping[str, object] | None = None,
        **changes: object,
    ) -> StartedCampaign:
        """Store `changes` of a campaign that was reminded of, extended, closed or reopened, with its event;
        return it as it is now. A new wave withdraws the letters of the one before that still wait: the new
        letter says what they say, and by when. Raises Contradiction: another user changed it since it was read.
        """
        with changing_office(self._engine) as session:
            stored = session.get(StartedCampaign, before.id)
            if stored is None or any(getattr(stored, name) != getattr(before, name) for name in _CHANGING):
                raise Contradiction("campaign.changed", campaign=before.id)
            for name, value in changes.items():
                setattr(stored, name, value)
            if stored.wave > before.wave:
                letters = (NOTICE.c.case.is_(None), NOTICE.c.obligation == before.id)
                waiting = NOTICE.update().where(*letters, NOTICE.c.state == "queued")
                session.execute(waiting.values(state="withdrawn"))
            record(session, office_event(at, kind, before.id, details or {}))
        return stored

    def history(self, campaign: str) -> Sequence[Row_]:
        """Return the events of a campaign in the office's chain, in order."""
        query = OFFICE_IN_ORDER.where(EVENT.c.kind.in_(EVENTS), EVENT.c.name == campaign)
        return read(self._engine, query)

    # ------------------------------------------------------------------------------------------- people

    def people(self, campaign: str, keys: Collection[str] | None = None) -> Mapping[str, Row_]:
        """Return the people a campaign asks or asked, by key: everybody, or those with these keys."""
        query = CAMPAIGN_PERSON.select().where(_P.campaign == campaign)
        if keys is not None:
            query = query.where(_P.person.in_(keys))
        return {record.person: record for record in read(self._engine, query)}

    def person(self, campaign: str, number: int) -> Row_ | None:
        """Return the person with a number in a campaign, also one who left; None if there is none."""
        query = CAMPAIGN_PERSON.select().where(_P.campaign == campaign, _P.number == number)
        return read_first(self._engine, query)

    def change_people(
        self, campaign: StartedCampaign, changes: Mapping[str, Mapping[str, object]], *, at: Moment
    ) -> None:
        """Store which people (by key) joined, left, came back or changed name, unit or post. `changes`: the
        columns that follow the office; for those who join all of them.
        """
        if not changes:
            return
        # One process at a time gives numbers.
        with changing_office(self._engine) as session:
            of_keys = CAMPAIGN_PERSON.select().where(_P.campaign == campaign.id, in_names(_P.person))
            known = {row.person: row for row in execute_for_names(session, of_keys, changes)}
            last = session.execute(select(func.max(_P.number)).where(_P.campaign == campaign.id)).scalar() or 0
            about = {**_JOINED, "campaign": campaign.id, "joined_on": at.today}
            # Whoever was anonymised since the writer read has another key now, and has not joined by it.
            new = (key for key in changes if key not in known and changes[key]["left_on"] is None)
            joined = [
                {**about, "person": key, "number": number, **changes[key]}
                for number, key in enumerate(new, last + 1)
            ]
            insert_many(session, CAMPAIGN_PERSON, joined)
            for key in known:
                step = CAMPAIGN_PERSON.update().where(_P.campaign == campaign.id, _P.person == key)
                session.execute(step.values(changes[key]))
            left = [row.number for key, row in known.items() if changes[key]["left_on"] and not row.answer]
            if joined or left:
                details = {"joined": len(joined), "left": left}
                record(session, office_event(at, PEOPLE, campaign.id, details))

    def counts(self, units: Collection[str] | None, campaign: str = "") -> Mapping[str, Counter[str]]:
        """Return the number of people of these units by state of answer, of each campaign or of one; with
        "unreached" the number of awaited people no channel can reach.
        """
        answered, left = (_P.answer != "").label("answered"), _P.left_on.is_not(None).label("left")
        groups = (_P.campaign, answered, left, _P.reached)
        query = select(*groups, func.count()).group_by(*groups)
        if campaign:
            query = query.where(_P.campaign == campaign)
        if units is not None:
            query = query.where(_P.unit.in_(units))
        counts: dict[str, Counter[str]] = {}
        for name, has_answer, has_left, reached, number in read(self._engine, query):
            sums = counts.setdefault(name, Counter())
            state = state_of(has_answer, has_left)
            sums[state] += number
            sums["unreached"] += number if state == "awaited" and not reached else 0
        return counts

    def answer(self, person: Row_, row: str, *, at: datetime) -> None:
        """Record a row as somebody's answer; of two simultaneous answers one is accepted. Raises
        AlreadyAnswered: there is another answer, or they left, or the campaign was closed.
        """
        open_ = select(CAMPAIGN.c.id).where(CAMPAIGN.c.closed_on.is_(None))
        as_read = [_P[name] == getattr(person, name) for name in ("campaign", "person", "version")]
        step = CAMPAIGN_PERSON.update().where(*as_read, _AWAITED, _P.campaign.in_(open_))
        step = step.values(answer=row, answered_at=at, version=person.version + 1)
        with writing(self._engine) as session:
            if not session.exec(step, execution_options={"preserve_rowcount": True}).rowcount:
                raise AlreadyAnswered("campaign.answered_already")

    # ------------------------------------------------------------------------------------------ letters

    def unwritten(self, campaign: StartedCampaign, *, limit: int) -> Sequence[Row_]:
        """Return awaited people whose letter of the present wave is not queued yet, ordered by number."""
        query = (
            CAMPAIGN_PERSON.select()
            .where(_P.campaign == campaign.id, _P.written < campaign.wave, _AWAITED)
            .order_by(_P.written, _P.number)
            .limit(limit)
        )
        return read(self._engine, query)

    def queue(self, campaign: StartedCampaign, people: Sequence[Row_], letters: Sequence[Notice]) -> int:
        """Queue letters of the present wave in one transaction; return how many were queued. `people`: all
        people the letters were for, including those without an address.
        """
        reached = {letter.person for letter in letters}
        with writing(self._engine) as session:
            queued = self._outbox.queue(session, letters)
            for has_address in (True, False):
                keys = [person.person for person in people if (person.person in reached) is has_address]
                step = (
                    update(CAMPAIGN_PERSON)
                    .where(_P.campaign == campaign.id, _P.person.in_(keys))
                    .values(written=campaign.wave, reached=has_address)
                )
                if keys:
                    session.execute(step)
        return queued

    def letters(self, campaign: str, person: str = "") -> Sequence[Row_]:
        """Return person, step (`invitation`, `reminder-1`) and moment (`at`) of the letters of a campaign that
        were sent to their own addresses, in order of time: to everybody, or to a person.
        """
        query = select(NOTICE.c.person, NOTICE.c.step, NOTICE.c.sent_at.label("at")).where(
            NOTICE.c.case.is_(None),
            NOTICE.c.obligation == campaign,
            NOTICE.c.sent_at.is_not(None),
            NOTICE.c.address != NO_ADDRESS,
        )
        if person:
            query = query.where(NOTICE.c.person == person)
        return read(self._engine, query.order_by(NOTICE.c.sent_at))

    def on_paper(self, campaign: str, units: Collection[str] | None = None) -> Sequence[Row_]:
        """Return the answers the officer recorded, in order of time: row, person, name, moment, author, shown
        values.
        """
        first = and_(EVENT.c.stream == literal(ROW).concat(_P.answer), EVENT.c.seq == 1)
        query = (
            select(
                _P.answer.label("row"),
                _P.person,
                _P.name,
                _P.answered_at.label("at"),
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
        return read(self._engine, query)
