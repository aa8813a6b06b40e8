"""Orders that anonymised people who left, listed outside the database too: an older backup does not know them.

The list bears numbers and keyed hashes, no name. It stands with the evidence and beside the backups.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, select

from merzim.storage.cases.evidence import sync_path
from merzim.storage.database.engine import create_private, reading
from merzim.storage.maintenance.anonymising import ANONYMISED
from merzim.storage.tables.events import EVENT, OF_OFFICE
from merzim.storage.tables.organisation import FORMER
from workflow.refusal import Refusal

LIST = "anonymised.json"


class OrdersUnreadable(Refusal, ValueError):
    """The list of orders is not as it was written, or cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An order that was carried out.

    Attributes:
        number, id: of the person in the list of those who left.
        act, act_on: number and date of the order; `done_on`: when it was carried out.
        ground: without the names it took out.
        spellings: how many further spellings of the name it named.
    """

    number: int
    id: str
    act: str
    act_on: date
    done_on: date
    ground: str
    spellings: int


def carried_out(engine: Engine) -> list[Order]:
    """Return the orders a database knows of."""
    with reading(engine) as connection:
        payloads = connection.execute(
            select(EVENT.c.payload).where(OF_OFFICE, EVENT.c.kind == ANONYMISED).order_by(EVENT.c.seq)
        ).scalars()
        payloads_by_order = {(payload["id"], payload["act"]): payload for payload in map(json.loads, payloads)}
        rows = connection.execute(
            select(FORMER).where(FORMER.c.anonymised_on.is_not(None)).order_by(FORMER.c.number)
        ).all()
    return [
        Order(
            number=row.number,
            id=row.id,
            act=row.act,
            act_on=row.act_on,
            done_on=row.anonymised_on,
            ground=payloads_by_order.get((row.id, row.act), {}).get("ground", ""),
            spellings=payloads_by_order.get((row.id, row.act), {}).get("spellings", 0),
        )
        for row in rows
    ]


def write_list(folder: Path, orders: Iterable[Order]) -> None:
    """Add orders to the list of a folder. Raises OSError, OrdersUnreadable."""
    orders_by_key = {(order.number, order.id): order for order in (*read_list(folder / LIST), *orders)}
    if not orders_by_key:
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{LIST}.part"
    lines = [asdict(orders_by_key[key]) for key in sorted(orders_by_key)]
    part.unlink(missing_ok=True)
    create_private(part)
    part.write_text(json.dumps(lines, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
    sync_path(part)
    part.replace(folder / LIST)
    sync_path(folder)


def read_list(file: Path) -> list[Order]:
    """Return the orders of a list; none where there is no file. Raises OrdersUnreadable."""
    try:
        lines = json.loads(file.read_text("utf-8"))
        return [
            Order(
                **{
                    **record,
                    "act_on": date.fromisoformat(record["act_on"]),
                    "done_on": date.fromisoformat(record["done_on"]),
                }
            )
            for record in lines
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as trouble:
        raise OrdersUnreadable("orders_unreadable", file=str(file), problem=str(trouble)) from trouble


def missing(engine: Engine, folders: Sequence[Path]) -> list[Order]:
    """Return the orders in the lists of folders that a database does not know. Raises OrdersUnreadable."""
    done_keys = {(order.number, order.id) for order in carried_out(engine)}
    listed_orders = {
        (order.number, order.id): order for folder in folders for order in read_list(folder / LIST)
    }
    return [listed_orders[key] for key in sorted(listed_orders) if key not in done_keys]
