"""From values to a page in the reader's language. Every date and number is worded here, on the server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match

import i18n
from calendars import OutOfRange
from calendars.calendar import Day
from calendars.explanation import Explanation
from calendars.layout import Run
from notifications.notice import Notice
from services.context import RequestContext
from web.auth.middleware import SAFE_METHODS
from web.ui.assets import address
from web.ui.case_names import about
from web.ui.preferences import THEMES, preferences, remember
from web.ui.timeline import Off
from workflow.law.procedure import Act, Text
from workflow.refusal import Refusal

TEMPLATES = Path(__file__).parents[1] / "templates"
_REGISTERED = re.compile(r"[A-Z]\w{9,12}", re.ASCII)
ALMATY = ZoneInfo("Asia/Almaty")


@cache
def environment() -> Environment:
    """The one Jinja environment: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["about"] = about
    return made


class Translator:
    """What a template may ask for words. One per request."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, code: str, **arguments: object) -> str:
        """One sentence or word of the catalogues."""
        return i18n.say(code, arguments, self.language)

    def row(self, name: str) -> str:
        """A row of a register (`risk.3`) as people call it; any other name as it is."""
        kind, _, number = name.partition(".")
        return self.say(f"row.{kind}", number=number) if i18n.knows(f"row.{kind}") else name

    def refuse(self, refusal: Refusal | OutOfRange) -> str:
        """The sentence of a refusal."""
        return i18n.refusal(refusal, self.language)

    def tell(self, code: str, arguments: Mapping[str, object]) -> str:
        """The sentence of a code that carries its arguments along (a finding)."""
        return i18n.say(code, arguments, self.language)

    def sentences(self, explanation: Explanation) -> list[str]:
        """An explanation, one sentence each."""
        return i18n.explain(explanation, self.language)

    def long(self, on: date) -> str:
        """A date as official papers write it."""
        return i18n.date_long(on, self.language)

    def short(self, on: date) -> str:
        return f"{on:%d.%m.%Y}"

    def brief(self, on: date) -> str:
        """Day and month in figures, for places where the year is plain."""
        return f"{on:%d.%m}"

    def run(self, first: date, last: date) -> str:
        """Neighbouring days: "21–23 марта"."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return i18n.days_ranges(tuple(days), self.language)

    def month(self, number: int) -> str:
        """A month as it stands alone, with a capital letter: it heads a column."""
        return self.capital(i18n.month_name(number, self.language))

    def capital(self, text: str) -> str:
        """With a capital letter, as it heads something."""
        return text[:1].upper() + text[1:]

    def weekday(self, number: int) -> str:
        """Monday is 1."""
        return i18n.date_weekday(date(2024, 1, number), self.language)

    def titled(self, title: Text, period: str | None) -> str:
        """The title of an obligation, with its period when it comes back."""
        text = title[self.language]
        return f"{text}, {i18n.period(period, self.language)}" if period else text

    def holiday(self, name: str | None) -> str:
        """The name of a holiday; a code without words stays a code."""
        if not name:
            return ""
        code = f"holiday.{name}"
        return i18n.say(code, {}, self.language) if i18n.knows(code) else name

    def day_title(self, day: Day | Run) -> str:
        """What makes a day (or a run of days) unusual: its kind, and the holiday's name."""
        kind, name = self.say(f"day.{day.kind}"), self.holiday(day.name)
        return f"{name} ({i18n.inner(kind)})" if name and day.kind != "holiday" else name or kind

    def off_title(self, off: Off) -> str:
        """What a shaded stretch of the timeline is: its days and the holidays among them."""
        names = ", ".join(self.holiday(name) for name in off.names)
        said = names or i18n.inner(self.say("day.holiday" if off.holiday else "day.weekend"))
        return f"{self.run(off.first, off.last)} – {said}"

    def act_address(self, act: str) -> str | None:
        """Where the register of acts keeps an act of that id; None when it is an id of our own."""
        side = "kaz" if self.language == "kk" else "rus"
        return f"https://adilet.zan.kz/{side}/docs/{act}" if _REGISTERED.fullmatch(act) else None

    def cited(self, act: Act, paragraph: str) -> str:
        """An act as an explanation cites it."""
        return f"{act.short[self.language]}, {i18n.paragraph(paragraph, self.language)}"

    def moment(self, at: datetime) -> str:
        """A moment on the clocks of Kazakhstan."""
        return f"{at.astimezone(ALMATY):%d.%m.%Y, %H:%M}"

    def period(self, period: str) -> str:
        """A period as a title adds it: "III квартал 2026 года"."""
        return i18n.period(period, self.language)

    def known(self, code: str, otherwise: str) -> str:
        """The words of a code that may have none yet."""
        return i18n.say(code, {}, self.language) if i18n.knows(code) else otherwise

    def rung(self, notice: Notice) -> str:
        """So many working days before or after the due date; nothing for letters of another sort."""
        if not notice.rung.lstrip("+-").isdigit():
            return self.say(f"register.kind.{notice.kind}")
        at = int(notice.rung)
        word = "today" if at == 0 else "before" if at < 0 else "after"
        return i18n.say(f"register.rung_{word}", {"count": abs(at)}, self.language)

    def channel(self, name: str) -> str:
        """A channel; one of somebody's own making keeps its name."""
        return self.known(f"web.channel.{name}", name)

    def size(self, size: int) -> str:
        """Bytes as people say them."""
        number, unit = (size / 1024, "kb") if size < 1024 * 1024 else (size / 1024 / 1024, "mb")
        return i18n.say(f"web.size.{unit}", {"n": max(1, round(number))}, self.language)

    def points(self, points: Decimal | str | None) -> str:
        """Points without needless zeros, with the comma or the point the language uses."""
        if points is None:
            return ""
        text = f"{Decimal(points).normalize():f}".replace("-", "−")
        return text if self.language == "en" else text.replace(".", ",")


def page(
    request: Request,
    ctx: RequestContext,
    template: str,
    *,
    today: date,
    status: int = 200,
    place: str = "",
    **values: Any,
) -> Response:
    """A page of a template, with the reader's preferences kept.

    Args:
        place: where the page of a form is read, for the answer to that form; "" for the nearest page there is.
    """
    reader = preferences(request)
    text = (
        environment()
        .get_template(template)
        .render(
            t=Translator(reader.language),
            lang=reader.language,
            languages=i18n.LANGUAGES,
            theme=reader.theme,
            themes=THEMES,
            asset=address,
            today=today,
            demonstration=ctx.demonstration,
            organisation=ctx.organisation,
            reader=getattr(request.state, "reader", None),
            here=_here(request, place),
            path=request.url.path,
            **values,
        )
    )
    response = HTMLResponse(text, status_code=status)
    response.headers["content-language"] = reader.language
    response.headers["vary"] = "Cookie, Accept-Language"
    remember(response, reader.asked)
    return response


def _here(request: Request, place: str) -> Any:
    """A function that gives the present address with one preference changed.

    What was just recorded is not said again. The answer to a form cannot be read again: its page can.
    """
    answers = request.method not in SAFE_METHODS
    start = (place or _readable(request)) if answers else ""

    def here(**changes: object) -> str:
        kept = [
            (key, value)
            for key, value in ([] if answers else request.query_params.multi_items())
            if key not in ("lang", "theme", "recorded", "replanned", "said", "of", "what")
            and key not in changes
        ]
        return start + ("&" if "?" in start else "?") + urlencode([*kept, *changes.items()])

    return here


def _readable(request: Request) -> str:
    """The nearest page at the address of a form, or above it."""
    path = request.url.path
    while path:
        scope = {"type": "http", "method": "GET", "path": path, "app": request.app}
        if any(route.matches(dict(scope))[0] is Match.FULL for route in request.app.routes):
            return path
        path = path.rpartition("/")[0]
    return "/"
