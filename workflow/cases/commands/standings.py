"""Cancels, exempts and reopens a case, and exempts single obligations of it, with a ground."""

from __future__ import annotations

from collections.abc import Sequence

from workflow.cases.case import Case, EventDraft, EventKind
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.law.names import known_fact, known_obligation
from workflow.law.procedure import Procedure
from workflow.machine import require
from workflow.org.audit import Stamp
from workflow.refusal import Refusal


def cancel(case_commands: CaseCommands, case_id: str, *, ground: str, at: Stamp) -> Change:
    """Cancel the case. Refused where its state does not allow that."""
    return _change_standing(case_commands, case_id, "cancel", "cancelled", ground, at)


def exempt(
    case_commands: CaseCommands, case_id: str, *, ground: str, at: Stamp, obligation: str = ""
) -> Change:
    """Exempt the case, or one of its obligations, with a ground; of a recurring obligation all periods, or the
    one named. What is exempted already writes no event.
    """
    if not obligation:
        return _change_standing(case_commands, case_id, "exempt", "exempted", ground, at)

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        known_obligation(procedure, obligation)
        if "." in obligation:
            known_fact(procedure, obligation)
        _require_ground(ground)
        require(procedure, case, case_commands.view_of(case, today=at.today).stage, "exempt")
        return () if obligation in case.exempted else [("exempted", obligation, None, {"ground": ground})]

    return case_commands.write(case_id, decide, at=at)


def reopen(
    case_commands: CaseCommands, case_id: str, *, ground: str, at: Stamp, obligation: str = ""
) -> Change:
    """Reopen a cancelled or exempted case, or withdraw the exemption of one obligation.

    Args:
        obligation: as it was exempted: a recurring one with all its periods, or with the one named.

    Raises:
        Refusal: no such obligation in the edition.
        Refusal: it is not exempted, or the case itself is cancelled or exempted.
    """
    if not obligation:
        return _change_standing(case_commands, case_id, "reopen", "reopened", ground, at)
    _require_ground(ground)

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        title = known_obligation(procedure, obligation).title
        # Whatever may be exempted now may be required again.
        stage = case_commands.view_of(case, today=at.today).stage
        require(procedure, case, stage, "exempt", code="cannot_reopen_one")
        if obligation not in case.exempted:
            code = "not_exempted" if case.exempted else "nothing_exempted"
            allowed = tuple(sorted(case.exempted))
            raise Refusal(code, case=case.id, title=title, obligation=obligation, allowed=allowed)
        return [("reopened", obligation, None, {"ground": ground})]

    return case_commands.write(case_id, decide, at=at)


def _change_standing(
    case_commands: CaseCommands, case_id: str, command: str, kind: EventKind, ground: str, at: Stamp
) -> Change:
    """Cancel, exempt or reopen the case itself where its stage allows the command."""
    _require_ground(ground)

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        require(procedure, case, case_commands.view_of(case, today=at.today).stage, command)
        return [(kind, "", None, {"ground": ground})]

    return case_commands.write(case_id, decide, at=at)


def _require_ground(ground: str) -> None:
    if not ground.strip():
        raise Refusal("ground_missing")
