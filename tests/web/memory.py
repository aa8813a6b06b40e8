"""An office in memory: the ledger the desk writes to and the reads the pages ask, over plain dictionaries."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import BinaryIO

from documents.sheets.evidence_damage import EvidenceDamaged
from documents.sheets.file_kind import StoredFile
from notifications.notice import Notice
from workflow.board.rows import CaseFilter, Row
from workflow.board.sums import AssigneeKey, DeadlineFilter, Horizon, Sum, Sums, base
from workflow.cases.case import Case, Event, fold
from workflow.cases.registers.entries import number_of
from workflow.cases.registers.evidence_list import as_seen, events_as_seen
from workflow.cases.registers.risk_lists import Listed, Place, RecommendationFilter, RiskGroup, listed, shared
from workflow.law.library import Library
from workflow.law.reader import read
from workflow.org.access import (
    Account,
    Answered,
    Entry,
    EntryKind,
    LimitReached,
    RateLimit,
    Reader,
    RecoveryCodes,
    RemovalRequest,
    Scope,
    within,
)
from workflow.org.office import Office, Person, Unit
from workflow.ports import Result, Written

REGULATIONS = Path(__file__).parents[2] / "regulations"


@cache
def library() -> Library:
    """The shipped regulations."""
    files = sorted(REGULATIONS.glob("*.toml"))
    return Library(read(file.name, file.read_bytes()) for file in files)


def office() -> Office:
    """A ministry's three units with their people."""
    return Office(
        units={
            "head": Unit(id="head", name="Орталық аппарат"),
            "hr": Unit(id="hr", name="Персоналды басқару департаменті", parent="head"),
            "law": Unit(id="law", name="Заң департаменті", parent="head"),
        },
        people={
            "a@org.kz": Person(
                key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", duties=("authorised_person",), language="kk"
            ),
            "b@org.kz": Person(key="b@org.kz", name="Иванов Пётр", unit="hr", duties=("head",), language="ru"),
            "c@org.kz": Person(
                key="c@org.kz", name="Өтегенов Ерлан", unit="law", duties=("authorised_person",)
            ),
        },
    )


@dataclass
class Memory:
    """The ledger and the reads in one; `notice_list` is what `notices` answers."""

    chains: dict[str, list[Event]] = field(default_factory=dict)
    board: dict[str, dict[str, Row]] = field(default_factory=dict)
    the_office: Office = field(default_factory=office)
    notice_list: list[Notice] = field(default_factory=list)
    scope: Scope | None = None
    stage_of: dict[str, str] = field(default_factory=dict)

    def seen_by(self, scope: Scope) -> Memory:
        return replace(self, scope=scope)

    def _seen(self, unit: str) -> bool:
        return self.scope is None or within(self.the_office, unit, self.scope.unit)

    def attempt(self, case: str, command: Callable[[], Result]) -> Result:
        return command()

    def append(self, changes: Sequence[Written], *, now: datetime) -> None:
        for change in changes:
            chain = self.chains.setdefault(change.case.id, [])
            chain.extend(replace(event, hash=f"{event.case}:{event.seq}") for event in change.events)
            self.board[change.case.id] = {row.obligation: row for row in change.rows}
            self.stage_of[change.case.id] = change.stage

    def append_many(self, changes: Sequence[Written], *, now: datetime) -> None:
        self.append(changes, now=now)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        return [f"{year}-{len(self.chains) + n:03d}" for n in range(1, count + 1)]

    def case(self, case: str) -> Case | None:
        found = fold(self.chains[case]) if case in self.chains else None
        return as_seen(found, self.scope) if found and self._seen(found.unit) else None

    def events(self, case: str) -> Sequence[Event]:
        return tuple(events_as_seen(self.chains.get(case, ()), self.scope))

    def rows(self, case: str) -> Mapping[str, Row]:
        return self.board.get(case, {})

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        for case in sorted(self.cases(), key=lambda case: case.id):
            if (case.procedure, case.unit, case.object, case.standing) == (procedure, unit, object, "active"):
                return case.id
        return None

    def office(self) -> Office:
        return self.the_office

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        return self._where(unit, lambda row: row.state == "open" and row.due is not None and row.due < today)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        return self._where(
            unit, lambda row: row.state == "open" and row.due is not None and today <= row.due <= until
        )

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        return self._where(unit, lambda row: row.state == "missed")

    def cases(
        self, unit: str | None = None, *, procedure: str | None = None, standing: str | None = None
    ) -> Sequence[Case]:
        found = [
            case
            for case in map(fold, self.chains.values())
            if procedure in (None, case.procedure) and standing in (None, case.standing)
        ]
        return [case for case in reversed(found) if self._seen(case.unit) and unit in (None, case.unit)]

    def page(self, wanted: CaseFilter, *, first: int, count: int) -> Sequence[Case]:
        return self._wanted(wanted)[first : first + count]

    def how_many(self, wanted: CaseFilter) -> int:
        return len(self._wanted(wanted))

    def _wanted(self, wanted: CaseFilter) -> list[Case]:
        return [case for case in self.cases() if self._is_wanted(case, wanted)]

    def _is_wanted(self, case: Case, wanted: CaseFilter) -> bool:
        unit = self.the_office.units.get(case.unit)
        text = f"{case.id} {case.object} {case.unit} {unit.name if unit else ''}".casefold()
        late = [row.obligation for row in self.overdue(wanted.late_on or date.min) if row.case == case.id]
        return (
            wanted.procedure in (None, case.procedure)
            and wanted.standing in (None, case.standing)
            and wanted.stage in (None, self.stage_of.get(case.id))
            and (wanted.unit is None or within(self.the_office, case.unit, wanted.unit))
            and (wanted.late_on is None or bool(late))
            and all(word in text for word in wanted.search.casefold().split())
        )

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        return {case: fold(self.chains[case]) for case in cases}

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        return {name: as_seen(case, self.scope) for name, case in self.heads(cases).items()}

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        return {case: tuple(self.board[case].values()) for case in cases}

    def notices(self, case: str) -> Sequence[Notice]:
        return [notice for notice in self.notice_list if notice.case == case]

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        active = [case for case in self.cases(unit) if case.entries and case.standing == "active"]
        return [as_seen(case, self.scope) for case in active]

    def recommendations(self, narrowed: RecommendationFilter, today: date) -> Mapping[tuple[str, bool], int]:
        kept = replace(narrowed, status="", late=False)
        return Counter((one.status, self._late(one.place, today)) for one in self._listed(kept, today))

    def recommended(
        self, narrowed: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Place]:
        found = sorted(one.place for one in self._listed(narrowed, today))
        return found[offset : None if limit is None else offset + limit]

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        return [
            RiskGroup(
                units=len(one.units),
                cases=len({case.id for case, _ in one.found}),
                first=tuple(Place(case.id, risk.number, 0) for case, risk in one.found)[:first],
                unasked=len({*one.unasked}),
                asking=one.unasked[:first],
            )
            for one in shared(self.with_registers(unit or None))[:limit]
        ]

    def _listed(self, narrowed: RecommendationFilter, today: date) -> list[Listed]:
        return [
            one
            for one in listed(self.with_registers(narrowed.unit or None))
            if not narrowed.direction or one.risk.direction == narrowed.direction
            if one.risk.for_legal_monitoring or not narrowed.legal
            if narrowed.keeps(one.status, self._late(one.place, today))
        ]

    def _late(self, place: Place, today: date) -> bool:
        return any(
            row.state == "open" and row.due is not None and row.due < today
            for row in self.board[place.case].values()
            if row.obligation.startswith("measure.") and number_of(row.obligation) == place.measure
        )

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, tuple[int, Sequence[Row]]]:
        late = [
            row
            for row in self._rows(unit)
            if row.obligation.startswith("quarter_reported.") and row.state in ("open", "missed")
            if row.due is not None and row.due < today
        ]
        return _firsts(late, lambda row: row.obligation.partition(".")[2], limit, offset)

    def days(
        self, first: date, last: date, unit: str | None = None, *, limit: int
    ) -> Mapping[date, tuple[int, Sequence[Row]]]:
        rows = [row for row in self._rows(unit) if row.state == "open" and row.due]
        return _firsts([row for row in rows if first <= row.due <= last], lambda row: row.due, limit, 0)

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
        asked = {"case": case, "person": person, "state": state, "channel": channel}
        found = [
            one
            for one in self.notice_list
            if all(not value or getattr(one, name) == value for name, value in asked.items())
            and (one.case in self.chains and self.case(one.case) is not None)
        ]
        return found[skip : None if limit is None else skip + limit]

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sums:
        found: dict[tuple[object, ...], Sum] = {}
        for row in self._rows(unit):
            asked = AssigneeKey(row.unit, row.duty, row.responsible, row.person)
            edition = fold(self.chains[row.case]).edition
            known = (asked, edition, row.stage, base(row.obligation))
            one = found.setdefault(
                known, Sum(asked=asked, edition=edition, stage=row.stage, obligation=base(row.obligation))
            )
            for name in ("overdue", "today", "week", "later", "due", "missed"):
                sought = DeadlineFilter(urgency=name, horizon=horizon)  # type: ignore[arg-type]
                setattr(one, name, getattr(one, name) + _is_sought(row, sought))
        return Sums(found.values())

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        days = [row.due for row in self._rows(unit) if row.state == "open" and row.due]
        return Counter(day for day in days if first <= day <= last)

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        return {unit: rows[0].due for unit in units if (rows := self.overdue(today, unit)) and rows[0].due}

    def listed(self, sought: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        rows = [row for row in self._rows(sought.unit) if _is_sought(row, sought)]
        rows.sort(key=lambda row: (row.due or date.max, row.case, row.obligation))
        return rows[offset : offset + limit]

    def count(self, sought: DeadlineFilter) -> int:
        return len(self.listed(sought, limit=10**6))

    def any_case(self) -> bool:
        return bool(self.cases())

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        names = self.scope.names if self.scope else ()
        return {
            (one.case, one.obligation): one.key
            for one in self.notice_list
            if one.case in cases and one.person in names and one.state == "sent" and not one.acknowledged_at
        }

    def _rows(self, unit: str | None) -> list[Row]:
        every = [row for rows in self.board.values() for row in rows.values() if self._seen(row.unit)]
        return [row for row in every if unit is None or within(self.the_office, row.unit, unit)]

    def _where(self, unit: str | None, wanted) -> Sequence[Row]:  # type: ignore[no-untyped-def]
        rows: Iterable[Row] = (row for rows in self.board.values() for row in rows.values())
        found = [row for row in rows if wanted(row) and self._seen(row.unit) and unit in (None, row.unit)]
        return sorted(found, key=lambda row: row.due or date.max)


def _firsts(rows, of, limit: int, offset: int):  # type: ignore[no-untyped-def]
    found: dict[object, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.due, row.case, row.obligation)):
        found.setdefault(of(row), []).append(row)
    return {key: (len(every), every[offset : offset + limit]) for key, every in found.items()}


def _is_sought(row: Row, sought: DeadlineFilter) -> bool:
    day, due = sought.horizon, row.due
    if sought.urgency == "missed":
        fits = row.state == "missed"
    elif row.state != "open" or due is None:
        fits = False
    else:
        fits = {
            "open": True,
            "overdue": due < day.today,
            "today": due == day.today,
            "week": day.today < due <= day.week,
            "later": due > day.week,
            "due": day.today <= due <= day.soon,
        }[sought.urgency]
    asked = AssigneeKey(row.unit, row.duty, row.responsible, row.person)
    return (
        fits
        and sought.on in (None, due)
        and sought.stage in (None, row.stage)
        and (sought.asked is None or asked in sought.asked)
    )


@dataclass
class LeavesInMemory:
    """Leave written straight into the office in memory."""

    memory: Memory

    def set_leave(
        self,
        person: str,
        *,
        away: Sequence[tuple[date, date]],
        deputy: str | None,
        by: str,
        now: datetime,
        today: date,
    ) -> None:
        office = self.memory.the_office
        known = replace(office.people[person], away=tuple(away), deputy=deputy)
        self.memory.the_office = replace(office, people={**office.people, person: known})


@dataclass
class EvidenceInMemory:
    """Files by their SHA-256."""

    files: dict[str, bytes] = field(default_factory=dict)

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        content.seek(0)
        data = content.read()
        reference = hashlib.sha256(data).hexdigest()
        self.files[reference] = data
        return StoredFile(reference, "application/pdf", len(data))

    def open(self, reference: str) -> BinaryIO:
        if reference not in self.files:
            raise EvidenceDamaged("evidence_missing", sha256=reference)
        return io.BytesIO(self.files[reference])


@dataclass
class AccountsInMemory:
    """Accounts over plain dictionaries."""

    accounts: dict[str, Account] = field(default_factory=dict)
    ways_in: dict[str, Entry] = field(default_factory=dict)
    counted: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def any(self) -> bool:
        return any(one.password for one in self.accounts.values())

    def account(self, login: str) -> Account | None:
        return self.accounts.get(login.casefold())

    def all(self) -> Sequence[Account]:
        return [self.accounts[login] for login in sorted(self.accounts)]

    def save(self, reader: Reader, *, disabled: bool, by: str, now: datetime, today: date) -> None:
        known = self.accounts.get(reader.login, Account(reader=reader))
        self.accounts[reader.login] = replace(known, reader=reader, disabled=disabled)
        if disabled:
            self.end(reader.login, now=now)

    def set_password(self, login: str, password: str, *, by: str, now: datetime, today: date) -> None:
        self.accounts[login] = replace(self.accounts[login], password=password)
        self.end(login, now=now)

    def let_in(self, entry: Entry, *, by: str = "") -> None:
        self.ways_in[entry.hash] = entry

    def entry(self, kind: EntryKind, hash: str, *, now: datetime) -> Entry | None:
        found = self.ways_in.get(hash)
        return found if found and found.kind == kind and found.expires_at > now else None

    def entries(self, login: str, *, now: datetime) -> Sequence[Entry]:
        return [one for one in self.ways_in.values() if one.login == login and one.expires_at > now]

    def seen(self, hash: str, *, now: datetime) -> None:
        self.ways_in[hash] = replace(self.ways_in[hash], seen_at=now)

    def take(self, hash: str, *, now: datetime) -> bool:
        return self.ways_in.pop(hash, None) is not None

    def end(self, login: str, hash: str | None = None, *, now: datetime, by: str = "") -> None:
        for one in list(self.ways_in.values()):
            if one.login == login and hash in (None, one.hash):
                del self.ways_in[one.hash]

    def count_attempt(self, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
        for limit in limits:
            free_at = max(self.counted.get((limit.kind, limit.key), now), now)
            wait = free_at - (now + (limit.burst - 1) * limit.period)
            if wait > timedelta(0):
                return LimitReached(kind=limit.kind, wait=wait)
        for limit in limits:
            free_at = max(self.counted.get((limit.kind, limit.key), now), now)
            self.counted[limit.kind, limit.key] = free_at + limit.period
        return None

    def forget_attempt(self, limits: Sequence[RateLimit]) -> None:
        for limit in limits:
            self.counted[limit.kind, limit.key] -= limit.period


@dataclass
class SecondFactorsInMemory:
    """Second factors of the accounts in memory, secrets in clear; `letters` is what would be queued."""

    accounts: AccountsInMemory
    secrets: dict[str, str] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    unused: dict[str, set[str]] = field(default_factory=dict)
    used: dict[str, datetime] = field(default_factory=dict)
    requests: dict[str, RemovalRequest] = field(default_factory=dict)
    letters: list[Notice] = field(default_factory=list)

    def secret(self, login: str) -> str:
        return self.secrets.get(login, "")

    def enrol(
        self, login: str, secret: str, step: int, codes: Collection[str], *, by: str, now: datetime, today: date
    ) -> None:
        self._set(login, secret, step, now)
        self.unused[login] = set(codes)

    def remove(self, login: str, *, by: str, now: datetime, today: date) -> None:
        self._set(login, "", 0, now)
        self.unused.pop(login, None)

    def _set(self, login: str, secret: str, step: int, now: datetime) -> None:
        known = self.accounts.accounts[login]
        self.accounts.accounts[login] = replace(known, second_factor=bool(secret))
        self.secrets[login], self.steps[login] = secret, step
        self.requests.pop(login, None)
        self.accounts.end(login, now=now)

    def take_step(self, login: str, step: int) -> bool:
        last = self.steps.get(login, 0)
        self.steps[login] = max(step, last)
        return step > last

    def codes(self, login: str) -> RecoveryCodes:
        return RecoveryCodes(left=len(self.unused.get(login, ())), used_at=self.used.get(login))

    def make_codes(self, login: str, codes: Collection[str], *, by: str, now: datetime, today: date) -> None:
        self.unused[login] = set(codes)

    def take_code(
        self, login: str, code: str, *, now: datetime, today: date, letters: Sequence[Notice] = ()
    ) -> bool:
        if code not in self.unused.get(login, ()):
            return False
        self.unused[login].remove(code)
        self.used[login] = now
        self.letters += letters
        return True

    def removal(self, login: str, *, now: datetime) -> RemovalRequest | None:
        found = self.requests.get(login)
        return found if found is not None and found.until > now else None

    def removals(self, *, now: datetime) -> Sequence[RemovalRequest]:
        return [one for login in sorted(self.requests) if (one := self.removal(login, now=now))]

    def request_removal(
        self,
        login: str,
        ground: str,
        *,
        until: datetime,
        by: str,
        now: datetime,
        today: date,
        letters: Sequence[Notice] = (),
    ) -> bool:
        if self.removal(login, now=now) is not None:
            return False
        self.requests[login] = RemovalRequest(login=login, by=by, ground=ground, at=now, until=until)
        self.letters += letters
        return True

    def withdraw_removal(self, login: str, *, by: str, now: datetime, today: date) -> bool:
        return self.requests.pop(login, None) is not None

    def approve_removal(
        self, login: str, *, by: str, now: datetime, today: date, letters: Sequence[Notice] = ()
    ) -> bool:
        request = self.removal(login, now=now)
        if request is None or by in (request.by, login):
            return False
        self.remove(login, by=by, now=now, today=today)
        self.letters += letters
        return True


@dataclass
class AnswersInMemory:
    """Keys of requests over a dictionary."""

    known: dict[tuple[str, str], Answered] = field(default_factory=dict)

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> Answered | None:
        before = self.known.get((login, key))
        if before is None:
            self.known[login, key] = Answered(digest=digest, answer=None)
        return before

    def keep(self, login: str, key: str, answer: str) -> None:
        self.known[login, key] = replace(self.known[login, key], answer=answer)

    def release(self, login: str, key: str) -> None:
        self.known.pop((login, key), None)
