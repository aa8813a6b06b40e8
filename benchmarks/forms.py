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

from merzim.app import build_app
from merzim.documents.forms import fill, form, names
from merzim.services.app import AppContext
from merzim.services.documents.filling import from_case
from merzim.settings import DatabaseSettings, Settings
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
    started_at = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        file = Path(name) / "office.sqlite"
        app = build_app(Settings(database=DatabaseSettings(url=f"sqlite:///{file.as_posix()}")))
        case = _case(app)
        ready = time.perf_counter()
        _filled(app, case, "order", "kk")
        cold = time.perf_counter() - ready
        warm = {}
        for form_name in names():
            if form(form_name).about == "case":
                for language in PAPER_LANGUAGES:
                    start = time.perf_counter()
                    _filled(app, case, form_name, language)
                    warm[form_name, language] = time.perf_counter() - start
        app.close()
    slowest, seconds = max(warm.items(), key=lambda entry: entry[1])
    print(f"opening a case with {RISKS} risks and as many measures: {ready - started_at:.2f} s")
    print(f"the first form of the process: {cold:.2f} s")
    print(f"{len(warm)} forms after it: {sum(warm.values()) / len(warm):.3f} s each, ", end="")
    print(f"the slowest {'.'.join(slowest)} {seconds:.2f} s")
    print(f"target: under {LIMIT:.0f} s")


def _case(app: AppContext) -> str:
    facts = {"order_signed": date(2026, 4, 6), "note_signed": date(2026, 6, 8)}
    opening = Opening(procedure="internal-analysis", object="Сатып алу басқармасы", facts=facts)
    opened_case = app.case_commands.open(opening, by="bench", now=NOW, today=TODAY)
    lines: list[FoundRisk | SetMeasure] = []
    for number in range(1, RISKS + 1):
        lines.append(FoundRisk(number=number, description=f"Тәуекел {number}"))
        term = MeasureTerm(written="тұрақты")
        measure = SetMeasure(number=number, risk=number, action=f"Іс-шара {number}", term=term)
        lines.append(measure)
    RiskCommands(app.case_commands).take_in(opened_case.id, lines, on=TODAY, by="bench", now=NOW, today=TODAY)
    return opened_case.id


def _filled(app: AppContext, case: str, name: str, language: str) -> bytes:
    definition, view = form(name), app.case_commands.view(case, today=TODAY)
    data = from_case(app, definition, view, language, today=TODAY)
    return fill(definition, data.fields, language, rows=data.rows).document


if __name__ == "__main__":
    main()
