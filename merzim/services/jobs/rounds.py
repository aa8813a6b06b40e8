"""Runs rounds and deliveries of an installation, on its own database or, as a rehearsal, on a copy."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from calendars.hours import almaty, moment_of
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.registers.cases import record_due_rows
from merzim.services.scoring import Stakes
from merzim.services.upkeep.maintenance import rebuild
from merzim.storage import events
from merzim.storage.database import Row_, writing
from merzim.storage.maintenance.backup import copy_file
from merzim.storage.maintenance.schema import board_steps, write_installation
from merzim.storage.notices import delivery_state
from merzim.storage.notices.campaigns import CHUNK
from merzim.storage.notices.delivery_state import record_run
from merzim.storage.tables.registers import StartedCampaign
from notifications import round as rounds
from notifications.channels import SilentChannel
from notifications.delivery import DeliveryReport, deliver as send
from notifications.dispatch import Dispatch
from notifications.event_notices import INVITATION, REMINDER, chosen_channel, cited_act, given_days
from notifications.notice import Notice, Outcome
from notifications.round import RoundReport
from workflow.moments import Moment
from workflow.org.office import Office
from workflow.registers.campaigns import asked_by
from workflow.registers.definition import Campaign, Register

MAX_REPORTED = 100
"""Most cases named in one line of the log."""
log = logging.getLogger("merzim.rounds")


def run_round(app: AppContext, *, at: Moment) -> RoundReport:
    """Record what register rows carry out, and queue the letters due by a moment, those of campaigns too; the
    first round of a day seals what was written since the last seal.
    """
    started = perf_counter()
    _follow_steps(app, at=at)
    record_due_rows(app, at=at)
    letters = update_campaigns(app, at=at)
    report = rounds.round(app.dispatch(at))
    report = replace(report, queued=(report.queued or 0) + letters)
    _seal(app, at=at)
    record_run(app.engine, "round", now=at.now, seconds=perf_counter() - started)
    log.info(
        "round: %s rows, %s notices queued",
        report.rows,
        report.queued,
        extra={
            "counts": {"rows": report.rows, "queued": report.queued},
            "cases": sorted({planned_notice.notice.case for planned_notice in report.planned})[:MAX_REPORTED],
            "took_ms": round((perf_counter() - started) * 1000),
        },
    )
    return report


def _follow_steps(app: AppContext, *, at: Moment) -> None:
    """Rewrite the board if config.toml names other reminder steps than those it was made by, and report it."""
    if board_steps(app.engine) != app.steps:
        count = rebuild(app, at=at)
        write_installation(app.engine, steps=app.steps)
        app.note("reminders.steps_followed", steps=app.steps, count=count)


def _seal(app: AppContext, *, at: Moment) -> None:
    """Seal what was written since the last seal, if that is not of today (a local day)."""
    with writing(app.engine) as session:
        last = events.newest_seal(session)
        if last is None or last[1].astimezone(almaty()).date() != at.today:
            events.seal(session, now=at.now)


def deliver(app: AppContext, *, at: Moment) -> DeliveryReport:
    """Send the queued letters that may leave by now, until none is left or the process must stop."""
    started = perf_counter()
    stakes = Stakes(operator_context(app, at=replace(at, by=""))).of
    report = send(
        replace(app.dispatch(at), stakes=stakes),
        go_on=lambda: not app.process.stopping.is_set(),
    )
    record_run(app.engine, "delivery", now=at.now, seconds=perf_counter() - started)
    log.info(
        "delivery: %s",
        ", ".join(f"{state} {count}" for state, count in sorted(report.counts.items())) or "nothing",
        extra={"counts": dict(report.counts), "took_ms": round((perf_counter() - started) * 1000)},
    )
    return report


def resend(app: AppContext, notice: Notice, *, at: Moment) -> bool:
    """Queue a notice again, for its recipient's next office hours; return False if it neither failed nor is of
    unknown fate.
    """
    opens = partial(app.dispatch(at).times.opening, now=at.now)
    return delivery_state.resend(app.engine, notice.key, now=at.now, opens=opens)


def resend_all(app: AppContext, channel: str, *, at: Moment) -> int:
    """Queue again the letters delayed by a channel's fault, each for its recipient's next office hours; return
    how many.
    """
    opens = partial(app.dispatch(at).times.opening, now=at.now)
    return delivery_state.resend_all(app.engine, channel, now=at.now, opens=opens)


def rehearse(app: AppContext, first: date, last: date) -> Iterator[tuple[date, RoundReport]]:
    """Yield each day (both included) with what its round and delivery at noon would send, run on a copy of the
    database: nothing is sent or stored here, but letters are composed on their day as in earnest.
    """
    with tempfile.TemporaryDirectory(prefix="merzim-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite"
        copy_file(app.engine, copy)
        with closing(app.on_database(f"sqlite:///{copy.as_posix()}")) as stage:
            sent = Outcome(state="sent", answer="")
            vars(stage)["channels"] = {
                name: SilentChannel(silenced=name, outcome=sent, original=channel)
                for name, channel in stage.channels.items()
            }
            for step in range((last - first).days + 1):
                today = first + timedelta(days=step)
                yield today, _run_day(stage, at=Moment(now=moment_of(today, time(12)), today=today))


def _run_day(stage: AppContext, *, at: Moment) -> RoundReport:
    """Run the round and the delivery of a day; return the round's report, its `others` as they stand after the
    delivery, without withdrawn ones.
    """
    report = run_round(stage, at=at)
    deliver(stage, at=at)
    notices = [stage.outbox.notice(other.key) for other in report.others]
    sent = tuple(notice for notice in notices if notice is not None and notice.state != "withdrawn")
    return replace(report, others=sent)


def update_campaigns(app: AppContext, *, at: Moment) -> int:
    """Update every open campaign to the present office and queue its letters; return how many were queued.

    Safe to repeat, in several processes too; each transaction writes a limited number of people.
    """
    queued = 0
    for campaign in filter(partial(is_defined, app), app.campaigns.open_on(at.today)):
        update_people(app, campaign, at=at)
        queued += write_letters(app, campaign, at=at)
    if queued:
        log.info("campaigns: %s letters queued", queued)
    return queued


def update_people(app: AppContext, campaign: StartedCampaign, *, at: Moment) -> None:
    """Store which of the people a campaign asks joined, left, came back or changed since, also in whether a
    channel reaches them.
    """
    office, known = app.outbox.office(), app.campaigns.people(campaign.id)
    channels, changes = tuple(app.channels.values()), dict[str, Mapping[str, object]]()
    asked = filter(asked_by(office, campaign.units, campaign.document), office.people.values())
    present = {person.key: person for person in asked}
    for key, person in present.items():
        now = {
            "name": person.name,
            "unit": person.unit,
            "post": person.post,
            "left_on": None,
            "reached": chosen_channel(person, channels) is not None,
        }
        if key not in known or any(getattr(known[key], name) != value for name, value in now.items()):
            changes[key] = now
    gone = (key for key, row in known.items() if key not in present and row.left_on is None)
    changes |= {key: {"left_on": at.today} for key in gone}
    app.campaigns.change_people(campaign, changes, at=replace(at, by=""))


def is_defined(app: AppContext, campaign: StartedCampaign) -> bool:
    """Return whether a register of the office still defines the kind of a campaign."""
    known = campaign.register_id in app.registers.ids()
    return known and campaign.kind in app.registers.version(campaign.register_id, campaign.version).campaigns


def as_it_binds(app: AppContext, kind: Campaign, office: Office, unit: str) -> Campaign:
    """Return a kind of campaign, without its act if that is an act of one organisation that a unit (by id) and
    those above it have not adopted.
    """
    return kind if app.library.binds(kind.act, office, unit) else kind.replaced(act="", paragraph="")


def write_letters(app: AppContext, campaign: StartedCampaign, *, at: Moment) -> int:
    """Queue the letters of the present wave (invitation or reminder) to those not written to yet, if they got
    no reminder today; return how many. If the process must stop, the rest waits for the next round.
    """
    register, queued = app.registers.version(campaign.register_id, campaign.version), 0
    today, tomorrow = (moment_of(at.today + timedelta(days=days), None) for days in (0, 1))
    sent = app.campaigns.letters(campaign.id) if campaign.wave else ()
    reminded = {letter.person for letter in sent if letter.step != INVITATION and letter.at >= today}
    while people := app.campaigns.unwritten(campaign, limit=CHUNK):
        dispatch = app.dispatch(at)
        letters = [
            notice
            for asked in people
            for leaves in (tomorrow if asked.person in reminded else at.now,)
            for notice in _campaign_notices(app, dispatch, campaign, register, asked, leaves=leaves)
        ]
        queued += app.campaigns.queue(campaign, people, letters)
        if app.process.stopping.is_set():
            break
    return queued


def _campaign_notices(
    app: AppContext,
    dispatch: Dispatch,
    campaign: StartedCampaign,
    register: Register,
    asked: Row_,
    *,
    leaves: datetime,
) -> Iterator[Notice]:
    """Return the notice of a campaign's present wave to a person, through the channel for asking them; the
    others are used if it fails. None if they left or no channel reaches them. `leaves`: the first moment it may
    leave.
    """
    office = dispatch.office
    person = office.people.get(asked.person)
    channel = chosen_channel(person, dispatch.channels) if person is not None else None
    if person is None or channel is None:
        return iter(())
    language = person.language
    kind = as_it_binds(app, register.campaigns[campaign.kind], office, person.unit)
    own = office.units.get(office.organisation(person.unit) or office.root or "")
    name = app.settings.office.name_in(language) or (own.name_in(language) if own else "")
    is_document = "link" in campaign.document or "sha256" in campaign.document
    days = given_days(register, campaign.given)
    step = f"{REMINDER}-{campaign.wave}" if asked.written >= 0 else INVITATION
    return dispatch.notices_to(
        person,
        f":{campaign.id}:{campaign.until.isoformat()}:{step}",
        channels=(channel,),
        at=leaves,
        kind="campaign",
        obligation=campaign.id,
        due=campaign.until,
        step=step,
        about={
            "number": asked.number,
            "version": asked.version,
            "title": campaign.titled(kind)[language],
            "text": kind.invitation[language],
            "act": cited_act(register, kind, language),
            "organisation": name,
            "asks": "link" if is_document else "questions" if kind.fills else "declare",
            "days": [[field.title[language], day.isoformat()] for field, day in days],
        },
    )
