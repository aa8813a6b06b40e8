"""An office's own procedures for tests: permits, and a citizen's appeal."""

from __future__ import annotations

from pathlib import Path

from tests.law import ROOT
from workflow.law.library import read_edition
from workflow.law.procedure import Procedure

APPEAL = ROOT / "examples" / "own-law" / "citizen-appeal.2021-07-01.toml"


def texts(text: str) -> str:
    return f'{{ kk = "{text}", ru = "{text}", en = "{text}" }}'


def obligation(name: str, term: str, extra_text: str = "") -> str:
    return f"""
[[obligation]]
id = "{name}"
stage = "work"
title = {texts(name.title())}
term = {term}
act = "permits"
paragraph = "p. 1"
force = "obligatory"
duty = "officer"
{extra_text}
"""


PERMIT = f"""\
id = "permit"
in_force = 2026-01-01
last_checked_on = 2026-11-22
begins_with = "received"
steps = {{ duty = [-1] }}
title = {texts("Permit")}
[[act]]
id = "permits"
title = {texts("Rules on permits")}
short = {texts("Rules")}
[[stage]]
id = "work"
title = {texts("Work")}
""" + "".join(
    (
        obligation("received", '"none"'),
        obligation("decided", '{ count = 10, in = "working days", from = "received" }', "blocking = true"),
        obligation("reported", '{ count = 30, in = "calendar days", from = "received" }'),
        obligation("visited", '{ at_most = 3, in = "working days", from = "received" }'),
        obligation("archived", '{ by = "12-15", from = "received" }'),
        obligation("heard", '"none"'),
        obligation("invited", '{ count = -3, in = "working days", from = "heard" }'),
    )
)


def permit(text: str = PERMIT) -> Procedure:
    return read_edition("permit.2026-01-01.toml", text.encode())


def write_folder(folder: Path) -> Path:
    """Write both files into a folder of own law."""
    folder.mkdir()
    (folder / "permit.2026-01-01.toml").write_text(PERMIT, encoding="utf-8")
    (folder / APPEAL.name).write_bytes(APPEAL.read_bytes())
    return folder
