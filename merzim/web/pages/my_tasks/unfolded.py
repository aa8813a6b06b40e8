"""The row of the task page that is unfolded, with its form; and several rows recorded at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from merzim.documents.forms import Form as PaperForm
from merzim.services.cases import verbs as cases
from merzim.services.cases.bulk import ManyResult, WithdrawnResult
from merzim.services.context import RequestContext
from merzim.services.documents.case_documents import forms_of
from merzim.web.pages.cases.recording import Form, record_form
from merzim.web.ui.form_values import Confirmation
from workflow.cases.commands.previews import Preview
from workflow.cases.commands.reminder_actions import days_to_offer
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.refusal import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class UnfoldedRow:
    """The row whose form is unfolded.

    Attributes:
        deadline: with the explanation of its date.
        papers: forms of documents that belong to the step.
        effect: what recording it on the form's day would change, and how many people it would notify; None for
            a decision, a refused day, or if not requested.
        later: days offered for snoozing.
        remark: the remark as typed.
    """

    id: str
    form: Form
    deadline: Deadline
    papers: tuple[PaperForm, ...]
    effect: tuple[Preview, int] | None
    later: tuple[date, ...]
    remark: str = ""

    @property
    def case(self) -> str:
        return self.id.partition(":")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class ManyView:
    """Several rows recorded at once, or the preview of that.

    Attributes:
        titles: title of each row, by its id.
        token: sent back with the confirmed form.
        uploaded: digest of the evidence file for all rows, "" without one.
        lines: the recorded events as `case:number:fact`, for withdrawing them.
        withdrawn: the results of withdrawing them.
    """

    result: ManyResult | None
    titles: Mapping[str, str]
    token: str = ""
    uploaded: str = ""
    lines: Sequence[str] = ()
    withdrawn: WithdrawnResult | None = None


def opened(
    ctx: RequestContext,
    case: str,
    obligation: str,
    *,
    today: date,
    answers: Mapping[str, str] | None = None,
    refusal: object = None,
    confirmation: Confirmation | None = None,
    had_files: bool = False,
    foresees: bool = True,
) -> UnfoldedRow | None:
    """Return a row with its form; None if the case is hidden or the obligation cannot be recorded.

    Args:
        foresees: whether to compute what recording it on the form's day would change.
    """
    stored_case = ctx.reads.case(case)
    if stored_case is None:
        return None
    procedure = ctx.library.of(stored_case)
    computed = deadlines(stored_case, procedure, ctx.calendar, today=today)
    deadline = next((candidate for candidate in computed if candidate.id == obligation), None)
    if is_entry(obligation) or deadline is None:
        return None
    form = record_form(
        computed,
        fact=obligation,
        answers=answers,
        refusal=refusal,  # type: ignore[arg-type]
        confirmation=confirmation,
        had_files=had_files,
        kind=stored_case.kind,
        today=today,
    )
    return UnfoldedRow(
        id=f"{case}:{obligation}",
        form=form,
        deadline=deadline,
        papers=tuple(about for about in forms_of(procedure) if obligation.partition(".")[0] in about.steps),
        effect=_effect(ctx, case, form) if foresees else None,
        later=days_to_offer(deadline, procedure, ctx.calendar, today=today),
        remark=(answers or {}).get("remark", ""),
    )


def _effect(ctx: RequestContext, case: str, form: Form) -> tuple[Preview, int] | None:
    if form.options or not form.on:
        return None
    try:
        day = date.fromisoformat(form.on)
        command = cases.RecordFact(case=case, fact=form.fact, on=day, preview=True)
        foreseen, people = cases.foresee(ctx, command)
    except (Refusal, OutOfRange, ValueError):
        return None
    return foreseen, len(people)
