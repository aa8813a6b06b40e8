"""How lines of the board, figures and the overview are shown: columns of lists and workbooks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter

from services.board.assignees import Workload
from services.board.figures import FiguresLine
from services.board.lines import ObligationLine, stake_points
from services.board.overview import Matrix, MatrixRow
from services.names import UnitName
from web.ui.render import Translator
from web.ui.tables import Column
from workflow.board.figures import Performance


def line_columns(today: date) -> tuple[Column[ObligationLine], ...]:
    """Return the columns of a list of deadlines on a day."""
    return (
        Column("web.state", lambda t, line: t.line_state(line, today)[1], "col-days"),
        Column("web.due", lambda _, line: line.due, "col-due"),
        Column("web.obligation", lambda t, line: t.titled(line.title, line.period), ""),
        Column("web.force", lambda t, line: t.say(f"web.force.{line.force}")),
        Column("web.cases.head.id", lambda _, line: line.case),
        Column("web.cases.head.object", lambda t, line: line.about[t.language]),
        Column("web.stage", lambda t, line: line.stage[t.language]),
        Column("web.unit", lambda t, line: t.name(line.unit.name), "col-unit"),
        Column("web.who", lambda t, line: t.names(line.who.shown) or t.word("duty.", line.who.duty), "col-who"),
        Column("web.points", lambda _, line: stake_points(line.stake) or None, "col-points"),
    )


def line_name(t: Translator, line: FiguresLine) -> str:
    """Return the name of a line in the translator's language."""
    if isinstance(line.name, date):
        return t.capital(t.period(f"{line.name:%Y-%m}"))
    if isinstance(line.name, UnitName):
        return t.name(line.name.name) or t.say("web.unit.none")
    return line.name[t.language]


def figures_columns(
    head: str, *, with_pace: bool = False, with_delay: bool = False
) -> tuple[Column[FiguresLine], ...]:
    """Return the columns of a table of statistics.

    Args:
        head: code of the first column's heading.
        with_pace: whether to include the durations of stages.
        with_delay: whether to include own and inherited delay.
    """

    def figure(code: str, value: Callable[[Performance], object]) -> Column[FiguresLine]:
        return Column(f"web.figures.{code}", lambda _, line: value(line.figures), "col-points")

    def pace(code: str, place: int) -> Column[FiguresLine]:
        return Column(
            f"web.figures.{code}", lambda _, line: line.pace.medians[place] if line.pace else None, "col-points"
        )

    return (
        Column(head, line_name, ""),
        figure("due", lambda one: one.due),
        figure("on_time", lambda one: one.on_time),
        figure("late", lambda one: one.late),
        figure("unmet", lambda one: one.unmet),
        figure("rate", lambda one: one.rate),
        figure("median_late", lambda one: one.median_late),
        *(figure(name, attrgetter(name)) for name in ("own", "inherited", "delay") if with_delay),
        *((pace("took", 0), pace("norm", 1)) if with_pace else ()),
    )


def matrix_columns(matrix: Matrix) -> tuple[Column[MatrixRow], ...]:
    """Return the columns of the matrix for a workbook: overdue deadlines by stage."""

    def overdue(place: int) -> Callable[[Translator, MatrixRow], object]:
        return lambda _, row: row.cells[place].overdue or None

    return (
        Column("web.unit", lambda t, row: t.name(row.unit.name) or t.say("web.unit.none")),
        Column("web.board.legend_overdue", lambda _, row: row.total.overdue),
        Column("web.board.legend_due", lambda _, row: row.total.due),
        Column("web.overview.late_most", lambda _, row: row.late),
        *(Column(title, overdue(place)) for place, (_, title) in enumerate(matrix.stages)),
    )


WAITING_COLUMNS: tuple[Column[Workload], ...] = (
    Column("web.who", lambda t, one: t.names(one.names) or one.written or t.say("web.overview.nobody")),
    Column("web.staff.duties", lambda t, one: t.word("duty.", one.duty) if one.duty else ""),
    Column("web.board.legend_overdue", lambda _, one: one.overdue),
    Column("web.board.legend_due", lambda _, one: one.due),
)
