"""Import of a schedule an organisation published in 2026, and of its Kazakh version."""

from __future__ import annotations

from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from tests.documents.sheets import REAL, day, xlsx

PLANNED = {
    "schedule_approved": day("2026-03-30"),
    "start_announced": day("2026-03-30"),
    "order_signed": day("2026-04-06"),
    "analysis_started": day("2026-04-13"),
    "discussion_announced": day("2026-05-12"),
    "note_signed": day("2026-05-12"),
    "plan_approved": day("2026-05-13"),
    "plan_developed": day("2026-05-13"),
    "published": day("2026-05-18"),
    "discussion_held": day("2026-05-19"),
    "analysis_ended": day("2026-05-26"),
}


def real() -> ReadSchedule:
    (read,) = read_schedule(REAL)
    return read


def noted(read: ReadSchedule) -> list[tuple[int, str]]:
    return [(note.row, note.code) for note in read.notes]


def test_the_real_schedule_gives_every_one_of_its_dates_with_its_cell() -> None:
    """Rows 1 to 9 of the table are plan dates; developing the plan dates its approval too, the run of the
    analysis gives two dates, and `«30» 03 2026 г.` beneath the word of approval is a fact. The object is
    what stands between `в деятельности` and `на период`, without the asides."""
    read = real()
    cells = read.cells

    assert dict(read.planned) == PLANNED
    assert (read.approved_on, read.facts) == (day("2026-03-30"), {"schedule_approved": day("2026-03-30")})
    assert (cells["order_signed"], cells["schedule_approved"]) == ("C10", "D4")
    assert cells["analysis_started"] == cells["analysis_ended"] == "C13"
    assert cells["plan_developed"] == cells["plan_approved"] == "C17"
    assert cells.keys() == PLANNED.keys()
    assert read.object == "Акционерного общества и его дочерних и зависимых организаций"


def test_nothing_of_the_real_schedule_is_dropped() -> None:
    """What gave no plan date is noted with its row: `ежедневно`, `незамедлительно`, a dash, the sections."""
    listed = {"read_text_as_day", "read_text_as_span"}

    assert [note for note in noted(real()) if note[1] not in listed] == [
        *((4, "read_approved"), (8, "read_section"), (12, "read_section"), (13, "read_beside")),
        *((17, "read_plan_for_both"), (19, "read_row_not_dated"), (20, "read_row_not_dated")),
        (21, "read_row_not_dated"),
    ]


KAZAKH = [
    (None, None, None, "БЕКІТЕМІН"),
    (None, None, None, "Басқарма төрағасы"),
    (None, None, None, "2026 жылғы «30» наурыз"),
    (
        "Қоғамның қызметіндегі сыбайлас жемқорлық тәуекелдеріне ішкі талдау жүргізу жөніндегі жұмыс кестесі "
        "(2026 жылғы 13 сәуір мен 26 мамыр аралығында)",
    ),
    ("№", "Жұмыс түрі", "Орындалу мерзімі", "Жауапты тұлғалар"),
    ("Дайындық",),
    (1, "Ішкі талдау жүргізу кестесін бекіту", "30.03.26ж.", "Комплаенс-қызмет"),
    (2, "Ішкі талдау жүргізу туралы бұйрықты бекіту", "06.04.2026 ж.", "Комплаенс-қызмет"),
    (
        3,
        "Ішкі талдаудың басталғаны туралы хабарландыру (сайт, БАҚ)",
        "2026 жылғы 30 наурыз",
        "Комплаенс-қызмет",
    ),
    ("Талдау жүргізу",),
    (
        *(4, "1) Құжаттарды талдау; 2) Сыбайлас жемқорлық тәуекелдерін анықтау және бағалау"),
        *("13.04.26ж. – 26.05.26ж.\nМониторинг – күнделікті", "Жұмыс тобы"),
    ),
    (5, "Талдау нәтижелерін қоғамдық талқылаудың басталуы туралы анонс", "12.05.26ж.", "Жұмыс тобы"),
    (6, "Талдау нәтижелерін жария талқылау", "2026 жылғы 19 мамыр", "Жұмыс тобы"),
    (7, "Аналитикалық анықтамаға қол қою", "12.05.26ж.", "Жұмыс тобы"),
    (8, "Себептер мен жағдайларды жою жөніндегі іс-шаралар жоспарын әзірлеу", "13.05.26ж.", "Комплаенс-қызмет"),
    (9, "Талдамалық анықтама мен іс-шаралар жоспарын сайтта орналастыру", "18.05.26ж.", "Комплаенс-қызмет"),
    (10, "Ұсынымдардың орындалу мониторингі", "күнделікті", "Жұмыс тобы"),
    (11, "Тәуекелдерге шалдыққан лауазымдар тізбесін жасау", "нәтижелер бойынша – дереу", "Жұмыс тобы"),
    (12, "Сыбайлас жемқорлық картограммасын өзектендіру", "-", "Комплаенс-қызмет"),
]


def test_the_same_schedule_in_kazakh_gives_the_same() -> None:
    """Kazakh headings, months, abbreviations and wordings lead to the same facts on the same days."""
    (read,) = read_schedule(xlsx(KAZAKH, ["A4:D4", "A6:D6", "A10:D10"]), "кесте.xlsx")

    assert dict(read.planned) == PLANNED
    assert read.facts == {"schedule_approved": day("2026-03-30")}
    assert read.object == "Қоғамның"
    assert [code for _, code in noted(read)] == [code for _, code in noted(real())]
    assert set(read.responsible) == set(real().responsible)
