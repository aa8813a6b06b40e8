"""Verbs: one function and one pydantic model for each action of a user.

The page's form, the API's body, the command line's options and the JSON schemas are made from the model; rights
and visibility are checked here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict

from merzim.services.context import RequestContext, require_visible
from workflow.cases.case import Case
from workflow.org.access import Need
from workflow.refusal import Refusal


class Command(BaseModel):
    """Base of commands, the inputs of verbs; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ask(Command):
    """Request all there is, or the one there is."""


class NotFound(Refusal, LookupError):
    """Something a command names in its address does not exist. `not_found`: code of another page for it."""

    not_found: ClassVar[str] = ""


class LinkRefused(NotFound):
    """A personal link is not valid; the message does not reveal why. `is_ours`: whether it was issued here;
    `language`: that of whom it was made for, "" where nobody is known.
    """

    def __init__(self, *, is_ours: bool = True, language: str = "") -> None:
        super().__init__(self.not_found)
        self.is_ours, self.language = is_ours, language


class NotAllowed(Refusal, PermissionError):
    """The actor's access does not include this verb."""

    def __init__(self) -> None:
        super().__init__("web.problem.not_yours")


ASSIGNMENT = "assignment."
"""Start of the id of an assignment among the obligations of a case."""
C = TypeVar("C", bound=Command)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Verb(Generic[C, R]):
    """One action of a user, as a function of a context and a command.

    Attributes:
        needs: the right required.
        writes: whether it changes anything; a query sent by POST does not.
        secret: the field of the result that is returned once and never stored with an idempotency key.
        answers: whether it answers an assignment, which who sees a case by the assignment alone may do; of a
            verb that names an obligation, only where that is an assignment.
    """

    name: str
    needs: Need
    command: type[C]
    result: type[R]
    run: Callable[[RequestContext, C], R]
    writes: bool = True
    secret: str = ""
    answers: bool = False

    def __call__(self, ctx: RequestContext, command: C) -> R:
        """Check rights and visibility, then run it.

        Raises:
            NotAllowed: the actor's access does not include it, or not for this case (`allows`).
            UnknownCase: the command names a case the actor does not see.
            Refusal: as raised by the verb itself.
        """
        if not ctx.reader.may(self.needs):
            raise NotAllowed
        case = getattr(command, "case", None)
        if isinstance(case, str):
            answers = self.answers and getattr(command, "obligation", ASSIGNMENT).startswith(ASSIGNMENT)
            if not self.allows(ctx, require_visible(ctx, case), answers=answers):
                raise NotAllowed
        return self.run(ctx, command)

    def allows(self, ctx: RequestContext, case: Case, *, answers: bool = False) -> bool:
        """Return whether the actor may do it to a case they see: only those of its unit manage it; who sees it
        by an assignment alone only `answers` that.
        """
        if not ctx.reader.may(self.needs):
            return False
        if self.needs == "manage":
            return ctx.reads.in_reach(case)
        return answers or not self.writes or self.needs == "read" or ctx.reads.may_write(case)


def verb(
    needs: Need, *, writes: bool = True, secret: str = "", answers: bool = False
) -> Callable[[Callable[[RequestContext, C], R]], Verb[C, R]]:
    """Return a decorator that makes a verb of a function, with its command and result as annotated."""

    def make(function: Callable[[RequestContext, C], R]) -> Verb[C, R]:
        hints = get_type_hints(function)
        result = hints.pop("return")
        command = next(hint for name, hint in hints.items() if name != "ctx")
        return Verb(function.__name__, needs, command, result, function, writes, secret, answers)

    return make
