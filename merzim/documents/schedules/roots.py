"""Recognises the facts a schedule row is about by the word roots of its text, in Russian and Kazakh.

Wording varies between offices (талдамалық / аналитикалық анықтама, жария / қоғамдық талқылау, хабарландыру /
анонс / жариялау), so whole phrases are never compared. The order of the rules matters: a row on monitoring the
plan mentions the plan too, a row on announcing the discussion of the results mentions the results.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from merzim.documents.sheets.texts import plain


@dataclass(frozen=True, slots=True)
class FactMatch:
    """The facts a schedule row is about.

    Attributes:
        facts: facts dated by the row; empty when it was not recognised.
        likely: facts it dates only if no other row does (preparing the note stands for signing it).
        is_analysis: whether the row is the analysis itself, whose span gives two facts.
    """

    facts: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    is_analysis: bool = False

    @property
    def is_recognised(self) -> bool:
        return bool(self.facts or self.likely or self.is_analysis)


def _roots(*roots: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the roots at the beginning of a word."""
    return re.compile("|".join(rf"\b(?:{root})" for root in roots))


_NOTE = _roots(
    "анықтама",
    r"(?:талдамалы|талдамалық|аналитикалық|талдау|сараптамалық) есе[пб]",
    "справк",
    r"аналитическ\w* (?:отчет|записк)",
)
_DISCUSSION = _roots("талқыла", "обсужден", "обсудить", r"публичн\w* слушан")
_ITS_RESULTS = _roots(
    r"талқыла\w* (?:нәтиже|қорытынды)",
    r"(?:результат|итог)\w* (?:проведенн\w* )?(?:публичн\w* |общественн\w* )?обсужден",
    r"протокол\w* (?:публичн\w* |общественн\w* )?обсужден",
    r"талқыла\w* хаттама",
)
_TELL = _roots("хабарландыр", "хабарла", "анонс", "объявл", "оповещ", "оповест", "уведомл", "извещ")
_PUBLISH = _roots("жариялау", "жариялан", "жарияла", "орналастыр", "размещ", "размест", "опубликов", "публикац")
_SCHEDULE = _roots("график", r"(?:жұмыс )?кесте", "жоспар кесте", "план график")
_ORDER = _roots("приказ", "бұйры[қғ]", "распоряжен", "өкім")
_WORK_PLAN = _roots(r"план\w* работ", r"рабоч\w* план", "жұмыс жоспар", "жұмыстар жоспар")
_MEASURES = _roots(
    r"план\w*(?: \w+){0,3} (?:меропри|мер\b)", r"план\w*(?: \w+){0,2} (?:по )?устранен", "іс шара", "шаралар"
)
_PLAN = _roots("план", "жоспар")
_MONITORING = _roots("мониторинг")
_POSITIONS = _roots(r"должност\w*", "лауазым")
_LIST = _roots("переч", "список", "списк", "тізбе", "тізім")
_CONSOLIDATE = _roots("свод", "консолид", "обобщ", "жинақта", "жиынтық", "біріктір")
_CARTOGRAM = _roots("картограмм")
_UPLOAD = _roots("загруз", "жүктеу", "жүктелу", r"кросс платформ")
_EXTERNAL = _roots(r"внешн\w* анализ", "сыртқы талдау")
_ANALYSIS = _roots(
    "анализ", "талдау", "вакр", r"выявлен\w*(?: \w+){0,3} риск", r"тәуекел\w*(?: \w+){0,3} анықта"
)
_APPROVE = _roots("утверждени", "утвердить", "бекіту", "бекітіл(?!ген)", "согласован", "келісу")
_SIGN = _roots("подписани", "подписать", r"қол қо[юй]", "издани", "издать", "шығару", "принятие", "қабылдау")
_MAKE = _roots("разработ", "әзірле", "составлен", "составить", "подготов", "дайында", "жасау", "формирован")
_SENDING = (
    "ознаком",
    "направл",
    "представл",
    "внесен",
    "рассмотр",
    "таныстыр",
    "жолдау",
    "жіберу",
    "ұсыну",
    "қарау",
)
_SENT = _roots(*_SENDING)
_OTHER = _roots(
    *("созда", "совещан", "обучен", "запрос", "отчет", "презентац", r"рабоч\w* групп", "результат", "итог"),
    *("құру", "кеңес", "оқыту", "сұрау", "есеп", "жұмыс тоб", "нәтиже", "қорытынды"),
    *_SENDING,
)
"""Words for work related to the analysis that is not the analysis itself; such rows do not date it."""
_BEGIN = _roots("начал", "старт", "баста")
_END = _roots("заверш", "оконч", "аяқта")


Has: TypeAlias = Callable[..., bool]
"""Whether the text of a row has all the patterns given."""
_TOLD_BY_A_WORD = (
    ((_CARTOGRAM,), "cartogram_updated"),
    ((_POSITIONS, _LIST, _CONSOLIDATE), "positions_consolidated"),
    ((_POSITIONS, _LIST), "positions_listed"),
    ((_MONITORING,), "monitoring_noted"),
    ((_EXTERNAL,), "external_analysis_ended"),
    ((_UPLOAD,), "uploaded"),
)
"""Words after which no other is asked, and the fact they tell."""


def match_facts(work: str) -> FactMatch:
    """Return the facts the text of a row is about; an empty match when no rule fits, or two fit equally
    well.
    """
    text = plain(work)

    def has(*patterns: re.Pattern[str]) -> bool:
        return all(pattern.search(text) for pattern in patterns)

    for patterns, fact in _TOLD_BY_A_WORD:
        if has(*patterns):
            return FactMatch((fact,))
    announces, published = has(_TELL), has(_PUBLISH)
    paper = has(_NOTE) or has(_PLAN, _MEASURES)
    if has(_DISCUSSION) and not has(_SIGN, _NOTE):
        if paper and published and not announces:
            return FactMatch()  # a draft put up for discussion, or the papers and the discussion in one row
        return _match_discussion(announced=announces or published, of_results=has(_ITS_RESULTS))
    if published and paper:
        signed = ("note_signed",) if has(_NOTE, _SIGN) else ()
        approved = ("plan_approved",) if has(_PLAN, _MEASURES, _APPROVE) else ()
        return FactMatch((*signed, *approved, "published"))
    if has(_ORDER, _SCHEDULE):
        return FactMatch()  # an order on the schedule, or both in one row
    if (match := _match_paper(has, published=published)) is not None:
        return match
    return _match_analysis(has, announces=announces, published=published)


def _match_discussion(*, announced: bool, of_results: bool) -> FactMatch:
    """Return the match of a row on the discussion: it is held, announced, or its results are published."""
    if announced and of_results:
        return FactMatch(("discussion_results_published",))
    return FactMatch(("discussion_announced" if announced else "discussion_held",))


def _match_paper(has: Has, *, published: bool) -> FactMatch | None:
    """Return the match of a row on a document somebody signs or approves; None if it names none."""
    is_approved = has(_APPROVE) or has(_SIGN)
    is_aside = has(_SENT) and not has(_MAKE)
    if has(_ORDER):
        return _sure_or_likely("order_signed", is_done=is_approved, is_aside=is_aside)
    if has(_SCHEDULE) and not published and (is_approved or has(_MAKE)):
        return _sure_or_likely("schedule_approved", is_done=is_approved, is_aside=is_aside)
    if has(_NOTE):
        return _sure_or_likely("note_signed", is_done=is_approved, is_aside=is_aside)
    if has(_PLAN, _MEASURES):
        return _match_plan(developed=has(_MAKE), approved=is_approved, is_aside=has(_SENT))
    if has(_WORK_PLAN):
        return _sure_or_likely("work_plan_approved", is_done=is_approved, is_aside=is_aside)
    return None


def _sure_or_likely(fact: str, *, is_done: bool, is_aside: bool) -> FactMatch:
    """Return a certain match when the row completes the fact, else a likely one."""
    if is_done:
        return FactMatch((fact,))
    return FactMatch() if is_aside else FactMatch((), (fact,))


def _match_plan(*, developed: bool, approved: bool, is_aside: bool) -> FactMatch:
    """Return the match of a row on the plan; developing it also dates its approval, unless another row does."""
    if approved:
        return FactMatch(("plan_developed", "plan_approved") if developed else ("plan_approved",))
    if developed:
        return FactMatch(("plan_developed",), ("plan_approved",))
    return FactMatch() if is_aside else FactMatch((), ("plan_developed", "plan_approved"))


def _match_analysis(has: Has, *, announces: bool, published: bool) -> FactMatch:
    """Return the match of a row on the analysis: its announcement, its start, its end, or both."""
    if not has(_ANALYSIS) or (has(_OTHER) and not announces):
        return FactMatch()
    if announces or published:
        return FactMatch(("start_announced",))
    if has(_APPROVE) or has(_SIGN) or has(_MAKE):
        return FactMatch()
    has_started, ended = has(_BEGIN), has(_END)
    if has_started != ended:
        return FactMatch(("analysis_started",) if has_started else ("analysis_ended",))
    return FactMatch(is_analysis=True)
