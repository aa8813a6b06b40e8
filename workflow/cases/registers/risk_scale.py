"""The scale risks are ranked by: levels of likelihood and effect, and bands of their product. The scale is
ours.

Act No. 488, p. 43, which ranks risks, could not be obtained; the file says so, and so must every place that
shows a rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator

from workflow.cases.registers.risk import Rank
from workflow.law.file_models import DashedName, Keyed, Name, list_of, one_of, table, within, wrong
from workflow.law.procedure import Text
from workflow.law.reader.table import read_edition


@dataclass(frozen=True, slots=True)
class Level:
    """One level of likelihood or of effect. `number`: 1 is the lowest."""

    number: int
    title: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class Band:
    """A band of ranks up to a product. `colour`: a colour of the risk map (calm, watch, high, urgent)."""

    id: str
    up_to: int
    title: Text
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskScale:
    """One edition of the scale. `note`: its author and reason."""

    id: str
    in_force: date
    title: Text
    note: Text
    likelihood: tuple[Level, ...]
    effect: tuple[Level, ...]
    bands: tuple[Band, ...]

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    def product(self, rank: Rank) -> int:
        """Return likelihood times effect."""
        return rank.likelihood * rank.effect

    def band(self, rank: Rank) -> Band:
        """Return the band a rank falls into."""
        product = self.product(rank)
        return next((band for band in self.bands if product <= band.up_to), self.bands[-1])


def by_edition(scales: Mapping[str, RiskScale], rank: Rank | None) -> RiskScale | None:
    """Return the scale a risk was ranked by; None without a rank, or if its file no longer exists."""
    return scales.get(rank.scale) if rank else None


COLOURS = ("calm", "watch", "high", "urgent")


def _ours(ours: bool) -> bool:
    if not ours:
        raise wrong("not_allowed", allowed=("true",))
    return ours


def _numbered(levels: tuple[dict[str, Any], ...]) -> tuple[Level, ...]:
    return tuple(Level(number, **level) for number, level in enumerate(levels, 1))


LEVELS = list_of(table(Level, without=["number"], make=dict), AfterValidator(_numbered))
BAND = table(Band, id=Name, up_to=within(1), colour=one_of(*COLOURS))
SCALE = table(
    RiskScale,
    id=DashedName,
    ours=Annotated[bool, AfterValidator(_ours)],
    likelihood=LEVELS,
    effect=LEVELS,
    bands=Keyed("band", list_of(BAND)),
)


def read_scale(name: str, text: bytes) -> RiskScale:
    """Return the scale a file describes; raises UnreadableRegulation naming what is wrong."""
    scale: RiskScale = read_edition(SCALE, name, text)
    return scale
