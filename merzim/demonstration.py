"""Runs a file of commands in one process; `make run` creates the example office with it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

from merzim.cli import main
from merzim.cli.call import CommandContext, split_common_options
from merzim.services.administration import change_organisation
from merzim.services.campaigns.verbs import record_answer, start_campaign
from merzim.services.cases.assignments import add_comment, answer_assignment, give_alone, give_assignment
from merzim.services.cases.rows import act_on_row
from merzim.services.inputs import build
from merzim.services.verbs import Verb

VERBS: Mapping[str, Verb[Any, Any]] = {
    "organisation": change_organisation,
    "comment": add_comment,
    "assign": give_assignment,
    "assign-alone": give_alone,
    "answer-assignment": answer_assignment,
    "campaign": start_campaign,
    "campaign-answer": record_answer,
    "row": act_on_row,
}
"""What pages do and no command does, by the word of a line `do WORD JSON`."""


def run(file: Path) -> int:
    """Run the commands of a file, one a line (# begins a remark), and stop at the first that fails.

    A line `as LOGIN` says whose account carries out those that follow; `do WORD JSON` carries out one of
    `VERBS` with a command in JSON. Their output is hidden, except errors. Return the exit code of the command
    that failed, 0 if none did; the author of the last `as` stays in the environment. Raises Refusal of a `do`.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            arguments = shlex.split(line, comments=True)
            if arguments[:1] == ["as"]:
                os.environ["MERZIM_BY"] = arguments[1]
            elif arguments[:1] == ["do"]:
                _do(arguments[1:])
            elif arguments and (code := main(arguments)):
                print(f"{file}:{number}: {line}", file=sys.stderr)
                return code
    return 0


def _do(line: Sequence[str]) -> None:
    """Carry out `WORD JSON` of a line `do`. Raises Refusal."""
    common, (word, body) = split_common_options(line)
    verb = VERBS[word]
    with closing(CommandContext(common)) as call:
        verb(call.ctx, build(verb.command, json.loads(body)))


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
