"""Terms that are numbers instead of days: a quota in a period, a yearly target."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Period = Literal["month", "quarter", "half-year", "year"]
Better = Literal["higher", "lower", "place"]


@dataclass(frozen=True, slots=True)
class Quota:
    """At least a share of something (5 % of staff) in a period; due on the period's last day.

    `done` and `of` name the numbers recorded with the fact: people trained, people on the staff.
    """

    share: Fraction
    of: str
    period: Period
    done: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A value to be reached in a year; measured, never due. The anchor is the last day of that year.

    Attributes:
        years: (year, the figure as the act writes it: "43.5", or a range "62-65").
        better: "higher" or "lower": a place in a ranking is better when it is lower.
    """

    years: tuple[tuple[int, str], ...]
    better: Better

    def of(self, year: int) -> str | None:
        """Return the target of a year as the act writes it; None for a year without one."""
        return next((figure for named, figure in self.years if named == year), None)

    def bound(self, year: int) -> Fraction | None:
        """Return the worst value that still meets the target: the lower end of a range where higher is
        better.
        """
        written = self.of(year)
        if written is None:
            return None
        low, _, high = written.rstrip("% ").partition("-")
        return Fraction(low if self.better == "higher" or not high else high)

    def met(self, year: int, measured: Fraction) -> bool:
        """Return whether a measured value meets the year's target; True for a year without a target."""
        bound = self.bound(year)
        if bound is None:
            return True
        return measured >= bound if self.better == "higher" else measured <= bound
