"""The API against its own description: whatever is sent, nothing breaks and no answer is undocumented."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.web.lived_in import live_in
from tests.web.real import RealOffice, real_office
from tests.web.test_access import APP

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

HERE = {"host": "127.0.0.1:8000"}
OPERATIONS = [
    (path, method)
    for path, methods in APP.openapi()["paths"].items()
    for method in methods
    if method in {"get", "post", "put", "patch", "delete"}
]
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office")) as made:
        live_in(made)
        yield made


@pytest.fixture(scope="module")
def described(office: RealOffice) -> Any:
    """The description as the application serves it."""
    return schemathesis.openapi.from_asgi("/api/openapi.json", office.pages, headers=HERE)


@pytest.fixture(scope="module")
def tokens(office: RealOffice) -> dict[str, str]:
    """Tokens that may write, of whoever does the work and of whoever keeps the office."""
    return {login: office.way_in(login, kind="token", scope="write") for login in ("officer", "administrator")}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_the_api_and_every_answer_is_described(
    path: str, method: str, described: Any, tokens: dict[str, str]
) -> None:
    """With a token that may write: what is sent obeys the description, or does not."""
    operation = described[path][method]
    right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    token = tokens["administrator" if path.startswith("/api/v1/administration") else "officer"]
    wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @settings(
        max_examples=10,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=right | wrong, of_a_real_case=st.booleans())
    def send(case: Any, of_a_real_case: bool) -> None:
        if of_a_real_case and "{case}" in path:
            case.path_parameters["case"] = "2026-0002"
        answer = case.call(headers={**HERE, "authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    send()
