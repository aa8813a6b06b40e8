"""The forms: what each asks and where its rows come from, as data beside its layout, a DOCX file per language.

A form is three files in `templates/`: `order.toml`, `order.kk.docx` and `order.ru.docx`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import pydantic

from workflow.law.files import Listed, Model
from workflow.law.procedure import Text
from workflow.refusal import Refusal, closest_first

TEMPLATES = files("merzim.documents.forms") / "templates"
Kind = Literal["text", "long", "list", "date", "span", "hour", "year", "number", "amount", "box"]
"""Kinds of fields; `text?` in a file is an optional text."""


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _by_id(table: object) -> object:
    """Return the tables of fields with their ids: `period = "span"` for one that says nothing but its kind."""
    if not isinstance(table, dict):
        return table
    return {
        id: {"id": id, **(_kind(field) if isinstance(field, str) else field)} for id, field in table.items()
    }


def _kind(written: str) -> Mapping[str, object]:
    return {"kind": written.removesuffix("?"), "optional": written.endswith("?")}


class Field(Model):
    """One field of a form, or one part of its rows. Its title is the entry `form.field.<id>` of the catalogues.

    Attributes:
        line: length of the blank line for handwriting, in characters; `lines`: number of them.
        optional: a missing value leaves no blank line and is not reported.
        default: the items of a list nobody gave, by language, from the documents themselves.
    """

    id: str
    kind: Kind
    line: int = 24
    lines: int = 3
    optional: bool = False
    default: Mapping[str, Listed[str]] = {}


Fields = Annotated[Mapping[str, Field], pydantic.BeforeValidator(_by_id)]
Several = Annotated[Listed[str], pydantic.BeforeValidator(_several)]
"""Names; a single one needs no brackets."""


class RegisterRows(Model):
    """The register that supplies a report's rows: its rows with a date in the report's year.

    Of a form about a person: the register whose rows it is the paper of, each row by itself.

    Attributes:
        dates: the field of the date; of several the first that is filled. None about a person.
        where: field of the register -> the values it may have (ids of options, "yes" or "no"; about a
            person also "", not filled).
        parts: part of the form -> the fields of the register joined in it.
        unanswered: field `where` asks of and rows may leave open -> the field of their date.
        settled: field -> the values that answer an open question by themselves (nobody was hired).
    """

    register_id: str = pydantic.Field(alias="register")
    dates: Several = pydantic.Field((), alias="date")
    parts: Mapping[str, Several]
    where: Mapping[str, Several] = {}
    unanswered: Mapping[str, str] = {}
    settled: Mapping[str, Several] = {}


class RecordedFacts(Model):
    """Facts of cases that say there is something where the rows of a report would say "none".

    Attributes:
        facts: their names in the procedure; each counts as one.
        value: the number recorded with each that counts instead; the rows must then be as many.
        of: the groups whose rows are counted, where not all of them are.
    """

    procedure: str
    facts: Several
    value: str = ""
    of: Listed[str] = ()


class RowGroup(Model):
    """Rows of a table of one kind: `group_1` and so on of a template; the one group "" is `rows`."""

    id: str
    parts: Fields
    source: RegisterRows | None = pydantic.Field(None, alias="from")
    recorded: RecordedFacts | None = None


def _in_groups(table: object) -> object:
    """Return the rows of a form in groups: flat ones (`parts`, `from`) are those of the one group ""."""
    if not isinstance(table, dict) or "group" in table:
        return table
    flat = {key: table[key] for key in ("parts", "from") if key in table}
    return {**{key: table[key] for key in table.keys() - flat.keys()}, "group": [{"id": "", **flat}]}


class Rows(Model):
    """The rows of a form: flat (`parts`), or in groups selected by the value of `group_by` in each row.

    Attributes:
        joined: text of a row -> the parts joined in it, each under its title.
        blank: number of blank rows for handwriting in each group when no rows are given.
        nothing: the text used if the register of a group has no rows, and no fact says otherwise (`recorded`).
    """

    groups: Listed[RowGroup] = pydantic.Field(alias="group")
    group_by: str = ""
    joined: Mapping[str, Listed[str]] = {}
    blank: int = 5
    nothing: Mapping[str, str] = {}
    recorded: RecordedFacts | None = None

    @property
    def recorded_by_group(self) -> Mapping[str, RecordedFacts]:
        """Facts of cases by group; "*": of all rows of the table."""
        every = {"*": self.recorded, **{group.id: group.recorded for group in self.groups}}
        return {group: recorded for group, recorded in every.items() if recorded}

    @property
    def by_variable(self) -> Mapping[str, RowGroup]:
        """The groups by their variables in a template."""
        names = [f"group_{place}" for place in range(1, len(self.groups) + 1)] if self.group_by else ["rows"]
        return dict(zip(names, self.groups, strict=True))

    def group_of(self, row: Mapping[str, object]) -> RowGroup:
        """Return the group of a row, which names it by id or number (from 1). Raises Refusal for none."""
        if not self.group_by:
            return self.groups[0]
        text = str(row.get(self.group_by) or "")
        called = text.strip().casefold()
        for place, group in enumerate(self.groups, 1):
            if called in (group.id.casefold(), str(place)):
                return group
        allowed = tuple(group.id for group in self.groups)
        raise Refusal("form_group_unknown", text=text, column=self.group_by, allowed=allowed)

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names that a table of rows may have."""
        part_ids = [part for group in self.groups for part in group.parts]
        return tuple(dict.fromkeys([self.group_by, *part_ids] if self.group_by else part_ids))


class Form(Model):
    """A form.

    Attributes:
        origin: its source: the Instruction, the policy, No. 488 (whose annexes were not available, so
            that the layout is ours), or custom (no act prescribes one); `annex`: its number there.
        about: its subject: a case, a period of a unit, or a person.
        steps: ids of the obligations of a case it belongs to.
        approver: the duty that approves it; "" when no approval is needed.
        source: of a form about a person: the register of its rows.
        quarterly: of a report: whether it is made each quarter, and not once a year.
    """

    id: str
    title: Text
    origin: Literal["custom", "no488", "instruction", "policy"]
    about: Literal["case", "period", "person"]
    annex: int | None = None
    steps: Listed[str] = ()
    approver: str = ""
    fields: Fields
    rows: Annotated[Rows, pydantic.BeforeValidator(_in_groups)] | None = None
    source: RegisterRows | None = pydantic.Field(None, alias="from")
    quarterly: bool = False

    @property
    def groups(self) -> Sequence[RowGroup]:
        """The groups of its rows; empty for a form without rows."""
        return self.rows.groups if self.rows else ()

    def field(self, name: str) -> Field:
        """Return the field of a name. Raises Refusal."""
        if name not in self.fields:
            allowed = closest_first(name, self.fields)
            raise Refusal("form_field_unknown", field=name, form=self.id, allowed=allowed)
        return self.fields[name]


def form_names() -> tuple[str, ...]:
    """Return the ids of all forms, in alphabetical order."""
    files_of_forms = (file.name.partition(".") for file in TEMPLATES.iterdir())
    return tuple(sorted(name for name, _, kind in files_of_forms if kind == "toml"))


@cache
def form_named(name: str) -> Form:
    """Return the form of an id (cached). Raises Refusal for an unknown one."""
    if name not in form_names():
        raise Refusal("form_unknown", form=name, allowed=closest_first(name, form_names()))
    text = (TEMPLATES / f"{name}.toml").read_text(encoding="utf-8")
    return Form.model_validate({"id": name, **tomllib.loads(text)})


def template(name: str, language: str) -> bytes:
    """Return our layout of a form: a DOCX file with its values as `{{ period }}`."""
    return (TEMPLATES / f"{name}.{language}.docx").read_bytes()


@cache
def forms_about(subject: Literal["case", "period", "person"]) -> tuple[Form, ...]:
    """Return the forms about a case, a period of a unit or a person, by id (cached)."""
    return tuple(form for form in map(form_named, form_names()) if form.about == subject)
