"""The API against its description: no server errors, no undocumented answers."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.checking import check_each
from tests.web.lived_in import lived_in_office
from tests.web.real import RealOffice

HERE = {"host": "127.0.0.1:8000"}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with lived_in_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def test_no_request_breaks_the_api_and_every_answer_is_described(office: RealOffice) -> None:
    """With a token that may write: what is sent obeys the description, or does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis  # here: no other test should wait for its import
        from schemathesis.checks import not_a_server_error
        from schemathesis.specs.openapi import checks
    obeyed = (
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    )
    described: Any = schemathesis.openapi.from_asgi("/api/openapi.json", office.pages, headers=HERE)
    tokens = {
        login: office.way_in(login, kind="token", scope="write") for login in ("officer", "administrator")
    }

    def ask(operation: Any) -> None:
        right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
        token = tokens["administrator" if operation.path.startswith("/api/v1/administration") else "officer"]

        @settings(
            max_examples=2,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=right | wrong, of_a_real_case=st.booleans())
        def send(case: Any, of_a_real_case: bool) -> None:
            if of_a_real_case and "{case}" in operation.path:
                case.path_parameters["case"] = "2026-0002"
            answer = case.call(headers={**HERE, "authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=obeyed)

        send()

    operations = {
        f"{method} {path}": described[path][method]
        for path, methods in described.raw_schema["paths"].items()
        for method in methods
        if method in METHODS
    }
    assert len(operations) > 90
    check_each(dict(random.Random(14).sample(sorted(operations.items()), 30)), ask)
