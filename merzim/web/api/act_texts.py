"""The texts of acts the office has loaded."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from merzim.services.inputs import build
from merzim.services.law import act_texts
from merzim.services.law.act_texts import ActReading, ActTextList, AskActTexts, OpenActText, Place, TextLanguage
from merzim.web.api import mount
from merzim.web.api.answers import DAMAGED, api_router
from merzim.web.auth.dependencies import Own
from merzim.web.http import ActPath

router = api_router(tags=["administration"])


@router.get("/acts")
def list_acts(ctx: Own) -> ActTextList:
    """Return the acts editions rest on, with their loaded texts."""
    return act_texts.list_act_texts(ctx, AskActTexts())


@router.get("/acts/{act}", responses=DAMAGED)
def get_act_text(
    ctx: Own,
    act: ActPath,
    language: TextLanguage | None = None,
    number: Annotated[int | None, Query(ge=1)] = None,
    place: Annotated[Place, Query()] = "",
) -> ActReading:
    """Return a loaded text of an act, and the passage a citation refers to."""
    fields = {"act": act, "language": language, "number": number, "place": place}
    return act_texts.open_act_text(ctx, build(OpenActText, fields))


mount.post(router, "/administration/acts/{act}", act_texts.load_act_text, files=True)
