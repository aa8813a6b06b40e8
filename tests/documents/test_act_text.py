"""Reading the text of an act from a file: headings, and the paragraphs that regulations cite."""

from __future__ import annotations

import io

import docx
import pytest

from merzim.documents.act_text import find_place, language_of, paragraphs, passage, read_act
from merzim.documents.sandbox.readers import read_act_text
from merzim.documents.sheets.unreadable import UnreadablePaper

INSTRUCTION = """КІРІСПЕ

Бұл мәтін ойдан шығарылған және ешбір

актінің мәтіні емес.

1-тапсырма. Дайындық

1-қосалқы тапсырма. Кестені

бекіту.

Кесте маусымда бекітіледі.

2-тапсырма: Өткізу

1-қосалқы тапсырма. Хабарландыру.

Он күн бұрын жарияланады.

1-қосалқы тапсырма. Талқылау.

Хаттама жасалады.

3-қосалқы тапсырма. Анықтама.

Анықтамаға басшы қол қояды.

1-тапсырма. Екінші жобаның тапсырмасы

1-қосалқы тапсырма. Алдын алу.

Жыл сайын өткізіледі.
"""
STANDARD = """БҰЙЫРАМЫН:
1. Стандарт бекітілсін.
2. Осы бұйрық қол қойылған күнінен бастап күшіне енеді.
Стандарт
1. Осы стандарт ойдан шығарылған.
2. Мынадай ұғымдар пайдаланылады:
1) тәуекел – ойдан шығарылған ұғым;
2) сыйлық – тағы бір ұғым.
3. Сыйлық үш күн ішінде тапсырылады.
4.6. Персонал
4.6.2. Қызметкерлер жылына бір рет мәлімдейді.
"""


def _at(text: str, cited: str) -> list[str]:
    """The paragraphs a citation opens."""
    act = paragraphs(text)
    start = find_place(act, cited)
    assert start is not None, cited
    return [paragraph.text for paragraph in passage(act, start)]


def test_a_subtask_is_found_by_its_project_task_and_number_and_ends_before_the_next() -> None:
    """As regulations cite them: P1.T1.S1. Tasks that begin anew begin the next project."""
    text = read_act(INSTRUCTION.encode(), "нұсқаулық.txt")

    assert _at(text, "P1.T1.S1") == ["1-қосалқы тапсырма. Кестені бекіту.", "Кесте маусымда бекітіледі."]
    assert _at(text, "P2.T1.S1") == ["1-қосалқы тапсырма. Алдын алу.", "Жыл сайын өткізіледі."]


def test_a_second_subtask_printed_under_the_number_of_the_first_is_the_second() -> None:
    """So the instruction itself is printed: 1, 1, 3."""
    text = read_act(INSTRUCTION.encode(), "нұсқаулық.txt")

    assert _at(text, "P1.T2.S1")[0] == "1-қосалқы тапсырма. Хабарландыру."
    assert _at(text, "P1.T2.S2")[0] == "1-қосалқы тапсырма. Талқылау."
    assert _at(text, "P1.T2.S3")[0] == "3-қосалқы тапсырма. Анықтама."


def test_points_are_those_of_what_the_order_approves_not_of_the_order() -> None:
    """Both begin with 1; what regulations cite is the longer."""
    assert _at(STANDARD, "p. 2(2)") == ["2) сыйлық – тағы бір ұғым."]
    assert _at(STANDARD, "p. 3") == ["3. Сыйлық үш күн ішінде тапсырылады."]
    assert _at(STANDARD, "p. 4.6.2") == ["4.6.2. Қызметкерлер жылына бір рет мәлімдейді."]


def test_a_place_that_is_not_there_opens_the_nearest_above_it_or_nothing() -> None:
    """p. 3(7) opens point 3; of several cited the first that is there; an article of another act nothing."""
    assert _at(STANDARD, "p. 3(7)") == ["3. Сыйлық үш күн ішінде тапсырылады."]
    assert _at(STANDARD, "p. 77, p. 3") == ["3. Сыйлық үш күн ішінде тапсырылады."]
    assert find_place(paragraphs(STANDARD), "art. 15") is None


def test_articles_annexes_and_rows_of_tables_are_places() -> None:
    """Статья 8, пункт 5; приложение 1, пункт 2; the numbered rows of a map."""
    text = (
        "Статья 8. Анализ\n4. Первое.\n5. Второе.\nСтатья 9. Другое\n"
        "Приложение 1\n1. Форма.\n2. Порядок.\n3\tТретья строка\tсрок\n"
    )

    assert _at(text, "art. 8(5)") == ["5. Второе."]
    assert _at(text, "annex 1, p. 2")[0] == "2. Порядок."
    assert _at(text, "row 3") == ["3 · Третья строка · срок"]


def test_every_kind_of_file_gives_the_same_paragraphs() -> None:
    """DOCX by its styles and tables, HTML by its elements without scripts and menus."""
    document = docx.Document()
    document.add_heading("Общие положения")
    document.add_paragraph("1. Первый пункт.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "1", "Строка карты"
    packed = io.BytesIO()
    document.save(packed)
    page = (
        "<html><head><title>нет</title><script>alert(1)</script></head><body><nav>Меню</nav>"
        "<h2>Общие положения</h2><p>1. Первый\n пункт.</p>"
        "<table><tr><td>1</td><td>Строка карты</td></tr></table>"
    )
    expected = "# Общие положения\n1. Первый пункт.\n1\tСтрока карты\n"

    assert read_act_text(packed.getvalue(), "акт.docx") == expected
    assert read_act_text(page.encode(), "акт.html") == expected
    assert [paragraph.heading for paragraph in paragraphs(expected)] == [True, False, False]


def test_a_text_of_a_pdf_is_read() -> None:
    """Its text layer; lines broken to fit the page are joined."""
    lines = ["1. First point of the made-up act that goes on", "to a second line.", "2. Second point."]
    drawn = "BT /F1 12 Tf 50 750 Td 16 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    ]
    body = "".join(f"{number} 0 obj\n{pdf_object}\nendobj\n" for number, pdf_object in enumerate(objects, 1))
    pdf = f"%PDF-1.4\n{body}trailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF"

    assert read_act_text(pdf.encode(), "act.pdf") == (
        "1. First point of the made-up act that goes on to a second line.\n2. Second point.\n"
    )


def test_the_language_is_told_by_the_letters() -> None:
    """ә, ғ, қ ... occur in Kazakh only."""
    assert language_of(INSTRUCTION) == "kk"
    assert language_of("Настоящая Инструкция выдумана.") == "ru"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"x", "act.exe", "act_text_kind"),
        (b"not a document", "act.docx", "act_text_damaged"),
        (b"%PDF-1.4 nothing", "act.pdf", "act_text_damaged"),
        (b"<html><script>var a</script></html>", "act.html", "act_text_empty"),
        (b"   \n", "act.txt", "act_text_empty"),
    ],
)
def test_a_file_without_a_text_is_refused(data: bytes, name: str, code: str) -> None:
    """By a sentence that says what may be sent."""
    with pytest.raises(UnreadablePaper) as refused:
        read_act_text(data, name)

    assert refused.value.code == code
