"""An office with history: cases in every status, people, evidence, remarks, measures, hostile input.

`HOSTILE` is the value of every text field; pages must show it as text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from merzim.services.campaigns.verbs import StartCampaign, start_campaign
from merzim.services.context import operator_context
from merzim.services.inputs import build
from tests.row_commands import act
from tests.web.offices import Site, copied, example_office, installed
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening

HOSTILE = f"""<script>alert(1)</script>"><img src=x onerror=alert(2)>'{{{{7*7}}}} {"x" * 70}"""
RAW = ("<script>alert", "<img src=x", "49'")
"""What a page must never contain: the same, not made into text."""


def many_cases(office: Site, count: int) -> None:
    """Further cases with a little of everything; the same mixture whatever the count."""
    context, moment = office.context, replace(office.moment, by="officer")
    units = sorted(context.reads.office().units)
    context.case_commands.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit=units[number % len(units)],
                object=f"Объект анализа № {number}",
                planned={
                    "analysis_started": date(2026, 4, 8 + number % 3),
                    "analysis_ended": date(2026, 5, 12),
                },
                facts={"order_signed": date(2026, 3, 30)} if number % 3 else {},
            )
            for number in range(count)
        ],
        at=moment,
    )


def lived_in_office() -> Site:
    """The example office with `HOSTILE` wherever somebody may type: made once and copied."""
    pattern, uploaded = _lived_in()
    office = installed(copied(pattern))
    office.uploaded = uploaded
    return office


@cache
def _lived_in() -> tuple[Path, tuple[str, ...]]:
    office = example_office()
    uploaded = _live_in(office)
    office.context.close()
    return copied(office.folder), uploaded


def _live_in(office: Site) -> tuple[str, ...]:
    """Write it all; return the pages no link leads to."""
    _people(office)
    context, moment = office.context, replace(office.moment, by="officer")
    unit = next((key for key, unit in context.reads.office().units.items() if unit.name == HOSTILE), "")
    opened_cases = context.case_commands.open_many(
        [
            Opening(
                procedure="internal-analysis",
                unit=unit,
                object=HOSTILE,
                planned={"analysis_started": date(2026, 4, 8), "analysis_ended": date(2026, 5, 12)},
            )
            for _ in range(4)
        ],
        at=moment,
    )
    late, corrected, cancelled, exempted = (case.id for case in opened_cases)
    with office.client() as browser:
        answer = browser.post(
            f"/cases/{corrected}",
            data={"fact": "order_signed", "on": "2026-04-02"},
            files={
                "file.document:order": (f"{HOSTILE}.pdf".replace("/", "|"), b"%PDF-1.7\n", "application/pdf")
            },
        )
        assert answer.status_code in (200, 303), answer.text
        examples = Path(__file__).parents[2] / "examples"
        file = "real_schedule_2026_ru.xlsx"
        sent = browser.post(
            "/open/schedule",
            data={"procedure": "internal-analysis"},
            files={"file": (file, (examples / file).read_bytes())},
        )
        assert sent.status_code == 303, sent.text
    addresses = _rows(office)
    context.case_commands.write(
        late,
        moment,
        recording.record,
        "start_announced",
        on=date(2026, 4, 3),
        evidence=(Evidence(kind="link:site", reference=f"https://example.kz/?q={HOSTILE}"),),
    )
    now = "2026-04-06T12:00"
    for line in (
        ("correct", corrected, "order_signed", "--on", "2026-04-03", "--ground", HOSTILE),
        ("cancel", cancelled, "--ground", HOSTILE),
        ("exempt", exempted, "--obligation", "order_signed", "--ground", HOSTILE),
    ):
        office.run(*line, now=now)
    by_officer = operator_context(office.context, at=moment)
    campaign = {"register_id": "consents", "kind": "confirmation", "until": "2026-04-30", "title": HOSTILE}
    start_campaign(by_officer, build(StartCampaign, campaign))
    for register, action, fields in (
        (
            "risks",
            "add",
            {
                "description": HOSTILE,
                "cause": HOSTILE,
                "act": HOSTILE,
                "department": HOSTILE,
                "on": "2026-04-06",
            },
        ),
        (
            *("measures", "add"),
            {"risk": 1, "action": HOSTILE, "recommendation": HOSTILE, "responsible": HOSTILE},
        ),
        ("remarks", "add", {"text": HOSTILE, "author": HOSTILE, "on": "2026-04-06"}),
        ("remarks", "answer", {"number": 1, "taken": True, "answer": HOSTILE, "on": "2026-04-06"}),
        ("positions", "add", {"title": HOSTILE, "holder": HOSTILE, "why": HOSTILE, "on": "2026-04-06"}),
    ):
        act(by_officer, register, action, late, **fields)
    office.run("remind", now=now)
    office.run("deliver", now=now)
    return sent.headers["location"], *addresses


def _rows(office: Site) -> tuple[str, ...]:
    """A row of a register with a file, changed once; one that was withdrawn; one with a form of the policy."""
    fields = {
        "number": HOSTILE,
        "received_on": "2026-03-30",
        "source": "appeal",
        "about": "other",
        "substance": HOSTILE,
    }
    form = {"unit": "Пресс-служба", **{f"field.{name}": text for name, text in fields.items()}}
    rows: list[str] = []
    with office.client() as browser:
        for number in range(2):
            form["field.number"] = f"{HOSTILE} {number}"
            paper = {"field.documents": (f"{HOSTILE}.pdf".replace("/", "|"), b"%PDF-1.7\n", "application/pdf")}
            answer = browser.post("/registers/appeals/new", data=form, files=paper)
            assert answer.status_code == 303, answer.text.partition('role="alert">')[2][:300]
            address = answer.headers["location"].partition("?")[0]
            rows.append(address)
            changed_fields = {"was.author": "", "field.author": HOSTILE, "ground": HOSTILE}
            assert browser.post(address, data=changed_fields).status_code == 303
        assert browser.post(f"{address}/withdraw", data={"ground": HOSTILE}).status_code == 303
        consent = {"employee": "a.akhmetova@example.kz", "post": HOSTILE, "signed_on": "2026-03-30"}
        form = {"unit": "Пресс-служба", "field.paper": "confirmation"}
        form |= {f"field.{name}": text for name, text in consent.items()}
        answer = browser.post("/registers/consents/new", data=form)
        assert answer.status_code == 303, answer.text.partition('role="alert">')[2][:300]
    return "/registers/consents", "/registers/appeals", rows[0]


def _people(office: Site) -> None:
    """The people file again, with one more unit and person whose every name is hostile."""
    first = (Path(__file__).parents[2] / "examples" / "people.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(first), delimiter=";"))
    cells = {
        "Подразделение": HOSTILE,
        "Вышестоящее подразделение": "Правление",
        "ФИО": HOSTILE,
        "Должность": HOSTILE,
        "Обязанности": "объект анализа, руководитель подразделения",
        "E-mail": "h@example.kz",
        "Язык": "ru",
    }
    assert cells.keys() <= set(lines[0])
    lines.append([cells.get(column, "") for column in lines[0]])
    file = office.folder / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";").writerows(lines)
    office.run("people", str(file))
