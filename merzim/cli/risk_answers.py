"""JSON of risks, measures, positions and remarks; and author and time of register commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from merzim.cli.mount import mount
from merzim.cli.parsing import day
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from merzim.cli.call import CommandContext
    from merzim.services.results import CommandResult
    from workflow.cases.case import Case
    from workflow.cases.registers.exposure import Position, Remark
    from workflow.cases.registers.risk import Measure, Risk

Json = dict[str, object]


def row_command(verb: str, *arguments: str) -> Callable[..., object]:
    """Return the command of a verb of `services.cases.rows`; its options are fields of the register's file."""
    return mount(
        f"merzim.services.cases.rows:{verb}",
        _show,
        arguments=("case", *arguments),
        json=_as_json,
        today="on",
        restricts=True,
    )


def _as_json(result: CommandResult) -> Json:
    events = [event.model_dump(exclude={"changes"}) for event in result.events]
    return {"case": result.case, "changed": result.changed, "events": events}


def _show(call: CommandContext, _: object, result: CommandResult) -> None:
    """Print what was recorded; for a rank its band, for a measure its due date."""
    if not result.events:
        call.print(call.say("cli.risks.already"))
        return
    event = result.events[-1]
    details, note = dict[str, object](event.payload), ""
    if event.kind == "risk_ranked":
        from merzim.services.cases.risks import scales
        from workflow.cases.registers.risk import Rank

        rank = Rank(**{name: event.payload[name] for name in ("likelihood", "effect", "scale")})
        scale = scales()[rank.scale]
        details |= {"points": rank.points, "band": scale.band(rank).title[call.language]}
        note = call.say("note", text=scale.note)
    elif event.kind == "measure_reviewed":
        details["outcome"] = call.option("outcome", str(event.payload["outcome"]))
    elif event.kind == "measure_set":
        from merzim.services.cases.risks import next_due_dates

        case = call.app.case_commands.view(result.case, today=call.moment.today).case
        due = next_due_dates(call.app, case, today=call.moment.today).get(int(event.name))
        details["due"] = due.isoformat() if due else call.say("cli.risks.no_due")
    call.print(call.say(f"cli.risks.{event.kind}", **{**details, "case": result.case, "number": event.name}))
    if note:
        call.print(note)


def day_or_today(call: CommandContext, text: str | None) -> date:
    """Return the day of --on; today without it."""
    return call.moment.today if text is None else day(text, where="--on")


def tell(call: CommandContext, result: CommandResult, code: str, **arguments: object) -> None:
    """Print the result of a register command."""
    if call.json:
        call.answer(_as_json(result))
        return
    call.print(call.say(code if result.events else "cli.risks.already", case=result.case, **arguments))


def risk_json(call: CommandContext, case: Case, risk: Risk) -> Json:
    """Return one risk as JSON, without its measures."""
    from merzim.services.cases.risks import scales

    scale = scales().get(risk.rank.scale) if risk.rank else None
    rank: Json | None = None
    if risk.rank is not None:
        rank = {
            "likelihood": risk.rank.likelihood,
            "effect": risk.rank.effect,
            "points": risk.rank.likelihood * risk.rank.effect,
            "band": scale.band(risk.rank).title[call.language] if scale else None,
            "scale": risk.rank.scale,
            "scale_is_ours": True,
        }
    return {
        "case": case.id,
        "unit": case.unit,
        "object": case.object_in(call.language),
        "number": risk.number,
        "description": risk.description,
        "direction": risk.direction,
        "direction_text": call.option("direction", risk.direction),
        "cause": risk.cause,
        "act": risk.act,
        "body": risk.body,
        "for_legal_monitoring": risk.for_legal_monitoring,
        **risk.extra,
        "department": risk.department,
        "district": risk.district,
        "found_on": risk.found_on,
        "rank": rank,
        "removal": risk.removal,
        "request": risk.request
        and {
            "body": risk.request.body,
            "asked": risk.request.asked,
            "on": risk.request.on,
            "term": risk.request.term.written,
            "answered_on": risk.request.answered_on,
            "answer": risk.request.answer,
        },
    }


def measure_json(call: CommandContext, measure: Measure, due: date | None) -> Json:
    """Return one measure with its reviews as JSON. `due`: its next due date; None for a term without a day."""
    return {
        "number": measure.number,
        "risk": measure.risk,
        "recommendation": measure.recommendation,
        "measure": measure.action,
        "completion": measure.completion,
        "responsible": measure.responsible,
        "term": measure.term.written,
        "term_read_as": measure.term.reading,
        **measure.extra,
        "every": measure.term.every,
        "due": due,
        "status": measure.outcome,
        "status_text": call.option("outcome", measure.outcome or "none"),
        "reviews": [
            {
                "on": review.on,
                "status": review.outcome,
                "period": review.period or None,
                "done_on": review.done_on,
                "comment": review.comment,
                "evidence": review.evidence,
            }
            for review in measure.reviews
        ],
    }


def position_json(case: Case, position: Position) -> Json:
    """Return one exposed position with its talks as JSON."""
    return {
        "case": case.id,
        "unit": case.unit,
        "number": position.number,
        "position": position.title,
        "holder": position.holder,
        "why": position.why,
        "department": position.department,
        "district": position.district,
        "approved_on": position.approved_on,
        "cleared_on": position.cleared_on,
        "talks": position.talks,
        **position.extra,
    }


def remark_json(case: Case, remark: Remark) -> Json:
    """Return one remark with its answer as JSON."""
    return {
        "case": case.id,
        "number": remark.number,
        "on": remark.on,
        "remark": remark.text,
        "author": remark.author,
        "source": remark.source,
        "answered_on": remark.answered_on,
        "taken": remark.taken,
        "answer": remark.answer,
        **remark.extra,
    }


def cases_of(call: CommandContext, case: str | None, unit: str) -> list[Case]:
    """Return the cases of a command: one case, or those of a unit."""
    from merzim.services.cases.risks import cases

    if case is not None:
        return [call.app.case_commands.view(case, today=call.moment.today).case]
    return list(cases(call.app, unit_named(call.app, unit)))
