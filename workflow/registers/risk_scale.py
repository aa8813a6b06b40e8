"""The scale risks are ranked by: levels of likelihood and of effect, and what their product comes to. Ours.

No 488 p. 43, which ranks risks, could not be obtained; the file says so, and whoever shows a rank says it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from workflow.law.procedure import Text
from workflow.reading.edition import parsed
from workflow.reading.items import DASHED
from workflow.reading.table import NAME, Problem, Table, UnreadableRegulation, Wrong
from workflow.registers.risk import Rank


@dataclass(frozen=True, slots=True)
class Level:
    """One level of likelihood or of effect. `number`: 1 is the lowest."""

    number: int
    title: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class Band:
    """Ranks up to a product. `colour`: a name of the map's colours (calm, watch, high, urgent)."""

    id: str
    up_to: int
    title: Text
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskScale:
    """One edition of the scale. `note`: whose it is, and why."""

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
        """Likelihood times effect."""
        return rank.likelihood * rank.effect

    def band(self, rank: Rank) -> Band:
        """What the rank comes to."""
        product = self.product(rank)
        return next((band for band in self.bands if product <= band.up_to), self.bands[-1])


COLOURS = ("calm", "watch", "high", "urgent")


def read_scale(name: str, text: bytes) -> RiskScale:
    """The scale a file describes.

    Args:
        name: name of the file; it must be `<id>.<in_force>.toml`.
        text: its bytes, TOML in UTF-8.

    Raises:
        UnreadableRegulation: with the first problem found.
    """
    top = Table(parsed(name, text))
    try:
        scale = _scale(top)
    except Wrong as wrong:
        raise UnreadableRegulation(name, [wrong.problem]) from wrong
    if PurePath(name).name != f"{scale.edition}.toml":
        problem = Problem("file_name", "in_force", {"value": f"{scale.edition}.toml"})
        raise UnreadableRegulation(name, [problem])
    return scale


def _scale(top: Table) -> RiskScale:
    top.only("id", "in_force", "ours", "title", "note", "likelihood", "effect", "band")
    if top.values.get("ours") is not True:
        raise Wrong("not_allowed", top.at("ours"), value=str(top.values.get("ours")), allowed=("true",))
    return RiskScale(
        id=top.name("id", DASHED),
        in_force=top.day("in_force"),
        title=top.texts("title"),
        note=top.texts("note"),
        likelihood=_levels(top, "likelihood"),
        effect=_levels(top, "effect"),
        bands=tuple(_band(table) for table in top.tables("band")),
    )


def _levels(top: Table, key: str) -> tuple[Level, ...]:
    levels = []
    for number, table in enumerate(top.tables(key), start=1):
        table.only("title", "meaning")
        levels.append(Level(number, table.texts("title"), table.texts("meaning")))
    return tuple(levels)


def _band(table: Table) -> Band:
    table.only("id", "up_to", "title", "colour")
    return Band(
        table.name("id", NAME),
        table.whole("up_to", least=1),
        table.texts("title"),
        table.choice("colour", COLOURS),
    )


def by_edition(scales: Mapping[str, RiskScale], rank: Rank | None) -> RiskScale | None:
    """The scale a risk was ranked by; None without a rank, or when the file is no longer there."""
    return scales.get(rank.scale) if rank else None
