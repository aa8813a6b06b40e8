"""All readers of external input, with valid examples of their input."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from calendars import compile_calendar
from calendars.adopting import adopt_act
from calendars.records import parse, shipped_records
from merzim.cli.parsing import day, named_days, named_numbers, number
from merzim.cli.proofs import given
from merzim.clock import stand
from merzim.documents.drawings.cartogram_table import read_cartogram
from merzim.documents.measure_plan import read_measures
from merzim.documents.people.table import read_people
from merzim.documents.schedules.audit_table import read_audit
from merzim.documents.schedules.flat import read_schedule
from merzim.documents.schedules.written_terms import read_term
from merzim.documents.sheets.dates import read_lines
from merzim.documents.sheets.file_kind import media_type
from merzim.documents.sheets.rows import MAX_LETTERS
from merzim.documents.sheets.workbook import read_csv_rows
from merzim.services.regulations.registers import read_input_file
from merzim.settings_file import read as read_config
from tests.documents.sheets import REAL, xlsx
from tests.law import CALENDAR, ROOT, analysis, library
from tests.workflow.rules import OFFICE, term
from workflow.cases.commands.planning import AssumedCase, plan
from workflow.cases.registers.risk_scale import read_scale
from workflow.law.library import Library
from workflow.law.overlay import OwnRules
from workflow.law.procedure import Procedure
from workflow.law.reader import read
from workflow.law.reader.overlay import read_overlay, unfitting
from workflow.law.reader.scoring import read_scoring
from workflow.scoring.score import score
from workflow.scoring.score_inputs import choose, read_inputs

_HEAD = re.compile(r'^id = "([\w-]+)"\nin_force = (\d{4}-\d\d-\d\d)', re.MULTILINE)
FACTS = tuple(obligation.id for obligation in analysis().obligations)
ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
adopted = 2026-03-02
known_at = 2026-03-18
"""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One reader.

    Attributes:
        seeds: whole examples; `shape`: how one is spoiled ("text", "workbook" or "bytes").
        take: reads, and uses what it read as the program would.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    take: Callable[[bytes], object]
    shape: str = "text"


def readers() -> list[Reader]:
    """All of them."""
    return [
        Reader(name="regulation", seeds=_regulations, take=_regulation),
        Reader(name="own rules", seeds=_overlays, take=_overlay),
        Reader(name="scoring", seeds=lambda: _files("scoring"), take=lambda data: read_scoring(SCORING, data)),
        Reader(name="risk scale", seeds=lambda: _files("scales"), take=lambda data: read_scale(SCALE, data)),
        Reader(name="act", seeds=_acts, take=_act),
        Reader(name="settings", seeds=_settings, take=_config),
        Reader(name="schedule", seeds=_schedules, take=lambda data: read_schedule(data, "f"), shape="workbook"),
        Reader(name="people", seeds=_people, take=lambda data: read_people(data, "f"), shape="workbook"),
        Reader(name="past analyses", seeds=_past, take=_audit, shape="workbook"),
        Reader(name="measures", seeds=_measures, take=_measure, shape="workbook"),
        Reader(
            name="cartogram", seeds=_cartogram, take=lambda data: read_cartogram(data, "f"), shape="workbook"
        ),
        Reader(name="dates", seeds=_dates, take=lambda data: read_lines(_cell(data), year=2026)),
        Reader(name="terms", seeds=_dates, take=lambda data: read_term(_cell(data), year=2026)),
        Reader(name="arguments", seeds=_arguments, take=_argument),
        Reader(name="score inputs", seeds=_inputs, take=_scored),
        Reader(name="evidence", seeds=_evidence, take=_stored, shape="bytes"),
    ]


SCORING = "tbn4-scoring.2024-01-01.toml"
SCALE = "risk-scale.2026-01-01.toml"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _cell(data: bytes) -> str:
    """As much as a cell holds."""
    return _text(data)[:MAX_LETTERS]


def _files(folder: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((ROOT / "regulations" / folder).glob("*.toml"))]


def _regulations() -> list[bytes]:
    return [file.read_bytes() for file in sorted((ROOT / "regulations").glob("*.toml"))]


def _regulation(data: bytes) -> object:
    """Read, and every worked example of it counted: what was read without a word must also work."""
    match = _HEAD.search(_text(data))
    edition = read(f"{match[1]}.{match[2]}.toml" if match else "x.toml", data)
    for example in edition.examples or ():
        _planned(edition, dict(example.facts), dict(example.planned))
    _planned(edition, {}, {})
    _planned(edition, {}, {name: date(2026, 4, 13) for name, fact in edition.facts.items() if not fact.recurs})
    return edition


def _planned(edition: Procedure, facts: dict[str, date], planned: dict[str, date]) -> None:
    plan(
        Library([edition]),
        edition.id,
        facts=facts,
        planned=planned,
        calendar=CALENDAR,
        on=edition.in_force,
        supposed=AssumedCase(),
    )


def _overlays() -> list[bytes]:
    head = """procedure = "internal-analysis"
in_force = 2026-01-01
unit = "district"

[act]
title = { kk = "Әкімдік қағидалары", ru = "Правила акимата", en = "Rules of the akimat" }
number = "15"
date = 2025-12-20

[switches]
once_in = "18_months"
"""
    return [
        (
            head + term("start_announced", '{ count = -15, in = "working days", from = "analysis_started" }')
        ).encode(),
        (
            head
            + term("order_signed", '{ count = -7, in = "working days", from = "analysis_started" }')
            + term("published", '{ count = 2, in = "working days", from = "plan_approved" }')
        ).encode(),
    ]


def _overlay(data: bytes) -> object:
    overlay = read_overlay("overlay.akimat.2026-01-01.toml", data)
    editions = [edition for edition in library().all() if edition.id == overlay.procedure]
    if editions:
        unfitting(overlay, editions)
        own_library = library().with_own(OwnRules((overlay,), OFFICE))
        for edition in editions:
            own_library.laid(edition, "district", date(2026, 4, 1))
    return overlay


def _acts() -> list[bytes]:
    folder = ROOT / "calendars" / "data"
    return [*[ACT.encode()] * 5, *(file.read_bytes() for file in sorted(folder.glob("*.toml")))]


def _act(data: bytes) -> object:
    return compile_calendar(adopt_act(shipped_records(), parse(_text(data), name="f.toml")))


def _settings() -> list[bytes]:
    return [(ROOT / "config.toml").read_bytes(), FULL_CONFIG.encode()]


FULL_CONFIG = """
[office]
name = "Әкімдік"
officer = "officer@example.kz"
language = "kk"
days_off = [2026-04-01]
working_days = [2026-04-04]

[database]
url = "sqlite:///var/merzim.sqlite"

[channels]
use = ["folder", "email"]

[channels.folder]
path = "var/letters"
sender = "merzim@example.kz"

[channels.email]
sender = "merzim@example.kz"
host = "127.0.0.1"
port = 2525

[reminders]
office_hours = ["09:00", "18:00"]
tick = 30
digests = ["personal", "unit"]

[web]
port = 8000
public_address = "https://example.kz"
"""


def _config(data: bytes) -> object:
    with tempfile.TemporaryDirectory(prefix="merzim-fuzz-") as name:
        file = Path(name) / "config.toml"
        file.write_bytes(data)
        return read_config(file, at=Path(name))


def _schedules() -> list[bytes]:
    flat = (
        "Бөлімше;Объект анализа;Начало анализа;Окончание анализа\n"
        "Заң департаменті;Сатып алу;13.04.2026;26.05.2026\n"
    ).encode()
    return [REAL.read_bytes(), flat]


def _people() -> list[bytes]:
    table = (ROOT / "examples" / "people.csv").read_bytes()
    return [table, xlsx(row for _, row in read_csv_rows(table, "f"))]


def _past() -> list[bytes]:
    table = (ROOT / "examples" / "past_analyses.csv").read_bytes()
    return [table, xlsx(row for _, row in read_csv_rows(table, "f"))]


def _audit(data: bytes) -> object:
    return read_audit(data, "f", facts=FACTS)


def _measures() -> list[bytes]:
    rows = [
        ("План мероприятий",),
        ("№", "Риск", "Рекомендация", "Мероприятие", "Форма завершения", "Ответственные", "Срок исполнения"),
        (
            1,
            "Закупка у одного источника",
            "Исключить",
            "Внести изменения в приказ",
            "Приказ",
            "ДФ",
            "до 30.09.2026",
        ),
        (2, "Усмотрение", "Уточнить", "Обучить", "Протокол", "ДПП", "ежеквартально"),
        (3, "Личный контакт", "Автоматизировать", "Внедрить систему", "Акт", "ДЦ", "III квартал 2026 года"),
    ]
    text = "\n".join(";".join(map(str, row)) for row in rows[1:])
    return [xlsx(rows), text.encode("utf-8-sig"), text.encode("cp1251")]


def _measure(data: bytes) -> object:
    return read_measures(data, "f", year=2026)


def _cartogram() -> list[bytes]:
    rows = [
        ("Раздел", "Управление", "Район", "Должность или риск"),
        ("1", "Закупки", "Алматы", "Начальник отдела"),
        ("2", "Закупки", "Алматы", "Закупка у одного источника"),
    ]
    return [xlsx(rows), "\n".join(",".join(row) for row in rows).encode()]


def _dates() -> list[bytes]:
    return [
        line.encode()
        for line in (
            "30.03.26г.",
            "13.04.2026г. по 26.05.26г.",
            "2026 жылғы 13 сәуір мен 26 мамыр аралығында",
            "«30» 03 2026 г.",
            "с 13 по 26 мая 2026 года\nМониторинг – ежедневно",
            "III квартал 2026 года",
            "в течение 10 рабочих дней",
            "незамедлительно",
            "до 1 декабря",
            "март-апрель 2026 года",
            "2026-04-13T15:00",
            "тоқсан сайын, келесі айдың 5-күніне дейін",
        )
    ]


def _arguments() -> list[bytes]:
    return [
        line.encode()
        for line in (
            "2026-04-13",
            "13.04.26",
            "-10",
            "−10",
            "order_signed=2026-04-06",
            "trained=41,5",
            "link:site=https://example.kz/vakr/2026@2026-03-30",
            "https://example.kz/a?b=c#d@30.03.2026",
            "2026-04-06T12:00+05:00",
        )
    ]


def _argument(data: bytes) -> object:
    """Each way of reading it; refused where no way takes it."""
    text = _text(data)
    ways: list[Callable[[], object]] = [
        lambda: day(text, where="--on"),
        lambda: number(text, where="N"),
        lambda: named_days([text], where="--fact"),
        lambda: named_numbers([text], where="--value"),
        lambda: stand(text),
        lambda: given(text, analysis(), "start_announced"),
    ]
    refused: list[Exception] = []
    for run_way in ways:
        try:
            run_way()
        except Exception as refusal:
            if not isinstance(getattr(refusal, "code", None), str):
                raise
            refused.append(refusal)
    if len(refused) == len(ways):
        raise refused[-1]
    return text


@cache
def _scoring():  # type: ignore[no-untyped-def]
    return read_scoring(SCORING, (ROOT / "regulations" / "scoring" / SCORING).read_bytes())


def _inputs() -> list[bytes]:
    inputs = {
        "P1.T1.S3": {"done": 19, "of": 20},
        "P2.T2.S1": {"count": 41},
        "P4.T2.S3": {"per_month": [6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]},
        "P1.T1.S1": {"present": False},
        "P1.T3.S3": {
            "coverage": {"done": 997, "of": 1000},
            "risks": {"found": 10, "removed": 4, "completed": 2},
        },
    }
    return [json.dumps(inputs).encode()]


def _scored(data: bytes) -> object:
    scoring = _scoring()
    readings = choose({}, scoring)
    with tempfile.TemporaryDirectory(prefix="merzim-fuzz-") as name:
        file = Path(name) / "inputs.json"
        file.write_bytes(data)
        return score(read_inputs(read_input_file(file), scoring, readings), scoring, readings)


def _evidence() -> list[bytes]:
    return [b"%PDF-1.7\n1 0 obj\n", REAL.read_bytes(), b"\xff\xd8\xff\xe0JFIF", b"\x89PNG\r\n\x1a\n", b"text"]


def _stored(data: bytes) -> object:
    with tempfile.TemporaryDirectory(prefix="merzim-fuzz-") as name:
        file = Path(name) / "paper"
        file.write_bytes(data)
        return [
            media_type(file, f"a.{ending}") for ending in ("pdf", "docx", "xlsx", "png", "jpg", "txt", "xml")
        ]
