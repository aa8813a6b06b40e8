"""Parity of pages and API: every page route has its API counterpart, or a stated reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.web.test_access import ROUTES, is_question, need

V1 = "/api/v1"
ADMINISTRATION = f"{V1}/administration"
INVITATIONS = f"{ADMINISTRATION}/invitations"
WEBHOOK = f"{ADMINISTRATION}/webhooks/{{webhook}}"
TEMPLATE = f"{ADMINISTRATION}/templates/{{form}}/{{language}}"
CASE = f"{V1}/cases/{{case}}"
ACCOUNT = f"{ADMINISTRATION}/accounts/{{login}}"

WRITES: dict[str, tuple[str, ...]] = {
    "/cases/{case}": (f"{CASE}/facts", f"{V1}/files"),
    "/cases/{case}/plan": (f"{CASE}/plans",),
    "/cases/{case}/signatures": (f"{CASE}/signatures",),
    "/cases/{case}/correct": (f"{CASE}/corrections",),
    "/cases/{case}/withdraw": (f"{CASE}/withdrawals",),
    "/cases/{case}/passport": (f"{CASE}/passport",),
    "/cases/{case}/extend": (f"{CASE}/extensions",),
    "/cases/{case}/pause": (f"{CASE}/pause",),
    "/cases/{case}/resume": (f"{CASE}/resumption",),
    "/cases/{case}/migrate": (f"{CASE}/migration",),
    "/cases/{case}/undo": (f"{CASE}/undo",),
    "/cases/{case}/cancel": (f"{CASE}/cancellation",),
    "/cases/{case}/exempt": (f"{CASE}/exemption",),
    "/cases/{case}/reopen": (f"{CASE}/reopening",),
    "/cases/{case}/readers": (f"{CASE}/readers",),
    "/cases/{case}/readers/remove": (f"{CASE}/readers/removal",),
    "/cases/{case}/acknowledge": (f"{CASE}/notices/acknowledgement",),
    "/cases/{case}/notices/resend": (f"{CASE}/notices/resending",),
    "/channels/resend": (f"{V1}/notices/resending",),
    "/administration/operations": (f"{ADMINISTRATION}/operations/letters/{{letter}}/resending",),
    "/administration/channels/resend": (f"{ADMINISTRATION}/channels/{{channel}}/resending",),
    "/cases/{case}/risks": (f"{CASE}/risks",),
    "/cases/{case}/rows/edit": (f"{CASE}/rows/{{row}}/edits",),
    "/cases/{case}/risks/rank": (f"{CASE}/risks/{{number}}/rank",),
    "/cases/{case}/risks/measure": (f"{CASE}/risks/{{number}}/measures",),
    "/cases/{case}/risks/review": (f"{CASE}/measures/{{number}}/reviews",),
    "/cases/{case}/risks/remove": (f"{CASE}/risks/{{number}}/removal",),
    "/cases/{case}/risks/ask": (f"{CASE}/risks/{{number}}/request",),
    "/cases/{case}/risks/answer": (f"{CASE}/risks/{{number}}/answer",),
    "/cases/{case}/risks/plan": (f"{CASE}/risks/plan",),
    "/cases/{case}/positions": (f"{CASE}/positions",),
    "/cases/{case}/cartogram": (f"{CASE}/cartogram",),
    "/cases/{case}/positions/talk": (f"{CASE}/positions/{{number}}/talks",),
    "/cases/{case}/positions/clear": (f"{CASE}/positions/{{number}}/clearing",),
    "/cases/{case}/remarks": (f"{CASE}/remarks",),
    "/cases/{case}/remarks/answer": (f"{CASE}/remarks/{{number}}/answer",),
    "/registers/{register_id}/new": (f"{V1}/registers/{{register_id}}/rows",),
    "/registers/{register_id}/import": (f"{V1}/registers/{{register_id}}/rows/import",),
    "/registers/{register_id}/{row}": (f"{V1}/rows/{{row}}/edits",),
    "/registers/{register_id}/{row}/erase": (f"{V1}/rows/{{row}}/erasure",),
    "/registers/{register_id}/{row}/withdraw": (f"{V1}/rows/{{row}}/withdrawal",),
    "/desk/record": (f"{CASE}/facts",),
    "/desk/record-many": (f"{V1}/facts",),
    "/desk/withdraw-many": (f"{V1}/withdrawals",),
    "/cases/{case}/comments": (f"{CASE}/comments",),
    "/cases/{case}/comments/withdraw": (f"{CASE}/comments/{{line}}/withdrawal",),
    "/cases/{case}/ask": (f"{CASE}/questions", f"{CASE}/escalations"),
    "/assignments": (f"{V1}/assignments",),
    "/cases/{case}/assignments": (f"{CASE}/assignments",),
    "/cases/{case}/assignments/answer": (f"{CASE}/assignments/{{number}}/answer",),
    "/cases/{case}/assignments/refuse": (f"{CASE}/assignments/{{number}}/refusal",),
    "/cases/{case}/assignments/extend": (f"{CASE}/assignments/{{number}}/extension",),
    "/views": (f"{V1}/views",),
    "/views/change": (f"{V1}/views/{{number}}/changes",),
    "/views/delete": (f"{V1}/views/{{number}}/removal",),
    "/inbox/read": (f"{V1}/account/inbox/read",),
    "/campaigns/new/{kind}": (f"{V1}/campaigns",),
    "/campaigns/{campaign}/remind": (f"{V1}/campaigns/{{campaign}}/reminders",),
    "/campaigns/{campaign}/extend": (f"{V1}/campaigns/{{campaign}}/extension",),
    "/campaigns/{campaign}/close": (f"{V1}/campaigns/{{campaign}}/closing",),
    "/campaigns/{campaign}/reopen": (f"{V1}/campaigns/{{campaign}}/reopening",),
    "/campaigns/{campaign}/paper/{person}": (f"{V1}/campaigns/{{campaign}}/answers",),
    "/desk/undo": (f"{CASE}/undo",),
    "/desk/later": (f"{CASE}/snoozes",),
    "/desk/read": (f"{CASE}/notices/acknowledgement",),
    "/desk/leave": (f"{V1}/account/leave",),
    "/open/case": (f"{V1}/cases", f"{V1}/plan"),
    "/open/year": (f"{V1}/years",),
    "/open/schedule": (f"{V1}/files", f"{V1}/schedules/preview"),
    "/open/schedule/{digest}": (f"{V1}/schedules",),
    "/past": (f"{V1}/past",),
    "/calendar/acts": (f"{V1}/calendar/acts/preview", f"{V1}/calendar/acts"),
    "/account/digest": (f"{V1}/account/digest",),
    "/account/feed": (f"{V1}/account/feeds", f"{V1}/account/feeds/revocation"),
    "/account/telegram": (f"{V1}/account/telegram", f"{V1}/account/telegram/unlinking"),
    "/account/sessions/end": (f"{V1}/account/sessions/end",),
    "/administration/unit": (f"{ADMINISTRATION}/units", f"{ADMINISTRATION}/units/removal"),
    "/administration/unit/feed": (
        f"{ADMINISTRATION}/units/feeds",
        f"{ADMINISTRATION}/units/feeds/revocation",
    ),
    "/administration/person": (f"{ADMINISTRATION}/people",),
    "/administration/person/remove": (f"{ADMINISTRATION}/people/removal",),
    "/administration/people/import": (
        f"{ADMINISTRATION}/people/table/preview",
        f"{ADMINISTRATION}/people/table",
    ),
    "/administration/people/sync": (f"{ADMINISTRATION}/people/sync",),
    "/administration/people/former": (f"{ADMINISTRATION}/people/former/anonymising",),
    "/administration/accounts": (f"{ADMINISTRATION}/accounts",),
    "/administration/accounts/invitations": (INVITATIONS, f"{INVITATIONS}/resending"),
    "/administration/account": (
        ACCOUNT,
        f"{ACCOUNT}/closing",
        f"{ACCOUNT}/reopening",
        f"{ACCOUNT}/invitations",
        f"{ACCOUNT}/tokens",
        f"{ACCOUNT}/sessions/end",
        f"{ACCOUNT}/unlink",
    ),
    "/administration/channels": (f"{ADMINISTRATION}/channels/{{channel}}/letters",),
    "/administration/settings/back": (f"{ADMINISTRATION}/settings/taking-back",),
    "/administration/settings/{group}": (f"{ADMINISTRATION}/settings", f"{ADMINISTRATION}/settings/letters"),
    "/administration/acts": (f"{ADMINISTRATION}/acts/{{act}}",),
    "/administration/templates/{form}": (TEMPLATE, f"{TEMPLATE}/choice"),
    "/administration/webhooks": (f"{ADMINISTRATION}/webhooks",),
    "/administration/webhooks/{webhook}": (
        WEBHOOK,
        *(f"{WEBHOOK}/{act}" for act in ("removal", "secret", "test", "deliveries/{seq}")),
    ),
}
"""What a page writes, and where a program writes it."""

BY_A_PERSON_ALONE = {
    "/login": "a program authenticates by its token",
    "/login/demonstration": "a program authenticates by its token",
    "/login/oidc/code": "a program authenticates by its token",
    "/logout": "a token ends by being revoked",
    "/welcome/{secret}": "a password is chosen by the person who will type it",
    "/account/password": "a token must not change what proves who its holder is",
    "/account/totp": "a token must not change what proves who its holder is",
    "/account/recovery": "a token must not change what proves who its holder is",
    "/administration/account/second-factor": "administrators give tokens of each other's accounts: two of them "
    "would be one",
    "/confirm/{token}": "the answer of somebody without an account, by the link of their letter",
    "/confirm/{token}/statement": "what NCALayer signs behind a letter",
    "/answer/{token}": "the answer of somebody without an account, by the link of their reminder",
    "/digest/{secret}/{choice}": "one click of a mail program, without a log-in; by a token: /account/digest",
}
"""Writes of pages a program has no use for, and why; a new entry is a decision."""

READS: dict[str, tuple[str, ...]] = {
    "/": (f"{V1}/overview",),
    "/deadlines": (f"{V1}/deadlines", f"{V1}/board"),
    "/desk": (f"{V1}/desk",),
    "/cases": (f"{V1}/cases",),
    "/deadlines.xlsx": (f"{V1}/deadlines",),
    "/inbox": (f"{V1}/account/inbox/query",),
    "/assignments": (f"{V1}/assignments",),
    "/assignments.xlsx": (f"{V1}/assignments",),
    "/campaigns": (f"{V1}/campaigns",),
    "/campaigns/{campaign}": (f"{V1}/campaigns/{{campaign}}/people/query",),
    "/campaigns.xlsx": (f"{V1}/campaigns/file",),
    "/audit.xlsx": (f"{V1}/audit/file/xlsx",),
    "/campaigns/{campaign}/xlsx": (f"{V1}/campaigns/{{campaign}}/sheet",),
    "/desk.xlsx": (f"{V1}/desk",),
    "/desk/kept": (f"{V1}/desk",),
    "/overview.xlsx": (f"{V1}/overview",),
    "/figures": (f"{V1}/figures",),
    "/portfolio": (f"{V1}/portfolio",),
    "/portfolio.xlsx": (f"{V1}/portfolio",),
    "/portfolio/stages": (f"{V1}/portfolio/stages",),
    "/portfolio/stages.xlsx": (f"{V1}/portfolio",),
    "/figures.xlsx": (f"{V1}/figures",),
    "/administration/lists/{listed}": (f"{ADMINISTRATION}/lists/{{listed}}",),
    "/administration/people.xlsx": (f"{ADMINISTRATION}/people",),
    "/cases.xlsx": (f"{V1}/cases",),
    "/cases/{case}": (CASE,),
    "/cases/{case}/risks": (f"{CASE}/risks",),
    "/cases/{case}/papers": (f"{CASE}/documents",),
    "/cases/{case}/history": (f"{CASE}/events", f"{CASE}/notices"),
    "/cases/{case}/evidence/{digest}": (f"{CASE}/evidence/{{digest}}",),
    "/cases/{case}/forms/{form}/{language}": (f"{CASE}/documents/{{form}}/{{language}}",),
    "/cases/{case}/package": (f"{CASE}/package",),
    "/cases/{case}/xlsx": (CASE, f"{CASE}/package"),
    "/cases/{case}/register/{ending}": (f"{CASE}/notices/file/{{ending}}",),
    "/campaigns/{campaign}/forms/{language}": (f"{V1}/campaigns/{{campaign}}/forms/{{language}}",),
    "/campaigns/{campaign}/forms/{number}/{language}": (
        f"{V1}/campaigns/{{campaign}}/people/{{number}}/forms/{{language}}",
    ),
    "/registers/{register_id}/forms/{language}": (f"{V1}/registers/{{register_id}}/forms/{{language}}",),
    "/registers/{register_id}/{row}/forms/{form}/{language}": (
        f"{V1}/rows/{{row}}/forms/{{form}}/{{language}}",
    ),
    "/registers": (f"{V1}/registers", f"{V1}/account/rows"),
    "/registers/{register_id}": (f"{V1}/registers/{{register_id}}/rows/query",),
    "/registers/{register_id}/xlsx": (f"{V1}/registers/{{register_id}}/rows/file",),
    "/registers/{register_id}/template": (f"{V1}/registers/{{register_id}}/template",),
    "/registers/{register_id}/{row}": (f"{V1}/rows/{{row}}",),
    "/registers/{register_id}/{row}/files/{digest}": (f"{V1}/rows/{{row}}/files/{{digest}}",),
    "/suggest/row/{register_id}": (f"{V1}/registers/{{register_id}}/rows/query",),
    "/suggest/case": (f"{V1}/cases",),
    "/monitoring": (f"{V1}/monitoring",),
    "/monitoring/xlsx": (f"{V1}/monitoring/file",),
    "/monitoring/cartogram": (f"{V1}/cartogram",),
    "/monitoring/cartogram/{ending}": (f"{V1}/cartogram/{{ending}}",),
    "/monitoring/consolidated": (f"{V1}/consolidated",),
    "/monitoring/consolidated/xlsx": (f"{V1}/consolidated/file",),
    "/monitoring/uploads": (f"{V1}/uploads",),
    "/monitoring/uploads/xlsx": (f"{V1}/uploads",),
    "/monitoring/yearly": (f"{V1}/turns",),
    "/monitoring/yearly/xlsx": (f"{V1}/turns",),
    "/scores.xlsx": (f"{V1}/scores",),
    "/scores": (f"{V1}/scores", f"{V1}/reports/{{form}}"),
    "/reports/{form}/{language}": (f"{V1}/reports/{{form}}/{{language}}",),
    "/register": (f"{V1}/notices", f"{V1}/notices/proof"),
    "/register/{ending}": (f"{V1}/notices/file/{{ending}}",),
    "/planner": (f"{V1}/plan",),
    "/search": (f"{V1}/search",),
    "/calendar": (f"{V1}/calendar/{{number}}/{{month}}",),
    "/calendar/{number}": (f"{V1}/calendar/{{number}}",),
    "/calendar/{number}/{month}": (f"{V1}/calendar/{{number}}/{{month}}", f"{V1}/days/{{day}}"),
    "/open/year": (f"{V1}/years/{{year}}",),
    "/open/schedule/{digest}": (f"{V1}/schedules/preview",),
    "/past/{digest}": (f"{V1}/past",),
    "/past/{digest}/findings.xlsx": (f"{V1}/past",),
    "/account": (f"{V1}/account",),
    "/administration/units": (f"{ADMINISTRATION}/units",),
    "/administration/unit": (f"{ADMINISTRATION}/units",),
    "/administration/people": (f"{ADMINISTRATION}/people",),
    "/administration/person": (f"{ADMINISTRATION}/people",),
    "/administration/person/remove": (f"{ADMINISTRATION}/people/falling",),
    "/administration/people/export": (f"{ADMINISTRATION}/people/table",),
    "/administration/accounts": (f"{ADMINISTRATION}/accounts",),
    "/administration/accounts/invitations": (INVITATIONS,),
    "/administration/people/former": (f"{ADMINISTRATION}/people/former",),
    "/administration/people/sync": (f"{ADMINISTRATION}/people/sync",),
    "/administration/account": (ACCOUNT,),
    "/administration/channels": (f"{ADMINISTRATION}/channels",),
    "/administration/operations": (f"{ADMINISTRATION}/operations",),
    "/administration/settings": (f"{ADMINISTRATION}/settings", f"{ADMINISTRATION}/settings/history"),
    "/administration/settings/{group}": (f"{ADMINISTRATION}/settings",),
    "/administration/rules": (f"{ADMINISTRATION}/rules",),
    "/administration/acts": (f"{V1}/acts",),
    "/acts/{act}": (f"{V1}/acts/{{act}}",),
    "/administration/templates": (f"{ADMINISTRATION}/templates",),
    "/administration/webhooks": (f"{ADMINISTRATION}/webhooks",),
    "/administration/webhooks/{webhook}": (WEBHOOK,),
    "/administration/templates/{form}": (f"{ADMINISTRATION}/templates",),
    "/administration/templates/{form}/{language}/{number}": (f"{TEMPLATE}/{{number}}",),
    "/audit": (f"{V1}/audit",),
}
"""What a page shows, and where a program reads it."""

FOR_EYES = {
    "/login": "the form of the log-in",
    "/public": "what was published, for anybody; its feed is for programs",
    "/public/feed.xml": "for programs itself",
    "/public/proof/{n}/{fingerprint}": "for anybody with a printed sheet",
    "/public/proof/entry/{n}/{fingerprint}": "for anybody with a printed sheet",
    "/login/oidc": "the way to the provider and back, of a browser",
    "/login/oidc/callback": "the way to the provider and back, of a browser",
    "/welcome/{secret}": "the form of an invitation",
    "/digest/{secret}": "the form behind a letter",
    "/digest/{secret}/{choice}": "the form behind a letter",
    "/help": "guides to read",
    "/help/{guide_id}": "a guide to read",
    "/help/api": "the description of the API, as a page",
    "/help/api/{operation_id}": "the description of the API, as a page",
    "/campaigns/new/{kind}": "a form",
    "/campaigns/{campaign}/paper/{person}": "a form",
    "/confirm/{token}": "the form behind a letter",
    "/answer/{token}": "the form behind a letter",
    "/confirm/{token}/document": "the document behind a letter",
    "/open": "the ways to open, with their forms",
    "/open/case": "a form; its dates come from /api/v1/plan",
    "/open/template.xlsx": "an empty table for somebody to fill in",
    "/past": "a form",
    "/registers/{register_id}/new": "a form, made of the fields of /api/v1/registers",
    "/registers/{register_id}/import": "a form",
    "/past/template.xlsx": "an empty table for somebody to fill in",
    "/calendar/acts": "a form",
    "/account/totp": "a form, with a secret made for it",
    "/administration": "an entrance with four counts",
    "/administration/people/import": "a form",
    "/feeds/{token}.ics": "for calendar programs, by its own secret",
    "/metrics": "for operators, in a format of its own",
    "/healthz": "for watchdogs",
    "/health": "for watchdogs",
    "/ready": "for load balancers",
    "/suggest/unit": "asked by a field while somebody types; a program reads all units",
    "/suggest/person": "asked by a field while somebody types; a program reads all people",
    "/suggest/responsible": "asked by a field while somebody types",
    "/static/third-party/{name}": "a part of pages",
    "/static/{name}": "a part of pages",
}
"""Pages without anything a program would read, and why; a new entry is a decision."""

API = {(method, route.path): route for method, route in ROUTES if route.path.startswith("/api/")}
PAGES = [(method, route) for method, route in ROUTES if not route.path.startswith("/api/")]
KEY = "Idempotency-Key"


@pytest.mark.parametrize("path", sorted({route.path for method, route in PAGES if method != "GET"}))
def test_what_a_page_writes_a_program_can_write(path: str) -> None:
    """A form of a new page needs its counterpart, or a reason why it has none."""
    assert (path in WRITES) != (path in BY_A_PERSON_ALONE), path
    for counterpart in WRITES.get(path, ()):
        assert ("POST", counterpart) in API, counterpart


@pytest.mark.parametrize("path", sorted({route.path for method, route in PAGES if method == "GET"}))
def test_what_a_page_shows_a_program_can_read(path: str) -> None:
    """The same of what is only looked at."""
    assert (path in READS) != (path in FOR_EYES), path
    for counterpart in READS.get(path, ()):
        assert ("GET", counterpart) in API or is_question(API["POST", counterpart]), counterpart


def test_nothing_is_named_that_is_no_more() -> None:
    """The tables above name existing routes only."""
    writes = {route.path for method, route in PAGES if method != "GET"}
    reads = {route.path for method, route in PAGES if method == "GET"}

    assert WRITES.keys() | BY_A_PERSON_ALONE.keys() == writes
    assert READS.keys() | FOR_EYES.keys() == reads


def test_a_program_needs_for_a_thing_what_its_page_needs() -> None:
    """The same access on pages and in the API."""
    needs_by_route = {(method, route.path): need(route) for method, route in PAGES}
    for method, table in (("POST", WRITES), ("GET", READS)):
        for path, counterparts in table.items():
            routes = [
                API.get((method, counterpart)) or API["POST", counterpart] for counterpart in counterparts
            ]
            needs = {need(route) for route in routes if not is_question(route)}
            assert needs <= {needs_by_route[method, path], "self"}, path


@pytest.mark.parametrize(("method", "path"), sorted(API))
def test_every_write_takes_a_key_and_no_question_does(method: str, path: str) -> None:
    """Said again under its key a write is done once; what writes nothing needs none."""
    route = API[method, path]
    takes = any(header.alias == KEY for header in _headers(route.dependant))

    assert takes == (method != "GET" and not is_question(route))


def _headers(dependant: Dependant) -> Iterator:  # type: ignore[type-arg]
    yield from dependant.header_params
    for dependency in dependant.dependencies:
        yield from _headers(dependency)


def test_the_api_is_described_with_a_sentence_for_each_thing() -> None:
    """The description alone says what each request does."""
    assert all(isinstance(route, APIRoute) and route.endpoint.__doc__ for route in API.values())
