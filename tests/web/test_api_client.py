"""A generated API client (from the OpenAPI description alone) against a full office."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from anyio import run

from tests.web.real import ROOT, RealOffice, real_office

generator = pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
PACKAGE = "merzim_api_client"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office"), cases=False) as office:
        yield office


def test_the_client_generated_without_a_warning_records_imports_and_reads(
    office: RealOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wrote a line of it: a schedule is taken in, the order of its case recorded, the board read."""
    import httpx

    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(_part(office.client("").get("/api/openapi.json").json())))
    assert _generate(document, tmp_path / PACKAGE) == []
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    client = import_module(PACKAGE).AuthenticatedClient(
        base_url="http://127.0.0.1:8000",
        token=office.way_in("officer", kind="token", scope="write"),
        raise_on_unexpected_status=True,
    )
    transport = httpx.ASGITransport(office.pages, client=("127.0.0.1", 50000))

    async def work() -> tuple[Any, Any, Any]:
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1:8000",
            headers={"authorization": f"Bearer {client.token}"},
        ) as connection:
            client.set_async_httpx_client(connection)
            schedule = (ROOT / "examples" / "real_schedule_2026_ru.xlsx").read_bytes()
            part = _module("types").File(payload=BytesIO(schedule), file_name="schedule.xlsx")
            sent = await _call("files.send_file", client, body=_model("BodySendFile", file=part))
            imported = await _call("opening.import_schedule", client, body=_model("Schedule", file=sent.file))
            fact = _model("RecordFactBody", fact="order_signed", on=date(2026, 4, 6))
            recorded = await _call("cases.record_fact", client, case=imported.opened[0], body=fact)
            return imported, recorded, await _call("board.get_board", client, lang=_lang("RU"))

    imported, recorded, board = run(work)

    assert imported.opened == ["2026-0001"]
    assert (recorded.case, recorded.changed) == (imported.opened[0], True)
    assert [event.on for event in recorded.events] == [date(2026, 4, 6)]
    assert board.today == date(2026, 4, 6)
    # The announcement was due on 30 March, before the office's first case: not recorded here, and not overdue.
    assert board.overdue == []


def _part(description: dict[str, Any]) -> dict[str, Any]:
    """The operations about files, cases and the board, and the models they name, of the whole description."""
    paths = {
        path: item
        for path, item in description["paths"].items()
        if any({"files", "cases", "board", "opening"} & set(operation["tags"]) for operation in item.values())
    }
    schemas, named = description["components"]["schemas"], set[str]()
    waiting = _names_in(paths)
    while waiting:
        named |= waiting
        waiting = _names_in([schemas[name] for name in waiting]) - named
    components = {**description["components"], "schemas": {name: schemas[name] for name in sorted(named)}}
    return {**description, "paths": paths, "components": components}


def _names_in(part: object) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


def _generate(document: Path, folder: Path) -> list[Any]:
    """Generate a client; return the generator's errors and warnings."""
    config = import_module("openapi_python_client.config")
    errors = generator.generate(
        config=config.Config.from_sources(
            config.ConfigFile(post_hooks=[]),
            config.MetaType.NONE,
            document_source=document,
            file_encoding="utf-8",
            overwrite=False,
            output_path=folder,
        )
    )
    return [f"{error.header}: {error.detail}" for error in errors]


def _module(name: str) -> Any:
    return import_module(f"{PACKAGE}.{name}")


def _model(name: str, **fields: Any) -> Any:
    return getattr(_module("models"), name)(**fields)


def _lang(name: str) -> Any:
    return _module("models.get_board_lang_type_0").GetBoardLangType0[name]


async def _call(operation: str, client: Any, **arguments: Any) -> Any:
    return await _module(f"api.{operation}").asyncio(client=client, **arguments)
