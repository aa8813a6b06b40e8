"""Terms that are figures: a share of something in a period, a target of a year."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Period = Literal["month", "quarter", "half-year", "year"]
Better = Literal["higher", "lower", "place"]


@dataclass(frozen=True, slots=True)
class Quota:
    """At least a share of something (5 % of staff) in a period; due on its last day.

    `done` and `of` may name the numbers recorded with the fact: so many trained, of so many on the staff.
    """

    share: Fraction
    of: str
    period: Period
    done: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to be reached in a year; measured, never due. The anchor is the last day of that year.

    Attributes:
        years: (year, the figure as the act writes it: "43.5", or a range "62-65").
        better: which way is better; a place in a ranking is better when it is lower.
    """

    years: tuple[tuple[int, str], ...]
    better: Better

    def of(self, year: int) -> str | None:
        """The figure as the act writes it, None for a year without one."""
        return next((figure for named, figure in self.years if named == year), None)

    def bound(self, year: int) -> Fraction | None:
        """The last figure that still meets the target: of a range its lower end where higher is better."""
        written = self.of(year)
        if written is None:
            return None
        low, _, high = written.rstrip("% ").partition("-")
        return Fraction(low if self.better == "higher" or not high else high)

    def met(self, year: int, measured: Fraction) -> bool:
        """Whether a measured figure meets the year's target; a year without one asks for nothing."""
        bound = self.bound(year)
        if bound is None:
            return True
        return measured >= bound if self.better == "higher" else measured <= bound
