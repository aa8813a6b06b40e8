"""Entry point of `python -m merzim`, the same as `merzim`."""

from __future__ import annotations

import sys

from merzim.cli import main

if __name__ == "__main__":
    sys.exit(main())
