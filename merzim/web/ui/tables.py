"""Lists on pages: their addresses without empty parameters, their columns and cells, and their workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps
from operator import attrgetter
from typing import Any, Generic, ParamSpec, TypeVar
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from merzim.documents.sheets.listing import Table
from merzim.services.board.deadlines import ObligationLine
from merzim.services.board.overview import FiguresLine
from merzim.services.context import RequestContext
from merzim.services.names import UnitName
from merzim.services.registers.results import FieldView, RegisterView, RowView, cell_value
from merzim.web.http import WebContext, as_workbook
from merzim.web.ui.render import Translator
from workflow.law.procedure import Text


def tidy_address(ctx: WebContext) -> str:
    """Return the address of a request without empty parameters."""
    query = urlencode([(key, value) for key, value in ctx.query.multi_items() if value.strip()])
    return ctx.request.url.path + (f"?{query}" if query else "")


P = ParamSpec("P")


def at_tidy_address(handler: Callable[P, Response]) -> Callable[P, Response]:
    """Decorate a page to which a form sends filters: it is shown at its tidy address, to which a browser is
    redirected; htmx gets the address in a header. The page must take the context as `ctx`.
    """

    @wraps(handler)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        ctx: Any = kwargs["ctx"]
        if not ctx.is_fragment and any(not value.strip() for value in ctx.query.values()):
            return RedirectResponse(tidy_address(ctx), status_code=303)
        response = handler(*args, **kwargs)
        if ctx.is_fragment:
            response.headers["hx-push-url"] = tidy_address(ctx)
        return response

    return answer


R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a list. `head`: code of its heading, or the heading in three languages; `value`: returns
    the value of a workbook cell, None for a column only on the page; `look`: CSS class of the heading, None for
    a column only in the workbook; `content`: the macro that shows a report's row where it says more.
    """

    head: str | Text
    value: Callable[[Translator, R], object] | None
    look: str | None = None
    content: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a page shows of a value of a register's row. `address`: where it leads, `outside`: to another site;
    `number`: in a column of numbers; `late`: of lateness; `under`: lines below.
    """

    text: str = ""
    address: str = ""
    outside: bool = False
    number: bool = False
    late: bool = False
    under: tuple[Content, ...] = ()


def page_heads(columns: Sequence[Column[R]]) -> tuple[tuple[str | Text, str], ...]:
    """Return the headings shown on a page, each with its CSS class."""
    return tuple((column.head, column.look) for column in columns if column.look is not None)


def table_of(
    translator: Translator, columns: Sequence[Column[R]], rows: Iterable[R], *, name: str = ""
) -> Table:
    """Return the columns of rows as a sheet of that name, without those only on the page."""
    in_sheet = [(column.head, column.value) for column in columns if column.value]
    heads = [
        translator.say(head) if isinstance(head, str) else head[translator.language] for head, _ in in_sheet
    ]
    return Table(heads, [[value(translator, row) for _, value in in_sheet] for row in rows], name)


def workbook_response(
    ctx: RequestContext, columns: Sequence[Column[R]], rows: Iterable[R], *, title: str, **arguments: object
) -> Response:
    """Return a list as a workbook to download, in the reader's language; `title`: the code, with its arguments,
    of its name.
    """
    translator = Translator(ctx.language)
    name = translator.say(title, **arguments)
    table = table_of(translator, columns, rows, name=name)
    return as_workbook([table], f"{name} {translator.short(ctx.today)}")


def line_columns(today: date) -> tuple[Column[ObligationLine], ...]:
    """Return the columns of a list of deadlines on a day."""
    return (
        Column("head.state", lambda t, line: t.line_state(line, today)[1], "col-days"),
        Column("head.due", lambda _, line: line.due, "col-due"),
        Column("head.obligation", lambda t, line: t.titled(line.title, line.period), ""),
        Column("head.force", lambda t, line: t.say(f"force.{line.force}")),
        Column("head.case", lambda _, line: line.case),
        Column("head.analysed", lambda t, line: line.about[t.language]),
        Column("head.stage", lambda t, line: line.stage[t.language]),
        Column("head.unit", lambda t, line: t.name(line.unit.name), "col-unit"),
        Column("web.who", lambda t, line: t.names(line.who.shown) or t.word("duty.", line.who.duty), "col-who"),
        Column("head.points", lambda _, line: line.stake, "col-points"),
    )


def line_name(t: Translator, line: FiguresLine) -> str:
    """Return what a line of statistics is of: its month, unit or stage."""
    if isinstance(line.name, date):
        return t.capital(t.period(f"{line.name:%Y-%m}"))
    if isinstance(line.name, UnitName):
        return t.name(line.name.name) or t.say("web.unit.none")
    return line.name[t.language]


def figures_columns(
    head: str, *, with_pace: bool = False, with_delay: bool = False
) -> tuple[Column[FiguresLine], ...]:
    """Return the columns of a table of statistics, the first headed by the code `head`; `with_pace`: with the
    durations of stages; `with_delay`: with the days of delay.
    """

    def column(name: str, value: Callable[[FiguresLine], object]) -> Column[FiguresLine]:
        return Column(f"web.figures.{name}", lambda _, line: value(line), "col-points")

    names = ["due", "on_time", "late", "unmet", "rate", "median_late", *(["delay"] if with_delay else [])]
    columns = [Column(head, line_name, ""), *(column(name, attrgetter(f"figures.{name}")) for name in names)]
    if with_pace:
        columns.append(column("took", lambda line: line.pace and line.pace[0]))
        columns.append(column("norm", lambda line: line.pace and line.pace[1]))
    return tuple(columns)


def cell_of(field: FieldView, row: RowView, translator: Translator) -> Content:
    """Return the value of a field, linked where it leads somewhere, its lateness below; no text for none."""
    value, t = cell_value(field, row, translator.language), translator
    late = row.late.get(field.id, 0)
    under = (Content(text=t.say("register.late", days=late), late=True),) if late else ()
    if value is None:
        return Content(under=under)
    if isinstance(value, date):
        return Content(text=t.short(value), under=under)
    if isinstance(value, Decimal):
        return Content(text=t.number(value), number=True)
    text, stored = str(value), row.values[field.id]
    match field.kind:
        case "link":
            return Content(text=text, address=text, outside=True)
        case "row":
            address = f"/registers/{field.register_id}/{stored}" if stored in row.names else ""
            return Content(text=text, address=address)
        case "file":
            return Content(text=text, address=f"/registers/{row.register_id}/{row.id}/files/{stored['sha256']}")
    return Content(text=text)


def row_title(register: RegisterView, row: RowView, translator: Translator) -> str:
    """Return the title of a row on a page: its visible title fields, else its number."""
    title_fields = [field for field in register.fields if field.id in register.named_by]
    words = [cell_of(field, row, translator).text for field in title_fields]
    return translator.capital(" · ".join(filter(None, words))) or translator.row(row.id)
