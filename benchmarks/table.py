"""One line of the table `make bench` prints: what was measured, beside what, and what is promised."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A figure.

    Attributes:
        beside: what another library, or a bare loop, needs for the same in the same run.
        promise: what the product promises itself; empty where it promises nothing.
        kept: whether it does.
    """

    what: str
    figure: str
    beside: str = ""
    promise: str = ""
    kept: bool = True

    def __str__(self) -> str:
        return (
            f"{self.what:<44} {self.figure:>16}  {self.beside:<42} {self.promise:<24} {self.verdict}".rstrip()
        )

    @property
    def verdict(self) -> str:
        """Nothing where nothing is promised."""
        if not self.promise:
            return ""
        return "kept" if self.kept else "NOT KEPT"


HEAD = Line("what", "figure", "beside, in the same run", "promise")
