"""SMTP server in a process of its own that logs every message as soon as it has accepted it.

python -m benchmarks.mail_server PORT FILE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session


class Log:
    """Recipient and Message-ID, a line each, on the disk before the server says that it has the message."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="ascii", buffering=1)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii")
        name = next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
        self._file.write(f"{envelope.rcpt_tos[0]} {name.partition(':')[2].strip()}\n")
        self._file.flush()
        return "250 kept"


def main() -> None:
    """Serve until the process is ended."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    controller = UnthreadedController(
        Log(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1]), loop=loop
    )
    controller.begin()
    print("ready", flush=True)
    loop.run_forever()


if __name__ == "__main__":
    main()
