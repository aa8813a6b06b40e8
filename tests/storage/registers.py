"""An office with registers of its own for tests.

Visits with a confidential field; reports, all confidential; certificates with a term; gifts that open cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine

from merzim.services.app import AppContext
from merzim.services.context import RequestContext, operator_context
from merzim.services.upkeep import maintenance
from merzim.settings import DatabaseSettings, EvidenceSettings, RegulationSettings, Settings
from merzim.storage.office import save
from workflow.moments import Moment
from workflow.org.access import Access, Reader, with_unit
from workflow.org.office import Person, Unit

NOW, TODAY = datetime(2026, 4, 6, 7, 0, tzinfo=UTC), date(2026, 4, 6)
AT = Moment(now=NOW, today=TODAY)


def text(name: str) -> str:
    return f'{{ kk = "{name} kk", ru = "{name} ru", en = "{name}" }}'


def field(id: str, kind: str, extra_text: str = "") -> str:
    return f'[[field]]\nid = "{id}"\ntitle = {text(id.title())}\nkind = "{kind}"\n{extra_text}\n'


HEAD = """\
id = "{id}"
in_force = 2026-01-01
title = {title}
rests_on = "rules"
paragraph = "p. 1"
{more}

[[act]]
id = "rules"
title = {title}
short = {title}

"""
VISITS = HEAD.format(id="visits", title=text("Visits"), more='named_by = ["place", "came_on"]\n'
    'list = ["informer", "cost", "guest"]\nunique = [["pass"]]') + "\n".join(
    (
        field("place", "text", "required = true"),
        field("guest", "person"),
        field("purpose", "choice", f'options = [{{ id = "talk", title = {text("Talk")} }}, '
              f'{{ id = "check", title = {text("Check")} }}]'),
        field("came_on", "date", "required = true"),
        field("left_on", "date", 'not_before = "came_on"'),
        field("cost", "money", 'total = true\nrequired_when = ["paid=yes"]'),
        field("pass", "text"),
        field("paid", "yes_no"),
        field("paper", "file"),
        field("informer", "text", "confidential = true"),
        '[[access]]\nperson = "guest"\nfields = ["place", "came_on"]',
    )
)  # fmt: skip
REPORTS = HEAD.format(
    id="reports", title=text("Reports"), more='named_by = ["came_on"]\nconfidential = true'
) + "\n".join(
    (
        field("accused", "person", "required = true\nsubject = true"),
        field("reporter", "text", "confidential = true"),
        field("came_on", "date", "required = true"),
        field("decision", "text"),
        '[[access]]\nperson = "accused"\nfields = ["came_on", "decision"]',
    )
)
CERTIFICATES = HEAD.format(
    id="certificates", title=text("Certificates"), more='named_by = ["number"]'
) + "\n".join(
    (
        field("number", "text", "required = true"),
        field("owner", "person"),
        field("valid_until", "date"),
        field("renewed_on", "date"),
        '[opens]\nprocedure = "certificate-renewal"\nobject = "number"\nwhen = "valid_until=filled"\n'
        'facts = { valid_until = "valid_until", renewed_on = "renewed_on" }\n'
        'responsible = { renewed_on = "owner" }',
    )
)
PRESENTS = HEAD.format(
    id="presents", title=text("Presents"), more='named_by = ["what"]\nunique = [["number"]]'
) + "\n".join(
    (
        field("what", "text", "required = true"),
        field("receiver", "person"),
        field("came_on", "date"),
        field("handed_on", "date"),
        field("number", "text"),
        field("kind", "choice", f'options = [{{ id = "gift", title = {text("Gift")} }}, '
              f'{{ id = "flowers", title = {text("Flowers")} }}]'),
        '[opens]\nprocedure = "gift-handover"\nobject = "what"\nperson = "receiver"\nwhen = "kind=gift"\n'
        'facts = { came_on = "gift_received", handed_on = "gift_handed_over" }',
    )
)  # fmt: skip
UNITS = (
    Unit(id="ministry", name="Министрлік", kind="central_body", acts=("tbn4-2024",)),
    Unit(id="hr", name="Кадр басқармасы", parent="ministry"),
    Unit(id="law", name="Заң департаменті", parent="ministry"),
)
PEOPLE = tuple(
    Person(key=f"{name}@org.kz", name=full, unit=unit, email=f"{name}@org.kz")
    for name, full, unit in (
        ("officer", "Ахметова Айгүл", "ministry"),
        ("clerk", "Бекова Дана", "hr"),
        ("lawyer", "Власов Пётр", "law"),
        ("guest", "Әлиев Самат", "law"),
    )
)


def office(engine: Engine, folder: Path, *, extra_texts: Mapping[str, str] | None = None) -> AppContext:
    """The application on a database with these units, people and registers; `extra_texts` tables of those."""
    own_folder = folder / "own" / "registers"
    own_folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        *(("visits", VISITS), ("reports", REPORTS)),
        *(("certificates", CERTIFICATES), ("presents", PRESENTS)),
    ):
        (own_folder / f"{name}.2026-01-01.toml").write_text(
            f"{content}\n{(extra_texts or {}).get(name, '')}", encoding="utf-8"
        )
    save(engine, units=UNITS, people=PEOPLE)
    return application(engine, folder)


def application(engine: Engine, folder: Path) -> AppContext:
    """The application on a database that has content."""
    settings = Settings(
        database=DatabaseSettings(url=engine.url.render_as_string(hide_password=False)),
        evidence=EvidenceSettings(folder=folder / "evidence"),
        regulations=RegulationSettings(folder=folder / "own", acts=("mne-standard-2025",)),
    )

    return AppContext(configured=settings, clock=lambda: AT, system_clock=lambda: AT)


def operator(app: AppContext, *, at: datetime = NOW) -> RequestContext:
    """The context of somebody at the terminal."""
    return operator_context(app, at=Moment(by="operator", now=at, today=at.date()))


def reader(app: AppContext, person: str, access: Access, *, unit: str = "") -> RequestContext:
    """The context of a person who has logged in."""
    somebody = Reader(login=person, person=f"{person}@org.kz", access=access, unit=unit)
    context = replace(operator(app), operator=False)
    return context.read_by(with_unit(somebody, app.reads.office()))


def agrees(app: AppContext) -> bool:
    """Whether `verify` finds nothing."""
    return maintenance.verify(app, at=AT) == ()


class Stopped(RuntimeError):
    """The process died here."""


def stop(*_: object, **__: object) -> None:
    raise Stopped
