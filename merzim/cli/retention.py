"""The commands `merzim retention list|anonymise`: people who left, and anonymising them by an order of the
office.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount

if TYPE_CHECKING:
    import typer

    from services.people.retention import Anonymised, FormerList, FormerView, ReplayedOrders


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "retention",
        list=mount("services.people.retention:list_former", _list, arguments=()),
        anonymise=mount("services.people.retention:anonymise_person", _anonymised, arguments=("person",)),
        replay=mount("services.people.retention:replay_orders", _replayed, arguments=()),
    )


def _list(call: CommandContext, _: object, found: FormerList) -> int:
    rows = [
        (one.number, one.id, _name(call, one), one.left_on, one.due_on, _state(call, one))
        for one in found.people
    ]
    if rows or call.lists:
        call.table(("number", "former_id", "name", "left_on", "due", "state"), rows)
    else:
        call.print(call.say("web.retention.none"))
    if not found.years:
        call.print(call.say("web.retention.off"))
    return DONE


def _name(call: CommandContext, one: FormerView) -> str:
    return one.name or call.say("person.former", number=one.number)


def _state(call: CommandContext, one: FormerView) -> str:
    if one.anonymised_on:
        return call.say("web.retention.done", act=one.act, on=one.act_on)
    if one.cases:
        return call.say("web.retention.open", cases=one.cases)
    return call.say("web.retention.due") if one.is_due else ""


def _replayed(call: CommandContext, _: object, found: ReplayedOrders) -> int:
    rows = [
        (
            one.number,
            one.act,
            one.act_on,
            call.say(f"cli.replayed.{one.state}", count=one.spellings),
            one.rows or "",
        )
        for one in found.orders
    ]
    if rows or call.lists:
        call.table(("number", "order", "order_on", "state", "rows"), rows)
    else:
        call.print(call.say("cli.replayed.none"))
    return DONE if all(one.state == "done" for one in found.orders) else NOT_SO


def _anonymised(call: CommandContext, _: object, done: Anonymised) -> int:
    code = "rows" if done.preview else "done_now"
    name = call.say("person.former", number=done.number)
    call.print(call.say(f"web.retention.{code}", count=sum(done.rows.values()), name=name))
    return DONE
