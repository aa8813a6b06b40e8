"""The form for withdrawing what was recorded by mistake: its choices, as visible to the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from services.regulations.registers import case_registers
from web.ui.form_values import RejectedForm
from workflow.cases.case import EXTENDED, PAUSE, PLAN, Case
from workflow.cases.registers.rows import rows_of, value_of
from workflow.law.procedure import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One record that can be withdrawn.

    Attributes:
        name: as used in the command.
        kind: `fact`, `plan`, `extension`, `pause`, `line` of the history, or the kind of a row of a register.
        title: title of a fact; `text` and `number`: of a row or an event.
    """

    name: str
    kind: str
    on: date | None = None
    title: Text | None = None
    period: str | None = None
    text: str = ""
    number: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawForm:
    """The form: its choices, the chosen one, and its document if only that is withdrawn."""

    choices: tuple[Choice, ...]
    chosen: str = ""
    evidence: str = ""
    opened: bool = False


def withdraw_form(
    case: Case, titles: Mapping[str, Text], *, chosen: tuple[str, str], tried: RejectedForm | None
) -> WithdrawForm:
    """Return the form with the record named by its link, or as submitted. `titles`: titles of facts."""
    name, evidence = chosen
    if tried is not None:
        name, evidence = tried.answers.get("name", ""), tried.answers.get("evidence", "")
    choices = [*_facts(case, titles, chosen=name), *_acts(case, titles), *_rows(case)]
    if name.startswith("#"):
        choices.append(Choice(name=name, kind="line", number=name.removeprefix("#")))
    return WithdrawForm(choices=tuple(choices), chosen=name, evidence=evidence, opened=bool(name))


def _facts(case: Case, titles: Mapping[str, Text], *, chosen: str) -> Iterator[Choice]:
    """Yield facts and plan dates; for a fact recorded from a register row, only its documents can be chosen, by
    link.
    """
    facts = {name: fact.on for name, fact in case.facts.items() if not fact.row or name == chosen}
    for kind, days in (("fact", facts), ("plan", case.planned)):
        for name, on in days.items():
            base, _, period = name.partition(".")
            if base in titles:
                record = PLAN + name if kind == "plan" else name
                yield Choice(name=record, kind=kind, on=on, title=titles[base], period=period or None)


def _acts(case: Case, titles: Mapping[str, Text]) -> Iterator[Choice]:
    """Yield the latest extension of each deadline, and the last pause."""
    for name, extensions in case.extensions.items():
        base, _, period = name.partition(".")
        yield Choice(
            name=EXTENDED + name,
            kind="extension",
            on=extensions[-1].on,
            title=titles.get(base),
            period=period or None,
        )
    if case.pauses:
        yield Choice(name=PAUSE, kind="pause", on=case.pauses[-1].first)


def _rows(case: Case) -> Iterator[Choice]:
    for register in case_registers().all() if case.entries else ():
        assert register.entry is not None
        kind = register.entry.row
        for number, row in rows_of(case, kind).items():
            text = str(value_of(row, register.named_by[0]))
            yield Choice(name=f"{kind}.{number}", kind=kind, text=text, number=str(number))
