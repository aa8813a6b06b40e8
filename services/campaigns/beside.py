"""Further rows an answer adds beside its own: of the same person, in one transaction, the next numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from services.context import RequestContext
from workflow.registers.campaigns import CampaignPerson

if TYPE_CHECKING:
    from storage.database.engine import Row_
    from workflow.registers.definition import Campaign


def answer_rows(
    ctx: RequestContext, kind: Campaign, people: Sequence[CampaignPerson]
) -> Mapping[str, Sequence[Row_]]:
    """Return by the row of each answer the heads of the rows it added, its own first; no withdrawn ones."""
    from storage.registers.lists import SqlRegisterLists

    persons = {one.answer: one.person for one in people if one.answer}
    wanted = {answer: _next(answer, len(kind.also)) for answer in persons}
    ids = [id for answer, following in wanted.items() for id in (answer, *following)]
    heads = {one.id: one for one in SqlRegisterLists(ctx.app.engine).heads(ids)} if ids else {}
    return {
        answer: [
            one
            for one in (heads.get(id) for id in (answer, *following))
            if one is not None
            and not one.withdrawn
            and (one.id == answer or _is_beside(one, heads.get(answer), kind, persons[answer]))
        ]
        for answer, following in wanted.items()
    }


def _next(answer: str, count: int) -> Collection[str]:
    """Return the ids that follow a row's."""
    register_and_year, _, number = answer.rpartition("-")
    return [f"{register_and_year}-{int(number) + step:04d}" for step in range(1, count + 1)]


def _is_beside(row: Row_, answer: Row_ | None, kind: Campaign, person: str) -> bool:
    """Return whether a row was added with an answer, as one of the further rows its campaign adds."""
    return (
        answer is not None
        and row.created_at == answer.created_at
        and row.shown.get(kind.person) == person
        and any(
            all(row.shown.get(name) == value for name, value in one.values.items())
            for one in kind.also.values()
        )
    )
