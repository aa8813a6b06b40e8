"""Extends deadlines, pauses and resumes cases, where the act of law allows it.

Each is an event with its ground, judged by the day of the decision; due dates stay derived from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from calendars.terms import EXTENSION_UNITS, ExtensionTerm
from workflow.cases.case import Case, EventDraft, Extended
from workflow.cases.commands.case_commands import CaseCommands, Change, GroundMissing
from workflow.cases.commands.payloads import UnknownDuty
from workflow.law.names import known_fact
from workflow.law.procedure import Extension, Obligation, Procedure
from workflow.machine import require
from workflow.refusal import Refusal, closest_first


class CannotExtend(Refusal, ValueError):
    """The act does not allow this extension; the message names the act and what it allows."""


class CannotPause(Refusal, ValueError):
    """The act does not allow the pause, or its days do not fit; the message says which."""


def extend(
    case_commands: CaseCommands,
    case_id: str,
    name: str,
    *,
    by_count: int | None,
    to: date | None,
    ground: str,
    decided_by: str,
    document: str = "",
    on: date,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Extend one deadline. The same extension again writes nothing.

    Args:
        name: the obligation, with its period where it recurs.
        by_count: how much to add, in the units of the act; or `to`, the new last day (local date).
        decided_by: duty of the person who decided, on the local date `on`; document: its number and date, or
            address.

    Raises:
        CannotExtend: it exceeds what the act allows, or was decided by a duty that may not.
        GroundMissing; UnknownFact, UnknownCase; NotOpen: the case is cancelled or exempted.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        obligation = known_fact(procedure, name)
        rule = obligation.extension
        act = procedure.acts[obligation.act].short
        if rule is None:
            raise CannotExtend("extend.not_allowed", title=obligation.title, act=act)
        if not ground.strip():
            raise GroundMissing
        stands = case_commands.looked_at(case, today=today).stage
        require(procedure, case, stands, "cancel", code="cannot_extend")
        if decided_by not in rule.decided_by:
            raise CannotExtend("extend.not_by", duty=decided_by, act=act, allowed=rule.decided_by)
        if on > today:
            raise CannotExtend("extend.in_future", on=on, today=today)
        extension = Extended(
            on=on,
            decided_by=decided_by,
            ground=ground.strip(),
            by=type(rule.by)(by_count) if by_count is not None else None,
            to=to,
            document=document.strip(),
        )
        extensions = case.extensions.get(name, ())
        if extension in extensions:
            return ()
        _require_allowed(case_commands, case, procedure, obligation, name, extension, today=today)
        payload = _decision(procedure, ground, decided_by, document)
        if to is not None:
            payload["to"] = to.isoformat()
        else:
            payload |= {"by": by_count, "in": unit_of(rule.by)}
        return [("extended", name, on, payload)]

    return case_commands.write(case_id, decide, by=by, now=now, today=today)


def pause(
    case_commands: CaseCommands,
    case_id: str,
    *,
    ground: str,
    decided_by: str = "",
    document: str = "",
    on: date,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Pause the terms of a case from a local date on.

    Args:
        decided_by: duty of the person who decided; document: number and date of the decision, or its address.

    Raises:
        UnknownDuty: nobody can hold a duty of that name.
        CannotPause: the act allows none, or the day lies ahead or before the end of the last pause.
        GroundMissing, UnknownCase; NotOpen: it is paused already, cancelled or exempted.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        if procedure.pause is None:
            act = procedure.acts[procedure.by_id[procedure.begins_with].act].short
            raise CannotPause("pause.not_allowed", act=act)
        _require_day(case_commands, case, procedure, "pause", ground, on, today=today)
        if case.pauses and case.pauses[-1].resumed is not None and on < case.pauses[-1].resumed:
            raise CannotPause("pause.too_early", on=on, resumed=case.pauses[-1].resumed)
        return [("paused", "", on, _decision(procedure, ground, decided_by, document))]

    return case_commands.write(case_id, decide, by=by, now=now, today=today)


def resume(
    case_commands: CaseCommands,
    case_id: str,
    *,
    ground: str,
    decided_by: str = "",
    document: str = "",
    on: date,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """End the pause of a case; terms run again from the local date `on`.

    Args:
        decided_by, document: as in `pause`.

    Raises:
        UnknownDuty: nobody can hold a duty of that name.
        CannotPause: the day lies ahead or before the pause.
        GroundMissing, UnknownCase; NotOpen: it is not paused.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        _require_day(case_commands, case, procedure, "resume", ground, on, today=today)
        assert case.paused is not None
        if on < case.paused.first:
            raise CannotPause("resume.too_early", on=on, paused=case.paused.first)
        return [("resumed", "", on, _decision(procedure, ground, decided_by, document))]

    return case_commands.write(case_id, decide, by=by, now=now, today=today)


def unit_of(by: ExtensionTerm) -> str:
    """Return the unit of an extension as written in regulation files."""
    return next(unit for unit, make in EXTENSION_UNITS.items() if make is type(by))


def _decision(procedure: Procedure, ground: str, decided_by: str, document: str) -> dict[str, object]:
    """Return ground, duty and document of a decision as payload values; nothing empty.

    Raises UnknownDuty.
    """
    if decided_by and decided_by not in procedure.duties:
        allowed = closest_first(decided_by, procedure.duties)
        raise UnknownDuty("unknown_duty", duty=decided_by, allowed=allowed)
    details = {"ground": ground.strip(), "decided_by": decided_by, "document": document.strip()}
    return {name: text for name, text in details.items() if text}


def _require_day(
    case_commands: CaseCommands,
    case: Case,
    procedure: Procedure,
    command: str,
    ground: str,
    on: date,
    *,
    today: date,
) -> None:
    if not ground.strip():
        raise GroundMissing
    require(procedure, case, case_commands.looked_at(case, today=today).stage, command)
    if on > today:
        raise CannotPause("pause.in_future", on=on, today=today)


def _require_allowed(
    case_commands: CaseCommands,
    case: Case,
    procedure: Procedure,
    obligation: Obligation,
    name: str,
    extension: Extended,
    *,
    today: date,
) -> None:
    """Raise CannotExtend for an extension that is one too many, too long, or moves nothing."""
    rule, extensions = obligation.extension, case.extensions.get(name, ())
    assert rule is not None
    act = procedure.acts[obligation.act].short
    if len(extensions) >= rule.times:
        raise CannotExtend("extend.times", title=obligation.title, act=act, count=rule.times)
    due = _due(case_commands, case, name, today=today)
    count_left = _remaining(rule, extensions)
    if extension.by is not None and count_left is not None and not 1 <= extension.by.count <= count_left:
        code = "extend.too_long" if count_left else "extend.nothing_left"
        unit = unit_of(rule.by)
        raise CannotExtend(code, act=act, title=obligation.title, count=count_left, unit=unit)
    if due is None:
        if case.paused is not None and extension.to is None:
            return
        code = "extend.paused" if case.paused is not None else "extend.no_due"
        raise CannotExtend(code, title=obligation.title)
    full_extension = replace(extension, by=rule.by, to=None)
    longer, last = (
        _due(case_commands, replace(case, extensions={**case.extensions, name: these}), name, today=today)
        for these in ((*extensions, extension), (full_extension,))
    )
    if longer is None or last is None or not due < longer <= last:
        raise CannotExtend("extend.beyond", act=act, title=obligation.title, due=due, last=last)


def _remaining(rule: Extension, extensions: Sequence[Extended]) -> int | None:
    """Return how much may still be added, in the units of the act; None where an earlier extension named a
    day.
    """
    if any(extension.by is None or type(extension.by) is not type(rule.by) for extension in extensions):
        return None
    return rule.by.count - sum(extension.by.count for extension in extensions if extension.by is not None)


def _due(case_commands: CaseCommands, case: Case, name: str, *, today: date) -> date | None:
    view = case_commands.looked_at(case, today=today)
    return next((deadline.due for deadline in view.deadlines if deadline.id == name), None)
