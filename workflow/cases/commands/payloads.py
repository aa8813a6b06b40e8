"""Checks and encodes what is recorded with a fact beside its day: numbers and signatory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from workflow.cases.case import Fact
from workflow.law.procedure import Obligation, Option, Text
from workflow.org.office import DUTIES
from workflow.ports import Contradiction, OtherChange
from workflow.refusal import Refusal, closest_first


class CannotRecord(Refusal, ValueError):
    """The fact cannot be recorded as requested."""


class FactKnown(Contradiction, CannotRecord):
    """The fact is recorded with another date; the message says which, by whom and when."""

    def __init__(self, recorded_fact: Fact, *, title: Text, on: date) -> None:
        super().__init__(
            "fact_known",
            changes=(_change(recorded_fact),),
            title=title,
            on=on,
            known=recorded_fact.on,
            by=recorded_fact.by,
            at=recorded_fact.at,
        )


class AnsweredOtherwise(Contradiction, CannotRecord):
    """The decision is answered with another option; the message says which, by whom and when."""

    def __init__(self, recorded_fact: Fact, *, question: Obligation, answer: Option) -> None:
        super().__init__(
            "answered_otherwise",
            changes=(_change(recorded_fact),),
            title=question.title,
            answer=answer.title,
            on=recorded_fact.on,
            by=recorded_fact.by,
        )


def fact_payload(
    obligation: Obligation,
    values: Mapping[str, Decimal],
    signed_by: str,
    *,
    duties: Collection[str] = DUTIES,
) -> dict[str, object]:
    """Return numbers and signatory of a fact as payload values: strings, nothing empty.

    Raises:
        Refusal: a name the obligation or the office does not know.
    """
    for name in values:
        if name not in obligation.values:
            code = "unknown_value" if obligation.values else "fact_without_values"
            allowed = closest_first(name, obligation.values)
            raise Refusal(code, value=name, title=obligation.title, allowed=allowed)
    if signed_by and signed_by not in duties:
        raise Refusal("unknown_duty", duty=signed_by, allowed=closest_first(signed_by, duties))
    payload: dict[str, object] = {}
    if values:
        payload["values"] = {name: f"{value:f}" for name, value in sorted(values.items())}
    if signed_by:
        payload["signed_by"] = signed_by
    return payload


def require_past(obligation: Obligation, on: date, *, today: date) -> None:
    """Raise CannotRecord for a day that lies in the future."""
    if on > today:
        raise CannotRecord("fact_in_future", title=obligation.title, on=on, today=today)


def missing_details(
    obligation: Obligation,
    recorded_fact: Fact,
    values: Mapping[str, Decimal],
    signed_by: str,
) -> tuple[dict[str, Decimal], str]:
    """Return the numbers and signatory that are not recorded with the fact yet.

    Raises:
        Contradiction: one of them is recorded with another value.
    """
    for name, value in values.items():
        if name in recorded_fact.values and recorded_fact.values[name] != value:
            raise Contradiction(
                "value_known",
                changes=(_change(recorded_fact),),
                title=obligation.title,
                value=name,
                known=recorded_fact.values[name],
                given=value,
                by=recorded_fact.by,
                at=recorded_fact.at,
            )
    if signed_by and recorded_fact.signed_by not in ("", signed_by):
        raise Contradiction(
            "signatory_known",
            changes=(_change(recorded_fact),),
            title=obligation.title,
            known=recorded_fact.signed_by,
            given=signed_by,
            by=recorded_fact.by,
            at=recorded_fact.at,
        )
    new = {name: value for name, value in values.items() if name not in recorded_fact.values}
    signature = "" if signed_by == recorded_fact.signed_by else signed_by
    return new, signature


def _change(recorded_fact: Fact) -> OtherChange:
    return OtherChange(
        kind="fact", name=recorded_fact.name, on=recorded_fact.on, by=recorded_fact.by, at=recorded_fact.at
    )
