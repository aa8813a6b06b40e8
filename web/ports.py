"""What the pages need from the rest of the house, said as protocols. Storage answers, wiring joins.

Everything that crosses is a value of the workflow or of the notifications, so that nobody has to
import the web to answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import BinaryIO, Protocol

from notifications.notice import Notice
from papers.file_kind import StoredFile
from papers.reading import Note
from papers.upload import Upload, UploadKind
from web.gathering_ports import Gathering
from workflow.access import Account, Answered, Entry, EntryKind, Reader, Scope
from workflow.board import Row, Wanted
from workflow.case import Case, Event
from workflow.deadline import Deadline
from workflow.finding import Finding
from workflow.office import Office, Person
from workflow.opening import Opening
from workflow.procedure import Procedure, Text
from workflow.prospects import Prospect, Step
from workflow.risk_scale import RiskScale
from workflow.scale import Readings, Scoring
from workflow.score import Scores
from workflow.sums import Horizon, Sought, Sum
from workflow.tally import Tally


class Reads(Protocol):
    """The questions pages ask of what is stored. None of them writes.

    `unit` narrows an answer to one unit; None means the whole office. Only active cases answer.
    """

    def seen_by(self, scope: Scope) -> Reads:
        """The same questions, answered with what somebody may see: one rule for lists and for single cases."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows whose due date lies before `today`, the longest overdue first."""

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows due from `today` to `until`, both included, the nearest first."""

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Rows of the state `missed`, by due date."""

    def cases(self, unit: str | None = None) -> Sequence[Case]:
        """All cases whatever their standing, the newest first.

        Heads are enough: facts and plan dates may be left out.
        """

    def page(self, wanted: Wanted, *, first: int, count: int) -> Sequence[Case]:
        """Heads of the wanted cases in the order of `cases`: `count` of them after the first `first`."""

    def how_many(self, wanted: Wanted) -> int:
        """How many cases are wanted in all."""

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, as heads."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, whole."""

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """All board rows of the named cases by case id."""

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sequence[Sum]:
        """How many rows stand how, by whom they wait for; of a unit with those below it, or of all."""

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """How many open rows are due on each day from `first` to `last`; days without any may be left out."""

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        """Of each of these units, the due date of what is overdue the longest."""

    def listed(self, sought: Sought, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """A page of the rows sought, the earliest due first."""

    def count(self, sought: Sought) -> int:
        """How many rows are sought."""

    def any_case(self) -> bool:
        """Whether there is any case to be seen."""

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Of the last letter about each obligation the reader was sent and has not acknowledged: its key."""

    def case(self, case: str) -> Case | None:
        """One case, whole; None when there is none of that id."""

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""

    def notices(self, case: str) -> Sequence[Notice]:
        """Its notices, the newest first."""

    def office(self) -> Office:
        """Units, people and matches."""

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        """The active cases with a register of risks (or another one), whole."""

    def waiting(self, fact: str, unit: str | None = None) -> Sequence[Row]:
        """Open and missed rows of a fact that comes back, of all its periods, by due date."""

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
        """The register of notices, the newest first, narrowed by what is not empty."""


class Accounts(Protocol):
    """Who may log in, and by what. Moments are UTC, `today` is the local date."""

    def any(self) -> bool:
        """Whether anybody has a password already."""

    def account(self, login: str) -> Account | None:
        """The account of that name, letter case apart."""

    def all(self) -> Sequence[Account]:
        """Every account, by name."""

    def save(self, reader: Reader, *, disabled: bool, by: str, now: datetime, today: date) -> None:
        """Make an account or change it; its secrets stay."""

    def set_password(self, login: str, password: str, *, by: str, now: datetime, today: date) -> None:
        """Another password (its hash); every way in of the account ends."""

    def set_totp(self, login: str, secret: str, step: int, *, by: str, now: datetime, today: date) -> None:
        """Another second factor, or none; every way in of the account ends."""

    def take_step(self, login: str, step: int) -> bool:
        """Use up a code of the second factor; False when it was used already."""

    def let_in(self, entry: Entry, *, by: str = "") -> None:
        """Keep a way in. With `by`, who gave it is an event of the office's chain."""

    def entry(self, kind: EntryKind, hash: str, *, now: datetime) -> Entry | None:
        """The way in with that hash, while it holds."""

    def entries(self, login: str, *, now: datetime) -> Sequence[Entry]:
        """The ways in of an account that hold, the newest first."""

    def seen(self, hash: str, *, now: datetime) -> None:
        """Write down when a way in was last used."""

    def take(self, hash: str, *, now: datetime) -> bool:
        """Use up an invitation; False when it was used already."""

    def end(self, login: str, hash: str | None = None, *, now: datetime, by: str = "") -> None:
        """End one way in of an account, or all of them. With `by`, that is an event of the office's chain."""

    def failures(self, login: str) -> tuple[int, datetime | None]:
        """Failed log-ins in a row under that name, and when the last one was."""

    def failed(self, login: str, *, now: datetime) -> None:
        """One more failed log-in."""

    def succeeded(self, login: str) -> None:
        """Forget the failed ones."""


class Choices(Protocol):
    """How people want to be reminded. Whatever changes is an event of the office's chain."""

    def person(self, key: str) -> Person | None:
        """Somebody of the office, with what they have chosen."""

    def whose(self, secret: str) -> Person | None:
        """Whose address in letters has that secret part."""

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """How often: "" in single letters, "daily" or "weekly" in a digest."""

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """The language of their letters."""


class Answers(Protocol):
    """What requests were answered under their senders' keys."""

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> Answered | None:
        """Take the key for a request; None when it was free, else what is known of it."""

    def keep(self, login: str, key: str, answer: str) -> None:
        """What it was answered, as JSON."""

    def release(self, login: str, key: str) -> None:
        """Give the key back: nothing was done under it."""


class Leaves(Protocol):
    """When people are away and who stands in for them, as they say themselves."""

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
        """Write down the leave of a person (local dates, both ends included) and their deputy."""


class EvidenceStore(Protocol):
    """Files that prove facts, kept by what is in them."""

    def keep(self, content: BinaryIO, name: str) -> StoredFile:
        """Store the bytes once, under the SHA-256 of them; `name` is the file's own name."""

    def open(self, reference: str) -> BinaryIO | None:
        """The bytes stored under that SHA-256; None when there are none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A form of a case: what it is called, and what nobody has told the house yet.

    Attributes:
        missing: field, and the number of the row it is missing in (None: a field of the form itself).
    """

    id: str
    title: Text
    missing: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTaken:
    """What a plan of measures became; `unmatched`: responsible texts nobody could be found for."""

    measures: int
    entered: int
    unmatched: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterStanding:
    """The register against its chain: records that are not as they were written (key, "" for the chain itself).

    Attributes:
        batches, end: how long the chain is, and its last hash.
        seal: the number of the last seal, 0 before the first.
    """

    altered: tuple[tuple[str, str], ...]
    batches: int
    end: str
    seal: int


class YearPoints(Protocol):
    """The points of one body in one year."""

    @property
    def unit(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def scores(self) -> Scores: ...
    @property
    def counted(self) -> Mapping[str, Tally]: ...
    @property
    def prospects(self) -> Mapping[str, Prospect]: ...
    @property
    def steps(self) -> tuple[Step, ...]: ...
    @property
    def lost(self) -> Fraction: ...
    @property
    def at_stake(self) -> Fraction: ...
    def projects(self) -> Mapping[str, Fraction]: ...


class Shell(Gathering, Protocol):
    """What the pages need of the shell: papers made of a case, scales, points, the register's proof.

    Whether the reader may see the case was asked before.
    """

    def sheets(self, case: str, language: str, *, today: date) -> Sequence[Sheet]:
        """The forms of a case, each with what is still unknown. `language`: kk or ru."""

    def form(self, case: str, form: str, language: str, *, today: date) -> bytes:
        """The form filled, as DOCX. Raises UnknownForm."""

    def package(self, case: str, language: str) -> BinaryIO:
        """The export package (ZIP) of the case, restricted files left out; whoever reads it closes it."""

    def register(self, notices: Sequence[Notice], ending: str, language: str, *, now: datetime) -> bytes:
        """These notices as a workbook (`.xlsx`) or a page to be signed off (`.docx`)."""

    def standing(self) -> RegisterStanding:
        """Whether the register verifies against its chain."""

    def take_plan(
        self, case: str, content: BinaryIO, name: str, *, year: int | None, by: str, now: datetime, today: date
    ) -> PlanTaken:
        """A plan of measures (XLSX, CSV) becomes risks and measures. Raises UnreadablePaper."""

    def responsible(self, text: str, *, by: str, now: datetime, today: date) -> None:
        """Keep whom the words of a plan mean, where it can be told."""

    def scale(self, on: date) -> RiskScale:
        """The scale risks are ranked by on a day."""

    def scales(self) -> Mapping[str, RiskScale]:
        """All scales by edition."""

    def scoring(self) -> Scoring:
        """How execution is scored."""

    def points(
        self, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool
    ) -> Sequence[YearPoints]:
        """The points of a unit with all below it ("" is the whole office); then of its parts, where asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the core says of one case on one day."""

    stage: str
    deadlines: tuple[Deadline, ...]
    findings: tuple[Finding, ...]


class Judge(Protocol):
    """From a case to what the core says of it; pure."""

    def __call__(self, case: Case, procedure: Procedure, *, today: date) -> Judgement: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """One analysis of a schedule somebody sent, before it is written.

    Attributes:
        row: the first row that speaks of it, as the spreadsheet numbers them.
        unit: id of the unit meant, else the words of the file.
        case: the case that is known already, whole; None when one would be opened.
        facts, planned: what the file says (local dates); `new`, `moved`: what of it would be written.
        procedure: the edition it would be judged by.
        responsible: fact -> who answers for it, in the words of the file.
    """

    row: int
    object: str
    unit: str
    case: Case | None
    facts: Mapping[str, date]
    planned: Mapping[str, date]
    new: Mapping[str, date]
    moved: Mapping[str, date]
    procedure: Procedure
    responsible: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What becomes, or became, of a schedule: ids of cases, notes, and whom its responsible texts mean.

    Attributes:
        matches: text -> unit id or person key; `strange`: texts nobody is known by.
    """

    cases: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """What opening a year would open, and how many cases of it are there already."""

    openings: tuple[Opening, ...]
    there: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Findings of one analysis long past."""

    case: str
    findings: tuple[Finding, ...]


class Intake(Protocol):
    """Files and years taken in whole. What cannot be read is a refusal that names every bad row."""

    def look(
        self, content: bytes, name: str, procedure: str, *, today: date
    ) -> tuple[tuple[Analysis, ...], Taken]:
        """What taking in a schedule would do; nothing is written."""

    def take(
        self,
        content: bytes,
        name: str,
        procedure: str,
        *,
        meant: Mapping[str, str],
        by: str,
        now: datetime,
        today: date,
    ) -> Taken:
        """Take in a schedule, all of it or none. `meant`: responsible texts -> unit id or person key."""

    def year(self, year: int, unit: str) -> Year:
        """What opening a year would open, for the organisations at a unit or below it; "" is all."""

    def open_year(self, year: int, unit: str, *, by: str, now: datetime, today: date) -> int:
        """Open it; how many cases were opened."""

    def past(self, content: bytes, name: str, procedure: str) -> tuple[Past, ...]:
        """Findings of a table of past analyses, case by case."""


class Uploads(Protocol):
    """Files between being shown and being taken in: kept by what is in them, for whoever sent them, a day."""

    def keep(
        self, kind: UploadKind, content: bytes, name: str, procedure: str, *, by: str, now: datetime
    ) -> str:
        """Keep a file; the SHA-256 of its bytes."""

    def kept(self, kind: UploadKind, digest: str, *, by: str, now: datetime) -> Upload | None:
        """The file of that digest that `by` sent; None when there is none, or no longer."""
