"""Further rows an answer adds beside its own: of the same person, in one transaction, the next numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from merzim.services.context import RequestContext
from merzim.storage.database.engine import Row_
from merzim.storage.registers.chains import SqlRegisterRows
from merzim.storage.registers.lists import SqlRegisterLists
from workflow.registers.definition import Campaign


def answer_rows(ctx: RequestContext, kind: Campaign, answers: Collection[str]) -> Mapping[str, Sequence[Row_]]:
    """Return by the row of each answer the heads of the rows it added, its own first; no withdrawn ones."""
    further_ids = SqlRegisterRows(ctx.app.engine).added_beside(answers, len(kind.also))
    ids = {answer: (answer, *further_ids.get(answer, ())) for answer in answers}
    all_ids = [row for rows in ids.values() for row in rows]
    heads = {head.id: head for head in SqlRegisterLists(ctx.app.engine).heads(all_ids)} if all_ids else {}
    return {
        answer: [heads[row] for row in rows if row in heads and not heads[row].withdrawn]
        for answer, rows in ids.items()
    }
