"""Checks and encodes what is recorded with a fact beside its day: numbers and signatory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from workflow.cases.case import Fact
from workflow.law.procedure import Obligation
from workflow.org.office import DUTIES
from workflow.ports import Contradiction, OtherChange
from workflow.refusal import Refusal, closest_first


def contradiction(code: str, recorded_fact: Fact, **arguments: object) -> Contradiction:
    """Return the refusal of what contradicts a recorded fact; it says by whom and when that was recorded."""
    by, at = recorded_fact.by, recorded_fact.at
    change = OtherChange(kind="fact", name=recorded_fact.name, on=recorded_fact.on, by=by, at=at)
    return Contradiction(code, changes=(change,), by=by, at=at, **arguments)


def fact_payload(obligation: Obligation, values: Mapping[str, Decimal], signed_by: str) -> dict[str, object]:
    """Return numbers and signatory of a fact as payload values: strings, nothing empty.

    Raises:
        Refusal: a name the obligation or the office does not know.
    """
    for name in values:
        if name not in obligation.values:
            code = "unknown_value" if obligation.values else "fact_without_values"
            allowed = closest_first(name, obligation.values)
            raise Refusal(code, value=name, title=obligation.title, allowed=allowed)
    if signed_by and signed_by not in DUTIES:
        raise Refusal("unknown_duty", duty=signed_by, allowed=closest_first(signed_by, DUTIES))
    payload: dict[str, object] = {}
    if values:
        payload["values"] = {name: f"{value:f}" for name, value in sorted(values.items())}
    if signed_by:
        payload["signed_by"] = signed_by
    return payload


def require_past(obligation: Obligation, on: date, *, today: date) -> None:
    """Raise Refusal for a day that lies in the future."""
    if on > today:
        raise Refusal("fact_in_future", title=obligation.title, on=on, today=today)


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
            known = recorded_fact.values[name]
            raise contradiction(
                "value_known", recorded_fact, title=obligation.title, value=name, known=known, given=value
            )
    if signed_by and recorded_fact.signed_by not in ("", signed_by):
        known_signatory = recorded_fact.signed_by
        raise contradiction(
            "signatory_known", recorded_fact, title=obligation.title, known=known_signatory, given=signed_by
        )
    new = {name: value for name, value in values.items() if name not in recorded_fact.values}
    signature = "" if signed_by == recorded_fact.signed_by else signed_by
    return new, signature
