"""The scale risks are ranked by: levels of likelihood and effect, and bands of their product. The scale is
ours.

Act No. 488, p. 43, which ranks risks, could not be obtained; the file says so, and so must every place that
shows a rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from workflow.cases.registers.rows import RowOfCase
from workflow.law.files import DashedName, FileProblem, Listed, Model, Name, read_file
from workflow.law.procedure import Text


class Rank(NamedTuple):
    """A rank: levels of likelihood and effect on a scale (1 is the lowest), and the edition of the scale."""

    likelihood: int
    effect: int
    scale: str

    @property
    def points(self) -> int:
        """Likelihood times effect."""
        return self.likelihood * self.effect


def rank_of(risk: RowOfCase) -> Rank | None:
    """Return the rank of a risk; None before it is ranked."""
    ranked = risk.last("risk_ranked")
    return Rank(int(ranked["likelihood"]), int(ranked["effect"]), ranked["scale"]) if ranked else None


class Level(Model):
    """One level of likelihood or of effect."""

    title: Text
    meaning: Text


class Band(Model):
    """A band of ranks up to a product. `colour`: a colour of the risk map."""

    id: Name
    up_to: Annotated[int, Field(ge=1)]
    title: Text
    colour: Literal["calm", "watch", "high", "urgent"]


class RiskScale(Model):
    """One edition of the scale; its levels begin with the lowest. `ours`: no act made it, as every place that
    shows it says; `note`: its author and reason.
    """

    id: DashedName
    in_force: date
    ours: bool
    title: Text
    note: Text
    likelihood: Listed[Level]
    effect: Listed[Level]
    bands: Listed[Band] = Field(alias="band")

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    def band(self, rank: Rank) -> Band:
        """Return the first band that reaches up to the points of a rank, else the last."""
        return next((band for band in self.bands if rank.points <= band.up_to), self.bands[-1])


def scale_of(scales: Mapping[str, RiskScale], rank: Rank | None) -> RiskScale | None:
    """Return the scale a risk was ranked by; None without a rank, or if its file no longer exists."""
    return scales.get(rank.scale) if rank else None


def read_scale(name: str, text: bytes) -> RiskScale:
    """Return the scale a file describes; raises UnreadableRegulation naming what is wrong."""
    return read_file(RiskScale, name, text, _unless_ours)


def _unless_ours(scale: RiskScale) -> Iterator[FileProblem]:
    """Yield a mistake unless the file says that the scale is ours."""
    if not scale.ours:
        yield FileProblem("not_allowed", "ours", {"value": "false", "allowed": ("true",)})
