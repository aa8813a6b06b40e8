"""`merzim form`: documents of a case; unrecorded values are left blank and listed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import docx
import pytest

from i18n import say
from merzim.documents.forms.definitions import form_named, form_names
from merzim.services.documents.rows import FROM_CASE_REGISTERS, all_position_rows, position_rows
from tests.documents.test_forms import tables_of, text_of
from tests.merzim.conftest import CASE, PLAN, Merzim, Prepare, import_example, take_plan
from tests.row_commands import act, operator
from workflow.cases.case import Case, Event, EventKind
from workflow.languages import PAPER_LANGUAGES
from workflow.org.office import Office, Person, Unit

OF_A_CASE = [name for name in form_names() if form_named(name).about == "case"]
NOW = ("--now", "2026-05-12")


def _case(office: Merzim) -> str:
    return str(office("cases", "--json").json["cases"][0]["id"])


def test_every_form_of_a_case_opens(office: Merzim, tmp_path: Path) -> None:
    """Filled with what the schedule said, in one language each; the command names what is left for the hand."""
    case = _case(office)
    for number, name in enumerate(OF_A_CASE):
        for language in PAPER_LANGUAGES[number % 2 :][:1]:
            file = tmp_path / f"{name}.{language}.docx"
            result = office("form", case, name, "--to", file, "--lang", language, *NOW)

            assert result.code == 0, result.err
            assert docx.Document(str(file)).paragraphs
            assert str(file) in result.out


def test_the_schedule_carries_the_plan_dates_and_who_answers(office: Merzim, tmp_path: Path) -> None:
    """The dates of the real schedule of 2026, in official form; a unit is named in the paper's language."""
    for language in PAPER_LANGUAGES:
        file = tmp_path / f"{language}.docx"
        office("form", _case(office), "schedule", "--to", file, "--lang", language, *NOW)
    document = (tmp_path / "ru.docx").read_bytes()
    rows = {row[1]: row[2:] for row in tables_of(document)[0]}
    analysis = ["с 13 апреля по 26 мая 2026 года", "Рабочая группа по ВАКР"]

    assert rows["Подписание приказа о внутреннем анализе"][0] == "6 апреля 2026 года"
    assert rows["Проведение внутреннего анализа коррупционных рисков"] == analysis
    assert "жөніндегі жұмыс тобы" in tables_of((tmp_path / "kk.docx").read_bytes())[0][4][-1]
    assert "30 марта 2026 года" in text_of(document)
    assert "Председатель Правления" in text_of(document)


def test_a_layout_of_ones_own_is_used_in_its_language_and_needs_no_remark(
    office: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`plan.ru.docx` in the folder that config.toml names; the Kazakh plan is still ours, and said to be."""
    own, ours = docx.Document(), {}
    own.add_paragraph("АО «Жайық»: {{ note_date }}")
    own.save(str(tmp_path / "plan.ru.docx"))
    monkeypatch.setenv("MERZIM__FORMS__FOLDER", str(tmp_path))
    for language in PAPER_LANGUAGES:
        line = ("form", _case(office), "plan", "--to", tmp_path / f"{language}.docx", "--lang", language)
        notes = office(*line, "--json", *NOW).json["notes"]
        ours[language] = say("form.mark.layout", {"annex": 5}, language) in notes

    assert text_of((tmp_path / "ru.docx").read_bytes()).startswith("АО «Жайық»: «")
    assert "ІС-ШАРАЛАР ЖОСПАРЫ" in text_of((tmp_path / "kk.docx").read_bytes())
    assert ours == {"kk": True, "ru": False}


def test_a_year_is_scheduled_object_by_object(office: Merzim, tmp_path: Path) -> None:
    """Each with its exact days; what begins in another year is not there, what has no end is named."""
    for object, first in (("Қаржы басқармасы", "2026-02-02"), ("Келесі жылғы", "2027-02-01")):
        planned = ("--planned", f"analysis_started={first}")
        assert office("open", "internal-analysis", "--object", object, *planned, *NOW).code == 0
    line = ("form", "year_schedule", "--year", 2026, "--to", tmp_path / "a.docx", "--lang", "ru", "--json")
    result = office(*line, *NOW)
    rows = tables_of((tmp_path / "a.docx").read_bytes())[0][1:]

    assert [row[2] for row in rows] == ["", "с 13 апреля по 26 мая 2026 года"]
    assert rows[0][1] == "Қаржы басқармасы"
    assert {"period", "responsible"} <= {
        missing_field["field"] for missing_field in result.json["missing"] if missing_field["row"] == 1
    }


def test_the_order_is_dated_when_it_is_signed_and_not_before(office: Merzim, tmp_path: Path) -> None:
    """A plan date is no date of signing."""
    case = _case(office)
    before = office("form", case, "order", "--to", tmp_path / "a.docx", "--json", *NOW).json
    office("record", case, "order_signed", "--on", "2026-04-06", *NOW)
    after = office("form", case, "order", "--to", tmp_path / "b.docx", "--json", *NOW).json

    assert "order_date" in {missing_field["field"] for missing_field in before["missing"]}
    assert "order_date" not in {missing_field["field"] for missing_field in after["missing"]}
    assert "2026 жылғы 6 сәуір" in text_of((tmp_path / "b.docx").read_bytes())


def test_a_persons_form_is_filled_from_their_row_of_the_journal(office: Merzim, tmp_path: Path) -> None:
    """By the row, or by the person; the post as it was then. No paper is made of a refusal."""
    consents = ("register", "consents")
    row = ("paper=consent", "post=Бөлім басшысы", "signed_on=2026-04-01")
    assert office(*consents, "add", "employee=v.kim@example.kz", *row, *NOW).code == 0
    refusal = ("paper=consent", "post=Маман", "refused=yes", "consequence=not_appointed")
    assert office(*consents, "add", "employee=Серікбаев Дәурен Маратұлы", *refusal, *NOW).code == 0
    by_row = ("--row", "consents-2026-0001")
    for file, person_options in (("a.docx", by_row), ("b.docx", ("--person", "v.kim@example.kz"))):
        assert (
            office("form", "consent", *person_options, "--to", tmp_path / file, "--lang", "ru", *NOW).code == 0
        )
        text = text_of((tmp_path / file).read_bytes())
        assert "Бөлім басшысы," in text
        assert "1 апреля 2026 года" in text
    to = ("--to", tmp_path / "c.docx", *NOW)
    other = office("form", "confirmation", *by_row, *to)
    refused = office("form", "consent", "--row", "consents-2026-0002", *to)

    assert (other.code, refused.code) == (2, 2)
    assert other.err == "merzim: There is nothing here to put on a form.\n"


def test_what_a_paper_does_not_print_is_noted(office: Merzim, tmp_path: Path) -> None:
    """The body whose layout it is, and a name that the case lacks in its language."""
    layout, language = office("form", _case(office), "plan", "--to", tmp_path / "a.docx", "--json", *NOW).json[
        "notes"
    ]

    assert layout == "Layout made by Merzim: the text of annex 5 to order No. 488 was not available."
    assert "has no Kazakh name of the object" in language


def test_a_filled_document_is_not_written_over(office: Merzim, tmp_path: Path) -> None:
    """What an official wrote into it would be lost; --replace says it may be."""
    file = tmp_path / "a.docx"
    file.write_bytes(b"signed")
    result = office("form", _case(office), "order", "--to", file, *NOW)

    assert (result.code, file.read_bytes()) == (2, b"signed")
    assert "--replace" in result.err
    assert office("form", _case(office), "order", "--to", file, "--replace", *NOW).code == 0
    assert docx.Document(io.BytesIO(file.read_bytes())).paragraphs


BAD_LINES = [
    ("order --to a.docx", "merzim form CASE order"),
    ("CASE order", "--to"),
    ("CASE orders --to a.docx", "order"),
    ("CASE order --to no/such/folder/a.docx", "a.docx"),
    ("2020-9999 order --to a.docx", "2020-9999"),
    ("legislation_report --to a.docx --year 26", "--year"),
    ("legislation_report --to a.docx --unit Nowhere", "Nowhere"),
]


def test_a_bad_line_is_refused_in_one_sentence(office: Merzim) -> None:
    """It names what is wrong; nothing is written."""
    case = _case(office)
    for line, names_it in BAD_LINES:
        result = office("form", *line.replace("CASE ", f"{case} ").split(), *NOW)

        assert result.code == 2, line
        assert names_it in result.err
        assert result.err.count("\n") == 1
        assert not Path("a.docx").exists()


OBLAST = (
    "Бөлімше;Ұйымның түрі;Жоғары тұрған бөлімше;Аты-жөні;Лауазымы;Міндеттері;E-mail\n"
    "Жетісу облысы әкімінің аппараты;облыс әкімінің аппараты;;Исабаев Бейбіт;Облыс әкімі;бірінші басшы;a@x.kz\n"
    "Жетісу облысы әкімінің аппараты;;;Сәтов Мұрат;Әкімнің орынбасары;орынбасар;d@x.kz\n"
    "Жетісу облысы әкімінің аппараты;;;Ли Анна;Аппарат басшысы;аппарат басшысы;c@x.kz\n"
    "Қаржы басқармасы;облыстық басқарма;Жетісу облысы әкімінің аппараты;Болатов Ерлан;Басқарма басшысы;"
    "бірінші басшы, уәкілетті тұлға;f@x.kz\n"
    "Бюджет бөлімі;;Қаржы басқармасы;Ким Олег;Бөлім басшысы;бөлімше басшысы;b@x.kz\n"
    "Дін істері басқармасы;облыстық басқарма;Жетісу облысы әкімінің аппараты;Оспан Айна;Маман;"
    "уәкілетті тұлға;r@x.kz\n"
)


def test_a_paper_has_one_organisation_in_its_heading_and_its_signature(merzim: Merzim, tmp_path: Path) -> None:
    """Instruction, P1: the head of the subject signs. A body with a head of its own signs its own papers, those
    of its units too; for one without a head the body above signs, under its own name."""
    (tmp_path / "config.toml").write_text('[office]\nname = "Жетісу облысы әкімінің аппараты"\n')
    (tmp_path / "people.csv").write_text(OBLAST)
    assert merzim("people", "people.csv", *NOW).code == 0
    papers, signatures = {}, {}
    for unit in ("Қаржы басқармасы", "Бюджет бөлімі", "Дін істері басқармасы"):
        case = merzim("open", "internal-analysis", "--unit", unit, "--object", unit, "--json", *NOW).json["id"]
        for name in ("order", "plan", "start_announcement"):
            line = ("form", case, name, "--to", "a.docx", "--lang", "kk", "--replace", *NOW)
            assert merzim(*line).code == 0
            paper = (tmp_path / "a.docx").read_bytes()
            papers[unit, name] = text_of(paper)
            if name == "order":
                signatures[unit] = tables_of(paper)[0]

    for unit in ("Қаржы басқармасы", "Бюджет бөлімі"):
        assert papers[unit, "order"].startswith("Қаржы басқармасы\n")
        assert ["Басқарма басшысы", "______________", "Е.\u00a0Болатов"] in signatures[unit]
        assert "БЕКІТЕМІН\nБасқарма басшысы\n______________ Е. Болатов" in papers[unit, "plan"]
        assert "Талдау субъектісі: Қаржы басқармасы\n" in papers[unit, "plan"]
        assert "\nҚаржы басқармасы сыбайлас" in papers[unit, "start_announcement"]
        assert "f@x.kz" in papers[unit, "start_announcement"]
        assert "Исабаев" not in papers[unit, "order"] + papers[unit, "plan"]
    above = papers["Дін істері басқармасы", "order"]
    assert above.startswith("Жетісу облысы әкімінің аппараты\n")
    assert ["Облыс әкімі", "______________", "Б.\u00a0Исабаев"] in signatures["Дін істері басқармасы"]
    assert "r@x.kz" not in papers["Дін істері басқармасы", "start_announcement"]


IN_OCTOBER = ("--now", "2026-10-20")


@pytest.fixture
def planned(prepared: Prepare) -> Merzim:
    """A case with its note signed, its plan taken in, one measure reviewed."""
    return prepared(import_example, _plan)


def _plan(office: Merzim) -> None:
    take_plan(office, PLAN, IN_OCTOBER)
    with operator(IN_OCTOBER[1]) as ctx:
        act(ctx, "risks", "rank", CASE, number=1, likelihood=3, effect=3)
        act(ctx, "measures", "review", CASE, number=1, outcome="executed", on="2026-10-06")


def _table(merzim: Merzim, form: str, file: Path, language: str = "ru") -> list[list[str]]:
    result = merzim("form", CASE, form, "--to", file, "--lang", language, *IN_OCTOBER)
    assert result.code == 0, result.err
    return tables_of(file.read_bytes())[0]


def test_the_plan_is_the_plan_that_was_taken_in(planned: Merzim, tmp_path: Path) -> None:
    """Each measure with its completion form, who answers, and the term in the plan's own words;
    departments of the office and quarters have their names in the language of the paper."""
    rows = _table(planned, "plan", tmp_path / "a.docx")

    assert rows[1] == [
        "1.",
        "internal documents not up to date",
        "revise internal documents, align with law",
        "orders",
        "Антикоррупционная комплаенс-служба",
        "III квартал 2026 года",
    ]
    assert "10 июня 2026 года" in text_of((tmp_path / "a.docx").read_bytes())
    kazakh = _table(planned, "plan", tmp_path / "b.docx", "kk")
    assert kazakh[1][4:] == ["Сыбайлас жемқорлыққа қарсы комплаенс-қызмет", "2026 жылғы III тоқсан"]
    assert kazakh[2][4:] == ["nobody we know", "Постоянно"]


@pytest.mark.parametrize(
    ("term", "russian", "kazakh"),
    [
        ("2026-12-01", "1 декабря 2026 года", "2026 жылғы 1 желтоқсан"),
        ("до 01.12.2026", "до 1 декабря 2026 года", "2026 жылғы 1 желтоқсанға дейін"),
        *((span, span, span) for span in ("август-сентябрь 2026", "I-II квартал 2026", "в 2026 году")),
    ],
)
def test_a_day_of_the_plan_is_written_as_papers_write_days(
    planned: Merzim, tmp_path: Path, term: str, russian: str, kazakh: str
) -> None:
    """However it was typed, in the language of the paper; of a span its last month alone would be untrue."""
    with operator(NOW[1]) as ctx:
        act(ctx, "measures", "add", CASE, risk=1, action="Ереже", term=term)

    for language, said in {"ru": russian, "kk": kazakh}.items():
        rows = _table(planned, "plan", tmp_path / f"{language}.docx", language)
        assert [row[5] for row in rows if row[2] == "Ереже"] == [said]


def test_the_monitoring_note_tells_the_status_of_each_measure(planned: Merzim, tmp_path: Path) -> None:
    """In the language of the paper; what nobody has reviewed is left open, not guessed."""
    russian = _table(planned, "monitoring_note", tmp_path / "a.docx")
    kazakh = _table(planned, "monitoring_note", tmp_path / "b.docx", "kk")

    assert (russian[1][6], kazakh[1][6]) == ("исполнено", "орындалды")
    assert russian[2][6] == ""
    text = text_of((tmp_path / "b.docx").read_bytes())
    assert "2026 жылғы 1 маусымнан 2027 жылғы 1 маусымға дейін" in text


def test_the_note_tells_each_risk_with_its_rank(planned: Merzim, tmp_path: Path) -> None:
    """Description, rank by the scale, recommendation, what removes it; the note of 1 June knows of no risk
    removed in October (instruction, P1.T2.S3)."""
    with operator(IN_OCTOBER[1]) as ctx:
        act(ctx, "risks", "remove", CASE, number=1, on="2026-10-12", completed=True)
    rows = _table(planned, "analytic_note", tmp_path / "a.docx")

    assert rows[1][1].startswith("internal documents not up to date")
    assert "Степень: " in rows[1][1]
    assert "Степень: " not in rows[2][1]
    assert rows[1][3] == "revise internal documents, align with law"


AT = datetime(2026, 7, 1, tzinfo=UTC)


def _exposed(*events: Event) -> Case:
    return Case(id="1", procedure="internal-analysis", edition="e", entries=events)


def _event(seq: int, kind: EventKind, name: str, on: date, **payload: object) -> Event:
    return Event(case="1", seq=seq, kind=kind, name=name, on=on, at=AT, by="t", payload=payload)


POSITIONS = _exposed(
    _event(1, "position_exposed", "1", date(2026, 6, 2), title="Бас маман", why="сатып алу", holder="a@b.kz"),
    _event(2, "position_exposed", "2", date(2026, 6, 2), title="Кассир", why="қолма-қол ақша", holder="Б."),
    _event(3, "position_cleared", "2", date(2026, 7, 2)),
    _event(4, "talk_held", "1", date(2026, 9, 3), holder="a@b.kz", topic="әңгіме"),
    _event(5, "talk_held", "1", date(2025, 9, 3), holder="a@b.kz", topic="былтырғы"),
)


AFTER = date(2026, 7, 3)
POSITION_LIST = form_named("exposed_positions")


def test_the_list_of_positions_names_posts_and_never_people() -> None:
    """Instruction, P1.T4.S1. A list is of its own day: one removed the day after stands in it."""
    day_of_removal = date(2026, 7, 2)
    assert position_rows(POSITION_LIST, POSITIONS, Office(), "kk", on=day_of_removal) == [
        {"unit": "", "position": "Бас маман", "risk": "сатып алу"}
    ]
    before = position_rows(POSITION_LIST, POSITIONS, Office(), "kk", on=date(2026, 7, 1))
    assert [row["position"] for row in before] == ["Бас маман", "Кассир"]


def test_a_department_that_a_position_names_is_written_in_the_language_of_the_paper() -> None:
    """Written as the office calls it, in whatever case."""
    office = Office(units={"u": Unit(id="u", name="Отдел", name_kk="Бөлім", name_ru="Отдел")})
    written = _exposed(_event(1, "position_exposed", "1", AFTER, title="Маман", why="?", department="отдел"))

    assert [row["unit"] for row in position_rows(POSITION_LIST, written, office, "kk", on=AFTER)] == ["Бөлім"]


def test_the_consolidated_list_names_each_body_with_its_positions_once() -> None:
    """Instruction, P1.T4.S1: lists are sent up to be consolidated; a second analysis of a body repeats none."""
    units = {
        "m": Unit(id="m", name="Министрлік", kind="central_body"),
        "k": Unit(id="k", name="Комитет", kind="committee", parent="m"),
        "d": Unit(id="d", name="Бөлім", parent="m"),
    }
    cases = [replace(POSITIONS, unit=unit, id=str(number)) for number, unit in enumerate(("k", "d", "k"))]
    definition = form_named("consolidated_positions")

    assert all_position_rows(definition, cases, Office(units=units), "kk", on=AFTER) == [
        {"body": "Комитет", "unit": "", "position": "Бас маман", "risk": "сатып алу"},
        {"body": "Министрлік", "unit": "Бөлім", "position": "Бас маман", "risk": "сатып алу"},
    ]


def test_the_ethics_report_has_a_line_for_each_talk_of_its_year() -> None:
    """The holder by name where the office knows the key."""
    office = Office(people={"a@b.kz": Person(key="a@b.kz", name="Ә. Әлиев", unit="")})
    rows = FROM_CASE_REGISTERS["ethics_report"](POSITIONS, office, 2026, "kk")

    assert [(row["work"], row["name"], row["work_done"]) for row in rows] == [("2", "Ә. Әлиев", "әңгіме")]
