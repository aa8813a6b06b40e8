"""Sends the audit log to a receiver of syslog messages (RFC 5424) by UDP or TCP, each entry at least once."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from merzim.services.context import operator_context
from merzim.services.outgoing.audit import REFUSED, AskAudit, ask_audit, format_line

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from merzim.services.outgoing.audit import AuditLine

BATCH_LIMIT = 500
"""Entries sent before the position is stored."""
BATCHES_LIMIT = 20
"""Maximum batches in one run; the next run continues."""
TIMEOUT_SECONDS = 5.0
LEASE = timedelta(minutes=2)
AUDIT_FACILITY = 13
"""`log audit` (RFC 5424, table 1)."""
INFORMATIONAL, WARNING = 6, 4
MAX_DATAGRAM_BYTES = 8192
log = logging.getLogger("merzim.audit")


def forward_audit_log(app: AppContext, *, now: datetime, today: date) -> None:
    """Send the entries that the receiver in config.toml has not got yet.

    If it cannot be reached nothing is lost: the next run begins at the first entry not sent. A lost UDP
    datagram is not noticed; TCP avoids that.
    """
    if not app.settings.audit.syslog:
        return
    holder = uuid4().hex
    if not app.leases.take("audit_log", holder, now=app.system_clock().now, lasts=LEASE):
        return
    try:
        _forward(app, app.settings.audit.syslog, now, today)
    except OSError as trouble:
        log.error("the audit log was not sent to %s: %s", app.settings.audit.syslog, trouble)
    finally:
        app.leases.give_back("audit_log", holder)


def _forward(app: AppContext, receiver: str, now: datetime, today: date) -> None:
    ctx = operator_context(app, by="merzim", now=now, today=today)
    position = app.audit_log.position(receiver)
    command = AskAudit(after=position, limit=BATCH_LIMIT, language="en")
    entries = ask_audit(ctx, command)
    if not entries.entries:
        return
    with _connected(receiver) as send:
        for _ in range(BATCHES_LIMIT):
            for entry in entries.entries:
                send(message(entry.for_outside(), app.settings.audit.format, host=socket.gethostname()))
            app.audit_log.set_position(receiver, entries.entries[-1].seq)
            if not entries.more:
                return
            entries = ask_audit(ctx, command.model_copy(update={"after": entries.cursor}))


def message(entry: AuditLine, form: str, *, host: str) -> bytes:
    """Return an entry as a message of RFC 5424: its header, no structured data, the line as text."""
    severity = WARNING if entry.kind in REFUSED else INFORMATIONAL
    header = f"<{AUDIT_FACILITY * 8 + severity}>1 {entry.at:%Y-%m-%dT%H:%M:%SZ} {host or '-'} merzim -"
    line = format_line(entry, "cef" if form == "cef" else "jsonl")
    return f"{header} {entry.kind[:32]} - {line}".encode()


@contextmanager
def _connected(receiver: str) -> Iterator[Callable[[bytes], None]]:
    """Open a connection to `udp://host:port` or `tcp://host:port`; yield a function that sends messages (framed
    by RFC 6587 over TCP).
    """
    address = urlsplit(receiver)
    place = (address.hostname or "", address.port or 514)
    if address.scheme == "tcp":
        with socket.create_connection(place, TIMEOUT_SECONDS) as stream:
            yield lambda content: stream.sendall(b"%d %s" % (len(content), content))
        return
    family, kind, protocol, _, target = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as datagrams:
        datagrams.connect(target)
        yield lambda content: datagrams.sendall(content[:MAX_DATAGRAM_BYTES])
