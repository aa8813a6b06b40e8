"""Recognition of the fact a schedule row means, in the wordings of different offices."""

from __future__ import annotations

import pytest

from merzim.documents.schedules.roots import FactMatch, match_facts


@pytest.mark.parametrize(
    ("work", "fact"),
    [
        ("Жұмыс кестесін бекіту", "schedule_approved"),
        ("Утверждение плана-графика проведения ВАКР", "schedule_approved"),
        ("Утверждение плана работ рабочей группы", "work_plan_approved"),
        ("Жұмыс жоспарын бекіту", "work_plan_approved"),
        ("Ішкі талдау жүргізу туралы бұйрыққа қол қою", "order_signed"),
        ("Ішкі талдаудың басталуын жариялау", "start_announced"),
        ("Размещение объявления о проведении внутреннего анализа", "start_announced"),
        ("Жария талқылауды жариялау", "discussion_announced"),
        ("Қоғамдық талқылау туралы хабарландыру", "discussion_announced"),
        ("Анонсирование начала публичного обсуждения результатов ВАКР", "discussion_announced"),
        ("Общественное обсуждение", "discussion_held"),
        ("Қоғамдық талқылау өткізу", "discussion_held"),
        ("Жария талқылау нәтижелерін жариялау", "discussion_results_published"),
        ("Размещение результатов публичного обсуждения", "discussion_results_published"),
        ("Талдамалық анықтамаға қол қою", "note_signed"),
        ("Подписание аналитической справки по итогам публичного обсуждения", "note_signed"),
        ("Іс-шаралар жоспарын бекіту", "plan_approved"),
        ("Талдамалық анықтаманы жариялау", "published"),
        ("Опубликование плана мероприятий", "published"),
        ("Мониторинг исполнения плана мероприятий", "monitoring_noted"),
        ("Свод перечней должностей подведомственных организаций", "positions_consolidated"),
        ("Начало внутреннего анализа", "analysis_started"),
        ("Талдаудың аяқталуы", "analysis_ended"),
    ],
)
def test_a_row_is_known_by_its_roots(work: str, fact: str) -> None:
    """Whatever the wording and the case of its words."""
    assert match_facts(work).facts == (fact,)


@pytest.mark.parametrize(
    "work",
    [
        "Создание рабочей группы для проведения анализа",
        "Размещение графика на сайте",
        "Направление плана мероприятий в подразделения",
        "Размещение проекта аналитической справки для публичного обсуждения",
        "Издание приказа об утверждении графика",
        "Совещание по итогам анализа",
        "",
    ],
)
def test_a_row_that_may_mean_two_things_means_none(work: str) -> None:
    """It is shown instead; a guess would become somebody's deadline."""
    assert match_facts(work) == FactMatch()


@pytest.mark.parametrize(
    "work", ["Проведение внутреннего анализа согласно утвержденному графику", "Құжаттарды талдау"]
)
def test_the_analysis_itself_is_a_run(work: str) -> None:
    """Its row gives two facts, the start and the end."""
    assert match_facts(work).is_analysis
