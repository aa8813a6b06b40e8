"""Administration pages for units and people: lists, forms, the table of people as a file, feeds of units."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.documents.people import people_sheets
from merzim.documents.sheets.dates import parse_days
from merzim.services.inputs import build
from merzim.services.names import paginate_units
from merzim.services.people import staff
from merzim.services.people.feeds import FeedRevoked, create_feed, feeds_of, revoke_unit_feed
from merzim.services.people.leaving import pending_duties
from merzim.services.people.staff import find_people, recorded_office
from merzim.services.people.table import ImportPeople, import_people
from merzim.web.auth.dependencies import Setting, reads_files
from merzim.web.http import PageNumber, WebContext, as_workbook, redirect
from merzim.web.ui import form_values as forms
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.name_fields import unit_filter, unit_names
from merzim.web.ui.render import page
from workflow.org.kinds import KINDS
from workflow.org.office import Office, Person, Unit, time_of
from workflow.org.office_time import MONDAY_TO_FRIDAY, OfficeTime
from workflow.refusal import Refusal


def page_address(path: str, **parameters: str) -> str:
    """Return a page's address with these values as its query; without one if all are empty."""
    return f"{path}?{urlencode(parameters)}" if any(parameters.values()) else path


router = APIRouter(include_in_schema=False, prefix="/administration")
Key = Annotated[str, Query(max_length=500)]
MAX_AWAY = 40
"""Maximum number of leave rows in a form."""
MOST_LISTED = 200
"""Number of people a list shows; the search finds the others."""


@router.get("/units")
def units(ctx: Setting, unit: Key = "", number: PageNumber = 1) -> Response:
    """Show the tree of units; a large one level by level, in pages: what is below `unit`."""
    office = recorded_office(ctx)
    tree, pages = paginate_units(office, unit, number)
    return page(ctx, "units.html", office=office, tree=tree, unit=unit, number=min(number, pages), pages=pages)


@router.get("/unit")
def unit(ctx: Setting, id: Key = "") -> Response:
    """Show the form of a unit, or of a new one if no id is given."""
    unit = recorded_office(ctx).units.get(id)
    if id and unit is None:
        raise HTTPException(404, "web.problem.no_unit")
    return _unit_page(ctx, unit)


@router.post("/unit/feed")
def unit_feed(ctx: Setting, typed: forms.Fields) -> Response:
    """Create or revoke a calendar feed of a unit. Its address is shown once."""
    unit = recorded_office(ctx).units.get(typed.get("id", ""))
    if unit is None:
        raise HTTPException(404, "web.problem.no_unit")
    if typed.get("do") == "revoke":
        revoke_unit_feed(ctx, build(FeedRevoked, {"id": typed.get("hash", "")}))
        return redirect(ctx, "/administration/unit", id=unit.id, said="revoked")
    feed = create_feed(ctx, "", scope=unit.id, name=unit.name, language=ctx.language)
    return _unit_page(ctx, unit, feed=feed)


@router.get("/people")
def people(ctx: Setting, q: Key = "", unit: Key = "") -> Response:
    """Show all people, searchable by name, post and e-mail."""
    office = recorded_office(ctx)
    with suppress(forms.InvalidForm):  # the field says why; nobody is of such a unit
        unit = unit_names(office).resolve(unit)
    people, units = find_people(office, q, unit), unit_filter(ctx, unit)
    return page(ctx, "people.html", office=office, people=people, most=MOST_LISTED, q=q, units=units, unit=unit)


@router.get("/person")
def person(ctx: Setting, key: Key = "") -> Response:
    """Show the form of a person, or of a new one if no key is given."""
    person = staff.get_person(ctx, key) if key else None
    return _person_page(ctx, person)


def _unit_page(
    ctx: WebContext, unit: Unit | None = None, *, tried: forms.RejectedForm | None = None, feed: str = ""
) -> Response:
    """Return the form of a unit, of a new one for None, or as typed; `feed`: address of a feed just made."""
    office, typed = recorded_office(ctx), tried.answers if tried else {}
    unit = office.units.get(typed["id"]) if "id" in typed else unit
    values = typed if "name" in typed else _unit_values(unit) if unit else {"parent": office.root}
    holds = time_of(office, unit.id if unit else "")
    hours, week = holds.hours or ctx.app.settings.reminders.office_hours, holds.week or MONDAY_TO_FRIDAY
    inside = frozenset(office.below(unit.id)) if unit else frozenset()
    return page(
        ctx,
        "unit.html",
        place=page_address("/administration/unit", id=unit.id if unit else ""),
        record=unit,
        has_units=bool(office.units),
        form=values,
        inputs=command_fields(
            ctx,
            staff.SaveUnit,
            {**values, "id": unit.id if unit else "", "mark": staff.mark(unit)},
            names={
                name: unit_names(office).field(values.get(name) or "", without=without)
                for name, without in (("parent", inside), ("uploads_through", {unit.id} if unit else ()))
            },
        ),
        kinds=KINDS,
        acts=ctx.library.adopted_acts.values(),
        tried=tried,
        feeds=[feed for feed in feeds_of(ctx, "", now=ctx.now) if unit and feed.scope == unit.id],
        feed=feed,
        holds=staff.unit_holds(ctx, unit) if unit else (0, 0, 0),
        holding=staff.hours_result(OfficeTime(hours=hours, week=week)),
    )


def _unit_values(unit: Unit) -> dict[str, Any]:
    """Return a unit as fields of its form; office hours only as far as they are its own."""
    time = staff.hours_result(unit.time)
    return {
        **asdict(unit),
        **{f"time_{name}": getattr(time, name) for name in ("first", "last", "off", "working")},
        **{f"time_day_{number}": "1" for number in time.week},
    }


def _person_page(
    ctx: WebContext, person: Person | None = None, *, tried: forms.RejectedForm | None = None
) -> Response:
    """Return the form of a person, of a new one for None, or as typed."""
    office, typed = recorded_office(ctx), tried.answers if tried else {}
    person = office.people.get(typed["key"]) if "key" in typed else person
    form = typed if "name" in typed else _person_values(person, office)
    filled = [n for n in range(MAX_AWAY) if form.get(f"away_first_{n}") or form.get(f"away_last_{n}")]
    return page(
        ctx,
        "person.html",
        place=page_address("/administration/person", key=person.key if person else ""),
        record=person,
        form=form,
        inputs=command_fields(
            ctx,
            staff.SavePerson,
            {**form, "key": person.key if person else "", "mark": staff.mark(person)},
            office=office,
        ),
        duties=staff.HELD_DUTIES,
        rows=range(min(MAX_AWAY, max(2, len(filled) + 2))),
        tried=tried,
        office=office,
        accounts=[account for account in ctx.accounts.all() if person and account.reader.person == person.key],
        falling=pending_duties(ctx, person.key) if person else (),
        deputised=[other for other in office.people.values() if person and other.deputy == person.key],
        is_officer=person is not None and ctx.reads.office().officer == person.key,
    )


def _person_values(person: Person | None, office: Office) -> dict[str, Any]:
    if person is None:
        return {}
    deputy = office.people.get(person.deputy or "")
    form = {**asdict(person), "deputy": (deputy.email or deputy.key) if deputy else person.deputy}
    for n, (first, last) in enumerate(person.away):
        form |= {f"away_first_{n}": first.isoformat(), f"away_last_{n}": last.isoformat()}
    return form


def _away(typed_texts: Mapping[str, str]) -> list[staff.Span]:
    """Return the periods of leave in a person's form. Raises Refusal for one end alone or an invalid date."""
    spans = []
    for n in range(MAX_AWAY):
        first, last = (typed_texts.get(f"away_{end}_{n}", "").strip() for end in ("first", "last"))
        if first and last:
            spans.append(staff.Span(first=forms.parse_date(first), last=forms.parse_date(last)))
        elif first or last:
            raise Refusal("web.staff.away_half")
    return spans


@router.post("/unit")
@forms.shown_again(_unit_page, "unit")
def save_unit(ctx: Setting, answers: forms.Fields) -> Response:
    """Save a unit, a new one where no id is sent, or remove it (`do`)."""
    same = {"id": answers.get("id", ""), "mark": answers.get("mark", "")}
    if answers.get("do") == "remove" and same["id"]:
        staff.remove_unit(ctx, build(staff.Removal, same))
        return redirect(ctx, "/administration/units", said="removed")
    office = recorded_office(ctx)
    has_parent, is_first = (bool(answers.get(name, "").strip()) for name in ("parent", "first_level"))
    if not same["id"] and office.units and has_parent == is_first:
        raise forms.InvalidForm("web.staff.parent_or_first")
    time = {
        **{end: answers.get(f"time_{end}", "").strip()[:5] for end in ("first", "last")},
        "week": [number for number in range(1, 8) if answers.get(f"time_day_{number}")],
        **{name: parse_days(answers.get(f"time_{name}", "")) for name in ("off", "working")},
    }
    staff.save_unit(ctx, read_command(ctx, staff.SaveUnit, answers, office=office, time=time))
    return redirect(ctx, "/administration/units", said="saved")


@router.post("/person")
@forms.shown_again(_person_page, "person")
def save_person(ctx: Setting, answers: forms.Fields) -> Response:
    person = read_command(ctx, staff.SavePerson, answers, office=recorded_office(ctx))
    staff.save_person(ctx, person.model_copy(update={"away": _away(answers)}))
    return redirect(ctx, "/administration/people", said="saved")


@router.post("/person/remove")
@forms.shown_again(_person_page)
def remove_person(ctx: Setting, answers: forms.Fields) -> Response:
    """Remove a person, whose open deadlines pass to others."""
    person = staff.get_person(ctx, answers.get("key", ""))
    fields = {"id": person.key, "mark": answers.get("mark", "")}
    staff.remove_person(ctx, build(staff.Removal, fields))
    return redirect(ctx, "/administration/people", said="removed")


@router.get("/people/export")
def export_people(ctx: Setting) -> Response:
    sheets = people_sheets(recorded_office(ctx), ctx.language)
    return as_workbook(sheets, "people")


def _import_page(ctx: WebContext, *, tried: forms.RejectedForm | None = None, **shown: Any) -> Response:
    """Return the page of a table of people that was sent: what it would change, or why it is refused."""
    return page(ctx, "people_import.html", tried=tried, **{"preview": None, **shown})


@router.post("/people/import")
@reads_files
@forms.shown_again(_import_page)
def import_table(ctx: Setting, form: Annotated[FormData, forms.submitted_form(files=1, fields=5)]) -> Response:
    """Show a preview of a table's changes; when submitted from there, import it."""
    digest, name = forms.store_form_file(ctx, form, required=True)
    preview = import_people(ctx, build(ImportPeople, {"file": digest, "preview": form.get("do") != "take"}))
    if form.get("do") == "take":
        return redirect(ctx, "/administration/people", said="taken")
    return _import_page(
        ctx, preview=preview, most=MOST_LISTED, office=recorded_office(ctx), name=name, digest=digest
    )
