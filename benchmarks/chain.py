"""Measures the explanation of one case's deadlines, as values and as sentences in one language."""

from __future__ import annotations

import timeit
from datetime import date
from functools import partial
from pathlib import Path

import i18n
from calendars import calendar
from merzim.services.regulations.editions import shared_law
from workflow.cases.case import Case
from workflow.deadlines.resolver import deadlines
from workflow.law.editions import read_edition

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 4, 6)


def main() -> None:
    """Print milliseconds per case."""
    file = ROOT / "regulations" / "internal-analysis.2024-01-01.toml"
    procedure = read_edition(file.name, file.read_bytes(), shared_law())
    days = calendar()
    case = Case(
        id="bench",
        procedure=procedure.id,
        edition=procedure.edition,
        planned={"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
    )

    def values() -> int:
        return len(deadlines(case, procedure, days, today=TODAY))

    def sentences(language: str) -> int:
        return sum(
            len(i18n.explain(deadline.explanation, language))
            for deadline in deadlines(case, procedure, days, today=TODAY)
        )

    values(), sentences("ru"), sentences("kk")
    rounds = 500
    bare = timeit.timeit(values, number=rounds) / rounds * 1e3
    print(f"chain of one case, {values()} deadlines")
    print(f"  values only               {bare:6.3f} ms")
    for language in ("kk", "ru"):
        milliseconds = timeit.timeit(partial(sentences, language), number=rounds) / rounds * 1e3
        print(f"  values and sentences, {language}  {milliseconds:6.3f} ms  (target < 1 ms)")


if __name__ == "__main__":
    main()
