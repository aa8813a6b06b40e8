"""Clients that write through the API during faults and log every answer they get.

Every request has an Idempotency-Key and is repeated under it until there is an answer. A request answered with
success must be in the chains exactly once afterwards; one without an answer, once at most.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import select

from merzim.services.accounts.credentials import hash_secret, new_secret
from merzim.services.app import AppContext
from merzim.storage.database.engine import reading
from merzim.storage.tables.cases import EVENT
from tests.notifications.sample_office import DANA, OFFICER
from workflow.org.access import Access, Entry, Reader

FACTS = (
    ("schedule_approved", "2026-01-15"),
    ("work_plan_approved", "2026-02-02"),
    ("order_signed", "2026-03-02"),
    ("start_announced", "2026-03-03"),
    ("analysis_started", "2026-03-16"),
)
"""What happened in the cases people open, in order."""
OPENED: Mapping[str, object] = {
    "procedure": "internal-analysis",
    "unit": "staff",
    "planned": {"analysis_started": "2026-09-07", "analysis_ended": "2026-10-16"},
}
PATIENCE = 30.0
"""Seconds a question is repeated for before its fate is held to be unknown."""
YEARS = timedelta(days=300)
Fate = Literal["done", "unknown", "refused"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """A request of a client: opened, fact or acknowledged; `token` identifies its event."""

    kind: str
    token: str
    fate: Fate
    answer: str = ""


@dataclass
class Writer:
    """An API client with a token of its own. `rest`: seconds between two requests."""

    port: int
    token: str
    person: str
    rest: float = 0.0
    deeds: list[Deed] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Work until stopped; whatever no answer accounts for is a fault."""
        try:
            while not self.stopped.is_set():
                self._work()
        except Exception as trouble:
            self.faults.append(f"a person could not go on: {trouble!r}")

    def _work(self) -> None:
        """Open a case, write what happened in it, say that a letter was read."""
        mark = uuid4().hex
        opened_case = self._do("opened", mark, "/cases", {**OPENED, "object": mark})
        for fact, on in FACTS:
            if opened_case is None or self.stopped.is_set():
                break
            mark = uuid4().hex
            request = {"fact": fact, "on": on, "remark": mark}
            self._do("fact", mark, f"/cases/{opened_case['case']}/facts", request)
        self._read_a_letter()

    def _read_a_letter(self) -> None:
        listing = self._ask(f"/notices?state=sent&limit=20&person={self.person}", None, "")
        unread = [
            notice
            for notice in (listing[1] or {}).get("notices", ())
            if notice["case"] and not notice["acknowledged_at"]
        ]
        for notice in unread[:1]:
            path = f"/cases/{notice['case']}/notices/acknowledgement"
            self._do("acknowledged", notice["key"], path, {"key": notice["key"]})

    def _do(self, kind: str, mark: str, path: str, body: Mapping[str, object]) -> Any:
        """Ask until there is an answer; the answer when it was done."""
        key, give_up = uuid4().hex, time.monotonic() + PATIENCE
        while True:
            self.stopped.wait(self.rest)
            status, answer = self._ask(path, body, key)
            code = (answer or {}).get("code", "")
            if status in (200, 201):
                self.deeds.append(Deed(kind=kind, token=mark, fate="done"))
                return answer
            if status == 409 and code == "web.problem.never_ended":
                break
            if status == 500:
                self.faults.append(f"500 at {path}")
                break
            if status == 409 and code.startswith("conflict"):
                # Somebody else wrote to the case at that moment: nothing was done, and it is asked anew.
                key = uuid4().hex
            elif 400 <= status < 500 and not code.startswith("web.problem.never_ended"):
                fate = Deed(kind=kind, token=mark, fate="refused", answer=f"{status} {code}")
                self.deeds.append(fate)
                return None
            if time.monotonic() > give_up or self.stopped.is_set():
                break
            time.sleep(0.1)
        self.deeds.append(Deed(kind=kind, token=mark, fate="unknown"))
        return None

    def _ask(self, path: str, body: Mapping[str, object] | None, key: str) -> tuple[int, Any]:
        """Status and answer; 0 when nobody answered."""
        head = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            head |= {"Content-Type": "application/json", "Idempotency-Key": key}
        content = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", content, head)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                content = refused.read()
            return refused.code, json.loads(content) if content.startswith(b"{") else None
        except (OSError, ValueError, EOFError, HTTPException):
            return 0, None


@contextmanager
def writing(
    app: AppContext, port: int, *, now: datetime, count: int = 2, pause: float = 0.0
) -> Iterator[Sequence[Writer]]:
    """So many people at the web node on that port, while the block lasts; each rests between two requests."""
    holders: Sequence[tuple[str, Access, str]] = (
        ("officer", "officer", OFFICER.key),
        ("head", "officer", DANA.key),
    )
    for login, access, person in holders:
        reader = Reader(login=login, access=access, person=person, name=login)
        app.accounts.save(reader, disabled=False, by="test", now=now, today=now.date())
    writers = []
    for number in range(count):
        secret = new_secret()
        entry = Entry(
            hash=hash_secret(secret),
            kind="token",
            login=holders[number % 2][0],
            scope="write",
            created_at=now - YEARS,
            seen_at=now,
            expires_at=now + YEARS,
        )
        app.accounts.let_in(entry)
        writers.append(Writer(port, secret, holders[number % 2][2], pause))
    threads = [threading.Thread(target=writer.work, daemon=True) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.stopped.set()
        for thread in threads:
            thread.join(60)


def found(app: AppContext) -> Counter[tuple[str, str]]:
    """How often each action is in the chains, by kind and token."""
    record_counts: Counter[tuple[str, str]] = Counter()
    query = select(EVENT.c.kind, EVENT.c.payload).where(EVENT.c.kind.in_(("opened", "fact", "notice")))
    with reading(app.engine) as connection:
        for kind, payload in connection.execute(query):
            details = json.loads(payload)
            if kind == "opened":
                record_counts["opened", str(details.get("object", ""))] += 1
            elif kind == "fact":
                record_counts["fact", str(details.get("remark", ""))] += 1
            elif details.get("what") == "acknowledged":
                record_counts["acknowledged", str(details.get("notice", ""))] += 1
    return record_counts
