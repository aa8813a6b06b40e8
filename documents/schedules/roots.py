"""Which fact a line of a schedule speaks of, told by the roots of its words, in Russian and in Kazakh.

Wording varies from office to office (талдамалық / аналитикалық анықтама, жария / қоғамдық талқылау,
хабарландыру / анонс / жариялау), so whole phrases are never compared. The order of the questions matters:
a row on monitoring the plan speaks of the plan too, a row on announcing the discussion of the results
speaks of the results.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from documents.sheets.spelling import plain


@dataclass(frozen=True, slots=True)
class FactMatch:
    """What a row is about.

    Attributes:
        facts: facts the row dates, none when it was not recognised.
        likely: facts it dates only where no other row of the paper does (preparing the note, for signing it).
        run: the analysis itself, whose span gives two facts.
    """

    facts: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    run: bool = False

    @property
    def known(self) -> bool:
        return bool(self.facts or self.likely or self.run)


def _roots(*roots: str) -> re.Pattern[str]:
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
"""Work around the analysis that is not the analysis: a row of it must not move the analysis."""
_BEGIN = _roots("начал", "старт", "баста")
_END = _roots("заверш", "оконч", "аяқта")


def meaning(work: str) -> FactMatch:
    """What the text of a row is about; nothing known when no rule fits, or two fit equally well."""
    text = plain(work)

    def has(*patterns: re.Pattern[str]) -> bool:
        return all(pattern.search(text) for pattern in patterns)

    if has(_CARTOGRAM):
        return FactMatch(("cartogram_updated",))
    if has(_POSITIONS, _LIST):
        return FactMatch(("positions_consolidated" if has(_CONSOLIDATE) else "positions_listed",))
    if has(_MONITORING):
        return FactMatch(("monitoring_noted",))
    if has(_EXTERNAL):
        return FactMatch(("external_analysis_ended",))
    if has(_UPLOAD):
        return FactMatch(("uploaded",))
    told, published = has(_TELL), has(_PUBLISH)
    paper = has(_NOTE) or has(_PLAN, _MEASURES)
    if has(_DISCUSSION) and not has(_SIGN, _NOTE):
        if paper and published and not told:
            return FactMatch()  # a draft put up for discussion, or the papers and the discussion in one row
        if has(_ITS_RESULTS) and (published or told):
            return FactMatch(("discussion_results_published",))
        return FactMatch(("discussion_announced" if told or published else "discussion_held",))
    if published and paper:
        signed = ("note_signed",) if has(_NOTE, _SIGN) else ()
        approved = ("plan_approved",) if has(_PLAN, _MEASURES, _APPROVE) else ()
        return FactMatch((*signed, *approved, "published"))
    done = has(_APPROVE) or has(_SIGN)
    aside = has(_SENT) and not has(_MAKE)
    if has(_ORDER, _SCHEDULE):
        return FactMatch()  # an order on the schedule, or both in one row
    if has(_ORDER):
        return _sure_or_likely("order_signed", done=done, aside=aside)
    if has(_SCHEDULE) and not published and (done or has(_MAKE)):
        return _sure_or_likely("schedule_approved", done=done, aside=aside)
    if has(_NOTE):
        return _sure_or_likely("note_signed", done=done, aside=has(_SENT) and not has(_MAKE))
    if has(_PLAN, _MEASURES):
        return _of_plan(made=has(_MAKE), approved=done, aside=has(_SENT))
    if has(_WORK_PLAN):
        return _sure_or_likely("work_plan_approved", done=done, aside=aside)
    if told and has(_ANALYSIS):
        return FactMatch(("start_announced",))
    if has(_ANALYSIS) and not (done or has(_MAKE) or has(_OTHER) or published):
        return _of_analysis(begun=has(_BEGIN), ended=has(_END))
    if published and has(_ANALYSIS) and not has(_OTHER):
        return FactMatch(("start_announced",))
    return FactMatch()


def _sure_or_likely(fact: str, *, done: bool, aside: bool) -> FactMatch:
    if done:
        return FactMatch((fact,))
    return FactMatch() if aside else FactMatch((), (fact,))


def _of_plan(*, made: bool, approved: bool, aside: bool) -> FactMatch:
    """A row on developing the plan is the plan date of its approval too, unless another row dates that."""
    if approved:
        return FactMatch(("plan_developed", "plan_approved") if made else ("plan_approved",))
    if made:
        return FactMatch(("plan_developed",), ("plan_approved",))
    return FactMatch() if aside else FactMatch((), ("plan_developed", "plan_approved"))


def _of_analysis(*, begun: bool, ended: bool) -> FactMatch:
    if begun != ended:
        return FactMatch(("analysis_started",) if begun else ("analysis_ended",))
    return FactMatch(run=True)
