"""What the forms of positions, the cartogram and the public's remarks do: from answers to commands."""

from __future__ import annotations

from starlette.datastructures import UploadFile

from documents.sandbox.readers import read_cartogram
from services.context import stamp
from services.evidence import clean_file_name
from web.pages.cases.risk_forms import RegisterForm, Said
from web.ui.form_values import InvalidForm, parse_date
from workflow.cases.commands.registers import ExposedPosition, RegisterCommands


def expose(asked: RegisterForm) -> Said:
    """A position enters the list, or a known one is described anew."""
    approved, told_by = asked.answers.get("approved", ""), stamp(asked.ctx)
    number = asked.number() if asked.answers.get("number", "").strip() else None
    told = ExposedPosition(
        number=number,
        title=asked.text("title"),
        holder=asked.text("holder"),
        why=asked.text("why"),
        department=asked.text("department"),
        district=asked.text("district"),
        approved_on=parse_date(approved) if approved.strip() else None,
    )
    change = _desk(asked).expose(asked.case, told, on=told_by["today"], **told_by)
    return "position_added" if number is None else "position_described", change


def talk(asked: RegisterForm) -> Said:
    """A preventive talk with who holds the position."""
    change = _desk(asked).talk(
        asked.case,
        asked.number(),
        on=asked.on(),
        holder=asked.text("holder"),
        topic=asked.text("topic"),
        evidence=asked.evidence(),
        **stamp(asked.ctx),
    )
    return "position_talked", change


def clear(asked: RegisterForm) -> Said:
    """A position is taken off the list."""
    change = _desk(asked).clear(asked.case, asked.number(), on=asked.on(), **stamp(asked.ctx))
    return "position_cleared", change


def record_cartogram(asked: RegisterForm) -> Said:
    """The cartogram as it was published on a day."""
    file = asked.form.get("table")
    if not isinstance(file, UploadFile) or not file.filename or not file.size:
        raise InvalidForm("web.refusal.no_cartogram_file")
    lines = read_cartogram(file.file.read(), clean_file_name(file.filename))
    on, evidence = asked.on(), asked.evidence()
    change = _desk(asked).record_cartogram(asked.case, lines, on=on, evidence=evidence, **stamp(asked.ctx))
    return "cartogram_recorded", change


def remark(asked: RegisterForm) -> Said:
    """A remark of the public."""
    change = _desk(asked).remark(
        asked.case,
        text=asked.text("text"),
        author=asked.text("author"),
        source=asked.answers.get("source", "discussion"),
        on=asked.on(),
        **stamp(asked.ctx),
    )
    return "remark_made", change


def answer_remark(asked: RegisterForm) -> Said:
    """What became of a remark: taken into the note, or why not."""
    change = _desk(asked).answer_remark(
        asked.case,
        asked.number(),
        taken=asked.answers.get("taken") == "yes",
        answer=asked.text("answer"),
        on=asked.on(),
        **stamp(asked.ctx),
    )
    return "remark_answered", change


def _desk(asked: RegisterForm) -> RegisterCommands:
    return RegisterCommands(asked.ctx.desk)
