"""What the board and the pages ask. Nothing here writes, and the number of queries never grows with the answer.

`unit` narrows an answer to a unit and all units below it; None means the whole office. Only active
cases answer for what is open. What depends on the day gets the day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from notifications.notice import Notice
from storage import letters, office_store
from storage import sums as summing
from storage.engine import each, reading
from storage.ledger import SqlLedger
from storage.outbox import SqlOutbox
from storage.registers import cases_with_entries
from storage.rows import HEAD, by_id, head, notice, row, rows_by_case
from storage.tables import CASE, DEADLINE, NOTICE, READER, TOTAL, UNIT
from workflow.access import Scope
from workflow.board import Row, Wanted
from workflow.case import Case, Event, Standing
from workflow.office import Office
from workflow.sums import Horizon, Sought, Sum

_OPEN = and_(DEADLINE.c.state == "open", CASE.c.standing == "active")
_BOARD = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
_HEADS_OF = select(*HEAD).where(CASE.c.id.in_(bindparam("k_cases", expanding=True)))
_ROWS_OF = (
    select(DEADLINE)
    .where(DEADLINE.c.case.in_(bindparam("k_cases", expanding=True)))
    .order_by(DEADLINE.c.case, DEADLINE.c.due.is_(None), DEADLINE.c.due, DEADLINE.c.obligation)
)
_NEWEST = (CASE.c.opened_at.desc(), CASE.c.id.desc())
SEARCHED_WORDS = 8
"""Words of a search that count; nobody types more, and each costs a look at every case."""
_IN_ORDER = (DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """Active cases of one unit at one stage: how many, and what of theirs is overdue.

    Attributes:
        overdue: open rows due before the day asked about.
        stake: points at stake in those rows, exact.
    """

    unit: str
    stage: str
    cases: int
    overdue: int
    stake: Decimal


class SqlReads:
    """`web.ports.Reads` on a database.

    Args:
        officer, language: whom config.toml names where nobody else can be told, and their language.
        scope: whose questions they are; None asks for the house itself and sees all.
    """

    def __init__(
        self, engine: Engine, *, officer: str = "", language: str = "kk", scope: Scope | None = None
    ) -> None:
        self._scope = scope
        self._engine = engine
        self._officer = officer
        self._language = language
        self._ledger = SqlLedger(engine)
        self._outbox = SqlOutbox(engine)

    def seen_by(self, scope: Scope) -> SqlReads:
        """The same questions, answered with what somebody may see."""
        return SqlReads(self._engine, officer=self._officer, language=self._language, scope=scope)

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows whose due date lies before `today`, the longest overdue first."""
        return self._rows(_BOARD.where(_OPEN, DEADLINE.c.due < today).order_by(*_IN_ORDER), unit)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows due from `today` to `until`, both included, the nearest first."""
        asked = _BOARD.where(_OPEN, DEADLINE.c.due >= today, DEADLINE.c.due <= until)
        return self._rows(asked.order_by(*_IN_ORDER), unit)

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Rows of the state `missed`, by due date."""
        asked = _BOARD.where(DEADLINE.c.state == "missed", CASE.c.standing == "active")
        return self._rows(asked.order_by(*_IN_ORDER), unit)

    def cases(
        self,
        unit: str | None = None,
        *,
        standing: Standing | None = None,
        stage: str | None = None,
        procedure: str | None = None,
        search: str = "",
        limit: int | None = None,
    ) -> Sequence[Case]:
        """Heads of cases, the newest first; facts and plan dates are left out.

        Args:
            search: words to be found in id, object or unit, in any letter case, Cyrillic too.
        """
        asked = select(*HEAD).where(*_seen(self._scope))
        asked = asked.order_by(CASE.c.opened_at.desc(), CASE.c.id.desc()).limit(limit)
        narrowed = {"standing": standing, "stage": stage, "procedure": procedure}
        for name, value in narrowed.items():
            if value is not None:
                asked = asked.where(CASE.c[name] == value)
        for word in search.casefold().split():
            asked = asked.where(
                or_(CASE.c.search.contains(word, autoescape=True), CASE.c.unit.in_(self._called(word)))
            )
        if unit is not None:
            asked = asked.where(CASE.c.unit.in_(_below(unit)))
        with reading(self._engine) as connection:
            return [head(record) for record in connection.execute(asked)]

    def page(self, wanted: Wanted, *, first: int, count: int) -> Sequence[Case]:
        """Heads of the wanted cases, the newest first: `count` of them after the first `first`."""
        with reading(self._engine) as connection:
            # Ids first: they are read off an index, and only what is shown is looked up whole.
            shown = select(CASE.c.id).where(*self._wanted(wanted, connection))
            shown = shown.order_by(*_NEWEST).limit(count).offset(first)
            asked = select(*HEAD).where(CASE.c.id.in_(shown)).order_by(*_NEWEST)
            return [head(record) for record in connection.execute(asked)]

    def how_many(self, wanted: Wanted) -> int:
        """How many cases are wanted in all."""
        with reading(self._engine) as connection:
            asked = select(func.count()).select_from(CASE).where(*self._wanted(wanted, connection))
            return connection.execute(asked).scalar_one()

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, as heads."""
        with reading(self._engine) as connection:
            asked = _HEADS_OF.where(*_seen(self._scope))
            return by_id(head(record) for record in each(connection, asked, cases))

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, folded from their events."""
        return self._ledger.cases(self._visible(cases))

    def stages(self, cases: Collection[str]) -> Mapping[str, str]:
        """Where the named cases stand, by id."""
        asked = select(CASE.c.id, CASE.c.stage).where(CASE.c.id.in_(bindparam("k_cases", expanding=True)))
        with reading(self._engine) as connection:
            asked = asked.where(*_seen(self._scope))
            return {record.id: record.stage for record in each(connection, asked, cases)}

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """All board rows of the named cases by case id, by due date, those without one last."""
        with reading(self._engine) as connection:
            return rows_by_case(each(connection, _ROWS_OF, self._visible(cases)))

    def counts(self, today: date, unit: str | None = None) -> Sequence[Count]:
        """Active cases by unit and stage, with what is overdue and the points at stake in it."""
        active = and_(CASE.c.standing == "active", *_seen(self._scope))
        cases = (
            select(CASE.c.unit, CASE.c.stage, func.count()).where(active).group_by(CASE.c.unit, CASE.c.stage)
        )
        late = (
            select(CASE.c.unit, CASE.c.stage, DEADLINE.c.stake, func.count())
            .join(CASE, CASE.c.id == DEADLINE.c.case)
            .where(_OPEN, active, DEADLINE.c.due < today)
            .group_by(CASE.c.unit, CASE.c.stage, DEADLINE.c.stake)
        )
        if unit is not None:
            cases = cases.where(CASE.c.unit.in_(_below(unit)))
            late = late.where(CASE.c.unit.in_(_below(unit)))
        overdue: dict[tuple[str, str], int] = {}
        stakes: dict[tuple[str, str], Decimal] = {}
        with reading(self._engine) as connection:
            known = connection.execute(cases.order_by(CASE.c.unit, CASE.c.stage)).all()
            for where, stage, stake, number in connection.execute(late):
                place = (where, stage)
                overdue[place] = overdue.get(place, 0) + number
                # A deduction is a stake too: what is lost counts by its size.
                stakes[place] = stakes.get(place, Decimal()) + abs(Decimal(stake or "0")) * number
        return [
            Count(
                unit=where,
                stage=stage,
                cases=number,
                overdue=overdue.get((where, stage), 0),
                stake=stakes.get((where, stage), Decimal()),
            )
            for where, stage, number in known
        ]

    def case(self, case: str) -> Case | None:
        """One case, whole; None when there is none of that id, or none to be seen."""
        return self._ledger.case(case) if self._visible([case]) else None

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""
        return self._ledger.events(case) if self._visible([case]) else ()

    def notices(self, case: str) -> Sequence[Notice]:
        """Its notices, the newest first."""
        return self._outbox.notices(case=case) if self._visible([case]) else ()

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        """The active cases with a risk register (or another one), whole, in order of their ids."""
        found = self.whole(cases_with_entries(self._engine, unit))
        return [found[case] for case in sorted(found)]

    def waiting(self, fact: str, unit: str | None = None) -> Sequence[Row]:
        """Open and missed rows of a fact that comes back, of all its periods, by due date."""
        named = and_(DEADLINE.c.obligation >= f"{fact}.", DEADLINE.c.obligation < f"{fact}/")
        still = and_(DEADLINE.c.state.in_(("open", "missed")), CASE.c.standing == "active")
        return self._rows(_BOARD.where(named, still).order_by(*_IN_ORDER), unit)

    def told(
        self,
        *,
        case: str = "",
        person: str = "",
        state: str = "",
        channel: str = "",
        limit: int | None = None,
        skip: int = 0,
    ) -> Sequence[Notice]:
        """The register of notices, the newest first, narrowed by what is given; digests that said nothing are
        left out. What speaks of no case is seen by whoever sees the whole office, and by its reader.
        """
        # By another name: what may be seen of a case asks the same table, row by row.
        told = NOTICE.alias("told")
        asked = select(told).outerjoin(CASE, CASE.c.id == told.c.case)
        asked = asked.where(or_(told.c.state != "withdrawn", told.c.case.is_not(None)))
        if self._scope is not None:
            nobodys: ColumnElement[bool] = told.c.case.is_(None)
            if self._scope.unit != "":
                nobodys = and_(nobodys, told.c.person.in_(self._scope.names))
            asked = asked.where(or_(nobodys, and_(told.c.case.is_not(None), *_seen(self._scope))))
        for name, value in {"case": case, "person": person, "state": state, "channel": channel}.items():
            if value:
                asked = asked.where(told.c[name] == value)
        asked = asked.order_by(told.c.queued_at.desc(), told.c.key).limit(limit).offset(skip)
        with reading(self._engine) as connection:
            return [notice(record) for record in connection.execute(asked)]

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sequence[Sum]:
        """How many rows stand how, by whom they wait for: from the kept sums."""
        with reading(self._engine) as connection:
            return summing.sums(connection, horizon, self._eyes(unit))

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """How many open rows are due on each day from `first` to `last`."""
        with reading(self._engine) as connection:
            return summing.by_day(connection, first, last, self._eyes(unit))

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        """Of each of these units, the due date of what is overdue the longest."""
        with reading(self._engine) as connection:
            return summing.since(connection, units, today, self._eyes(None))

    def listed(self, sought: Sought, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """A page of the rows sought, the earliest due first."""
        with reading(self._engine) as connection:
            return summing.listed(connection, sought, self._eyes(sought.unit), limit=limit, offset=offset)

    def count(self, sought: Sought) -> int:
        """How many rows are sought."""
        with reading(self._engine) as connection:
            return summing.count(connection, sought, self._eyes(sought.unit))

    def any_case(self) -> bool:
        """Whether there is any case to be seen."""
        with reading(self._engine) as connection:
            return connection.execute(select(CASE.c.id).where(*_seen(self._scope)).limit(1)).first() is not None

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Of the last letter about each obligation the reader was sent and has not acknowledged: its key."""
        if self._scope is None or not cases:
            return {}
        with reading(self._engine) as connection:
            return letters.unread(connection, cases, self._scope.names)

    def _eyes(self, unit: str | None) -> summing.Eyes:
        """The rule of `_seen`, narrowed to a unit, for each table the sums are made of."""
        below = [] if unit is None else [_below(unit)]
        if self._scope is not None and self._scope.unit:
            below.append(_below(self._scope.unit))
        nobody = [false()] if self._scope is not None and self._scope.unit is None else []
        hidden = select(CASE.c.id).where(CASE.c.confidential, not_(_told(self._scope)))
        return summing.Eyes(
            cases=[*_seen(self._scope), *(CASE.c.unit.in_(one) for one in below[:1] if unit is not None)],
            totals=[*nobody, *(TOTAL.c.unit.in_(one) for one in below)],
            rows=[*nobody, DEADLINE.c.case.not_in(hidden), *(DEADLINE.c.unit.in_(one) for one in below)],
            units=[*nobody, *(DEADLINE.c.unit.in_(one) for one in below)],
        )

    def office(self) -> Office:
        """Units, people and matches, with the officer config.toml names."""
        return office_store.office(self._engine, officer=self._officer, language=self._language)

    def _visible(self, cases: Collection[str]) -> Collection[str]:
        """Those of the named cases that may be seen."""
        if self._scope is None:
            return cases
        asked = select(CASE.c.id).where(
            CASE.c.id.in_(bindparam("k_cases", expanding=True)), *_seen(self._scope)
        )
        with reading(self._engine) as connection:
            return [record.id for record in each(connection, asked, cases)]

    def _rows(self, asked: Select[tuple[object, ...]], unit: str | None) -> list[Row]:
        asked = asked.where(*_seen(self._scope))
        if unit is not None:
            asked = asked.where(DEADLINE.c.unit.in_(_below(unit)))
        with reading(self._engine) as connection:
            return [row(record) for record in connection.execute(asked)]

    def _called(self, word: str) -> list[str]:
        """Units whose name has the word in it; folded here, for SQLite folds Latin letters only."""
        with reading(self._engine) as connection:
            return _named(connection, [word])[word]

    def _wanted(self, wanted: Wanted, connection: Connection) -> list[ColumnElement[bool]]:
        asked = _seen(self._scope)
        for name in ("procedure", "stage", "standing"):
            value = getattr(wanted, name)
            if value is not None:
                asked.append(CASE.c[name] == value)
        if wanted.unit is not None:
            asked.append(CASE.c.unit.in_(_below(wanted.unit)))
        if wanted.late_on is not None:
            late = DEADLINE.c.state == "open", DEADLINE.c.due < wanted.late_on
            asked.append(CASE.c.id.in_(select(DEADLINE.c.case).where(*late)))
            asked.append(CASE.c.standing == "active")
        words = wanted.search.casefold().split()[:SEARCHED_WORDS]
        named = _named(connection, words) if words else {}
        asked += [
            or_(CASE.c.search.contains(word, autoescape=True), CASE.c.unit.in_(named[word])) for word in words
        ]
        return asked


def _named(connection: Connection, words: Collection[str]) -> dict[str, list[str]]:
    """Word -> the units whose name has it."""
    units = [(unit, name.casefold()) for unit, name in connection.execute(select(UNIT.c.id, UNIT.c.name))]
    return {word: [unit for unit, name in units if word in name] for word in words}


def _seen(scope: Scope | None) -> list[ColumnElement[bool]]:
    """What a case must be like to be seen: in the reader's units; a confidential one only by who was named to
    know of it, or told of it."""
    if scope is None:
        return []
    if scope.unit is None:
        return [false()]
    to_know = or_(CASE.c.confidential.is_(False), _told(scope))
    return [to_know, CASE.c.unit.in_(_below(scope.unit))] if scope.unit else [to_know]


def _told(scope: Scope | None) -> ColumnElement[bool]:
    """Whether a reader was named to know of a case or told of it; the house itself knows of all."""
    if scope is None:
        return true()
    named = exists().where(READER.c.case == CASE.c.id, READER.c.person.in_(scope.names))
    told = exists().where(NOTICE.c.case == CASE.c.id, NOTICE.c.person.in_(scope.names))
    return or_(named, told)


def _below(unit: str) -> Select[tuple[str]]:
    """Ids of the unit and all units below it; the unit itself even when nobody has entered it."""
    tree = select(literal(unit).label("id")).cte("below", recursive=True)
    tree = tree.union(select(UNIT.c.id).join(tree, UNIT.c.parent == tree.c.id))
    return select(tree.c.id)
