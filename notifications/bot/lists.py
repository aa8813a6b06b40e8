"""The commands /my, /week and /overdue: lists of a person's deadlines."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

from i18n import say
from notifications.bot.messages import Reply, line, shorten
from notifications.bot.office import House, rows_of_person
from notifications.letters.texts import standing
from workflow.org.office import Office, Person

WORKING_DAYS_AHEAD = 5
DAYS_AHEAD = 30
SHOWN = 15
"""So many lines; the rest is counted."""


def list_deadlines(
    house: House, office: Office, person: Person, what: str, language: str, *, today: date
) -> Reply:
    """Return a list of the person's obligations: `overdue`, due within a working `week`, or all near ones
    (`my`).
    """
    last = house.calendar.add(today, WORKING_DAYS_AHEAD)
    if what == "my":
        last = min(today + timedelta(days=DAYS_AHEAD), house.calendar.last)
    rows = list(house.reads.overdue(today)) if what in ("overdue", "my") else []
    if what != "overdue":
        rows += house.reads.due(today, last)
    mine = rows_of_person(house, office, person, rows, today=today)
    if not mine:
        return Reply(text=line(f"list_{what}_empty", language, until=last))
    lines = [f"<b>{line(f'list_{what}', language, until=last)}</b>", ""]
    for row, case, procedure in mine[:SHOWN]:
        assert row.due is not None
        if procedure.confidential:
            discreet = say("digest.discreet", {}, language)
            lines += [f"• {escape(discreet, quote=False)} – {line('day', language, on=row.due)} · {case.id}"]
            continue
        obligation = procedure.by_id[row.obligation.partition(".")[0].partition("#")[0]]
        stands = standing(row.due, house.calendar, today=today)
        arguments = {"title": obligation.title, "due": row.due, "left": stands.left, "late": stands.late}
        said = say(f"letter.subject_{stands.word}", arguments, language)
        force = say(f"letter.force_{obligation.force}", {}, language)
        place = " · ".join(filter(None, (force, case.object_in(language), case.id)))
        lines += [
            f"• {escape(said, quote=False)}\n   {escape(place, quote=False)} · <code>{row.obligation}</code>"
        ]
    if len(mine) > SHOWN:
        lines += ["", line("list_more", language, count=len(mine) - SHOWN)]
    return Reply(text=shorten("\n".join(lines)))
