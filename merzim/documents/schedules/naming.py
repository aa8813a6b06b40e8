"""Names the columns of a schedule by their headings, in the words of offices, in Russian, Kazakh and English.

A column holds the object, the unit, the responsible, a work; the start, the end or the period of an analysis, a
month, a quarter, a year; or the day of one step, which is named as the product names it or as people do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from merzim.documents.schedules.audit_table import Headings
from merzim.documents.schedules.roots import match_facts
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.written_time import Named, parse

STEP = "step:"
"""What stands before the name of a fact in the kind of a column of its days."""
PART = "part:"
"""What stands before the words of a month or quarter whose column has a mark in it."""
_OUTSIDE_TABLE = ("case", "number")
_KINDS: tuple[tuple[str, str], ...] = (
    ("number", r"^(?:no|n|п п|пп|р с|р н|рет саны|реттік нөмірі?|номер)\b|^(?:no|n) (?:п п|р с|р н)$"),
    ("", r"\bфакт(?:ическ\w*|іл\w*)?\b|\bнақты\b|\bпримечан|\bескерт|\bоснован|\bстатус|\bотметк|\bбелгі"),
    ("", r"\bформ[аы] (?:заверш|оконч|исполн|реализ|отч[её]т)|(?:аяқта|орында)\w* нысан"),
    ("", r"\bначальник|\bруководител\w* (?!групп|рабоч)|\bкуратор|\bбасшы"),
    ("who", r"ответствен|\bисполнител|жауапты|орындаушы|\bresponsible|\bexecutor|руководител\w* групп"),
    ("end", r"оконч|заверш|\bконец|\bконца|\bконечн|аяқта|соңы|\bпо$|\bдо$|\bend\b|\bfinish"),
    ("start", r"\bначал(?!ьн)|\bначат|\bстарт|\bбаста(?!ры|луыш|ма)|\bс$|\bот$|\bstart|\bbegin"),
    ("quarter", r"^(?:квартал|тоқсан|quarter)\w*$"),
    ("month", r"^(?:месяц|ай|айы|month)$|^месяц (?:проведен|начал)"),
    ("year", r"^(?:год|жыл|жылы|year)$"),
    (
        "period",
        r"\bсрок|мерзім|\bпериод|кезеңі|\bдат[аы]\b|\bкүні\b|\bвремя\b|\bуақыт|\bterm\b|\bdate|\bperiod",
    ),
    ("object", r"\bобъект|\bпредмет анализ|\bпроцесс|\bнаправлени|\bсфер|\bбағыт|\bсала|\bobject"),
    ("object", r"^(?:наименование|название|тема) (?:анализ|вакр)|^(?:анализ|вакр)$|\bталдау атауы"),
    ("unit", r"подраздел|бөлімше|\bдепартамент|\bуправлени\w*$|\bотдел|\bслужб|\bфилиал|\bорганизац|\bұйым"),
    ("unit", r"\bбөлім|\bбасқарма|\bдочерн|\bunit|\bdepartment|\bкомпани|\bпредприят|\bкәсіпорын"),
    ("work", r"\bвид\w* работ|наименован|мероприяти|\bэтап|содержан|\bработ[аы]|\bдействи|\bзадач|\bшаг"),
    ("work", r"жұмыс|іс шара|атауы|\bкезеңдер|\bназвание|\bwork|\bmeasure|\bstep|\bstage|\bactivity"),
)
"""Kind, roots of its headings; the first that fits counts. A day of another step is no day of the analysis."""
Naming = Callable[[str], str]
"""Returns what a heading names; "" for nothing known."""


def naming(facts: Collection[str], headings: Mapping[str, str]) -> Naming:
    """Return the function that names columns by their headings.

    Args:
        facts: the names of the procedure's facts.
        headings: the product's own words of a heading -> fact.
    """
    own = Headings(facts, headings)
    known: dict[str, str] = {}

    def name(heading: str) -> str:
        if heading not in known:
            known[heading] = _named(heading, own)
        return known[heading]

    return name


def _named(heading: str, own: Headings) -> str:
    """Return what a heading names, by the product's own words, else by those of offices; "" if unknown."""
    column = own.column(heading)
    if column and column not in _OUTSIDE_TABLE and "." not in column:
        return {"analysis_started": "start", "analysis_ended": "end"}.get(column, STEP + column)
    text = plain(heading)
    written = parse(heading)
    if isinstance(written, Named) and written.stretch.unit in ("month", "quarter") and not written.until:
        return PART + heading
    kind = next((kind for kind, roots in _KINDS if re.search(roots, text)), "")
    if kind in ("start", "end", "period", "work", "object"):
        step = _step(text)
        return STEP + step if step else kind
    return kind


def _step(text: str) -> str:
    """Return the fact whose day a heading names, the last of several; "" for none, and for the analysis itself,
    its start or its end.
    """
    if re.search(
        r"(?:объявлен|анонс|хабарландыр|хабарлама)\w* (?:о|туралы)? ?(?:начал|баста)|басталғаны туралы", text
    ):
        return "start_announced"
    found = match_facts(text)
    named = (*found.facts, *found.likely)
    certain = [fact for fact in named if fact not in ("analysis_started", "analysis_ended")]
    return certain[-1] if certain and not found.is_analysis else ""
