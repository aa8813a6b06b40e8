"""The tables of a risk scale file, and reading them from text without I/O."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from workflow.cases.registers.risk_scale import Band, Level, RiskScale
from workflow.law.file_models import DashedName, Keyed, Name, many, one_of, table, within, wrong
from workflow.law.reader.table import read_edition

COLOURS = ("calm", "watch", "high", "urgent")


def _ours(ours: bool) -> bool:
    if not ours:
        raise wrong("not_allowed", allowed=("true",))
    return ours


def _numbered(levels: tuple[dict[str, Any], ...]) -> tuple[Level, ...]:
    return tuple(Level(number, **level) for number, level in enumerate(levels, 1))


LEVELS = many(table(Level, without=["number"], make=dict), AfterValidator(_numbered))
BAND = table(Band, id=Name, up_to=within(1), colour=one_of(*COLOURS))
SCALE = table(
    RiskScale,
    id=DashedName,
    ours=Annotated[bool, AfterValidator(_ours)],
    likelihood=LEVELS,
    effect=LEVELS,
    bands=Keyed("band", many(BAND)),
)


def read_scale(name: str, text: bytes) -> RiskScale:
    """Return the scale a file describes; raises UnreadableRegulation naming what is wrong."""
    scale: RiskScale = read_edition(SCALE, name, text)
    return scale
