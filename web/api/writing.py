"""What the API writes: every command through the desk, by the account of the token.

With an `Idempotency-Key` a repeated request is answered as the first one was.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from web.api.answers import (
    PROBLEMS,
    CaseHead,
    CaseId,
    Changed,
    FindingAnswer,
    Language,
    ObligationAnswer,
    case_head,
    changed,
    finding_answer,
    obligation_answer,
)
from web.api.given import Corrected, Exempted, Given, Grounded, Opened, Planned, PutOff, Recorded, WhatIf
from web.api.once import Key, once
from web.case_page import the_whole_case
from web.entrance import Managing, Reading, Recording
from web.house import House
from web.preferences import preferences
from web.render import Scribe
from workflow.access import within
from workflow.case import Evidence
from workflow.minding import put_off
from workflow.opening import Opening
from workflow.planning import plan
from workflow.refusal import Refusal

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


class OutOfReach(Refusal):
    """A case would be opened in a unit the reader does not see."""


class PlanAnswer(Given):
    procedure: str
    edition: str
    calendar_version: str
    obligations: list[ObligationAnswer]
    findings: list[FindingAnswer]


@router.post("/cases", tags=["cases"], status_code=201)
def open_case(request: Request, home: Managing, body: Opened, key: Key = None) -> CaseHead:
    """Open a case. Facts and plan dates are by fact name."""

    def opened() -> CaseHead:
        if home.reader.unit and not within(home.reads.office(), body.unit, home.reader.unit):
            raise OutOfReach("web.refusal.unit_out_of_reach", unit=body.unit or "-")
        opening = Opening(
            procedure=body.procedure,
            unit=body.unit,
            object=body.object,
            person=body.person,
            planned=body.planned,
            facts=body.facts,
        )
        return case_head(home.desk.open(opening, **_said(home)))

    return once(home, request, key, body, opened, CaseHead)


@router.post("/cases/{case}/facts", tags=["cases"])
def record(request: Request, home: Recording, case: CaseId, body: Recorded, key: Key = None) -> Changed:
    """Record that something happened. With the same date it changes nothing; with another it is refused."""
    the_whole_case(home, case)
    links = [
        Evidence(kind=one.kind, reference=one.address, published_on=one.published_on) for one in body.evidence
    ]
    return once(
        home,
        request,
        key,
        body,
        lambda: changed(
            home.desk.record(
                case,
                body.fact,
                on=body.on,
                evidence=links,
                values=body.values,
                signed_by=body.signed_by,
                **_said(home),
            )
        ),
        Changed,
    )


@router.post("/cases/{case}/plans", tags=["cases"])
def replan(request: Request, home: Recording, case: CaseId, body: Planned, key: Key = None) -> Changed:
    """Say on which days something is intended."""
    the_whole_case(home, case)
    return once(
        home,
        request,
        key,
        body,
        lambda: changed(home.desk.replan_all(case, body.planned, **_said(home))),
        Changed,
    )


@router.post("/cases/{case}/corrections", tags=["cases"])
def correct(request: Request, home: Managing, case: CaseId, body: Corrected, key: Key = None) -> Changed:
    """Give a recorded fact another date, with the ground for it."""
    the_whole_case(home, case)

    def corrected() -> Changed:
        return changed(home.desk.correct(case, body.fact, on=body.on, ground=body.ground, **_said(home)))

    return once(home, request, key, body, corrected, Changed)


@router.post("/cases/{case}/cancellation", tags=["cases"])
def cancel(request: Request, home: Managing, case: CaseId, body: Grounded, key: Key = None) -> Changed:
    """Call a case off."""
    the_whole_case(home, case)
    return once(
        home,
        request,
        key,
        body,
        lambda: changed(home.desk.cancel(case, ground=body.ground, **_said(home))),
        Changed,
    )


@router.post("/cases/{case}/exemption", tags=["cases"])
def exempt(request: Request, home: Managing, case: CaseId, body: Exempted, key: Key = None) -> Changed:
    """Free a case, or one obligation of it."""
    the_whole_case(home, case)

    def exempted() -> Changed:
        return changed(home.desk.exempt(case, ground=body.ground, obligation=body.obligation, **_said(home)))

    return once(home, request, key, body, exempted, Changed)


@router.post("/cases/{case}/reopening", tags=["cases"])
def reopen(request: Request, home: Managing, case: CaseId, body: Grounded, key: Key = None) -> Changed:
    """Take a cancelled or exempted case up again."""
    the_whole_case(home, case)
    return once(
        home,
        request,
        key,
        body,
        lambda: changed(home.desk.reopen(case, ground=body.ground, **_said(home))),
        Changed,
    )


@router.post("/cases/{case}/snoozes", tags=["cases"])
def snooze(request: Request, home: Recording, case: CaseId, body: PutOff, key: Key = None) -> Changed:
    """Be reminded again on a day, never beyond the last reminder in time."""
    the_whole_case(home, case)

    def later() -> Changed:
        return changed(
            put_off(home.desk, home.calendar, case, body.obligation, until=body.until, **_said(home))
        )

    return once(home, request, key, body, later, Changed)


@router.post("/plan", tags=["law"])
def what_if(request: Request, home: Reading, body: WhatIf, lang: Language = None) -> PlanAnswer:
    """What would follow from these dates; nothing is written."""
    scribe = Scribe(lang or preferences(request).language)
    found = plan(
        home.library,
        body.procedure,
        facts=body.facts,
        planned=body.planned,
        calendar=home.calendar,
        on=body.on,
    )
    return PlanAnswer(
        procedure=found.procedure.id,
        edition=found.procedure.edition,
        calendar_version=home.calendar.version,
        obligations=[obligation_answer(one, found.procedure, scribe) for one in found.deadlines],
        findings=[finding_answer(one, scribe) for one in found.findings],
    )


def _said(home: House) -> dict[str, Any]:
    """Who writes, and when: what every command of the desk asks for."""
    now, today = home.clock()
    return {"by": home.reader.login, "now": now, "today": today}
