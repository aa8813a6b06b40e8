"""Terms in hours: overdue from the exact moment on in every page, command, letter and count.

A breach known on Monday 13 April 2026 at 14:30 is notified by Thursday 16 April, 14:30 (Almaty, 09:30 UTC).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import stand
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.moments import Moment
from merzim.services.people.pending_duties import pending_duties
from merzim.settings_file import read
from merzim.web.app import create_app
from notifications.bot.conversation import list_deadlines
from notifications.letters.overview import Overview
from tests.merzim.conftest import Merzim
from tests.permits import BREACH
from tests.web.conftest import PASSWORD, people

CONFIG = """\
[database]
url = "sqlite:///office.db"
[regulations]
folder = "own"
"""
PEOPLE = "unit,name,duties,e-mail,language\nСлужба,А. Сейтова,officer,a@org.kz,en\n"
ID = "authority_notified"
ENDS = "2026-04-16T14:30:00"
MOMENTS = {
    "2026-04-15T23:59:59": False,
    "2026-04-16T00:00:00": False,
    "2026-04-16T14:29:59": False,
    ENDS: True,
    "2026-04-16T14:30:01": True,
    "2026-04-17T00:00:00": True,
}
"""Moments on the clock of Almaty -> whether it is overdue."""


@pytest.fixture
def office(merzim: Merzim, tmp_path: Path) -> AppContext:
    """An office with one person and one breach."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / BREACH.name).write_bytes(BREACH.read_bytes())
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    merzim("people", "people.csv", "--now", "2026-04-13")
    merzim("open", "data-breach", "--unit", "Служба", "--now", "2026-04-13T15:00")
    options = ("--on", "2026-04-13", "--at", "14:30", "--now", "2026-04-13T15:00")
    assert merzim("record", "2026-0001", "breach_known", *options).code == 0
    app = build_app(read(at=tmp_path))
    people(app.accounts)
    return app


def test_every_face_says_overdue_from_the_moment_on(merzim: Merzim, office: AppContext) -> None:
    """A second before it is due today, from the moment on overdue: one walk over all that says so."""
    wrong = []
    for text, is_late in MOMENTS.items():
        answers = {
            **of_commands(merzim, text),
            **of_pages(office, stand(text)),
            **of_letters(office, stand(text)),
        }
        wrong += [f"{text}: {face} says {late}" for face, late in answers.items() if late is not is_late]

    assert wrong == []


def of_commands(merzim: Merzim, text: str) -> Mapping[str, bool]:
    """Output of the commands."""
    now = ("--now", text)
    overdue, due = (merzim(name, "--json", *now).json["obligations"] for name in ("overdue", "due"))
    options = ("--fact", "breach_known=2026-04-13", "--at", "breach_known=14:30")
    findings = merzim("plan", "data-breach", *options, "--json", *now).json["findings"]
    line = next(
        line for line in merzim("case", "2026-0001", *now).out.splitlines() if line.rstrip().endswith(ID)
    )
    return {
        "command overdue": [
            (obligation["id"], obligation["late_by_working_days"])
            for obligation in overdue
            if obligation["id"] == ID
        ]
        == [(ID, 1 if text >= "2026-04-17" else 0)],
        "command due": ID not in [obligation["id"] for obligation in due],
        "command case": "overdue" in line,
        "command plan": (ID, "due_passed")
        in [(finding["obligation"], finding["code"]) for finding in findings],
    }


def of_pages(office: AppContext, moment: Moment) -> Mapping[str, bool]:
    """Answers of pages and API."""
    app = create_app(office, lambda: moment)
    with TestClient(app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000)) as browser:
        browser.post("/login", data={"login": "officer", "password": PASSWORD})

        def page(address: str) -> str:
            answer = browser.get(address, params={"lang": "en"})
            assert answer.status_code == 200, address
            return html.unescape(answer.text)

        def api(address: str) -> Any:
            return browser.get(f"/api/v1/{address}").json()

        def ids(lines: Sequence[Mapping[str, object]]) -> list[object]:
            return [line["obligation"] for line in lines]

        board, overview = api("board"), api("overview")
        case_commands = {group["urgency"]: group["total"] for group in api("desk?show=all")["groups"]}
        lists_by_urgency = {name: api(f"deadlines?urgency={name}") for name in ("overdue", "due")}
        case = page("/cases/2026-0001")
        entry = re.search(rf'<tbody id="{ID}" class="entry entry-(\w+)">', case)
        return {
            "page case": entry is not None and entry[1] == "overdue",
            "page case, head": "late-text" in case,
            "page deadlines": "days-overdue" in page("/deadlines"),
            "page cases": "count-late" in page("/cases"),
            "page overview": "days-overdue" in page("/"),
            "page desk": "days-overdue" in page("/desk?show=all"),
            "api board": (ids(board["overdue"]), board["overdue_count"]) == ([ID], 1),
            "api board, due": not board["due"],
            "api overview": (overview["overdue"], overview["due_today"]) == (1, 0),
            "api cases": api("cases?late=true")["total"] == 1,
            "api desk": case_commands.get("overdue") == 1,
            "api overdue": (lists_by_urgency["overdue"]["total"], len(lists_by_urgency["overdue"]["deadlines"]))
            == (1, 1),
            "api due": (lists_by_urgency["due"]["total"], len(lists_by_urgency["due"]["deadlines"])) == (0, 0),
            "metrics": 'state="overdue"} 1.0' in browser.get("/metrics").text,
        }


def of_letters(office: AppContext, moment: Moment) -> Mapping[str, bool]:
    """What the digest, the bot, the administration of people and the counts say."""
    everybody = office.reads.office()
    (person,) = everybody.people.values()
    overview = Overview(office.outbox, office.library, office.calendar, today=moment.today, rules=office.rules)
    reply = list_deadlines(office, everybody, person, "overdue", "en", today=moment.today)
    ctx = operator_context(office, by="test", now=moment.now, today=moment.today)
    return {
        "digest": [deadline.overdue for deadline in overview.everything] == [True],
        "bot": "Overdue: notification of the supervisory authority" in reply.text,
        "people": [pending_duty.late for pending_duty in pending_duties(ctx, person.key)] == [1],
        "counts": [count.overdue for count in office.reads.counts(moment.today)] == [1],
        "unit": bool(office.reads.overdue_since([person.unit], moment.today)),
    }
