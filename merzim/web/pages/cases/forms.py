"""How a form of a case is answered: the page after it, its refusal, or the confirmation to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import Request
from starlette.responses import Response

from calendars import OutOfRange
from merzim.services.context import RequestContext, whole_case
from merzim.web.pages.cases.evidence import Unconfirmed
from merzim.web.pages.cases.page import Tab, case_page
from merzim.web.ui.form_values import RejectedForm
from workflow.refusal import Refusal


def answer_form(
    request: Request,
    ctx: RequestContext,
    case: str,
    name: str,
    answers: Mapping[str, str],
    act: Callable[[], Response],
    *,
    tab: Tab = "deadlines",
    had_files: bool = False,
) -> Response:
    """Carry out a form; if it is refused or to be confirmed, return its page with what was typed.

    Args:
        name: the form's name on the page.
        had_files: whether files were sent, which have to be chosen again.
    """
    whole_case(ctx, case)
    try:
        return act()
    except Unconfirmed as question:
        confirmation = question.confirmation
        rejected_form = RejectedForm(form=name, refusal=None, answers=answers, confirmation=confirmation)
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form=name, refusal=refusal, answers=answers)
    return case_page(request, ctx, case, tab=tab, rejected_form=rejected_form, had_files=had_files)
