"""Lazy loading: importing i18n loads no Babel."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import i18n
assert "babel" not in sys.modules, "importing words reads Babel"
i18n.say("state.open", {}, "kk")
assert "babel" not in sys.modules, "a sentence without a date reads Babel"
"""


def test_importing_the_words_reads_no_babel() -> None:
    """Not even a word without a date or a number needs Babel: help stays quick."""
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)

    assert process.returncode == 0, process.stderr
