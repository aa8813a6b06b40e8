"""Measures a campaign of 20,000 people: its start, its letters, answers by link from many at once, its pages.

    python -m benchmarks.campaigns [PEOPLE] [sqlite|postgresql]

Letters are queued by the rounds and written to a folder by the delivery. Half of the people answer. Without a
second argument both databases are measured, PostgreSQL where it can be started.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from os import getloadavg
from pathlib import Path
from statistics import median, quantiles

from starlette.testclient import TestClient

from benchmarks.country import NOW, TODAY
from benchmarks.registers import context, database
from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.campaigns.answers import answer, open_link
from merzim.services.campaigns.verbs import RemindCampaign, StartCampaign, remind_campaign, start_campaign
from merzim.services.campaigns.views import ShowCampaign, proof_sheet, show_campaign
from merzim.services.jobs.campaigns import carry_on
from merzim.services.jobs.rounds import deliver
from merzim.services.moments import Moment
from merzim.settings import ChannelSettings, DatabaseSettings, Settings, WebSettings
from merzim.storage.notices.campaigns import SqlCampaigns
from merzim.storage.org.store import save
from merzim.web.app import create_app
from notifications.letter_links import AnswerLink, link_token
from workflow.org.office import Person, Unit

PEOPLE, UNITS, TIMES, AT_ONCE = 20_000, 200, 40, 8
DELIVERED = 2_000
"""Letters the delivery writes while it is timed."""
TARGET = 0.2
"""Seconds 95 of 100 pages may take."""


def fill(app: AppContext, count: int) -> None:
    """Write the units and people."""
    units = [Unit(id="all", name="Бәрі")]
    units += [Unit(id=f"u{n}", name=f"Бөлім {n}", parent="all") for n in range(UNITS)]
    people = [
        Person(
            key=f"p{n}@org.kz",
            name=f"Адам {n:05}",
            unit=f"u{n % UNITS}",
            email=f"p{n}@org.kz",
            post="Маман",
            language=("kk", "ru")[n % 2],
        )
        for n in range(count)
    ]
    save(app.engine, units=units, people=people)


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return the time within which 95 of 100 calls ended, and the median of our own processor."""
    times, worked = [], []
    for _ in range(TIMES):
        started_at, at_work = time.perf_counter(), time.process_time()
        action()
        times.append(time.perf_counter() - started_at)
        worked.append(time.process_time() - at_work)
    return quantiles(times, n=20)[-1], median(worked)


def rate(name: str, count: int, action: Callable[[], object]) -> None:
    """Print how many a second."""
    started_at = time.perf_counter()
    action()
    took = time.perf_counter() - started_at
    print(f"  {name:44}{took:8.1f} s{count / took:10,.0f} a second")


def campaign(app: AppContext, count: int) -> None:
    """Run a campaign from its start to its sheet."""
    ctx = replace(context(app), operator=True)
    fields = {"register_id": "consents", "kind": "confirmation", "until": TODAY + timedelta(days=30)}
    rate(
        "started, everybody on the list",
        count,
        lambda: start_campaign(ctx, StartCampaign.model_validate(fields)),
    )
    rate("letters queued by a round", count, lambda: carry_on(app, now=NOW, today=TODAY))
    first = [notice.key for notice in app.outbox.notices(limit=DELIVERED)]
    rate("letters written by the delivery", DELIVERED, lambda: deliver(app, now=NOW, today=TODAY, keys=first))
    people = SqlCampaigns(app.engine).people("2026-001")
    links = [
        link_token(app.rules.link_key, AnswerLink("2026-001", person.number, 0)) for person in people.values()
    ][: count // 2]

    def confirm(token: str) -> None:
        answer(ctx, open_link(ctx, token), {})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        rate(f"answers, {AT_ONCE} at once", len(links), lambda: list(pool.map(confirm, links)))
    rate("a round with nobody new", count, lambda: carry_on(app, now=NOW, today=TODAY))
    remind_campaign(ctx, RemindCampaign(campaign="2026-001"))
    rate("reminders queued by a round", count - len(links), lambda: carry_on(app, now=NOW, today=TODAY))
    rate("the sheet with all people", count, lambda: proof_sheet(ctx, "2026-001", "kk"))


def questions(app: AppContext, count: int) -> None:
    """Print the times of the officer's list and of pages."""
    queries: Mapping[str, Mapping[str, object]] = {
        "the first page": {},
        "the last page": {"page": count // 50},
        "who has not": {"state": "awaited"},
        "who has not, in the middle": {"state": "awaited", "page": count // 200},
        "one unit": {"unit": "u7"},
        "by name": {"search": "адам 01234"},
    }
    worst = 0.0
    ctx = context(app)
    for name, fields in queries.items():
        command = ShowCampaign.model_validate({"campaign": "2026-001", **fields})
        late, worked = timed(lambda command=command: show_campaign(ctx, command))
        print(f"  {name:44}{late * 1000:6.0f} ms ({worked * 1000:4.0f})")
        worst = max(worst, late)
    moment = Moment(now=NOW, today=TODAY, demonstration=False)
    link = link_token(app.rules.link_key, AnswerLink("2026-001", count, 0))
    with TestClient(create_app(app, lambda: moment), base_url="https://merzim.org.kz") as browser:
        pages = {"the page of a link": f"/confirm/{link}", "a guessed link": f"/confirm/{'x' * 48}"}
        for name, address in pages.items():
            late, worked = timed(lambda address=address: browser.get(address))
            print(f"  {name:44}{late * 1000:6.0f} ms ({worked * 1000:4.0f})")
            worst = max(worst, late)
    print(f"  load average {getloadavg()[0]:.1f}; in brackets the time of our own processor")
    print(f"  the slowest p95: {worst * 1000:.0f} ms (target < {TARGET * 1000:.0f} ms)")


def main() -> None:
    """Measure both databases, or the one that is named."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    for kind in sys.argv[2:] or ("sqlite", "postgresql"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            settings = Settings(
                database=DatabaseSettings(url=stack.enter_context(database(kind, folder))),
                web=WebSettings(public_address="https://merzim.org.kz"),
                channels=ChannelSettings(sections={"folder": {"path": folder / "letters"}}),
            )
            app = build_app(settings)
            stack.callback(app.close)
            fill(app, count)
            print(f"{kind}: {count:,} people")
            campaign(app, count)
            questions(app, count)


if __name__ == "__main__":
    main()
