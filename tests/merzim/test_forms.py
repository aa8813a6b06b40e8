"""`merzim form`: documents of a case; unrecorded values are left blank and listed."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from i18n import say
from merzim.documents.forms import form, names
from tests.documents.test_forms import tables_of, text_of
from tests.merzim.conftest import Merzim
from workflow.languages import PAPER_LANGUAGES

OF_A_CASE = [name for name in names() if form(name).about == "case"]
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
    """The dates of the real schedule of 2026, in official form; its approval is a fact."""
    office("form", _case(office), "schedule", "--to", tmp_path / "a.docx", "--lang", "ru", *NOW)
    document = (tmp_path / "a.docx").read_bytes()
    rows = {row[1]: row[2:] for row in tables_of(document)[0]}

    assert rows["Подписание приказа о внутреннем анализе"][0] == "6 апреля 2026 года"
    assert rows["Проведение внутреннего анализа коррупционных рисков"] == [
        "с 13 апреля по 26 мая 2026 года",
        "Рабочая группа по ВАКР",
    ]
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


def test_who_may_not_approve_at_this_level_is_noted(office: Merzim, tmp_path: Path) -> None:
    """The paper is written all the same. A deputy may approve a plan (introduction; reading 26)."""
    line = ("form", _case(office), "plan", "--to", tmp_path / "a.docx", "--replace", "--json", *NOW)
    result = office(*line, "--approver", "ethics_officer")
    deputys = office(*line, "--approver", "deputy")

    assert (result.code, deputys.code) == (0, 0)
    approver, layout, language = result.json["notes"]
    assert "“ethics officer”" in approver
    assert deputys.json["notes"] == [layout, language]
    assert "Басқарма төрағасының орынбасары" in text_of((tmp_path / "a.docx").read_bytes())
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
    ("CASE order --to a.docx --set order_nr=1", "order_number"),
    ("CASE order --to a.docx --set order_number", "FIELD=VALUE"),
    ("CASE order --to a.docx --set order_date=31.02.2026", "31.02.2026"),
    ("CASE order --to a.docx --approver akim", "chief_of_staff"),
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
    of its units too; for one without a head the body above signs, under its own name.
    """
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
