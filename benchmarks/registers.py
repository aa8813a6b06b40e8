"""Measures a register of 100,000 rows: lists, filters, sorts, totals, points, and the import of 10,000 rows.

    python -m benchmarks.registers [ROWS] [sqlite|postgresql]

The rows belong to 200 units; they are read by a reader of the whole office and by one of a tenth of it. Then
organisations with a yearly case each import rows of this year that carry out its duties, and rounds compare
them. Without a second argument both databases are measured, PostgreSQL where it can be started.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from os import getloadavg
from pathlib import Path
from random import Random
from statistics import median, quantiles

from benchmarks.country import NOW, TODAY, postgresql
from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import OpenFile
from merzim.services.registers.queries import ListRows
from merzim.services.registers.tables import ImportRows, import_rows
from merzim.services.registers.verbs import add_rows, check_row
from merzim.services.registers.views import list_rows
from merzim.services.regulations.registers import scoring
from merzim.services.scoring import year_scores
from merzim.services.yearly.opening import open_year
from merzim.services.yearly.register_duties import record_due_rows
from merzim.settings import DatabaseSettings, RegulationSettings, Settings
from merzim.storage.org.store import save
from workflow.org.access import Reader
from workflow.org.office import Person, Unit
from workflow.scoring.score_inputs import choose

ROWS, CHUNK, TIMES = 100_000, 10_000, 20
UNITS, PEOPLE = 200, 2_000
ORGANISATIONS, KEPT = 300, 20_000
"""Organisations with a yearly case each, and the rows of earlier years and this one they have."""
TARGET = 0.2
"""Seconds 95 of 100 answers may take."""
COUNTS = """
[[count]]
indicator = "P4.T2.S3"
date = "held_on"

[[count]]
indicator = "P4.T2.S1"
where = ["form=course"]
date = "held_on"
distinct = "employee"

[[fulfils]]
fact = "tbn4-project-4:event_held"
date = "held_on"
"""
"""Rows of the year count for points: all of them by month, and the people of some; each carries out a duty."""
TITLE = '{ kk = "%s", ru = "%s", en = "%s" }'


def text(name: str) -> str:
    """Return a title, the same in each language."""
    return TITLE % (name, name, name)


def register() -> str:
    """Return the file of a register with a field of most kinds."""
    kinds = {
        "event": "text",
        "employee": "person",
        "held_on": "date",
        "hours": "number",
        "passed": "yes_no",
        "certificate": "text",
    }
    fields = [
        f'[[field]]\nid = "{name}"\ntitle = {text(name)}\nkind = "{kind}"\n'
        + {"hours": "total = true\n", "certificate": "unique = true\n"}.get(name, "")
        for name, kind in kinds.items()
    ]
    options = ", ".join(
        f'{{ id = "{option}", title = {text(option)} }}' for option in ("lecture", "course", "online")
    )
    fields.append(f'[[field]]\nid = "form"\ntitle = {text("form")}\nkind = "choice"\noptions = [{options}]\n')
    return (
        f'id = "lessons"\nin_force = 2026-01-01\ntitle = {text("lessons")}\nrests_on = "a"\nparagraph = "1"\n'
        f'named_by = ["event"]\n[[act]]\nid = "a"\ntitle = {text("a")}\nshort = {text("a")}\n'
        + "\n".join(fields)
        + COUNTS
    )


def values(number: int, random: Random) -> dict[str, object]:
    """Return the values of a row."""
    return {
        "event": f"Семинар {random.randrange(500)}",
        "employee": f"p{random.randrange(PEOPLE)}@org.kz",
        "held_on": (TODAY - timedelta(days=random.randrange(700))).isoformat(),
        "hours": str(random.randrange(1, 80)),
        "passed": random.random() < 0.8,
        "certificate": f"C-{number:06d}",
        "form": random.choice(["lecture", "lecture", "course", "online"]),
    }


def questions() -> Mapping[str, Mapping[str, object]]:
    """Return what is asked of the list."""
    form = {"field": "form", "is": ["course"]}
    person = {"field": "employee", "is": ["p7@org.kz"]}
    month = {"field": "held_on", "from": "2026-01-01", "until": "2026-01-31"}
    return {
        "newest first": {},
        "the last page": {"page": ROWS // 50},
        "by a date": {"sort": "-held_on"},
        "by a number": {"sort": "hours"},
        "by a text": {"sort": "event"},
        "by a person's name": {"sort": "employee"},
        "by the unit's, the last page": {"sort": "-unit", "page": ROWS // 50},
        "one form of three, by a person": {"filters": [form], "sort": "-employee"},
        "one form of three": {"filters": [form]},
        "one form of three, by a date": {"filters": [form], "sort": "held_on"},
        "one person": {"filters": [person], "sort": "-held_on"},
        "a month": {"filters": [month]},
        "a month, a form, by a number": {"filters": [month, form], "sort": "-hours"},
        "part of a text": {"filters": [{"field": "event", "contains": "минар 49"}]},
        "words": {"search": "семинар 123"},
    }


def context(app: AppContext, *, unit: str = "") -> RequestContext:
    """Return the context of an officer of a unit."""
    return RequestContext(
        app=app,
        clock=lambda: (NOW, TODAY),
        case_commands=app.case_commands,
        library=app.library,
        calendar=app.calendar,
        demonstration=False,
        passwordless=False,
        reader=Reader(login="o", access="officer", unit=unit),
    )


def fill(app: AppContext, rows: int) -> None:
    """Write units, people and rows."""
    units = [Unit(id="all", name="Бәрі", kind="central_body")]
    units += [Unit(id=f"part{n}", name=f"Бөлік {n}", parent="all") for n in range(10)]
    units += [Unit(id=f"u{n}", name=f"Бөлім {n}", parent=f"part{n % 10}") for n in range(UNITS)]
    save(app.engine, units=units, people=people(UNITS))
    write(app, rows, UNITS)


def people(units: int) -> list[Person]:
    """Return people of so many units."""
    return [
        Person(key=f"p{n}@org.kz", name=f"Адам {n}", unit=f"u{n % units}", email=f"p{n}@org.kz")
        for n in range(PEOPLE)
    ]


def write(app: AppContext, rows: int, units: int) -> None:
    """Write rows of so many units."""
    ctx, random = replace(context(app), operator=True), Random(16)
    lessons = app.registers.on("lessons", TODAY)
    for first in range(0, rows, CHUNK):
        numbers = range(first, min(first + CHUNK, rows))
        parsed = [check_row(ctx, lessons, values(number, random)) for number in numbers]
        add_rows(ctx, lessons, "", "", parsed, [f"u{number % units}" for number in numbers])


def measure(app: AppContext) -> None:
    """Print the times of every question, for the whole office and for a tenth of it, and the processor's."""
    worst = 0.0
    for name, query in questions().items():
        line = f"  {name:32}"
        for unit in ("", "part3"):
            command, ctx = ListRows.model_validate({"register_id": "lessons", **query}), context(app, unit=unit)
            late, worked = timed(partial(list_rows, ctx, command))
            total = list_rows(ctx, command).total
            line += f"{total:>9,} rows {late * 1000:6.0f} ms ({worked * 1000:4.0f})"
            worst = max(worst, late)
        print(line)
    line = f"  {'points of the year, each unit':32}"
    for unit in ("", "part3"):
        ctx, readings = context(app, unit=unit), choose({}, scoring())
        question = partial(year_scores, ctx, unit, TODAY.year, today=TODAY, readings=readings, by_unit=True)
        late, worked = timed(question)
        line += f"{len(question()):>9,} parts {late * 1000:5.0f} ms ({worked * 1000:4.0f})"
        worst = max(worst, late)
    print(line)
    late, worked = timed(question, before=partial(one_more, app, Random(19)))
    print(f"  {'the same, each after a row':32}{late * 1000:34.0f} ms ({worked * 1000:4.0f})")
    worst = max(worst, late)
    print(f"  load average {getloadavg()[0]:.1f}; in brackets the time of our own processor")
    print(f"  the slowest p95: {worst * 1000:.0f} ms (target < {TARGET * 1000:.0f} ms)")


def one_more(app: AppContext, random: Random) -> None:
    """Add a row."""
    ctx, lessons = operator(app), app.registers.on("lessons", TODAY)
    add_rows(ctx, lessons, "u1", "", [check_row(ctx, lessons, values(random.randrange(10**9, 10**10), random))])


def timed(question: Callable[[], object], before: Callable[[], object] = bool) -> tuple[float, float]:
    """Return the time within which 95 of 100 answers came, and our processor's median; the first one apart.

    `before` is done before each, and not counted.
    """
    times, worked = list[float](), list[float]()
    question()
    for _ in range(TIMES):
        before()
        started_at, at_work = time.perf_counter(), time.process_time()
        question()
        times.append(time.perf_counter() - started_at)
        worked.append(time.process_time() - at_work)
    return quantiles(times, n=20)[-1], median(worked)


def take_in(app: AppContext, units: int = 0) -> None:
    """Print how long 10,000 rows of a spreadsheet take. `units`: of so many units, all of this year."""
    from openpyxl import Workbook

    book, random = Workbook(write_only=True), Random(17)
    sheet = book.create_sheet()
    names = ("event", "employee", "held_on", "hours", "passed", "certificate", "form")
    sheet.append([*names, "unit"])
    for number in range(10_000):
        row = values(10**6 + number, random)
        if units:
            row["held_on"] = (TODAY - timedelta(days=random.randrange(90))).isoformat()
        sheet.append([*(str(row[name]) for name in names), f"u{number % units}" if units else ""])
    content = BytesIO()
    book.save(content)
    content.seek(0)
    command = ImportRows(register_id="lessons", unit="u1", content=OpenFile("lessons.xlsx", content))
    spent(f"import of 10,000 rows over {units or 1} yearly cases", partial(import_rows, operator(app), command))


def operator(app: AppContext) -> RequestContext:
    """Return the context of somebody at the terminal."""
    return replace(context(app), operator=True)


def spent(name: str, work: Callable[[], object]) -> None:
    """Print how long something takes, and of it our own processor."""
    started_at, at_work = time.perf_counter(), time.process_time()
    work()
    worked = time.process_time() - at_work
    print(f"  {name}: {time.perf_counter() - started_at:.2f} s (own processor {worked:.2f} s)")


def many_cases(app: AppContext) -> None:
    """Print what rows of many organisations with a yearly case each take, as they come and by rounds."""
    units = [Unit(id="all", name="Бәрі", kind="central_body")]
    units += [
        Unit(id=f"u{n}", name=f"Мекеме {n}", kind="central_body", parent="all") for n in range(ORGANISATIONS)
    ]
    save(app.engine, units=units, people=people(ORGANISATIONS))
    open_year(app, TODAY.year, by="o", now=NOW, today=TODAY)
    spent(f"{KEPT:,} rows of {ORGANISATIONS} organisations", partial(write, app, KEPT, ORGANISATIONS))
    compare = partial(record_due_rows, app, now=NOW, today=TODAY)
    spent("the first round", compare)
    spent("the next one", compare)
    parsed = check_row(operator(app), app.registers.on("lessons", TODAY), values(10**7, Random(18)))
    add_rows(operator(app), app.registers.on("lessons", TODAY), "u1", "", [parsed])
    spent("one after a row", compare)
    take_in(app, ORGANISATIONS)
    spent("one after the import", compare)


def record_duties(app: AppContext) -> None:
    """Print how long the yearly case takes what rows carry out: as it opens, by a row, by a round."""
    ctx, lessons, random = operator(app), app.registers.on("lessons", TODAY), Random(18)
    year = partial(open_year, app, TODAY.year, by="o", now=NOW, today=TODAY)
    spent("the year opened over its rows", year)
    parsed = check_row(ctx, lessons, values(10**7, random))
    spent("a row added", partial(add_rows, ctx, lessons, "u1", "", [parsed]))
    compare = partial(record_due_rows, app, now=NOW, today=TODAY)
    spent("compared by a first round", compare)
    spent("compared by the next one", compare)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'office.sqlite'}"
        return
    with postgresql() as address:
        yield address


@contextmanager
def application(kind: str) -> Iterator[AppContext]:
    """Give an application on an empty database, with the register."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        registers_folder = folder / "own" / "registers"
        registers_folder.mkdir(parents=True)
        (registers_folder / "lessons.2026-01-01.toml").write_text(register(), encoding="utf-8")
        settings = Settings(
            database=DatabaseSettings(url=stack.enter_context(database(kind, folder))),
            regulations=RegulationSettings(folder=folder / "own"),
        )
        app = build_app(settings)
        stack.callback(app.close)
        yield app


def main() -> None:
    """Measure both databases, or the one that is named."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    for kind in sys.argv[2:] or ("sqlite", "postgresql"):
        print(kind)
        with application(kind) as app:
            spent(f"{rows:,} rows written", partial(fill, app, rows))
            record_duties(app)
            measure(app)
            take_in(app)
        with application(kind) as app:
            many_cases(app)


if __name__ == "__main__":
    main()
