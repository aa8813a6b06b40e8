"""What the pages need of the shell: papers made of a case, scales, points, the register's proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import BinaryIO, Protocol

from notifications.notice import Notice
from web.ports.gathering import Gathering
from workflow.cases.registers.risk_scale import RiskScale
from workflow.law.procedure import Text
from workflow.org.access import Scope
from workflow.scoring.prospects import Prospect, Step
from workflow.scoring.scale import Readings, Scoring
from workflow.scoring.score import Scores
from workflow.scoring.tally import Tally


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
class RegisterStatus:
    """The register against its chain: records that are not as they were written (key, "" for the chain itself).

    Attributes:
        batches, end: how long the chain is, and its last hash.
        seal: the number of the last seal, 0 before the first.
    """

    altered: tuple[tuple[str, str], ...]
    batches: int
    end: str
    seal: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageFile:
    """An export package (ZIP); its reader closes `content`.

    Attributes:
        whole: whether every file that belongs in is in; the index names those that are missing or altered.
    """

    content: BinaryIO
    whole: bool


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

    Whether the reader may see the case was asked before; `scope` says which of its documents they may open.
    """

    def sheets(self, case: str, language: str, scope: Scope, *, today: date) -> Sequence[Sheet]:
        """The forms of a case, each with what is still unknown. `language`: kk or ru."""

    def form(self, case: str, form: str, language: str, scope: Scope, *, today: date) -> bytes:
        """The form filled, as DOCX. Raises UnknownForm."""

    def package(self, case: str, language: str, scope: Scope) -> PackageFile:
        """Return the export package (ZIP) of the case, restricted and damaged files left out; its index names
        restricted ones to those alone who may open them.
        """

    def register(self, notices: Sequence[Notice], ending: str, language: str, *, now: datetime) -> bytes:
        """These notices as a workbook (`.xlsx`) or a page to be signed off (`.docx`)."""

    def standing(self) -> RegisterStatus:
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
