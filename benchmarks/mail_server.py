"""SMTP server in a process of its own that takes every letter: python -m benchmarks.mail_server PORT."""

from __future__ import annotations

import asyncio
import sys

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.handlers import Sink


def main() -> None:
    """Serve until the process is ended."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    UnthreadedController(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]), loop=loop).begin()
    print("ready", flush=True)
    loop.run_forever()


if __name__ == "__main__":
    main()
