"""Acts that move days of the calendar: preview the due dates one would move, adopt it, tell what it moved.

The office's calendar is built from the shipped records and the acts it adopted. An adoption is one event of the
office's own chain; the board rows it moves are written after it, case by case, and can be rewritten at any
time. After a crash between the two the same command (or `merzim rebuild`) finishes; `verify` reports the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from calendars import checks
from calendars.kazakhstan import Kazakhstan
from calendars.records import Records, with_records
from merzim.documents.child import check_act, read
from merzim.documents.sheets.workbook import contents
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import NO_NUL, Line, build
from merzim.services.names import assignees_of
from merzim.services.results import ActMoves, moved_date
from merzim.services.verbs import Command, NotAllowed, verb
from merzim.storage.cases.ledger import CHUNK
from merzim.storage.database import chunks
from merzim.storage.refusals import CaseBroken
from merzim.storage.settings import record_act
from notifications.letters.events import describe_cause
from workflow.board.rows import assignee_key
from workflow.cases.case import AWAITED, Case, Event, fold
from workflow.deadlines.resolver import DayChange, MovedDeadline, changed_days, moved, reach
from workflow.languages import LANGUAGES
from workflow.law.files import read_act
from workflow.moments import Moment
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

MAX_BYTES = 60_000
"""Maximum size of an act, enough for a few dozen entries."""
MAX_LISTED = 200
"""Number of moved due dates listed on a page and in an answer."""


class CalendarAct(Command):
    """An act that moves days, as TOML. `name`: its name in the office's chain. `preview`: show what it would
    move and write nothing.
    """

    text: Annotated[str, Field(min_length=1, max_length=MAX_BYTES), NO_NUL]
    name: Line = "act.toml"
    preview: bool = False


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """A due date that moves, and the people responsible for it: they are notified of the new date."""

    moved: MovedDeadline
    people: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActPreview:
    """The effect of an act on the calendar (`before`, `after`) and on the due dates of cases the reader may
    see.

    `impacts`: the due dates it moves, besides those `hidden`; `known`: it is adopted already, and this is what
    it moved; `days`: those that stop or start being working days; `touched`: cases (ids) whose time span has
    such a day; `written`: number of cases in which dates were moved, 0 in a preview.
    """

    impacts: tuple[PersonImpact, ...]
    known: bool
    days: tuple[DayChange, ...]
    touched: tuple[str, ...]
    before: Kazakhstan
    after: Kazakhstan
    hidden: int = 0
    written: int

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases in which a due date moves, each once."""
        return tuple(dict.fromkeys(impact.moved.case for impact in self.impacts))

    @property
    def people(self) -> tuple[Person, ...]:
        """The people whose due dates move, each once."""
        return tuple({person.key: person for impact in self.impacts for person in impact.people}.values())

    @property
    def listed(self) -> Sequence[PersonImpact]:
        """The first moved due dates, as many as are listed."""
        return self.impacts[:MAX_LISTED]

    @property
    def more(self) -> int:
        """Number of visible due dates that are not listed."""
        return len(self.impacts) - len(self.listed)


def command_of(file: Path) -> CalendarAct:
    """Read the act in a file, not checked yet. Raises UnreadablePaper, Refusal, BadInput: it is not one."""
    try:
        text = contents(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("web.act.not_text", name=file.name) from None
    if not text.strip():
        raise Refusal("calendar_act_empty")
    return build(CalendarAct, {"text": text, "name": file.name})


def require_whole_office(ctx: RequestContext) -> None:
    """Raise NotAllowed for a reader of one unit: an act moves dates of the whole office."""
    if ctx.reader.root:
        raise NotAllowed


def normal_text(text: str) -> str:
    """Return the text of an act with normalised line ends. Raises Refusal if it is empty or too long."""
    if not text.strip():
        raise Refusal("web.act.empty")
    if len(text.encode()) > MAX_BYTES:
        raise Refusal("web.act.too_large", kilobytes=MAX_BYTES // 1000)
    return text.replace("\r\n", "\n")


@verb("manage", writes=False)
def preview_act(ctx: RequestContext, command: CalendarAct) -> ActPreview:
    """Return what an act would move; nothing is written. Raises NotAllowed (the reader sees one unit only),
    Refusal: an entry cannot be read, or the act does not fit the records (`calendars.checks`).
    """
    return _as_visible(ctx, _effect(ctx.app, _parse(ctx, command), today=ctx.today))


@verb("manage")
def adopt_act(ctx: RequestContext, command: CalendarAct) -> ActPreview:
    """Adopt an act and move the due dates it changes, or only show them (`preview`); unsent notices of these
    are withdrawn. Adopting it again changes nothing.
    """
    if command.preview:
        return preview_act(ctx, command)
    app, act, text = ctx.app, _parse(ctx, command), normal_text(command.text)
    while True:
        effect = _effect(app, act, today=ctx.today)
        if effect.known or record_act(app.engine, app.acts, name=command.name, text=text, at=ctx.moment):
            break
        app = app.present()
    cause = _cause(act, effect.days)
    written_count = rewrite_rows(app.present(), effect.touched, cause=cause, at=ctx.moment)
    return _as_visible(ctx, replace(effect, written=written_count))


def moves_of(app: AppContext, events: Sequence[Event], language: str) -> list[ActMoves]:
    """Return the open due dates of a case that each calendar act moved, those adopted since it was opened.

    `events`: its whole chain; `language`: of the causes, which name the acts.
    """
    acts, moves = app.acts, list[ActMoves]()
    for number, act in enumerate(acts):
        before_it = [event for event in events if event.at <= act.at]
        if not before_it:
            continue
        case = fold(before_it)
        before, after = (app.calendar_of(app.records_of(acts[:count])) for count in (number, number + 1))
        dates = moved(case, app.library.of(case), before, after, today=act.on)
        waited = [moved_date(each.id, each.old, each.new) for each in dates if each.state in AWAITED]
        if waited:
            cause = describe_cause(_cause(act.entries, changed_days(before, after)), language)
            moves.append(ActMoves(on=act.on, at=act.at, by=act.by, cause=cause, moved=waited))
    return moves


def _parse(ctx: RequestContext, command: CalendarAct) -> Records:
    """Return the entries of an act. Raises NotAllowed for readers of one unit, Refusal."""
    require_whole_office(ctx)
    data = normal_text(command.text).encode("utf-8", "surrogatepass")
    read(check_act, data, command.name)
    return read_act(command.name, data)


def _as_visible(ctx: RequestContext, preview: ActPreview) -> ActPreview:
    """Return a preview without cases hidden from the reader, whose due dates are only counted."""
    visible = ctx.reads.heads({impact.moved.case for impact in preview.impacts})
    impacts = tuple(impact for impact in preview.impacts if impact.moved.case in visible)
    return replace(preview, impacts=impacts, hidden=len(preview.impacts) - len(impacts))


def _effect(app: AppContext, act: Records, *, today: date) -> ActPreview:
    """Return the days an act changes, known from today on, the cases they may affect, and the due dates moved;
    of an act the office adopted already by taking it out of the calendar. Raises Refusal: it does not fit the
    records.
    """
    index = next((n for n, adoption in enumerate(app.acts) if adoption.entries == act), None)
    if index is None:
        before = app.calendar
        checks.check_act_fits(app.records, act)
        after = app.calendar_of(with_records(app.records, checks.with_known_since(act, today)))
    else:
        other_acts = [adoption for n, adoption in enumerate(app.acts) if n != index]
        before, after = app.calendar_of(app.records_of(other_acts)), app.calendar
    touched = sorted({case for span in reach(before, after) for case in app.ledger.touched(*span)})
    office = app.reads.office()
    impacts = tuple(
        _impact(office, case, deadline, today=today)
        for names in chunks(touched, CHUNK)
        for case in app.ledger.cases(names).values()
        for deadline in moved(case, app.library.of(case), before, after, today=today)
        if deadline.state != "not_required"
    )
    return ActPreview(
        known=index is not None,
        days=changed_days(before, after),
        touched=tuple(touched),
        impacts=impacts,
        before=before,
        after=after,
        written=0,
    )


def _impact(office: Office, case: Case, moved: MovedDeadline, *, today: date) -> PersonImpact:
    """Return a moved due date with those responsible for it; with nobody once it is no longer waited for."""
    if moved.state not in AWAITED:
        return PersonImpact(moved, ())
    key = assignee_key(case, moved.obligation, moved.id)
    recipients = assignees_of(office, key, on=today)
    return PersonImpact(moved, tuple(recipient.person for recipient in recipients))


def _cause(act: Records, changes: Sequence[DayChange]) -> dict[str, object]:
    """Return the cause as stored for letters: acts and the days they change; with none only the calendar."""
    days = [change.on.isoformat() for change in changes]
    if not days:
        return {"kind": "calendar"}
    called = {
        entry.act: {
            "title": {language: entry.title[language] for language in LANGUAGES} if entry.title else {},
            "number": entry.number,
            "adopted": entry.adopted.isoformat() if entry.adopted else "",
        }
        for entry in act.entries
    }
    return {"kind": "act", "acts": list(called), "called": list(called.values()), "days": days}


def rewrite_rows(app: AppContext, cases: Sequence[str], *, cause: Mapping[str, object], at: Moment) -> int:
    """Rewrite the board rows of cases (ids) by the present law; return how many changed. `cause`: what letters
    say.

    Raises CaseBroken: the events of one do not end where its head says; all others are rewritten.
    """
    left, changed_count = {*cases}, 0
    for written, changed in app.ledger.rewrite(
        cases, lambda case: replace(app.case_commands.recomputed(case, today=at.today), cause=cause), now=at.now
    ):
        left.difference_update(case.id for case in written)
        changed_count += changed
    if left:
        raise CaseBroken(min(left))
    return changed_count
