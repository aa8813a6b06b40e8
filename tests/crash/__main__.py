"""Run all crash campaigns, or those named, and print one table; exit code 1 when any check fails.

python -m tests.crash                          all campaigns, with their default counts
python -m tests.crash kills=50 tampering       named campaigns, with the given count
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

from tests.crash.campaign import Campaign, Done, Room, table
from tests.crash.campaigns import CAMPAIGNS
from tests.postgres import serving


def chosen(names: list[str]) -> list[tuple[Campaign, int]]:
    """The campaigns of a command line with how often each; all for an empty one.

    Raises:
        SystemExit: there is none of that name, or a number is none.
    """
    campaigns_by_name = {campaign.name: campaign for campaign in CAMPAIGNS}
    choices = []
    for word in names:
        name, _, number = word.partition("=")
        if name not in campaigns_by_name or not (number or "1").isdigit():
            known_ones = ", ".join(campaigns_by_name)
            print(f"crash: there is no campaign {word}; there are (=NUMBER): {known_ones}", file=sys.stderr)
            raise SystemExit(2)
        choices.append((campaigns_by_name[name], int(number) if number else campaigns_by_name[name].times))
    return choices or [(campaign, campaign.times) for campaign in CAMPAIGNS]


def held(campaign: Campaign, times: int, room: Room) -> Done:
    """The campaign, with a line now and then; what it raises is a fault of it."""
    started_at = time.monotonic()

    def tell(message: str) -> None:
        print(f"  {campaign.name} [{time.monotonic() - started_at:5.0f} s] {message}", flush=True)

    room.tell = tell
    tell("begins")
    try:
        outcome = campaign.run(room, times)
    except Exception as trouble:
        traceback.print_exc()
        seconds = time.monotonic() - started_at
        fault = str(trouble).splitlines()[0] if str(trouble) else repr(trouble)
        return Done(name=campaign.name, what="", seconds=seconds, verify="not drawn up", faults=(fault,))
    for note in outcome.notes:
        tell(note[:300])
    tell("as it should be" if not outcome.faults else f"{len(outcome.faults)} faults")
    return outcome


def main() -> int:
    """Hold them one after another on a server of their own."""
    choices = chosen(sys.argv[1:])
    seed = random.SystemRandom().randrange(10**6)
    load = " ".join(f"{average:.1f}" for average in os.getloadavg())
    print(f"  {len(choices)} campaigns, seed {seed}, {os.cpu_count()} cores, load {load}", flush=True)
    with ExitStack() as company:
        # Kept out of the PostgreSQL user's way: what lies below may be its.
        folder = Path(company.enter_context(tempfile.TemporaryDirectory(prefix="merzim-crash-")))
        folder.chmod(0o755)
        try:
            server = company.enter_context(serving())
        except Exception as trouble:
            print(f"  PostgreSQL does not start here: {trouble!r}", flush=True)
            server = None
        chance = random.Random(seed)
        outcomes = [held(campaign, times, Room(folder, server, chance)) for campaign, times in choices]
    print(table(outcomes), flush=True)
    return 1 if any(outcome.faults for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
