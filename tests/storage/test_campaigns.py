"""Campaigns on both databases: participants, personal links, letters, stored answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from merzim.services.app import AppContext
from merzim.services.campaigns.verbs import (
    CampaignLinkRefused,
    ExtendCampaign,
    OneCampaign,
    RecordAnswer,
    ReopenCampaign,
    StartCampaign,
    answer,
    close_campaign,
    extend_campaign,
    open_link,
    record_answer,
    remind_campaign,
    reopen_campaign,
    start_campaign,
)
from merzim.services.campaigns.views import (
    CampaignPage,
    ShowCampaign,
    UnknownCampaign,
    proof_sheet,
    show_campaign,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.jobs.rounds import deliver, run_round
from merzim.services.registers.tables import export
from merzim.services.registers.verbs import EraseRow, WithdrawRow, erase_row, withdraw_row
from merzim.services.registers.views import AskRow, ListRows, list_rows, show_row
from merzim.services.upkeep import maintenance
from merzim.services.verbs import NotAllowed
from merzim.settings import WebSettings
from merzim.storage.office import save
from notifications.channels import Outcomes, OutgoingMessage
from notifications.channels.folder import Folder
from notifications.channels.telegram import buttons, channel as telegram, format_message, hash_code
from notifications.event_notices import given_days
from notifications.letter_links import CampaignLink, read_secret, secret_of
from notifications.letters.events import campaign_letter
from notifications.notice import Outcome
from tests.checking import refusal_codes
from tests.notifications.servers import letters_in
from tests.storage.registers import AT, NOW, PEOPLE, TODAY, field, office, operator, reader, text as titles
from tests.storage.sample_cases import on_sqlite_alone
from workflow.moments import Moment
from workflow.org.office import Person
from workflow.refusal import Refusal
from workflow.registers.definition import Registers, UnknownRegisterField
from workflow.registers.values import InvalidRow

UNTIL = date(2026, 4, 30)
CAMPAIGN = f"""
[[campaign]]
id = "read"
title = {titles("Rules read")}
act = "rules"
paragraph = "p. 3"
person = "guest"
confirmed_on = "came_on"
values = {{ paid = "no" }}
given = ["place"]
fills = ["purpose"]
invitation = {titles("Please read the rules")}
declares = {titles("I have read them")}
"""
CAMPAIGN += f"""
[[campaign]]
id = "seen"
title = {titles("Hall seen")}
act = "rules"
paragraph = "p. 4"
person = "guest"
confirmed_on = "came_on"
values = {{ place = "Hall" }}
given = ["secret_on"]
invitation = {titles("Please see the hall")}
declares = {titles("I have seen it")}

{field("secret_on", "date", "confidential = true")}
"""
TOKEN = re.compile(r"/confirm/([A-Za-z0-9_-]{48,})")


class Failing(Folder):
    """A mail server that takes no letter."""

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Outcomes:
        for parcel in batch:
            yield parcel.notice.key, Outcome(state="failed", answer="550 no such user")


class OfficerAlone(Folder):
    """A channel that reaches the officer and nobody else."""

    name = "second"

    def address(self, person: Person) -> str | None:
        return person.email if person.key == "officer@org.kz" else None


class MailAlone(Folder):
    """Letters in a folder, for those with an e-mail alone."""

    def address(self, person: Person) -> str | None:
        return person.email


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[AppContext]:
    office_app = office(engine, tmp_path, extra_texts={"visits": CAMPAIGN})
    web = WebSettings(public_address="https://merzim.org.kz")
    app = office_app.with_settings(office_app.configured.model_copy(update={"web": web}))
    app.__dict__["channels"] = {"folder": MailAlone(path=tmp_path / "letters", sender="m@org.kz")}
    yield app
    app.close()
    office_app.close()


def start(ctx: RequestContext, **arguments: Any) -> str:
    fields = {"register_id": "visits", "kind": "read", "until": UNTIL, "values": {"place": "Hall"}, **arguments}
    return start_campaign(ctx, build(StartCampaign, fields)).campaign


def show(ctx: RequestContext, campaign: str, **arguments: Any) -> CampaignPage:
    return show_campaign(ctx, build(ShowCampaign, {"campaign": campaign, **arguments}))


def states(ctx: RequestContext, campaign: str) -> dict[str, str]:
    return {person.person.partition("@")[0]: person.state for person in show(ctx, campaign).people}


def run(app: AppContext, *, at: datetime = NOW) -> dict[str, str]:
    """A round and a delivery; the secret part of the link in each person's newest letter."""
    run_round(app, at=Moment(now=at, today=at.date()))
    deliver(app, at=Moment(now=at, today=at.date()))
    return letters(app)


def letters(app: AppContext) -> dict[str, str]:
    """The secret part of each link in the folder, by the person its letter is for."""
    folder = app.channels["folder"].path  # type: ignore[attr-defined]
    links = {}
    for letter, body in letters_in(folder):
        if link := TOKEN.search(body):
            links[str(letter["to"]).partition("<")[2].partition("@")[0]] = link[1]
    return links


def confirm(ctx: RequestContext, token: str, **values: Any) -> str:
    return answer(ctx, open_link(ctx, token), {"purpose": "talk", **values})


def refused(ctx: RequestContext, token: str) -> bool:
    try:
        open_link(ctx, token)
    except CampaignLinkRefused as refusal:
        # Nothing says why: one sentence for all of them.
        return (refusal.code, refusal.arguments) == ("web.problem.no_link", {})
    return False


def change_people(app: AppContext, *people: Person, remove: str = "") -> None:
    from merzim.storage import office as office_store

    if people:
        save(app.engine, people=people)
    if remove:
        office_store.remove(
            app.engine, app.reads.office().people[remove], at=Moment(by="x", now=NOW, today=TODAY)
        )


@on_sqlite_alone
def test_a_campaign_says_beforehand_whom_it_writes_to(app: AppContext, ctx: RequestContext) -> None:
    """A preview counts the people of the units and all below, names who has no address, and writes nothing."""
    change_people(app, Person(key="law:quiet", name="Тынышов Асан", unit="law"))
    fields = {"register_id": "visits", "kind": "read", "until": UNTIL, "values": {"place": "Hall"}}
    preview = start_campaign(ctx, build(StartCampaign, {**fields, "units": ["law"], "preview": True}))
    assert (preview.campaign, preview.people, preview.unreached) == ("", 3, 1)
    assert preview.unreached_names == ["Тынышов Асан"]
    full_preview = start_campaign(ctx, build(StartCampaign, {**fields, "preview": True}))
    assert full_preview.people == 5
    with pytest.raises(UnknownCampaign):
        show(ctx, "2026-001")


@on_sqlite_alone
def test_a_campaign_that_makes_no_sense_is_refused(app: AppContext, ctx: RequestContext) -> None:
    """A kind there is none of, a day gone by, a field nobody gives, one left empty, pages nobody reaches."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "write"}, "campaign.unknown_kind"),
        ({"until": TODAY - timedelta(days=1)}, "campaign.past"),
        ({"values": {"place": "Hall", "purpose": "talk"}}, "register.unknown_field"),
        ({"values": {}}, "register.value.required"),
        ({"link": "https://a.kz/b", "file": {"file": "0" * 64}}, "campaign.two_documents"),
    ]
    refused_with = refusal_codes(*(partial(start, ctx, **arguments) for arguments, _ in wrong))
    assert refused_with == [code for _, code in wrong]
    vars(app)["settings"] = app.settings.model_copy(update={"web": WebSettings()})
    previews = (partial(start, ctx, preview=preview) for preview in (True, False))
    assert refusal_codes(*previews) == ["campaign.no_address"] * 2


@on_sqlite_alone
def test_each_gets_one_letter_whose_link_adds_their_row_once(app: AppContext, ctx: RequestContext) -> None:
    """A round repeated writes nobody twice; an answer is a row of the person named, of the day it was given."""
    campaign = start(ctx, units=["law"], link="https://org.kz/rules")
    tokens = run(app)
    assert set(tokens) == {"lawyer", "guest"}
    assert run(app, at=NOW + timedelta(minutes=1)) == tokens
    later = operator(app, at=NOW + timedelta(days=2))
    row = confirm(later, tokens["guest"])
    row_page = show_row(ctx, AskRow(row=row))
    assert row_page.row.values == {
        "place": "Hall",
        "guest": "guest@org.kz",
        "purpose": "talk",
        "came_on": "2026-04-08",
        "paid": False,
    }
    assert (row_page.row.unit, row_page.history[0].kind, row_page.history[0].by) == ("law", "confirmed", "link")
    assert states(ctx, campaign) == {"lawyer": "awaited", "guest": "answered"}
    assert refused(later, tokens["guest"])
    with pytest.raises(UnknownRegisterField):
        confirm(later, tokens["lawyer"], informer="x")
    with pytest.raises(InvalidRow):
        confirm(later, tokens["lawyer"], purpose="dance")
    with pytest.raises(InvalidRow):
        confirm(later, tokens["lawyer"], purpose="")
    assert [problem.code for problem in maintenance.verify(app, at=AT)] == []


@on_sqlite_alone
def test_a_letter_sends_nobody_to_a_document_there_is_none_of(app: AppContext, ctx: RequestContext) -> None:
    """Where there are fields it asks to answer questions, elsewhere to confirm; what is confidential is in no
    part of it, nor on the page behind its link."""
    start(ctx, units=["law"])
    start(ctx, units=["law"], kind="seen", values={"secret_on": "2031-05-17"})
    token = run(app)["guest"]
    invitation = open_link(ctx, token)
    folder = app.channels["folder"].path  # type: ignore[attr-defined]
    letters_, bodies = zip(*letters_in(folder), strict=True)
    texts = [str(letter["subject"]) for letter in letters_]
    texts += [
        part.get_content()
        for letter in letters_
        for part in letter.walk()
        if part.get_content_maintype() == "text"
    ]
    assert not any(word in text for text in texts for word in ("2031-05", ".2031", "2031 ж", "Secret_On"))
    assert given_days(invitation.register, invitation.campaign.given) == []

    assert sum("Сұрақтарға жауап беріңіз" in body for body in bodies) == 2
    assert sum("Хатта көрсетілгенді растаңыз" in body for body in bodies) == 2
    assert not any("Құжатты оқып" in body for body in bodies)


DECLARED = {"category": "official", "form": "income", "notice": "1", "published": "no", "spouse": "none"}


@on_sqlite_alone
def test_the_spouse_declares_too_and_a_late_day_is_marked(app: AppContext, ctx: RequestContext) -> None:
    """The standard (seed 002), p. 22, 23: spouses declare; p. 21: told in writing, notices gathered; p. 20: in
    time. One row, with the days of the letter, the reminder and the answer, says both and who is late."""
    values = {"year": "2026", "due_on": "2026-04-05"}
    campaign = start(ctx, register_id="declarations", kind="filing", values=values, units=["law"])
    tokens = run(app)
    remind_campaign(ctx, OneCampaign(campaign=campaign))
    run(app, at=NOW + timedelta(hours=1))
    later = operator(app, at=NOW + timedelta(days=2))
    declaration = {**DECLARED, "filed_on": "2026-04-07", "spouse": "filed"}
    wife = {"spouse_form": "assets", "spouse_filed_on": "2026-04-06"}

    def wrong(**values: str) -> list[tuple[str, str]]:
        with pytest.raises(InvalidRow) as refusal:
            answer(later, open_link(later, tokens["guest"]), {**declaration, **values})
        return [(fault.field, fault.code.rpartition(".")[2]) for fault in refusal.value.errors]

    missing = wrong(**wife)
    row = answer(later, open_link(later, tokens["guest"]), {**declaration, **wife, "spouse_notice": "2"})
    of_lawyer = {**declaration, "filed_on": "2026-04-05", "spouse": "not_filed"}
    other = answer(later, open_link(later, tokens["lawyer"]), of_lawyer)
    rows = {row.id: row for row in list_rows(later, ListRows(register_id="declarations", sort="filed_on")).rows}
    own_row, missed = rows[row], rows[other]
    people = load_workbook(BytesIO(proof_sheet(later, campaign, "ru"))).active
    exported = load_workbook(BytesIO(export(later, ListRows(register_id="declarations"), "en"))).active

    late_heads = [cell.value for cell in exported[1] if ": late" in str(cell.value)]
    assert late_heads == ["Day the spouse declared: late, days", "Day declared: late, days"]
    assert missing == [("spouse_notice", "required_when")]
    days = ("informed_on", "reminded_on", "received_on", "filed_on", "due_on")
    assert [own_row.values[name][-2:] for name in days] == ["06", "06", "08", "07", "05"]
    assert own_row.values["spouse_form"] == "assets"
    assert (own_row.late, missed.late) == ({"filed_on": 2, "spouse_filed_on": 1}, {"spouse_filed_on": 3})
    assert "spouse_filed_on" not in missed.values
    answers = {person.person: person.answer for person in show(later, campaign).people}
    assert answers == {"guest@org.kz": row, "lawyer@org.kz": other}
    assert [people[line][11].value or None for line in (1, 2, 3)] == ["Опоздание, дней", 2, 3]
    assert [people[line][9].value for line in (2, 3)] == [row, other]
    assert [person.late for person in show(later, campaign).people] == [2, 3]
    assert [problem.code for problem in maintenance.verify(app, at=AT)] == []


@on_sqlite_alone
def test_a_link_is_good_for_its_person_alone(app: AppContext, ctx: RequestContext) -> None:
    """Guessed, altered, of another office, of another person or answer: the same refusal, and nothing read."""
    campaign = start(ctx)
    token = run(app)["guest"]
    link = read_secret(app.rules.link_key, token, CampaignLink)
    assert link is not None
    assert open_link(ctx, token).person.key == "guest@org.kz"
    flipped = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    other_tokens = [
        secret_of("another office's secret", link),
        secret_of(app.rules.link_key, CampaignLink(campaign, link.number, 1)),
        secret_of(app.rules.link_key, CampaignLink("2026-999", link.number, 0)),
        secret_of(app.rules.link_key, CampaignLink(campaign, 999, 0)),
        token[:-1],
        token + "A",
        token.swapcase(),
        "",
        "é" * 48,
    ]
    assert [token for token in (*flipped, *other_tokens) if not refused(ctx, token)] == []
    assert read_secret("", secret_of("x", link), CampaignLink) is None


def test_of_two_answers_at_once_one_is_taken(app: AppContext, ctx: RequestContext) -> None:
    """Two browsers opened the same link: the second answer is refused whole, no second row stays."""
    start(ctx)
    token = run(app)["guest"]
    first, second = open_link(ctx, token), open_link(ctx, token)
    answer(ctx, first, {"purpose": "talk"})
    with pytest.raises(CampaignLinkRefused):
        answer(ctx, second, {"purpose": "check"})
    assert list_rows(ctx, ListRows(register_id="visits")).total == 1


@on_sqlite_alone
def test_a_campaign_is_extended_until_a_later_day_and_its_links_with_it(app: AppContext) -> None:
    """Also once its last day has passed; not to an earlier day, not into the past, not a closed one."""
    ctx, after = operator(app), operator(app, at=datetime.fromisoformat("2026-05-02T10:00:00+00:00"))
    campaign = start(ctx)
    tokens = run(app)
    for wrong, until in ((ctx, UNTIL), (ctx, date(2026, 4, 29)), (after, date(2026, 5, 1))):
        with pytest.raises(Refusal):
            extend_campaign(wrong, ExtendCampaign(campaign=campaign, until=until))
    assert refused(after, tokens["guest"])
    extend_campaign(after, ExtendCampaign(campaign=campaign, until=date(2026, 5, 10)))

    assert not refused(after, tokens["guest"])
    assert show(ctx, campaign).campaign.until == date(2026, 5, 10)
    (event,) = [event for event in show(ctx, campaign).history if event.kind == "campaign_extended"]
    assert event.until == date(2026, 5, 10)
    confirm(after, tokens["guest"])
    assert [problem.code for problem in maintenance.verify(app, at=AT)] == []
    close_campaign(after, OneCampaign(campaign=campaign))
    with pytest.raises(Refusal):
        extend_campaign(after, ExtendCampaign(campaign=campaign, until=date(2026, 6, 1)))


@on_sqlite_alone
def test_a_closed_campaign_is_opened_again_for_who_has_not_answered(app: AppContext) -> None:
    """Until today at the earliest; one letter each with the link they had, none to who answered or left."""
    ctx, day = operator(app), NOW + timedelta(days=2)
    campaign = start(ctx)
    tokens = run(app)
    row = confirm(ctx, tokens["guest"])

    def reopen(at: datetime, until: date) -> CampaignPage:
        fields = {"campaign": campaign, "until": until, "ground": "asked again"}
        return reopen_campaign(operator(app, at=at), build(ReopenCampaign, fields))

    def refusal(at: datetime, until: date) -> str:
        with pytest.raises(Refusal) as refused_with:
            reopen(at, until)
        return refused_with.value.code

    unclosed = refusal(NOW, UNTIL)
    close_campaign(ctx, OneCampaign(campaign=campaign))
    change_people(app, Person(key="new@org.kz", name="Жаңа Адам", unit="law", email="new@org.kz"))
    change_people(app, remove="lawyer@org.kz")
    assert (unclosed, refusal(day, date(2026, 4, 7))) == ("campaign.not_closed", "campaign.past")
    page = reopen(day, date(2026, 4, 8))

    assert {person.person.partition("@")[0]: person.state for person in page.people} == {
        "lawyer": "left",
        "guest": "answered",
        "clerk": "awaited",
        "officer": "awaited",
        "new": "awaited",
    }
    assert [(event.until, event.ground) for event in page.history if event.kind == "campaign_reopened"] == [
        (date(2026, 4, 8), "asked again")
    ]
    assert run(app, at=day)["clerk"] == tokens["clerk"]
    assert [refused(operator(app, at=day), tokens[login]) for login in ("clerk", "lawyer")] == [False, True]
    over = day + timedelta(days=1)
    assert refused(operator(app, at=over), tokens["clerk"])
    assert refusal(over, UNTIL) == "campaign.not_closed"
    # Twice more on the last day: the letter of the second reopening still waits at the third.
    for _ in range(2):
        run_round(app, at=Moment(now=day, today=day.date()))
        close_campaign(operator(app, at=day), OneCampaign(campaign=campaign))
        reopen(day, UNTIL)
    run(app, at=day)
    assert sorted(
        (notice.person.partition("@")[0], notice.step, notice.state) for notice in app.reads.notices_matching()
    ) == [
        *(("clerk", step, "sent") for step in ("invitation", "reminder-1")),
        ("clerk", "reminder-3", "queued"),
        ("guest", "invitation", "sent"),
        ("lawyer", "invitation", "sent"),
        *(("new", step, "sent") for step in ("invitation", "reminder-3")),
        *(("officer", step, "sent") for step in ("invitation", "reminder-1")),
        ("officer", "reminder-3", "queued"),
    ]
    # Nobody gets two reminders a day: the second leaves tomorrow.
    run(app, at=over)
    assert {notice.state for notice in app.reads.notices_matching() if notice.step == "reminder-3"} == {"sent"}
    assert show(ctx, campaign, state="answered").people[0].answer == row
    assert not refused(operator(app, at=datetime(2026, 4, 30, 10, tzinfo=NOW.tzinfo)), tokens["clerk"])
    assert [problem.code for problem in maintenance.verify(app, at=Moment(now=day, today=day.date()))] == []


@on_sqlite_alone
def test_who_joins_is_asked_and_who_leaves_is_struck_out(app: AppContext, ctx: RequestContext) -> None:
    """With the day; no letter to those who left, not even a queued one; their link is refused at once."""
    campaign = start(ctx, units=["law"])
    run_round(app, at=AT)
    change_people(app, Person(key="new@org.kz", name="Жаңа Адам", unit="law", email="new@org.kz"))
    change_people(app, remove="lawyer@org.kz")
    day = NOW + timedelta(days=1)
    tokens = run(app, at=day)
    assert set(tokens) == {"guest", "new"}
    assert states(ctx, campaign) == {"lawyer": "left", "guest": "awaited", "new": "awaited"}
    person_gone = next(person for person in show(ctx, campaign, state="left").people)
    assert (person_gone.name, person_gone.left_on) == ("Власов Пётр", TODAY + timedelta(days=1))
    # Moved to another unit, before a round has noticed.
    change_people(app, replace(PEOPLE[3], unit="hr"))
    assert refused(operator(app, at=day), tokens["guest"])
    run(app, at=day + timedelta(days=1))
    remind_campaign(ctx, OneCampaign(campaign=campaign))
    page = show(ctx, campaign)
    assert {person.person: person.state for person in page.people}["guest@org.kz"] == "left"
    assert [(event.kind, event.joined, event.left) for event in page.history] == [
        ("campaign_started", 0, 0),
        ("campaign_people", 2, 0),
        ("campaign_people", 1, 1),
        ("campaign_people", 0, 1),
        ("campaign_reminded", 0, 0),
    ]
    # Back again before the end: the old link is theirs again.
    change_people(app, PEOPLE[3])
    run(app, at=day + timedelta(days=2))
    assert states(ctx, campaign)["guest"] == "awaited"
    assert not refused(operator(app, at=day), tokens["guest"])


@on_sqlite_alone
def test_who_was_anonymised_while_a_round_read_the_people_has_not_joined(
    app: AppContext, ctx: RequestContext
) -> None:
    """They stand under another key by now: the round goes on, and writes nothing of the old one."""
    campaign = start(ctx, units=["law"])
    started = app.campaigns.get(campaign)
    assert started is not None
    app.campaigns.change_people(started, {"gone@org.kz": {"left_on": TODAY}}, at=AT)

    assert set(states(ctx, campaign)) == {"lawyer", "guest"}


@on_sqlite_alone
def test_nobody_gets_the_link_of_somebody_else(app: AppContext, tmp_path: Path, ctx: RequestContext) -> None:
    """Where no channel reaches a person, reminders go to the officer; what is for their own answer does not."""
    app.__dict__["rules"] = replace(app.rules, officer="officer@org.kz")
    app.__dict__["channels"] = {
        "folder": Failing(path=tmp_path / "lost", sender="m@org.kz"),
        "second": OfficerAlone(path=tmp_path / "second", sender="m@org.kz"),
    }
    start(ctx, units=["law"])
    run_round(app, at=AT)
    deliver(app, at=AT)
    with app.engine.connect() as connection:
        about_campaigns = "SELECT person, state FROM notice WHERE kind = 'campaign' ORDER BY person"
        notices = connection.execute(text(about_campaigns)).all()
    assert [tuple(notice) for notice in notices] == [("guest@org.kz", "failed"), ("lawyer@org.kz", "failed")]


@on_sqlite_alone
def test_a_row_withdrawn_is_awaited_again_by_a_new_link(app: AppContext, ctx: RequestContext) -> None:
    """The old link, used once, is never good again; the next reminder carries another one."""
    campaign = start(ctx)
    old = run(app)["guest"]
    withdraw_row(ctx, WithdrawRow(row=confirm(ctx, old), ground="pressed by somebody else"))
    assert states(ctx, campaign)["guest"] == "awaited"
    assert refused(ctx, old)
    remind_campaign(ctx, OneCampaign(campaign=campaign))
    new = run(app, at=NOW + timedelta(days=1))["guest"]
    assert new != old
    row = confirm(ctx, new)
    assert states(ctx, campaign)["guest"] == "answered"
    erase_row(ctx, EraseRow(row=row, fields=["guest"], ground="asked for it"))
    erased = [person for person in show(ctx, campaign).people if person.state == "answered"]
    assert [(person.person.startswith("erased-"), person.name, person.answer) for person in erased] == [
        (True, "", row)
    ]


@on_sqlite_alone
def test_whoever_is_linked_to_the_bot_is_asked_there(app: AppContext) -> None:
    """One message there instead of a letter, with their own address in it and no button."""
    guest = "guest@org.kz"
    app.links.offer(guest, hash_code("code"), now=NOW)
    app.links.redeem(hash_code("code"), "7", now=NOW)
    app.channels["telegram"] = telegram(bot="MerzimBot", token="1:x").with_links(app.links)
    start(operator(app), kind="seen", values={})
    run_round(app, at=AT)
    (notice,) = app.reads.notices_matching(person=guest)
    page = campaign_letter(notice, name="", rules=app.rules)

    assert (notice.channel, buttons(notice)) == ("telegram", ())
    assert "/confirm/" in format_message(page)


@on_sqlite_alone
def test_people_without_an_address_answer_on_paper(app: AppContext, ctx: RequestContext) -> None:
    """The officer of last resort gets no letter of theirs; what is recorded for them makes their link void."""
    change_people(app, Person(key="law:quiet", name="Тынышов Асан", unit="law"))
    campaign = start(ctx, units=["law"])
    assert set(run(app)) == {"lawyer", "guest"}
    page = show(ctx, campaign, unreached=True)
    assert ([person.person for person in page.people], page.campaign.unreached) == (["law:quiet"], 1)
    values = {"came_on": "2026-04-03", "purpose": "check"}
    record_answer(ctx, RecordAnswer(campaign=campaign, person="law:quiet", values=values))
    page = show(ctx, campaign, state="answered")
    row = show_row(ctx, AskRow(row=page.people[0].answer))
    added = row.history[0]
    assert (row.row.values["came_on"], added.kind, added.by) == ("2026-04-03", "added", "operator")
    with pytest.raises(Refusal):
        record_answer(ctx, RecordAnswer(campaign=campaign, person="clerk@org.kz", values=values))


def test_a_round_goes_on_without_a_register_that_is_gone(app: AppContext, ctx: RequestContext) -> None:
    """An own file that cannot be used is left out: its links are refused, nobody is written to."""
    start(ctx, until=UNTIL)
    [token, *_] = run(app).values()
    vars(app)["registers"] = Registers(())

    assert run_round(app, at=Moment(now=NOW, today=TODAY)).queued == 0
    assert refused(ctx, token)


def test_each_sees_of_a_campaign_what_they_see_of_the_office(app: AppContext, ctx: RequestContext) -> None:
    """A head sees the people of their units and starts, reminds and closes nothing; others see no campaign."""
    campaign = start(ctx)
    law = start(ctx, units=["law"])
    head = reader(app, "lawyer", "head_of_unit")
    assert states(head, campaign) == {"lawyer": "awaited", "guest": "awaited"}
    assert show(head, campaign).campaign.asked == 2
    change_people(app, Person(key="new@org.kz", name="Жаңа Адам", unit="hr", email="new@org.kz"))
    kinds = [[event.kind for event in show(each, campaign).history] for each in (ctx, head)]
    assert (len(kinds[0]), kinds[1]) == (2, kinds[0][:1]), "how many others there are"
    with pytest.raises(UnknownCampaign):
        show(reader(app, "clerk", "responsible"), law)
    for verb, fields in (
        (start_campaign, {"register_id": "visits", "kind": "read", "until": UNTIL}),
        (remind_campaign, {"campaign": campaign}),
        (close_campaign, {"campaign": campaign}),
        (reopen_campaign, {"campaign": campaign, "until": UNTIL, "ground": "x"}),
        (record_answer, {"campaign": campaign, "person": "guest@org.kz"}),
    ):
        with pytest.raises(NotAllowed):
            verb(head, build(verb.command, fields))
    of_law = reader(app, "officer", "officer", unit="law")
    assert start(of_law) == "2026-003"
    assert show(of_law, "2026-003").campaign.units == ["law"]
    for change in (remind_campaign, close_campaign):
        with pytest.raises(NotAllowed):
            change(of_law, build(change.command, {"campaign": campaign}))
    with pytest.raises(NotAllowed):
        reopen_campaign(of_law, ReopenCampaign(campaign=campaign, until=UNTIL, ground="x"))
    with pytest.raises(NotAllowed):
        start(of_law, units=["hr"])
