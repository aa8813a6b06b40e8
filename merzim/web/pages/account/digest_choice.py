"""Pages for choosing how often to be reminded: at the address in every letter, and on the account page.

The address needs no log-in, so that a mail program can use it with one click (RFC 8058). It shows no name and
no case, and cannot disable reminders.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import RedirectResponse, Response

from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.people.own_choices import DigestChoice, set_digest
from merzim.web.auth.dependencies import Anybody, Own
from merzim.web.ui.form_values import Fields
from merzim.web.ui.render import page
from notifications.letter_links import CHOICES, choice_of
from workflow.org.office import Person

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Path(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]
Choice = Literal["daily", "weekly"]


@router.get("/digest/{secret}")
@router.get("/digest/{secret}/{choice}")
def ask(request: Request, ctx: Anybody, secret: Secret, choice: Choice | None = None) -> Response:
    """Show the choice page at a recipient's personal address; of one click too, since GET changes nothing."""
    return _page(request, ctx, secret, is_saved=False)


@router.post("/digest/{secret}/{choice}")
def choose(request: Request, ctx: Anybody, secret: Secret, choice: Choice) -> Response:
    """Save the choice of one click or of the page's buttons. Repeating it changes nothing."""
    person = _whose(ctx, secret)
    ctx.choices.choose(person.key, CHOICES[choice], by=person.key, now=ctx.now)
    return _page(request, ctx, secret, is_saved=True)


@router.post("/account/digest")
def choose_own(ctx: Own, fields: Fields) -> Response:
    """Save the choice made on one's own account page, with the language of letters."""
    set_digest(ctx, build(DigestChoice, {name: fields.get(name, "") for name in ("digest", "language")}))
    return RedirectResponse("/account?said=digest", status_code=303)


def _whose(ctx: RequestContext, secret: str) -> Person:
    """Return the person with a secret address; 404 if there is none."""
    person = ctx.choices.whose(secret)
    if person is None:
        raise HTTPException(404, "web.problem.no_choice")
    return person


def _page(request: Request, ctx: RequestContext, secret: str, *, is_saved: bool) -> Response:
    """Return the choice page of a recipient."""
    person = _whose(ctx, secret)
    chosen = choice_of(person)
    return page(
        request,
        ctx,
        "digest_choice.html",
        secret=secret,
        chosen=chosen,
        choices=tuple(CHOICES),
        is_saved=is_saved,
    )
