"""Verbs on cases: open, record, decide, replan, correct, withdraw, cancel, exempt and more; their previews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from i18n import LANGUAGES, say
from merzim.services.context import RequestContext, is_own, require_visible, whole_case
from merzim.services.inputs import (
    CaseCommand,
    Day,
    Duty,
    EvidenceInput,
    Ground,
    Key,
    Line,
    Name,
    OptionalName,
    OptionalPerson,
    OptionalUnit,
    Person,
    Seq,
    Text,
    Values,
    store_evidence,
)
from merzim.services.names import keep_responsible, name_of, person_named, unit_in_reach
from merzim.services.results import CommandResult, FindingResult, OpenedCase, command_result
from merzim.services.scoring import Stakes
from merzim.services.verbs import Command, Verb, verb
from merzim.storage.cases.ledger import hold_openings
from merzim.storage.database import writing
from notifications.event_notices import people_to_tell, was_notified
from workflow.cases.case import Case, Event, withdrawn_documents, withdrawn_lines
from workflow.cases.commands import answers, recording, statuses, withdrawals
from workflow.cases.commands.answers import CannotComment
from workflow.cases.commands.case_commands import Drafts, Opening, View, edition_for, in_schedule_of
from workflow.cases.commands.planning import Preview, preview
from workflow.cases.commands.statuses import edit_passport
from workflow.cases.registers.evidence_list import proofs
from workflow.findings.findings import Finding, of_fact
from workflow.org.access import Need
from workflow.refusal import Refusal

MAX_REMARK = 2000
Dates = Annotated[dict[Name, Day], Field(default_factory=dict, max_length=200)]
Fact = Annotated[Name, Field(description="The fact; a recurring one with its period: quarter_reported.2026Q3.")]
On = Annotated[Day, Field(description="The day on which it happened.")]
Numbers = Annotated[Values, Field(max_length=50, description="A number of the fact, by its name.")]
Evidence = Annotated[list[EvidenceInput], Field(max_length=50, description="Files and links that prove it.")]
Remark = Annotated[Text, Field(description="A remark, kept in the history.")]
SignedBy = Annotated[Duty, Field(description="The duty of the person who signed or approved it.")]
Why = Annotated[Ground, Field(description="The ground, in words.")]
OneObligation = Annotated[OptionalName, Field(description="This obligation alone.")]
Object = Annotated[Line, Field(description="What is analysed, in any wording.")]
ObjectKk = Annotated[Line, Field(description="The object in Kazakh, in the nominative.")]
ObjectRu = Annotated[Line, Field(description="The object in Russian, in the nominative.")]


class OpenCase(Command):
    """Open a case; facts and plan dates by fact name. `person`: key, e-mail or name of the person it is about.
    `object_kk`, `object_ru`: the object in the nominative, for the passport; `object`: in any other wording.
    """

    procedure: Name
    unit: Annotated[OptionalUnit, Field(description="The unit whose case it is: id or name.")] = ""
    object: Object = ""
    object_kk: ObjectKk = ""
    object_ru: ObjectRu = ""
    person: Annotated[OptionalPerson, Field(description="The person it is about: key, e-mail or name.")] = ""
    planned: Annotated[Dates, Field(description="A plan date, by fact.")]
    facts: Annotated[Dates, Field(description="A fact that happened already, and its day.")]
    schedule_of: Annotated[
        Line,
        Field(
            description="The case with the approved schedule it stands in: the approval is recorded here too."
        ),
    ] = ""
    again: Annotated[bool, Field(description="Open it although there is a case like it.")] = False


class Previewable(CaseCommand):
    """A command that moves due dates; with `preview` it returns what it would move, and writes nothing."""

    preview: Annotated[bool, Field(description="Only answer what would change; nothing is written.")] = False


class RecordFact(Previewable):
    """Record a fact; if it is recorded with the same date, only new evidence and values are added."""

    fact: Fact
    on: On
    evidence: Evidence = Field(default_factory=list)
    values: Numbers = Field(default_factory=dict)
    signed_by: SignedBy = ""
    remark: Remark = ""
    evidence_follows: Annotated[bool, Field(description="The evidence is sent later.")] = False

    @model_validator(mode="after")
    def _nothing_else_with_a_promise(self) -> RecordFact:
        details = (self.evidence, self.values, self.signed_by)
        if self.evidence_follows and any(details):
            raise PydanticCustomError("nothing_with_promise", "what follows later is not sent now")
        return self


class Replan(Previewable):
    """Set plan dates, by fact name; those that change nothing are left out."""

    planned: dict[Name, Day] = Field(min_length=1, max_length=200)


class Correct(Previewable):
    """Correct a recorded fact, with the ground: another date, other numbers or another signatory."""

    fact: Fact
    on: On
    ground: Why
    values: Numbers = Field(default_factory=dict)
    signed_by: SignedBy = ""


class Withdraw(Previewable):
    """Withdraw what was recorded by mistake; it stays in the history, but the case is computed without it.
    `name`: a fact with its period, `plan.` and a fact for its plan date, a row of a register (`risk.3`,
    `request.3`, `measure.2`, `position.4`, `remark.1`), `passport` for its latest edit, or `#7` for an event of
    the history. `evidence`: only this document of the record: its address, SHA-256 or file name.
    """

    name: Name
    ground: Why
    evidence: Annotated[Line, Field(description="Of the record this document alone.")] = ""


class Decide(Previewable):
    """Answer a decision by one of its options; another answer is withdrawn first. `decided_by`: the duty of the
    person who decided.
    """

    decision: Name
    option: Name
    on: Annotated[Day, Field(description="The day of the answer.")]
    evidence: Evidence = Field(default_factory=list)
    decided_by: Annotated[Duty, Field(description="The duty of the person who decided.")] = ""
    remark: Remark = ""


class Cancel(Previewable):
    """Cancel a case; it can be reopened."""

    ground: Why


class Exempt(Previewable):
    """Exempt a case, or one obligation of it with all its periods or the one named."""

    ground: Why
    obligation: OneObligation = ""


class Reopen(Previewable):
    """Reopen a cancelled or exempted case, or withdraw the exemption of one obligation."""

    ground: Why
    obligation: OneObligation = ""


class Migrate(Previewable):
    """Move a case to another edition of its procedure; `lost` lists the records that edition does not know."""

    edition: Annotated[Key, Field(description="The edition: internal-analysis.2024-01-01.")]


class Passport(Previewable):
    """Change the passport of a case: only the fields that are sent; an empty one clears its value. `object_kk`,
    `object_ru`: the object in the nominative. `responsible`: obligation -> the person responsible, by name,
    e-mail or in words. `group`: members of the working group, each as `name; post; role`. `period`: first and
    last day of the activity analysed.
    """

    object_kk: Line | None = Field(default=None, description="The object in Kazakh, in the nominative.")
    object_ru: Line | None = Field(default=None, description="The object in Russian, in the nominative.")
    unit: OptionalUnit | None = Field(default=None, description="The unit whose case it is: id or name.")
    responsible: dict[Name, Line] = Field(
        default_factory=dict, max_length=100, description="The person who answers, by obligation."
    )
    group: list[Line] | None = Field(
        default=None, max_length=50, description="A member of the working group: name; post; role."
    )
    period: list[Day] | None = Field(
        default=None, max_length=2, description="The first and the last day of the activity analysed."
    )


class Undo(CaseCommand):
    """Withdraw what you recorded in the last ten minutes, if no letter of the case has been sent since. `line`:
    the number of the event in the history, from the result of recording it (`seq`).
    """

    line: Seq
    ground: Text = ""


class SnoozeReminder(CaseCommand):
    """Snooze a reminder until a day."""

    obligation: Name
    until: Day


class AddReader(CaseCommand):
    """Give a person access to a confidential case."""

    person: Person


class RemoveReader(CaseCommand):
    """End a person's access to a confidential case."""

    person: Key
    ground: Ground


C = TypeVar("C", bound=CaseCommand)
Given = Callable[[RequestContext, Any], Mapping[str, object]]
"""Function that returns what a decision takes besides the fields of its command, or in place of some."""
_DECIDED: dict[type[CaseCommand], tuple[Callable[..., Drafts], Given]] = {}
"""How each command is decided: by a function of the case that takes its fields by their names; and the rest."""


def case_verb(
    name: str,
    needs: Need,
    command: type[C],
    decide: Callable[..., Drafts],
    given: Given = lambda ctx, command: {},
    *,
    answers: bool = False,
) -> Verb[C, CommandResult]:
    """Return the verb that writes to a case what is decided for a command; described as the command is.

    Args:
        decide: function from the case and the fields of the command, by their names, to the events to write.
        given: as `Given`; it refuses what the office refuses, not the case.
    """
    _DECIDED[command] = decide, given

    def run(ctx: RequestContext, command: C) -> CommandResult:
        return _run(ctx, command)

    run.__doc__ = command.__doc__
    return Verb(name, needs, command, CommandResult, run, answers=answers)


def _decision(ctx: RequestContext, command: CaseCommand) -> Callable[[View], Drafts]:
    """Return the function that decides a command on a case."""
    decide, given = _DECIDED[type(command)]
    fields = {name: getattr(command, name) for name in type(command).model_fields if name not in _OF_VERB}
    return partial(decide, **{**fields, **given(ctx, command)})


_OF_VERB = ("case", "preview")
"""Fields of a command by which nothing is decided."""


def _run(ctx: RequestContext, command: CaseCommand) -> CommandResult:
    """Run a command on a case, or only preview it; the result names what its fact is out of order with."""
    if not isinstance(command, Previewable) or not command.preview:
        change = ctx.case_commands.write(command.case, ctx.moment, _decision(ctx, command))
        result = command_result(change)
        recorded = [event.name for event in change.events if event.kind in ("fact", "corrected")]
        if recorded:
            result.out_of_order = [
                FindingResult.of(finding, ctx.spoken_language)
                for finding in findings_beside(ctx, change.case, recorded[0])
                if finding.kind == "order"
            ]
        return result
    foreseen, people = foresee(ctx, command)
    return command_result(
        foreseen.change,
        preview=True,
        tells=len(people),
        dropped=[change.obligation for change in foreseen.dropped],
        opened=[change.obligation for change in foreseen.opened],
        overdue=[deadline.id for deadline in foreseen.breaks],
        points_at_stake=points_at_stake(ctx, foreseen),
        keeps=[*(foreseen.keeps or ())],
    )


def foresee(ctx: RequestContext, command: Previewable) -> tuple[Preview, frozenset[str]]:
    """Return what a command would do, and the keys of whom it would notify. Raises as the command does."""
    foreseen = preview(ctx.case_commands, command.case, _decision(ctx, command), at=ctx.moment)
    return foreseen, people_to_tell(foreseen.deadlines, ctx.reads.notices(require_visible(ctx, command.case)))


def points_at_stake(ctx: RequestContext, foreseen: Preview) -> Decimal:
    """Return the points at stake by what a command would make late."""
    return Stakes(ctx).by(foreseen.change.case.unit, foreseen.breaks)


def findings_beside(ctx: RequestContext, case: Case, fact: str) -> tuple[Finding, ...]:
    """Return the findings about a fact just recorded in a case."""
    view = ctx.case_commands.view_of(case, today=ctx.today)
    return of_fact(view.findings, view.procedure, fact)


def _with_evidence(ctx: RequestContext, command: RecordFact | Decide) -> Mapping[str, object]:
    """Return the evidence of a fact, stored unless it is only previewed, and its remark."""
    evidence = () if command.preview else store_evidence(ctx, command.evidence)
    return {"evidence": evidence, "remark": command.remark.strip()[:MAX_REMARK]}


def _withdraw(view: View, *, ctx: RequestContext, name: str, ground: str, evidence: str) -> Drafts:
    """Withdraw what was recorded by mistake, as the reader may. Raises CannotComment for a comment of somebody
    else; Refusal for their record without a ground of one's own ("entered by mistake" is said of one's own
    entries alone).
    """
    drafts = withdrawals.withdraw(view, name, ground=ground, evidence=evidence)
    ((*_, taken_back),) = drafts
    lines = {*withdrawn_lines(taken_back), *(line for line, _ in withdrawn_documents(taken_back))}
    others = [event for event in view.events if event.seq in lines and not is_own(ctx, event.by)]
    if not others or ctx.operator:
        return drafts
    if taken_back["what"] == "commented":
        raise CannotComment("comment.not_yours")
    if ground.strip(" .").casefold() in (
        say("withdraw.by_mistake", {}, language).casefold() for language in LANGUAGES
    ):
        raise Refusal("withdraw.own_ground", by=others[0].by, allowed=())
    return drafts


def _as_reader(ctx: RequestContext, command: Withdraw) -> Mapping[str, object]:
    """Return who withdraws. Raises Refusal for a document the reader may not see, as if it did not exist."""
    if command.evidence and not ctx.operator:
        case = ctx.reads.case(command.case)
        documents = [item.evidence for item in proofs(case)] if case else []
        if command.evidence not in {name for item in documents for name in (item.reference, item.name)}:
            raise Refusal(
                "no_evidence", case=command.case, record=command.name, evidence=command.evidence, allowed=()
            )
    return {"ctx": ctx}


def _passport(ctx: RequestContext, command: Passport) -> Mapping[str, object]:
    """Return people by name where given by key or e-mail, and the unit's id. Raises as `unit_in_reach`."""
    unit = None if command.unit is None else unit_in_reach(ctx, command.unit)
    kind_of = ctx.app.reads.office().kind_of
    return {"unit": unit, "responsible": _people_by_name(ctx, command), "kind_of": kind_of}


def _people_by_name(ctx: RequestContext, command: Passport) -> dict[str, str]:
    """Return who is responsible by a passport, people by name where given by key or e-mail."""
    people = ctx.app.reads.office().people.values()
    names = {
        text.casefold(): person.name for person in people for text in (person.key, person.email or person.key)
    }
    return {duty: names.get(name.casefold(), name) for duty, name in command.responsible.items()}


def _undoing(ctx: RequestContext, command: Undo) -> Mapping[str, object]:
    ground = command.ground or say("withdraw.by_mistake", {}, ctx.spoken_language)
    return {"ground": ground, "was_told": _was_told(ctx, require_visible(ctx, command.case)), "at": ctx.moment}


def _was_told(ctx: RequestContext, case: Case) -> Callable[[Event], bool]:
    """Return the function that says whether a letter about an event of a case has left."""
    return partial(was_notified, ctx.reads.notices(case))


def _reader(ctx: RequestContext, command: AddReader) -> Mapping[str, object]:
    return {"person": person_named(ctx.app.reads.office(), command.person)}


record = case_verb("record_fact", "record", RecordFact, recording.record, _with_evidence)
decide = case_verb("answer_decision", "record", Decide, recording.decide, _with_evidence)
replan = case_verb("replan_case", "record", Replan, recording.replan)
correct = case_verb("correct_fact", "manage", Correct, recording.correct)
withdraw = case_verb("withdraw_entry", "manage", Withdraw, _withdraw, _as_reader)
cancel = case_verb("cancel_case", "manage", Cancel, statuses.cancel)
exempt = case_verb("exempt_obligation", "manage", Exempt, statuses.exempt)
reopen = case_verb("reopen_case", "manage", Reopen, statuses.reopen)
migrate = case_verb(
    "migrate_case", "manage", Migrate, statuses.migrate, lambda ctx, _: {"library": ctx.library}
)
undo_entry = case_verb("undo_entry", "record", Undo, withdrawals.undo, _undoing)
snooze = case_verb("snooze", "record", SnoozeReminder, answers.snooze, answers=True)
add_reader = case_verb("add_reader", "manage", AddReader, recording.name_reader, _reader)
remove_reader = case_verb("remove_reader", "manage", RemoveReader, recording.remove_reader)
_DECIDED[Passport] = edit_passport, _passport


@verb("manage")
def describe_case(ctx: RequestContext, command: Passport) -> CommandResult:
    """Change the passport of a case: object, unit, responsible people, working group, period.

    The texts of responsible people are matched to the people and units they name.
    """
    result = _run(ctx, command)
    if result.changed and not command.preview and command.responsible:
        keep_responsible(ctx, _people_by_name(ctx, command).values())
    return result


@verb("manage")
def open_case(ctx: RequestContext, command: OpenCase) -> OpenedCase:
    """Open a case under the edition in force on its earliest date."""
    opening = Opening(
        **command.model_dump(include={"procedure", "planned", "facts", "again"}),
        unit=unit_in_reach(ctx, command.unit),
        object=command.object or command.object_ru or command.object_kk,
        object_kk=command.object_kk.strip(),
        object_ru=command.object_ru.strip(),
        person=person_named(ctx.app.reads.office(), command.person),
    )
    _require_organisation(ctx, opening)
    if command.schedule_of:
        opening = in_schedule_of(whole_case(ctx, command.schedule_of)[0], opening)
    with writing(ctx.app.engine):
        hold_openings(ctx.app.engine)
        case = ctx.case_commands.open(opening, at=ctx.moment)
    return OpenedCase.of(case)


def _require_organisation(ctx: RequestContext, opening: Opening) -> None:
    """Raise Refusal where no unit is named, the office's organisations are of several kinds, and the procedure
    asks different things of them. A plan that names bodies may be opened for all of them.
    """
    office = ctx.reads.office()
    if not opening.unit and len({own.kind for own in office.own_organisations}) > 1:
        procedure = edition_for(opening, ctx.library, today=ctx.today)
        if procedure.depends_on_kind and not procedure.bodies:
            raise Refusal("which_organisation", allowed=tuple(map(name_of, office.own_organisations)))


def event_to_undo(ctx: RequestContext, case: str, fact: str) -> Event | None:
    """Return the reader's event of a fact that they may still undo (minutes old, told to nobody); or None."""
    found = ctx.reads.with_events(case)
    if found is None:
        return None
    return withdrawals.undoable_event(found[1], fact, _was_told(ctx, found[0]), at=ctx.moment)
