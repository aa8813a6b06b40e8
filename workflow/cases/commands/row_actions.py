"""Special actions on rows of a case: ranking by a scale, reviews by period, requests to higher bodies, talks.

Each function takes the values of an action and returns those of its event. Raises Refusal where they cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from workflow.cases.commands.case_commands import View
from workflow.cases.registers.risk_scale import RiskScale
from workflow.cases.registers.rows import Row
from workflow.periods import period_of
from workflow.refusal import Refusal

Values = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActedRow:
    """A row that an action applies to.

    Attributes:
        on: the local date of the action, None where it has none.
        scale: the scale in force today.
        view: the case the row is kept in.
    """

    row: Row
    on: date | None
    scale: Callable[[], RiskScale]
    view: View


def rank(acted: ActedRow, values: Values) -> Values:
    """Return the event values of a rank: its levels as numbers, and the edition of the scale they are of."""
    scale = acted.scale()
    for axis, levels in (("likelihood", scale.likelihood), ("effect", scale.effect)):
        level = str(values[axis])
        if level not in map(str, range(1, len(levels) + 1)):
            raise Refusal("risk.no_such_level", what=axis, level=level, last=len(levels))
        values[axis] = int(level)
    return {**values, "scale": scale.edition}


def ask(acted: ActedRow, values: Values) -> Values:
    """Return the event values of a request to the body named, else to the body whose act is the cause of the
    risk; refused where neither is known.
    """
    body = values["body"] or acted.row.body
    if not body:
        raise Refusal("risk.no_body", risk=acted.row.number)
    return {**values, "body": body}


def answer_request(acted: ActedRow, values: Values) -> Values:
    """Return the event values of an answer to the request about a risk; an answer before the request is
    refused.
    """
    request = acted.row.request
    if request is None:
        raise Refusal("risk.no_request", risk=acted.row.number)
    if acted.on is not None and acted.on < request.on:
        raise Refusal("risk.answer_before_request", on=acted.on, sent=request.on)
    return {"answer": values["text"]}


def review(acted: ActedRow, values: Values) -> Values:
    """Return the event values of a review; a recurring measure is reviewed for the period named, else for the
    last one ended by that day, or the first if that is none of its periods.
    """
    measure, period = acted.row, str(values["period"])
    if measure.term.every is None:
        if period:
            raise Refusal("risk.no_period", measure=measure.number, period=period)
        return values
    assert acted.on is not None
    id = f"measure.{measure.number}"
    periods = tuple(
        deadline.period for deadline in acted.view.deadlines if deadline.obligation.id == id and deadline.period
    )
    if period and periods and period not in periods:
        raise Refusal("risk.wrong_period", measure=measure.number, period=period, allowed=periods)
    first = period_of(acted.on, measure.term.every).first
    before = period_of(date.fromordinal(first.toordinal() - 1), measure.term.every).name
    return {**values, "period": period or (before if before in periods or not periods else periods[0])}


def talk(acted: ActedRow, values: Values) -> Values:
    """Return the event values of a preventive talk with the person named, else with the holder of the position;
    refused where nobody holds it.
    """
    holder = values["holder"] or acted.row.holder
    if not holder:
        raise Refusal("risk.nobody_holds", position=acted.row.number)
    return {**values, "holder": holder}


def answer_remark(acted: ActedRow, values: Values) -> Values:
    """Return the event values of the answer to a remark; refused if it is neither taken into the note nor
    answered why not.
    """
    if not values["taken"] and not values["answer"]:
        raise Refusal("risk.why_not")
    return values


SPECIAL: Mapping[str, Callable[[ActedRow, Values], Values]] = {
    "risk_ranked": rank,
    "request_sent": ask,
    "request_answered": answer_request,
    "measure_reviewed": review,
    "talk_held": talk,
    "remark_answered": answer_remark,
}
"""Functions by kind of event; events of other kinds store their values unchanged."""
