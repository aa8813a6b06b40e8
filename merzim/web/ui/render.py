"""Rendering of pages by Jinja in the reader's language; dates and numbers are formatted here, on the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match

import i18n
from calendars.hours import almaty
from calendars.kazakhstan import Day
from calendars.layout import Run
from i18n.languages import Language
from merzim.services.board.deadlines import ObligationLine
from merzim.services.context import ANONYMOUS
from merzim.services.documents.notice_list import step_in_words
from merzim.services.law.acts import acts_here
from merzim.services.law.regulations import option_title, row_field
from merzim.services.names import Name, UnitName, case_title
from merzim.services.registers.results import FieldView
from merzim.web.auth.middleware import SAFE_METHODS
from merzim.web.http import THEMES, WebContext, asset_address, preferences, set_preference_cookies
from merzim.web.ui.form_values import FIELD, RejectedForm, fill_in_labels, mark_sentence, status_of
from merzim.web.ui.guides import section_of
from merzim.web.ui.timeline import Off
from notifications.notice import displayed_state
from workflow.cases.changes import FieldChange
from workflow.deadlines.explanations import rule_parts
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.org.office import Person, Unit
from workflow.refusal import Refusal
from workflow.registers.values import ValueProblem
from workflow.scoring.indicators import SCORED
from workflow.search_words import alphabetical

TEMPLATES = Path(__file__).parents[1] / "templates"
_REGISTERED = re.compile(r"[A-Z]\w{9,12}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CHOSEN = {
    **{f"unknown_{name}": name for name in ("fact", "obligation", "procedure", "duty", "value", "decision")},
    "unknown_option": "option",
    "unknown_adopted_act": "act",
    "unknown_edition": "edition",
    "migrate.no_edition": "edition",
    "nothing_to_withdraw": "name",
}
"""Refusals that name codes allowed instead, which pages have in lists to choose from -> the unknown code."""
_PASSING = frozenset(
    {
        *("lang", "theme", "said", "of", "what", "recorded", "replanned"),
        *("opened", "unchanged", "imported"),
    }
)
"""Parameters of an address about the last action, or about the page's look."""
_NAMING = ("unit", "person", "responsible")
"""Fields of a passport with the key of a unit or person."""


MACROS = (
    *("fields", "parts", "register_fields", "form_parts", "chains", "timelines"),
    *("calendar_parts", "portfolio_parts", "administration_parts"),
)
"""Files of `templates/macros`: their macros are known to every page by the file's name, read what the page is
given, and may call those of the files before.
"""


class _Unindent(Extension):
    """Removes the indentation of templates from pages."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)


@cache
def environment() -> Environment:
    """Return the Jinja environment (one per process): it escapes everything; an unknown name is an error."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        extensions=[_Unindent],
    )
    jinja.globals["case_title"] = case_title
    jinja.filters["by_name"] = partial(sorted, key=alphabetical)
    return jinja


class Translator:
    """Texts, dates and numbers in one language, for templates. One per request."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.long = partial(i18n.date_long, language=language)
        self.period = partial(i18n.period, language=language)
        self.weekday_short = partial(i18n.weekday_short, language=language)
        self.sentences = partial(i18n.explain, language=language)
        self.paragraph = partial(i18n.paragraph, language=language)
        self.calendar_act = partial(i18n.calendar_act, language=language)
        self.step_title = partial(step_in_words, language=language)
        self.option = partial(option_title, language=language)

    def say(self, code: str, /, **arguments: object) -> str:
        return i18n.say(code, arguments, self.language)

    def line_state(self, line: ObligationLine, today: date) -> tuple[str, str]:
        """Return the status of a line on a day: a CSS class ("" for a badge of its status) and the words."""
        if line.look in ("missed", "waits"):
            return "", self.say(f"look.{line.look}")
        if line.look == "slipped":
            on = {"on": line.planned_on, "today": today}
            return "days days-due", self.say("web.slipped_by", n=line.working_days, **on)
        if line.due is None and line.reminds_from is not None:
            code = "digest.when_before" if line.reminds_from > today else "digest.when_open"
            return "days", self.say(code, due=line.reminds_from, today=today)
        if line.due is None:
            return "", "–"
        if line.due == today and line.look == "overdue":
            return "days days-overdue", self.say("look.overdue")
        if line.due == today:
            return "days days-today", self.say("web.due_today")
        if line.due < today:
            return "days days-overdue", self.say("web.overview.late", n=line.working_days)
        look = "days days-due" if line.look == "soon" else "days"
        return look, self.say("web.overview.left", n=line.working_days)

    def name(self, entity: Person | Unit | Name) -> str:
        """Return the name in the language; a text without translations as it is."""
        if isinstance(entity, str):
            return entity
        return entity[self.language] if isinstance(entity, Text) else entity.name_in(self.language)

    def names(self, several: Iterable[Person | Unit | Name]) -> str:
        """Return the names in the language, with semicolons between them."""
        return "; ".join(map(self.name, several))

    def word(self, prefix: str, code: str) -> str:
        """Return the word for a code; a code without a word unchanged."""
        return self.say_or(prefix + code, code)

    def told(self, done: str) -> str:
        """Return what to say after a change of a case, by the kind of event or message of its address."""
        code = f"web.case.said.{done}"
        return self.say(code) if i18n.knows(code) else f"{self.say(f'event.{done}')}."

    def choices(self, field: FieldView) -> list[tuple[str, str]]:
        """Return the values of a field of a choice, or of yes and no, each with its title."""
        if field.kind == "yes_no":
            return [(value, self.say(f"register.{value}")) for value in ("yes", "no")]
        return [(option.id, option.title[self.language]) for option in field.options]

    def pairs(self, prefix: str, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Return codes to choose from, each with its text."""
        return [(code, self.say(prefix + code)) for code in codes]

    def indented(self, units: Iterable[UnitName]) -> list[tuple[str, str]]:
        """Return units or people to choose from, each indented as deep as it stands."""
        return [(unit.id, "\u00a0\u00a0" * unit.depth + self.name(unit.name)) for unit in units]

    def steps(self, choices: Iterable[tuple[str, Text]]) -> list[tuple[str, str]]:
        """Return steps to choose from, each with its title and its period, if its name has one."""
        return [(name, self.titled(title, name.partition(".")[2] or None)) for name, title in choices]

    def row(self, name: str) -> str:
        """Return the display name of a register row (`risk.3`), an edition or a number; others as they are."""
        kind, _, number = name.partition(".")
        if name.isdigit():
            return self.say("numbered", n=name)
        if _DAY.fullmatch(number):
            return self.say("web.edition.in_force", on=date.fromisoformat(number))
        is_known = i18n.knows(f"row.{kind}")
        return self.say(f"row.{kind}", number=number) if is_known else i18n.row_number(name, self.language)

    def change(self, change: FieldChange, titles: Mapping[str, Text], named: Callable[[str], Name]) -> str:
        """Return the change of one field by an event, `Field: "before" → "after"`; `named`: a person or unit by
        key.
        """
        code, definition = f"change.field.{change.field}", row_field(change.field)
        if not i18n.knows(code) and definition is None:
            code = f"head.{change.field}"
        field = self.say(code) if i18n.knows(code) or definition is None else definition.title[self.language]
        if change.of:
            field = f"{field}, {titles[change.of][self.language] if change.of in titles else change.of}"
        values = (
            self.name(named(value)) if change.field in _NAMING and isinstance(value, str) else value
            for value in (change.before, change.after)
        )
        before, after = (self._field_text(change.field, value) for value in values)
        return self.say("change.line", field=field, before=before, after=after)

    def _field_text(self, field: str, value: object) -> str:
        """Return a changed value in words; of None the word for nothing."""
        if value is None:
            return self.say("change.nothing")
        if value is True:
            return self.say("register.yes")
        if field == "signed_by":
            return self.word("duty.", str(value))
        if isinstance(value, dict):  # the term of a measure; the words of a schedule
            return str(value.get("written") or value.get("object") or "")
        if isinstance(value, list):
            return "; ".join(self._field_text(field, part) for part in value)
        definition = row_field(field)
        if field == "period" or (definition and definition.kind == "date"):
            return self.short(date.fromisoformat(str(value)))
        return self.option(field, str(value))

    def refuse(self, refusal: Refusal | ValueProblem) -> str:
        """Return the sentence of a refusal, or of one mistake of a form, on a page; a field is marked, to be
        named by its label there.
        """
        arguments = refusal.arguments
        if refusal.code.startswith("input.") and "field" in arguments:
            code = "input.choose" if refusal.code == "input.one_of" else refusal.code
            quoted = f"“{FIELD}”" if self.language == "en" else f"«{FIELD}»"
            sentence = i18n.say(code, {**arguments, "field": quoted}, self.language)
            return mark_sentence(str(arguments["field"]), sentence)
        if refusal.code in _CHOSEN:
            return self.say("web.refusal.not_listed", text=arguments[_CHOSEN[refusal.code]])
        if isinstance(refusal, ValueProblem):
            return self.say(refusal.code, **arguments)
        return i18n.refusal(refusal, self.language)

    def tell_of_rows(self, code: str, arguments: Mapping[str, object]) -> str:
        """Return the sentence of a code with the rows of registers it names by their numbers."""
        rows = arguments.get("rows")
        numbers = (
            [i18n.row_number(row, self.language) for row in rows] if isinstance(rows, list | tuple) else ()
        )
        return self.say(code, **{**arguments, **({"rows": ("; ".join(numbers),)} if numbers else {})})

    def asks(self, obligation: Obligation, procedure: Procedure) -> str:
        """Return a description of an obligation in our own words: what, by when, who, and the evidence."""
        arguments = {
            "title": i18n.inner(obligation.title[self.language]),
            "term": "; ".join(self.sentences(rule_parts(obligation, procedure))),
            "duty": i18n.inner(self.word("duty.", obligation.duty)),
            "force": self.say(f"force.{obligation.force}"),
        }
        proofs = [i18n.inner(self.word("evidence.", kind)) for kind in obligation.evidence]
        proved = " " + self.say("web.asks.proved", evidence=", ".join(proofs)) if proofs else ""
        return self.say("web.asks", **arguments) + proved

    def short(self, on: date) -> str:
        """Return a date in digits: "30.03.2026"."""
        return f"{on:%d.%m.%Y}"

    def brief(self, on: date) -> str:
        """Return day and month in digits, where the year is clear: "30.03"."""
        return f"{on:%d.%m}"

    def run(self, first: date, last: date) -> str:
        """Return a range of consecutive days: "21–23 марта"."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return i18n.days_ranges(tuple(days), self.language)

    def month(self, number: int) -> str:
        """Return the name of a month with a capital letter, as a heading."""
        return self.capital(i18n.month_name(number, self.language))

    def capital(self, text: str) -> str:
        """Return the text with a capital first letter, as a heading."""
        return text[:1].upper() + text[1:]

    def weekday(self, number: int) -> str:
        """Return the name of a weekday; Monday is 1."""
        return i18n.date_weekday(date(2024, 1, number), self.language)

    def titled(self, title: Text, period: str | None) -> str:
        return i18n.titled(title[self.language], period, self.language)

    def holiday(self, name: str | None) -> str:
        """Return the name of a holiday; "" for none, the code itself without a name in the catalogues."""
        return self.word("holiday.", name) if name else ""

    def day_title(self, day: Day | Run) -> str:
        """Return the title of a special day or run of days: its kind and the holiday's name."""
        kind, name = self.say(f"day.{day.kind}"), self.holiday(day.name)
        return f"{name} ({i18n.inner(kind)})" if name and day.kind != "holiday" else name or kind

    def off_title(self, off: Off) -> str:
        """Return the title of a run of days off on the timeline: its days and the holidays among them."""
        names = ", ".join(self.holiday(name) for name in off.names)
        description = names or i18n.inner(self.say("day.holiday" if off.holiday else "day.weekend"))
        return f"{self.run(off.first, off.last)} – {description}"

    def act_address(self, act: str) -> str | None:
        """Return the address of an act in the national register of acts; None for an id of our own."""
        edition = "kaz" if self.language == "kk" else "rus"
        return f"https://adilet.zan.kz/{edition}/docs/{act}" if _REGISTERED.fullmatch(act) else None

    def moment(self, at: datetime) -> str:
        """Return date and time in the time zone of Kazakhstan."""
        return f"{at.astimezone(almaty()):%d.%m.%Y, %H:%M}"

    def say_or(self, code: str, otherwise: str, **arguments: object) -> str:
        """Return the text of a code, or `otherwise` when the catalogues have none."""
        return i18n.say(code, arguments, self.language) if i18n.knows(code) else otherwise

    def notice_state(self, state: str, channel: str) -> str:
        return self.say(f"notice.{displayed_state(state, channel)}")

    def size(self, size: int) -> str:
        """Return a number of bytes in KB or MB."""
        number, unit = (size / 1024, "kb") if size < 1024 * 1024 else (size / 1024 / 1024, "mb")
        return self.say(f"web.size.{unit}", n=max(1, round(number)))

    def number(self, number: Decimal) -> str:
        """Return a number with the language's decimal sign, with thousands separated from five digits on."""
        text = f"{number:,f}" if abs(number) >= 10_000 else f"{number:f}"
        text = text.replace(",", "\u00a0").replace("-", "−")
        return text if self.language == "en" else text.replace(".", ",")

    def shown(self, value: object) -> str:
        """Return a value of a cell: dates in digits, numbers in the language, "–" for none."""
        if isinstance(value, date):
            return self.short(value)
        return self.points(Decimal(value)) if isinstance(value, int | float | Decimal) else str(value or "–")

    def points(self, points: Decimal | str | None) -> str:
        """Return points without trailing zeros, with the decimal mark of the language; "" for None."""
        return "" if points is None else self.number(Decimal(points).normalize())


async def _translator(
    request: Request,
    lang: Annotated[Language | None, Query(description="The language of texts.")] = None,
) -> Translator:
    return Translator(lang or preferences(request).language)


RequestTranslator = Annotated[Translator, Depends(_translator)]
"""The translator of the answer: in the requested language, else the reader's."""


def page(ctx: WebContext, template: str, *, status: int = 0, place: str = "", **values: Any) -> Response:
    """Render a template, which stands between head and foot of `base.html` and sets `page_title`, as a page in
    the reader's language and theme. `status`: by default that of what is refused: `refusal`, or that of the
    form `tried`; `place`: for the answer to a form, its page, by default the nearest above; `values`: what the
    template reads besides what every page has.
    """
    request = ctx.request
    reader = preferences(request)
    account = None if ctx.reader is ANONYMOUS else ctx.reader
    person = ctx.reads.office().people.get(ctx.reader.person) if ctx.reader.person else None
    tried = values.get("tried")
    refusal = tried.refusal if isinstance(tried, RejectedForm) else values.get("refusal")
    faults = refusal.errors if isinstance(refusal, Refusal) else ()
    mistaken = {getattr(fault, "field", "") for fault in faults}
    translator = Translator(reader.language)
    acts = acts_here(ctx) if account else frozenset()
    context = {
        "t": translator,
        "lang": reader.language,
        "languages": i18n.LANGUAGES,
        "theme": reader.theme,
        "themes": THEMES,
        "asset": asset_address,
        "today": ctx.today,
        "demonstration": ctx.moment.demonstration,
        "organisation": ctx.app.settings.office.name_in(reader.language),
        "reader": account,
        "home": "/" if account is None or account.may("read") else "/administration",
        "called": person.name_in(reader.language) if person else "",
        "acts_here": acts,
        "scored": SCORED in acts,
        "unread": ctx.reads.unread_lines(ctx.reader.person) if ctx.reader.person else 0,
        "here": _here(request, place),
        "path": request.url.path,
        "help_section": section_of(request.url.path, account.access) if account else "",
        "said": ctx.query.get("said", "") if request.method in SAFE_METHODS else "",
        "tried": None,
        "refusal": refusal,
        "faults": faults,
        "wrong": lambda place: mistaken if tried and tried.form == place else (),
        **values,
    }
    text = _rendered(template, context)
    text = fill_in_labels(text, otherwise=translator.say("web.refusal.form_outdated"))
    response = HTMLResponse(text, status_code=status or status_of(refusal))
    response.headers["content-language"] = reader.language
    response.headers["vary"] = "Cookie, Accept-Language"
    set_preference_cookies(response, reader.new_cookies)
    return response


def _rendered(template: str, context: dict[str, Any]) -> str:
    """Return a template between the head and the foot of `base.html`, made with the macros every page knows."""
    named = environment().get_template
    for name in MACROS:
        context[name] = named(f"macros/{name}.html").make_module(context)
    content = named(template).make_module(context)
    title, scripts = getattr(content, "page_title"), getattr(content, "scripts", "")  # noqa: B009
    return named("base.html").render(context, content=content, page_title=title, scripts=scripts)


def _here(request: Request, place: str) -> Any:
    """Return the function `here(name=value, ...)` of templates: the present address with these parameters, of
    which "" and None are dropped, as are those about the last action; after a form the address of the form's
    page.
    """
    is_write = request.method not in SAFE_METHODS
    start = (place or _nearest_page(request)) if is_write else ""

    def here(**changes: object) -> str:
        parameters = [
            (key, value)
            for key, value in ([] if is_write else request.query_params.multi_items())
            if key not in _PASSING and key not in changes
        ]
        parameters += [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
        return start + ("&" if "?" in start else "?") + urlencode(parameters)

    return here


def _nearest_page(request: Request) -> str:
    """Return the path of the nearest page at the address of a form or above it."""
    path = request.url.path
    while path:
        scope = {"type": "http", "method": "GET", "path": path, "app": request.app}
        if any(route.matches(dict(scope))[0] is Match.FULL for route in request.app.routes):
            return path
        path = path.rpartition("/")[0]
    return "/"
