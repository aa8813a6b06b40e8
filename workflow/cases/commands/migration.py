"""Moves a case to another edition of its procedure; records the new edition does not know no longer count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workflow.cases.case import Case, EventDraft
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.law.library import Library
from workflow.law.names import UnknownFact, known_fact
from workflow.law.procedure import Procedure
from workflow.org.audit import Stamp
from workflow.refusal import Refusal, closest_first


def migrate(case_commands: CaseCommands, library: Library, case_id: str, edition: str, *, at: Stamp) -> Change:
    """Move a case to another edition. Nothing is written if the case has that edition with the same text
    already.

    Facts and plan dates the new edition does not know stay in the ledger but no longer count.

    Raises:
        Refusal: it has no such edition.
        UnknownCase.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        editions = {version.edition: version for version in library.all() if version.id == procedure.id}
        new_edition = editions.get(edition)
        if new_edition is None:
            allowed = closest_first(edition, editions)
            raise Refusal("migrate.no_edition", edition=edition, title=procedure.title, allowed=allowed)
        if (new_edition.edition, new_edition.digest) == (case.edition, case.digest):
            return ()
        payload: dict[str, object] = {
            "edition": new_edition.edition,
            "digest": new_edition.digest,
            "before": {"edition": case.edition, "digest": case.digest},
        }
        if lost := list(dict.fromkeys(_unknown((*case.facts, *case.planned), new_edition))):
            payload["lost"] = lost
        return [("migrated", new_edition.edition, None, payload)]

    return case_commands.write(case_id, decide, at=at)


def _unknown(names: Iterable[str], edition: Procedure) -> Iterable[str]:
    """Yield the names an edition does not know."""
    for name in names:
        try:
            known_fact(edition, name)
        except UnknownFact:
            yield name
