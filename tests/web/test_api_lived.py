"""API clients in a full office on a real database: a day's work by the API alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.real import ROOT, RealOffice, real_office
from tests.web.serving import on_a_port

PDF = b"%PDF-1.7\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def program(office: RealOffice, login: str = "officer", scope: str = "write") -> TestClient:
    """A program with a token of that account."""
    client = office.client("")
    client.base_url = client.base_url.join("/api/v1/")
    client.headers["authorization"] = f"Bearer {office.way_in(login, kind='token', scope=scope)}"
    return client


def sent(client: TestClient, name: str, content: bytes) -> str:
    """The digest of a file that was sent."""
    answer = client.post("files", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["file"])


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_file_is_its_senders_alone(office: RealOffice) -> None:
    """Who knows a digest knows nothing: what another sent cannot be named, and so not be read."""
    digest = sent(program(office), "тайна.pdf", b"%PDF-1.7\nsecret")
    fact = {"fact": "order_signed", "on": "2026-04-06", "evidence": [{"file": digest}]}
    answer = program(office, "first_head").post("cases/2026-0001/facts", json=fact)

    assert (answer.status_code, answer.json()["code"]) == (404, "web.problem.no_upload")


def test_who_may_not_open_a_restricted_document_learns_its_ground_alone(office: RealOffice) -> None:
    """Neither the papers nor the chain nor the download give its name away."""
    client, case = program(office), "2026-0001"
    content = b"%PDF-1.7\nrestricted"
    proof = {"file": sent(client, "служебная.pdf", content), "restricted": "служебная тайна"}
    done(
        client.post(
            f"cases/{case}/facts", json={"fact": "start_announced", "on": "2026-03-30", "evidence": [proof]}
        )
    )
    head = program(office, "first_head")
    papers, events = (head.get(f"cases/{case}/{path_end}").text for path_end in ("documents", "events"))

    assert "служебная тайна" in papers
    assert "служебная.pdf" not in papers + events
    assert sha256(content).hexdigest() not in papers + events
    assert head.get(f"cases/{case}/evidence/{sha256(content).hexdigest()}").status_code == 404
    assert "служебная.pdf" in client.get(f"cases/{case}/documents").text


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_what_the_guide_shows_works_as_it_stands(tmp_path: Path) -> None:
    """The blocks of docs/api.md, word by word, by curl against a port."""
    (tmp_path / "order.pdf").write_bytes(PDF)
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.S)
    with real_office(tmp_path / "office") as office, on_a_port(office.pages) as port:
        environment = {
            "MERZIM": f"http://127.0.0.1:{port}",
            "TOKEN": office.way_in("officer", kind="token", scope="write"),
            "ADMIN_TOKEN": office.way_in("administrator", kind="token", scope="write"),
            "CASE": "2026-0001",
            "FILE": sha256(PDF).hexdigest(),
            "PATH": "/usr/bin:/bin:/usr/local/bin",
        }
        answers = [_answers(block, tmp_path, environment) for block in blocks]
        (second_case,) = _answers(blocks[1], tmp_path, environment)
    (board,), (opened_case,), (upload, recorded), (added, rows, handed), *others = answers
    (started, campaign_view), (log,), (feed,) = others

    assert board["due_count"] == len(board["due"])
    assert opened_case == second_case
    assert opened_case["object"] == "Кадровая служба"
    assert upload["file"] == environment["FILE"]
    assert recorded["changed"]
    assert [row["id"] for row in rows["rows"]] == [added["row"]["id"]] == [handed["row"]["id"]]
    assert handed["row"]["values"]["handed_on"] == "2026-04-03"
    assert started["people"] == campaign_view["total"] == campaign_view["campaign"]["awaited"] > 5
    assert {"case.opened", "case.fact"} <= {event["type"] for event in feed["events"]}
    assert feed["cursor"] >= feed["events"][-1]["seq"]
    assert {"campaign", opened_case["id"]} & {entry["case"] or entry["topic"] for entry in log["entries"]}


def _answers(block: str, folder: Path, environment: dict[str, str]) -> list[Any]:
    """What the commands of a block print, one answer each."""
    run = subprocess.run(
        ["bash", "-euc", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    values, rest_text = [], run.stdout.strip()
    while rest_text:
        value, end = json.JSONDecoder().raw_decode(rest_text)
        values.append(value)
        rest_text = rest_text[end:].strip()
    return values
