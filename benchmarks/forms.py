"""Measures filling forms from a case: the first form of a process, which loads templates and regulations, and
later ones.

Timed from the call to the document's bytes, reading the database, for every form of a case in two languages.

    python -m benchmarks.forms
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from documents.forms import fill, form, names
from merzim.app import build_app
from services.app import AppContext
from services.configuration.settings import DatabaseSettings, Settings
from services.documents.filling import from_case
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from workflow.cases.commands.opening import Opening
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.languages import PAPER_LANGUAGES

RISKS = 40
LIMIT = 1.0
NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 7, 20)


def main() -> None:
    """Fill every form of a case with forty risks, and print seconds."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        file = Path(name) / "office.sqlite"
        house = build_app(Settings(database=DatabaseSettings(url=f"sqlite:///{file.as_posix()}")))
        case = _case(house)
        ready = time.perf_counter()
        _filled(house, case, "order", "kk")
        cold = time.perf_counter() - ready
        warm = {}
        for wanted in names():
            if form(wanted).about == "case":
                for language in PAPER_LANGUAGES:
                    start = time.perf_counter()
                    _filled(house, case, wanted, language)
                    warm[wanted, language] = time.perf_counter() - start
        house.close()
    slowest, seconds = max(warm.items(), key=lambda one: one[1])
    print(f"opening a case with {RISKS} risks and as many measures: {ready - begun:.2f} s")
    print(f"the first form of the process: {cold:.2f} s")
    print(f"{len(warm)} forms after it: {sum(warm.values()) / len(warm):.3f} s each, ", end="")
    print(f"the slowest {'.'.join(slowest)} {seconds:.2f} s")
    print(f"target: under {LIMIT:.0f} s")


def _case(house: AppContext) -> str:
    facts = {"order_signed": date(2026, 4, 6), "note_signed": date(2026, 6, 8)}
    opening = Opening(procedure="internal-analysis", object="Сатып алу басқармасы", facts=facts)
    opened = house.case_commands.open(opening, by="bench", now=NOW, today=TODAY)
    lines: list[FoundRisk | SetMeasure] = []
    for number in range(1, RISKS + 1):
        lines.append(FoundRisk(number=number, description=f"Тәуекел {number}"))
        term = MeasureTerm(written="тұрақты")
        measure = SetMeasure(number=number, risk=number, action=f"Іс-шара {number}", term=term)
        lines.append(measure)
    RiskCommands(house.case_commands).take_in(opened.id, lines, on=TODAY, by="bench", now=NOW, today=TODAY)
    return opened.id


def _filled(house: AppContext, case: str, name: str, language: str) -> bytes:
    wanted, view = form(name), house.case_commands.view(case, today=TODAY)
    known = from_case(house, wanted, view, language, today=TODAY)
    return fill(wanted, known.fields, language, rows=known.rows).document


if __name__ == "__main__":
    main()
