"""Audit log forwarding to a real syslog receiver on this machine, by TCP and by UDP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.configuration.settings import AuditSettings
from merzim.services.jobs.audit_forwarding import forward_audit_log
from merzim.services.moments import Moment
from merzim.storage.accounts.audit_log import AuditEvent
from tests.web.conftest import NOW, TODAY, settings_in
from workflow.cases.commands.opening import Opening


@pytest.fixture
def office_app(tmp_path: Path) -> Iterator[AppContext]:
    app = build_app(settings_in(tmp_path), clock=lambda: Moment(now=NOW, today=TODAY))
    for reason in ("wrong_password", "wrong_code"):
        event = AuditEvent(topic="login", kind="log_in_refused", by="", now=NOW, more={"reason": reason})
        app.audit_log.record(event)
    yield app
    app.close()


def forward(app: AppContext, receiver: str, form: str) -> None:
    app.settings = replace(app.settings, audit=AuditSettings(syslog=receiver, format=form))
    forward_audit_log(app, now=NOW, today=TODAY)


def test_each_entry_is_a_counted_message_over_tcp_and_goes_once(office_app: AppContext) -> None:
    """A receiver that is away loses nothing; what was sent is not sent again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        receiver = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        forward(office_app, "tcp://127.0.0.1:1", "jsonl")
        forward(office_app, receiver, "jsonl")
        with listener.accept()[0] as stream:
            received = stream.makefile("rb").read()
        position = office_app.audit_log.position(receiver)
        forward(office_app, receiver, "jsonl")
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()

    lines = []
    while received:
        length, _, remaining = received.partition(b" ")
        lines.append(remaining[: int(length)].decode())
        received = remaining[int(length) :]
    refused = [line for line in lines if " log_in_refused - " in line]
    assert len(refused) == 2
    assert refused[0].startswith("<108>1 2026-04-06T07:00:00Z ")
    entry = json.loads(refused[1].partition(" log_in_refused - ")[2])
    assert entry["seq"] == position
    assert entry["text"] == "Someone not logged in – log-in refused; wrong code; background job"
    assert office_app.audit_log.position("tcp://127.0.0.1:1") == 0


def test_each_entry_is_a_datagram_over_udp(office_app: AppContext) -> None:
    """In the Common Event Format, one message a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        receiver = f"udp://127.0.0.1:{listener.getsockname()[1]}"
        forward(office_app, receiver, "cef")
        count = office_app.audit_log.position(receiver)
        messages = [listener.recv(8192).decode() for _ in range(count)]

    assert sum("CEF:0|Merzim|Merzim|" in message for message in messages) == count
    assert "|login.log_in_refused|log-in refused; wrong code|6|" in messages[-1]


def test_of_a_confidential_case_only_its_number_leaves_the_office(office_app: AppContext) -> None:
    """Neither the object nor the step: a collector is read by people who were not named to know."""
    opening = Opening(procedure="conflict-of-interest", object="Брат директора")
    case = office_app.case_commands.open(opening, by="officer", now=NOW, today=TODAY)
    office_app.case_commands.record(case.id, "conflict_known", on=TODAY, by="officer", now=NOW, today=TODAY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(2)
        forward(office_app, f"udp://127.0.0.1:{listener.getsockname()[1]}", "jsonl")
        sent = [listener.recv(65536).decode() for _ in range(5)]

    of_case = [line for line in sent if case.id in line]
    assert len(of_case) == 2
    assert not [line for line in of_case if "Брат" in line or "conflict_known" in line or "onflict" in line]
