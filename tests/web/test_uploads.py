"""Uploads: bytes outside the database, a quota a person and a day, gone when unused."""

from __future__ import annotations

import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from merzim.metronome import tick
from merzim.services.context import uploads_of
from merzim.services.moments import Moment
from merzim.storage.accounts import uploads
from tests.web.conftest import NOW, TODAY, Site

ORDER = b"%PDF-1.7 " + bytes(1_000_000)


def waiting(site: Site) -> list[Path]:
    """The files that wait in the folder of uploads."""
    return sorted((site.context.settings.evidence.folder / "uploads").glob("*"))


def send(browser: TestClient, content: bytes, name: str = "order.pdf") -> int:
    return browser.post("/api/v1/files", files={"file": (name, content)}).status_code


def test_an_upload_lies_beside_the_evidence_and_not_in_the_database(site: Site) -> None:
    """Eight megabytes sent leave the database as small as before."""
    database = Path(str(site.context.engine.url.database))
    with site.client("responsible") as browser:
        before = sum(file.stat().st_size for file in database.parent.glob("merzim.sqlite*"))
        statuses = [send(browser, ORDER + bytes([number])) for number in range(8)]
    after = sum(file.stat().st_size for file in database.parent.glob("merzim.sqlite*"))

    assert statuses == [201] * 8
    assert after - before < 1_000_000
    assert len(waiting(site)) == 8
    assert all(file.stat().st_mode & 0o077 == 0 for file in waiting(site))


def test_nobody_sends_more_in_a_day_than_the_quota(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the quota; the same file again is not counted twice, others send theirs."""
    monkeypatch.setattr(uploads, "DAILY_BYTES", 3 * 1024 * 1024)
    with site.client("responsible") as browser, site.client("officer") as other:
        files = [ORDER + bytes([number]) for number in range(4)]
        statuses = [send(browser, file) for file in (*files[:3], files[2], files[3])]
        refused = browser.post("/api/v1/files", files={"file": ("order.pdf", files[3])})

        assert statuses == [201, 201, 201, 201, 422]
        assert "3" in refused.json()["detail"]
        assert refused.json()["code"] == "upload_quota"
        assert send(other, files[3]) == 201
    assert len(waiting(site)) == 4


def test_files_that_go_straight_into_a_case_are_counted_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "DAILY_BYTES", 1024 * 1024)
    form = {"fact": "start_announced", "on": "2026-03-30"}
    with site.client("responsible") as browser:
        first = browser.post(f"/cases/{site.real}", data=form, files={"file": ("a.pdf", ORDER)})
        second = browser.post(f"/cases/{site.real}", data=form, files={"file": ("b.pdf", ORDER + b"b")})

    assert (first.status_code, second.status_code) == (303, 422)
    assert len(site.files()) == 1


def test_an_unused_upload_is_gone_after_a_day(site: Site) -> None:
    """By the round, though nobody sends another; the quota is whole again."""
    with site.client("responsible") as browser:
        assert send(browser, ORDER) == 201
    tick(site.context, lambda: Moment(now=NOW + timedelta(hours=23), today=TODAY))
    assert len(waiting(site)) == 1

    tomorrow = NOW + timedelta(hours=25)
    tick(site.context, lambda: Moment(now=tomorrow, today=TODAY + timedelta(days=1)))
    assert waiting(site) == []


def test_what_a_killed_process_left_behind_goes_as_well(site: Site) -> None:
    """A file without a row: the process died between the two."""
    store = uploads_of(site.context)
    store.keep("file", ORDER, "order.pdf", "", by="responsible", now=NOW)
    (folder,) = {file.parent for file in waiting(site)}
    for name, age in (("stray", timedelta(days=2)), ("being written", timedelta(hours=1))):
        (folder / name).write_bytes(b"left")
        os.utime(folder / name, ((NOW - age).timestamp(),) * 2)
    store.expire(now=NOW)

    assert not (folder / "stray").exists()
    assert (folder / "being written").exists()
    assert store.stored_file("file", sha256(ORDER).hexdigest(), by="responsible", now=NOW) is not None
