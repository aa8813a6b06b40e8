"""`merzim form` for yearly annexes: rows from the registers, and a message for an empty register."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from merzim.documents.forms.definitions import form_named
from merzim.services.documents.year_reports import due_quarter, quarter_of_report
from tests.documents.test_forms import tables_of
from tests.merzim.conftest import Merzim

NOW = ("--now", "2026-12-01")
PERSON = "employee=Омарова Гүлнар Асқарқызы"
ROWS: tuple[tuple[str, ...], ...] = (
    (
        *("offences", "category=criminal", "found_by=body", "offender_text=бас маман А. Ахметов"),
        *("happened_on=2026-02-03", "happened_at=Орал", "event=Пара алды.", "damage=250000"),
        *("found_on=2026-02-10", "notified_on=2026-02-11", "notified_by=letter", "reporter=Құпия"),
    ),
    (
        *("offences", "category=administrative", "found_by=reconciliation", "offender_text=маман Б. Оспанов"),
        *("happened_on=2025-06-03", "happened_at=Орал", "event=Сыйлық алды.", "in_force_on=2026-03-02"),
        "status=соттың қаулысы",
    ),
    (
        *("gifts", "kind=gift", "description=сағат", "value=500000.50", PERSON),
        *("post=басшының орынбасары", "giver=«Альфа» ЖШС"),
        *("received_on=2026-02-03", "acceptance=yes", "found_on=2026-02-10", "measures=Тапсырылды."),
    ),
    (
        *("offences", "category=administrative", "found_by=body", "offender_text=маман В. Ли"),
        *("happened_on=2025-12-03", "happened_at=Орал", "event=Кеш хабарланды.", "found_on=2025-12-30"),
        *("notified_on=2026-01-05", "notified_by=letter"),
    ),
    (
        *("head-responsibility", "finding=unpunished", "category=criminal", "event=Жазаланбады."),
        *("offender=Г. Исаев", "register_number=25", "court=сот", "act_on=2025-10-01"),
        "in_force_on=2025-11-05",
        *("offence_on=2025-03-03", "head_text=Басшы", "three_months=yes", "political_servant=no"),
        "found_on=2026-02-16",
    ),
    ("gifts", "kind=gift", "description=кітап", PERSON, "received_on=2026-02-04", "acceptance=no"),
    (
        *("gifts", "kind=gift", "description=қалам", PERSON, "received_on=2025-11-03", "acceptance=yes"),
        "found_on=2025-11-04",
    ),
    (
        *("trainings", "kind=ethics_officer", "topic=Мүдделер қақтығысы", "held_on=2026-03-12"),
        *("format=online", "audience=сатып алу бөлімі", "attended=14"),
    ),
    (
        *("trainings", "kind=culture", "topic=Тест", "held_on=2026-03-13"),
        *("format=offline", "audience=бәрі", "attended=90"),
    ),
    (
        *("exposed-talks", PERSON, "position=сатып алу маманы", "held_on=2026-03-20"),
        "work_done=Әңгіме жүргізілді.",
    ),
    (
        *("explanations", "kind=legal_act", "subject=№ 5 бұйрық", "held_on=2026-04-01", "held_at=15:00"),
        *("scaled=yes", "scaled_on=2026-04-01", "views=1200", "counted_on=2026-04-30"),
        "link=https://example.kz/5",
    ),
)


def test_the_annexes_of_a_year_fill_themselves_from_the_registers(office: Merzim, tmp_path: Path) -> None:
    """Rows of the year and of the right kind alone, in words of the paper's language; what is empty says so.

    A row belongs to the year its points are counted in: in which the fact was reported, or found by the body.
    """
    for register, *values in ROWS:
        added = office("register", register, "add", *values, *NOW)
        assert added.code == 0, (register, added.err)

    facts = _table(office, tmp_path, "legislation_report", "kk", "--quarter", "1")
    assert [row[-1] for row in facts if row[-1] != "Анықталған жоқ."] == [
        "Анықталған фактінің сипаттамасы, қабылданған шаралар",
        "Санаты: әкімшілік құқық бұзушылық\nБолған күні: 2025 жылғы 3 желтоқсан\nБолған жері: Орал\n"
        "Лауазымы, Т.А.Ә.: маман В. Ли\nКеш хабарланды.",
        "Санаты: қылмыстық құқық бұзушылық\nБолған күні: 2026 жылғы 3 ақпан\nБолған жері: Орал\n"
        "Лауазымы, Т.А.Ә.: бас маман А. Ахметов\nКелтірілген залал: 250 000 теңге\nПара алды.",
        "Санаты: қылмыстық\nОқиғасы: Жазаланбады.\nСДТБТ нөмірі: 25\nСот: сот\n"
        "Сот актісінің күні: 2025 жылғы 1 қазан\nЗаңды күшіне енген күні: 2025 жылғы 5 қараша\n"
        "Сол кездегі тікелей басшы: Басшы\nТағайындалғанына үш ай өткені: иә\nСаяси қызметші ме: жоқ",
        "Алынған сыйлық, қызмет: сағат, 500 000,50 теңге\nАлынған күні: 2026 жылғы 3 ақпан\n"
        "Кім алды: басшының орынбасары, Омарова Гүлнар Асқарқызы\nКім берді: «Альфа» ЖШС\n"
        "Қабылданған шаралар: Тапсырылды.",
    ]
    assert len(facts) == 1 + 10
    # On 1 December the report of the third quarter is the last that fell due: nothing was found in it.
    due = _table(office, tmp_path, "legislation_report", "kk")
    assert {row[-1] for row in due[1:]} == {"Анықталған жоқ."}
    act = _table(office, tmp_path, "reconciliation_act", "ru")
    assert [row[2] for row in act if row[2]] == ["Фабула правонарушения", "Сыйлық алды.", "Нет.", "Нет."]
    events = _table(office, tmp_path, "ethics_report", "ru")
    assert "Мүдделер қақтығысы" in events[1][2]
    assert "Тест" not in events[1][2]
    assert "Омарова Гүлнар Асқарқызы; сатып алу маманы" in events[2][2]
    table = _table(office, tmp_path, "propaganda_report", "ru")
    assert "НПА, принятый государственным органом\n" in table[1][1]
    assert "Число просмотров: 1200\n" in table[1][1]
    assert table[1][2].endswith("https://example.kz/5")


def test_a_year_without_rows_says_so_and_names_it(office: Merzim, tmp_path: Path) -> None:
    """A blank costs points: each group says there is nothing, and the preparer is told to check it. What is
    known of one department alone says nothing of the organisation, whose paper it is."""
    form = ("form", "legislation_report", "--year", 2026, "--lang", "ru", "--json", *NOW)
    result, _ = office(*form, "--to", "a.docx"), office(*form, "--unit", "Пресс-служба", "--to", "b.docx")
    whole, part = (
        [row[-1] for row in tables_of((tmp_path / name).read_bytes())[0][1:]] for name in ("a.docx", "b.docx")
    )

    assert (whole, part) == (["Не выявлено."] * 9, [""] * 9)
    assert result.json["notes"] == [
        "Русский текст – неофициальный перевод, официальный текст на казахском языке.",
        "В реестре ничего не записано, в документе так и указано (строки: 1, 2, 3, 4, 5, 6, 7, 8, 9). "
        "Проверьте до подписания.",
    ]
    assert "rows" not in {missing["field"] for missing in result.json["missing"]}


def test_a_question_nobody_answered_is_not_called_none(office: Merzim, tmp_path: Path) -> None:
    """Of a gift of the quarter that leaves the fact of acceptance open row 8 says nothing; the notes do."""
    gift = ("register", "gifts", "add", "kind=gift", "description=кітап", PERSON)
    assert office(*gift, "received_on=2026-07-01", *NOW).code == 0
    assert office(*gift, "received_on=2026-06-30", *NOW).code == 0
    form = ("form", "legislation_report", "--year", 2026, "--lang", "ru", "--json", "--replace", *NOW)
    notes = office(*form, "--to", "a.docx").json["notes"]
    cells = [row[-1] for row in tables_of((tmp_path / "a.docx").read_bytes())[0][1:]]
    all_notes = office(*form, "--quarter", "0", "--to", "a.docx").json["notes"]
    refused = office("form", "cartogram_report", "--year", 2026, "--quarter", "1", "--to", "b.docx", *NOW)

    assert cells == ["Не выявлено."] * 7 + ["", "Не выявлено."]
    assert (
        "Нет ответа на вопрос «Есть ли факт принятия за действия (бездействие)» в записях: gifts-2026-0001. "
        "В документе о них ничего не сказано (строка 8): внесите ответ в реестр."
    ) in notes
    assert "gifts-2026-0002, gifts-2026-0001." in " ".join(all_notes)
    assert (refused.code, "it has no quarters" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("today", "due", "of_2026"),
    [
        (date(2026, 3, 31), (2025, 4), 1),
        (date(2026, 4, 1), (2026, 1), 1),
        (date(2026, 9, 30), (2026, 2), 2),
        (date(2026, 10, 1), (2026, 3), 3),
        (date(2027, 1, 5), (2026, 4), 4),
        (date(2027, 4, 1), (2027, 1), 4),
    ],
)
def test_the_quarter_whose_report_is_due_is_the_last_that_ended(
    today: date, due: tuple[int, int], of_2026: int
) -> None:
    """Of a year gone by the last, of one whose first quarter runs on the first."""
    assert due_quarter(today) == due
    assert quarter_of_report(form_named("legislation_report"), 2026, None, today=today) == of_2026


def _table(office: Merzim, folder: Path, form: str, language: str, *options: str) -> list[list[str]]:
    file = folder / f"{form}.docx"
    arguments = ("form", form, "--year", 2026, "--to", file, "--lang", language, "--replace")
    result = office(*arguments, *options, *NOW)
    assert result.code == 0, result.err
    return tables_of(file.read_bytes())[0]


def _recorded(office: Merzim, procedure: str, unit: str, fact: str, *options: str) -> None:
    """Open a case of a unit of 2026 and record a fact of it by hand, without a row of a register."""
    opened = office("open", procedure, "--unit", unit, "--json", *NOW)
    assert opened.code == 0, opened.err
    case = opened.json["id"]
    assert office("record", case, "year_begun", "--on", "2026-01-05", *NOW).code == 0
    result = office("record", case, fact, "--on", "2026-11-20", *options, *NOW)
    assert result.code == 0, result.err


@pytest.mark.parametrize(
    ("number", "none", "note"),
    [
        ("6", [], "По делам записано 6, в реестре – 1. «Нет» в документе не сказано"),
        ("1", ["Нет.", "Нет."], ""),
    ],
)
def test_the_reconciliation_act_says_none_only_where_no_recorded_number_says_otherwise(
    office: Merzim, tmp_path: Path, number: str, none: list[str], note: str
) -> None:
    """Instruction, P2.T2.S1, annex 3: six are counted for the year, one stands in the register."""
    register, *values = ROWS[1]
    assert office("register", register, "add", *values, *NOW).code == 0
    fact = ("offences_reconciled.2026", "--value", f"corruption_offences={number}")
    _recorded(office, "tbn4-project-2", "Правление", *fact)
    line = ("form", "reconciliation_act", "--year", 2026, "--lang", "ru", "--to", "a.docx", "--json", *NOW)
    notes = [text for text in office(*line).json["notes"] if "По делам" in text]
    cells = [row[2] for row in tables_of((tmp_path / "a.docx").read_bytes())[0]]

    assert [cell for cell in cells if cell == "Нет."] == none
    assert "Сыйлық алды." in cells
    assert notes == [] if not note else notes[0].startswith(note)


def _with_department(office: Merzim, folder: Path) -> None:
    """Add a department of an oblast to the example's people."""
    (folder / "below.csv").write_text(
        "Бөлімше;Ұйымның түрі;Жоғары тұрған бөлімше;Аты-жөні\n"
        "Мәдениет басқармасы;облыстық басқарма;;Асанов Үсен\n"
    )
    assert office("people", "below.csv", *NOW).code == 0


def test_an_order_whose_day_is_not_entered_stands_in_annex_4_of_its_year(
    office: Merzim, tmp_path: Path
) -> None:
    """The breakdown never says "none" beside an amount of the same year: 1,500,000 was placed in June, 700,000
    has its year alone, 300,000 belongs to the next."""
    _with_department(office, tmp_path)
    add = ("register", "social-orders", "add", "--unit", "Мәдениет басқармасы")
    for place, year, theme, placed in (
        ("Алтай ауданы", 2026, "700000", ""),
        ("Мәдениет басқармасы", 2026, "1500000", "2026-06-20"),
        ("Алтай ауданы", 2027, "300000", ""),
    ):
        values = [f"year={year}", "place_kind=district", f"place={place}", f"amount={theme}"]
        assert office(*add, *values, *[f"placed_on={placed}"] * bool(placed), *NOW).code == 0

    table = _table(office, tmp_path, "social_order", "ru")

    assert table[1][1] == "2 200 000 тг."
    assert [cells[:2] for cells in table[3:5]] == [
        ["Мәдениет басқармасы", "1 500 000 тг."],
        ["Алтай ауданы", "700 000 тг."],
    ]
    assert (table[-3][1], table[-1][1]) == ("2 200 000 тг.", "300 000 тг.")


def test_a_fact_found_without_a_row_leaves_its_own_row_of_annex_2_open(office: Merzim, tmp_path: Path) -> None:
    """Instruction, P2.T5.S4: row 8; the other eight say that nothing was found."""
    _recorded(office, "tbn4-project-2", "Правление", "gift_found.2026")
    line = ("form", "legislation_report", "--year", 2026, "--quarter", 4, "--lang", "ru", "--json", *NOW)
    notes = office(*line, "--to", "a.docx").json["notes"]
    cells = [row[-1] for row in tables_of((tmp_path / "a.docx").read_bytes())[0][1:]]

    assert cells == ["Не выявлено."] * 7 + ["", "Не выявлено."]
    assert [note for note in notes if note.startswith("Строка 8: по делам записано 1, в реестре – 0.")]


def test_purchases_are_summed_by_supplier_and_by_related_suppliers(office: Merzim, tmp_path: Path) -> None:
    """The standard (order No. 230), paragraph 52: one supplier, or related ones, taking a large part.

    By hand: 600 + 200 of 1,000 go to Alfa, 100 to Beta, which names Alfa as related; 100 to Gamma."""
    purchases = (
        ("Альфа", "600000", "2026-02-03", ()),
        ("Бета", "100000", "2026-03-03", ("related=Альфа",)),
        ("Альфа", "200000", "2026-04-03", ()),
        ("Гамма", "100000", "2026-05-04", ()),
        ("Гамма", "900000", "2025-12-30", ()),
    )
    for supplier, amount, on, related in purchases:
        line = (
            "register",
            "purchases",
            "add",
            f"supplier={supplier}",
            f"amount={amount}",
            f"concluded_on={on}",
        )
        more = ("contract=1", "subject=қағаз", "method=contest", *related)
        assert office(*line, *more, *NOW).code == 0
    form = ("form", "supplier_sums", "--year", 2026, "--lang", "ru", "--to", "a.docx", *NOW)
    assert office(*form).code == 0
    rows = [[cell.replace(" ", " ") for cell in row] for row in tables_of(Path("a.docx").read_bytes())[0]]

    assert rows[1:] == [
        ["1.", "Альфа", "2", "800 000 тг.", "80 %", "Бета", "900 000 тг.", "90 %"],
        ["2.", "Бета", "1", "100 000 тг.", "10 %", "Альфа", "900 000 тг.", "90 %"],
        ["3.", "Гамма", "1", "100 000 тг.", "10 %", "", "", ""],
    ]
