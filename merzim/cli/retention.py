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

    from merzim.services.people.retention import Anonymised, FormerList, FormerView, ReplayedOrders


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "retention",
        list=mount("merzim.services.people.retention:list_former", _list, arguments=()),
        anonymise=mount(
            "merzim.services.people.retention:anonymise_person", _anonymised, arguments=("person",)
        ),
        replay=mount("merzim.services.people.retention:replay_orders", _replayed, arguments=()),
    )


def _list(call: CommandContext, _: object, result: FormerList) -> int:
    rows = [
        (person.number, person.id, _name(call, person), person.left_on, person.due_on, _state(call, person))
        for person in result.people
    ]
    if rows or call.lists:
        call.table(("number", "former_id", "name", "left_on", "due", "state"), rows)
    else:
        call.print(call.say("web.retention.none"))
    if not result.years:
        call.print(call.say("web.retention.off"))
    return DONE


def _name(call: CommandContext, person: FormerView) -> str:
    return person.name or call.say("person.former", number=person.number)


def _state(call: CommandContext, person: FormerView) -> str:
    if person.anonymised_on:
        return call.say("web.retention.done", act=person.act, on=person.act_on)
    if person.cases:
        return call.say("web.retention.open", cases=person.cases)
    return call.say("web.retention.due") if person.is_due else ""


def _replayed(call: CommandContext, _: object, result: ReplayedOrders) -> int:
    rows = [
        (
            order.number,
            order.act,
            order.act_on,
            call.say(f"cli.replayed.{order.state}", count=order.spellings),
            order.rows or "",
        )
        for order in result.orders
    ]
    if rows or call.lists:
        call.table(("number", "order", "order_on", "state", "rows"), rows)
    else:
        call.print(call.say("cli.replayed.none"))
    return DONE if all(order.state == "done" for order in result.orders) else NOT_SO


def _anonymised(call: CommandContext, _: object, result: Anonymised) -> int:
    code = "rows" if result.preview else "done_now"
    name = call.say("person.former", number=result.number)
    call.print(call.say(f"web.retention.{code}", count=sum(result.rows.values()), name=name))
    return DONE
