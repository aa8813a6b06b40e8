"""Metrics of delivery; failed letters on the board, and sending them again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from merzim.clock import parse_moment
from merzim.services.context import RequestContext
from merzim.services.jobs import rounds
from merzim.services.jobs.rounds import deliver, run_round
from merzim.services.letters import ResendChannel, Resent, resend_as_administrator, resend_as_manager
from merzim.services.verbs import NotAllowed, Verb
from merzim.storage import office as office_store
from merzim.storage.notices.delivery_state import figures
from merzim.version import commit_of, running
from tests.notifications.sample_office import CHECKS
from tests.notifications.servers import Office, always, serving
from tests.web.conftest import people
from tests.web.offices import Site, installed
from tests.web.serving import browser_of
from workflow.cases.commands.case_commands import Opening
from workflow.moments import Moment
from workflow.org.access import Access, Reader
from workflow.org.office import Person, Unit

AT = "2026-03-18T12:00"
NOW = datetime(2026, 3, 18, 7, tzinfo=UTC)
TODAY = date(2026, 3, 18)
SETTINGS = """
[office]
officer = "officer@example.kz"
[web]
public_address = "https://merzim.example.kz"
[channels]
use = ["email"]
[channels.email]
host = "127.0.0.1"
port = {port}
sender = "merzim@example.kz"
tls = "none"
timeout = 2.0
"""


def opened_office(
    folder: Path, config: str = "", facts: Sequence[str] = ("schedule_approved", *CHECKS)
) -> Site:
    """An office in a folder with one analysis, after the round and the delivery of 18 March."""
    (folder / "config.toml").write_text(config, encoding="utf-8")
    site = installed(folder, AT)
    people(site.accounts)
    opening = Opening(
        procedure="internal-analysis",
        object="Құрылыс",
        planned={"analysis_started": date(2026, 4, 13)},
        facts=dict.fromkeys(facts, date(2026, 1, 15)),
    )
    site.case_commands.open(opening, at=Moment(by="test", now=NOW - timedelta(days=9), today=date(2026, 3, 9)))
    run_round(site.context, at=Moment(now=NOW, today=TODAY))
    deliver(site.context, at=Moment(now=NOW, today=TODAY))
    return site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An office whose mail server refuses every mailbox, with one failed reminder."""
    with serving(Office(rcpt=always("550 5.1.1 no such mailbox"))) as mail:
        yield opened_office(tmp_path, SETTINGS.format(port=mail.port))


def test_the_figures_are_what_became_of_the_letters(site: Site) -> None:
    """Counts by channel and state, when the last round was, and no waiting queue; whatever alerts and
    dashboard ask for."""
    browser = site.stranger()
    browser.get("/login")
    text = browser.get("/metrics").text

    assert 'merzim_notices{channel="email",state="failed"} 1.0' in text
    assert 'merzim_notices{channel="email",state="sent"} 0.0' in text
    assert "merzim_queue_age_seconds 0.0" in text
    rounded = re.search(r'merzim_last_run_timestamp_seconds\{what="round"\} (\S+)', text)
    assert float(rounded[1]) == NOW.timestamp()
    assert 'merzim_last_run_timestamp_seconds{what="delivery"}' in text
    # A renamed figure is found here before an operator misses an alarm.
    folder = Path(__file__).parents[2] / "docs" / "operations"
    asked = " ".join((folder / name).read_text(encoding="utf-8") for name in ("alerts.yml", "dashboard.json"))
    metrics = set(re.findall(r"\b(?:merzim|process)_[a-z_]+\b", asked))
    assert len(metrics) >= 6
    assert {name for name in metrics if f"\n{name}" not in text and f"# HELP {name}" not in text} == set()


def test_the_figures_say_what_is_overdue_what_runs_and_how_fast_pages_answer(site: Site) -> None:
    """Of the one case nothing is late on 18 March; by 1 April its announcement of 30 March is."""
    browser = site.stranger()
    browser.get("/login")
    text = browser.get("/metrics").text

    assert 'merzim_obligations{state="overdue"} 0.0' in text
    assert f'merzim_build_info{{commit="{commit_of(running())}",version="{running()}"}} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert 'merzim_alarm_age_seconds{alarm="backup"} 93600.0' in text
    answered = r'merzim_http_request_seconds_count\{method="GET",route="/login",status="200"\} (\S+)'
    count = re.search(answered, text)
    assert float(count[1]) >= 1
    site.moment = parse_moment("2026-04-01T12:00")
    late = site.stranger().get("/metrics").text
    assert 'merzim_obligations{state="overdue"} 1.0' in late


def test_no_address_and_no_method_of_a_stranger_becomes_a_figure(site: Site) -> None:
    """Addresses hold one-time links; and lines for every word somebody sends would fill the memory."""
    browser = site.stranger()
    browser.get("/welcome/a-secret-of-somebody")
    browser.request("BREW", "/login")
    browser.get("/no/such/page")
    text = browser.get("/metrics").text

    assert "a-secret-of-somebody" not in text
    assert "BREW" not in text
    assert "/no/such/page" not in text
    assert 'route="/welcome/{secret}"' in text


@pytest.mark.parametrize(
    ("login", "status"), [("administrator", 200), ("auditor", 200), ("officer", 404), ("", 404)]
)
def test_another_machine_reads_the_figures_with_a_token_of_whoever_runs_or_audits(
    site: Site, login: str, status: int
) -> None:
    """An administrator's or an auditor's; not an officer's, not without one."""
    scraper = browser_of(site.app, "merzim.example.kz", address="192.0.2.7")
    if login:
        scraper.headers["authorization"] = f"Bearer {site.way_in(login, 'token', 'read')}"

    assert scraper.get("/metrics").status_code == status


def test_a_letter_that_failed_stands_on_the_board_and_is_sent_again(site: Site) -> None:
    """With the server's words and a button; the same key, the same Message-ID, queued."""
    browser = site.client("officer", follow_redirects=True)
    board = browser.get("/?lang=en").text
    key = re.search(r'name="key" value="([^"]+)"', board)
    before = next(notice for notice in site.context.reads.notices_matching() if notice.case)
    answer = browser.post(f"/cases/{before.case}/notices/resend", data={"key": key[1]})
    (after,) = site.context.reads.notices_matching()

    assert "550 5.1.1 no such mailbox" in board
    assert answer.status_code == 200
    assert (after.state, after.attempts, after.message_id) == ("queued", 0, before.message_id)
    assert "no such mailbox" not in browser.get("/").text


def test_one_thing_of_a_letter_that_failed_is_sent_again_today(tmp_path: Path) -> None:
    """Two reminders shared a letter nobody got; the one sent again leaves alone, not with tomorrow's letter."""
    with serving(Office(rcpt=always("550 5.1.1 no such mailbox"))) as server:
        context = opened_office(tmp_path, SETTINGS.format(port=server.port), facts=()).context
        states = [(notice.kind, notice.state) for notice in context.reads.notices_matching()]
        again = next(
            notice for notice in context.reads.notices_matching() if notice.obligation == "start_announced"
        )
        failed = figures(context.engine, now=NOW)
        server.rcpt = None
        later = NOW + timedelta(minutes=30)
        moment = Moment(now=later, today=TODAY)
        assert rounds.resend(context, again, at=moment)
        deliver(context, at=moment)
        sent = [notice.key for notice in context.reads.notices_matching() if notice.state == "sent"]

    assert sorted(states) == [("letter", "failed"), ("reminder", "failed"), ("reminder", "failed")]
    assert (failed.lost, failed.counts) == (1, {("email", "failed"): 1}), "letters, not their lines"
    assert sent == [again.key]
    assert len(server.accepted) == 1


def test_a_channel_to_be_mended_stands_where_the_officer_and_the_administrator_look(site: Site) -> None:
    """What is wrong, what to do, and everything it has kept sent again; nobody else sees it or may."""
    site.context.outbox.fault("email", "login", "535 5.7.8 <refused>", now=NOW)
    metrics = site.stranger().get("/metrics").text
    pages_by_login, statuses_by_login = {}, {}
    for login, page, action in (
        ("officer", "/?lang=ru", "/channels/resend"),
        ("administrator", "/administration?lang=ru", "/administration/channels/resend"),
        ("auditor", "/?lang=ru", "/channels/resend"),
    ):
        browser = site.client(login, follow_redirects=True)
        pages_by_login[login] = browser.get(page).text
        statuses_by_login[login] = browser.post(action, data={"channel": "email"}).status_code

    for login in ("officer", "administrator"):
        assert "почтовый сервер не принимает имя пользователя" in pages_by_login[login]
        assert "Задержано писем: 1." in pages_by_login[login] or login != "officer"
        assert "535 5.7.8 &lt;refused&gt;" in pages_by_login[login]
        assert statuses_by_login[login] == 200
    assert "почтовый сервер не принимает" not in pages_by_login["auditor"]
    assert statuses_by_login["auditor"] == 403
    assert {notice.state for notice in site.context.reads.notices_matching()} == {"queued"}
    assert 'merzim_channel_fault_letters{channel="email",fault="login"} 1.0' in metrics


@pytest.mark.parametrize(
    ("resend", "access"), [(resend_as_manager, "officer"), (resend_as_administrator, "administrator")]
)
def test_a_channels_letters_are_sent_again_by_whose_right_it_is(
    site: Site, resend: Verb[ResendChannel, Resent], access: Access
) -> None:
    """The same is done by two rights: neither verb takes the other's."""
    ctx: RequestContext = site.app.state.context()
    others: set[Access] = {"officer", "administrator", "auditor"} - {access}
    command = ResendChannel(channel="email")

    assert resend(ctx.read_by(Reader(login="x", access=access)), command).channel == "email"
    for other in others:
        with pytest.raises(NotAllowed):
            resend(ctx.read_by(Reader(login="x", access=other)), command)


def test_what_nobody_can_be_told_of_stands_on_the_officers_overview(tmp_path: Path) -> None:
    """No people, no officer: named with what to do, to the officer's account alone; and no longer once there is
    one. Somebody without an address is named by name."""
    site = opened_office(tmp_path)
    (case,) = site.context.reads.cases()
    boards = {login: site.client(login).get("/?lang=ru").text for login in ("officer", "auditor")}
    office_store.save(
        site.context.engine,
        units=[Unit(id="staff", name="Аппарат")],
        people=[Person(key="a@example.kz", name="Айгүл", unit="staff", duties=("authorised_person",))],
    )
    later = site.client().get("/?lang=ru").text

    assert "обязанность «уполномоченное лицо» никто не исполняет" in boards["officer"]
    assert "назначьте, кто исполняет эту обязанность" in boards["officer"]
    assert f'<a href="/cases/{case.id}">' in boards["officer"].split('id="unheard"')[1].split("</section>")[0]
    assert 'id="unheard"' not in boards["auditor"]
    assert 'id="unheard"' not in later


def test_the_page_of_operations_says_what_failed_and_sends_it_again(site: Site) -> None:
    """The last runs, the queue, the failed letter with the server's words; nothing of the case it is about,
    nor of the configuration. Once the letter is queued, the same press finds nothing and says so."""
    notice = next(notice for notice in site.context.reads.notices_matching() if notice.case)
    browser = site.client("administrator", follow_redirects=True)
    page = browser.get("/administration?lang=ru").text
    (letter,) = re.findall(r'name="letter" value="([0-9a-f]{32})"', page)
    operations = "/administration/operations?lang=en"
    answers = [browser.post(operations, data={"letter": one}) for one in ("0" * 32, letter, letter)]
    (after,) = site.context.reads.notices_matching()

    assert "не отправлено" in page
    assert "550 5.1.1 no such mailbox" in page
    hidden = ("25.03.2026", notice.case, notice.key, "Құрылыс", "evidence.folder")
    assert [word for word in hidden if word in page] == []
    assert [answer.status_code for answer in answers] == [404, 200, 404]
    assert "There is no such failed letter" in answers[0].text
    assert (after.state, after.attempts) == ("queued", 0)
