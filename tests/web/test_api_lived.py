"""API clients in a full office on a real database: a day's work by the API alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.web.real import ROOT, real_office
from tests.web.serving import on_a_port

PDF = b"%PDF-1.7\n"


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
