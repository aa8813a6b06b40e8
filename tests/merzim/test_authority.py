"""The authorised body by its day, the Concept's measures of a body, readers named in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from merzim.settings import AuthorisedBody, OfficeSettings, find_authority
from tests.law import library
from tests.merzim.conftest import PEOPLE, Merzim

NOW = ("--now", "2026-11-21")
AGENCY = OfficeSettings().authorised_body[0]
TEXTS = {"kk": "Жаңа орган", "ru": "Новый орган", "en": "New body"}
SERVICE = "Антикоррупционная служба Комитета национальной безопасности"
NEXT = AuthorisedBody(name=TEXTS, since=date(2025, 7, 1), confirmed_on=date(2026, 12, 1))
NAME = 'name = { kk = "Жаңа орган", ru = "Новый орган", en = "New body" }'


@pytest.mark.parametrize(
    ("on", "now", "before"),
    [
        (date(2022, 12, 31), None, None),
        (date(2023, 1, 1), AGENCY, None),
        (date(2025, 6, 30), AGENCY, None),
        (date(2025, 7, 1), NEXT, AGENCY),
    ],
)
def test_who_is_authorised_changes_with_the_day(
    on: date, now: AuthorisedBody | None, before: AuthorisedBody | None
) -> None:
    """The last day of one, and the first of the next."""
    assert find_authority((AGENCY, NEXT), on=on) == (now, before)


@pytest.mark.parametrize(
    ("procedure", "obligation", "body"),
    [
        ("conflict-of-interest", "authorised_body_told", SERVICE),
        ("procurement-analysis", "authorities_told", SERVICE),
        ("tbn4-project-2", "criminal_offence_reported", SERVICE),
        ("national-report", "information_submitted", "Агентство по делам государственной службы"),
    ],
)
def test_a_duty_to_tell_the_authorised_body_names_it(procedure: str, obligation: str, body: str) -> None:
    """002, p. 13 and p. 52; 000, P2.T1.S1; Decree No. 154 on the National report."""
    assert body in library().latest(procedure).by_id[obligation].title["ru"]


def test_a_duty_and_a_field_name_whom_the_office_says_is_authorised(merzim: Merzim, tmp_path: Path) -> None:
    """After a reform the office changes its settings, and no file of the law: by function, from its day on, in
    each language (002, p. 13; Decree No. 944 of 14 July 2025)."""
    text = f'[office]\nauthorised_body = [{{ {NAME}, function = "detection", from = 2026-01-01 }}]\n'
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    titles = {
        language: merzim("procedures", "conflict-of-interest", "--lang", language, *NOW).out
        for language in ("kk", "ru", "en")
    }

    assert "2026 жылғы 1 қаңтардан бастап – Жаңа орган" in " ".join(titles["kk"].split())
    assert "с 1 января 2026 года – Новый орган" in " ".join(titles["ru"].split())
    assert "since 1 January 2026: New body" in " ".join(titles["en"].split())


def test_after_the_last_one_nobody_is_authorised_and_it_is_known_who_was() -> None:
    """The agency was abolished on 30 June 2025."""
    assert find_authority((AGENCY,), on=date(2025, 7, 1)) == (None, AGENCY)


@pytest.mark.parametrize(
    "bodies",
    [
        f"[{{ {NAME} }}]",
        '[{ name = "Орган", from = 2025-07-01 }]',
        f"[{{ {NAME}, from = 2025-07-01, until = 2025-06-30 }}]",
        f"[{{ {NAME}, from = 2025-07-01, since = 2025-06-30 }}]",
        f"[{{ {NAME}, from = 2025-01-01, until = 2025-07-01 }}, {{ {NAME}, from = 2025-07-01 }}]",
        '"Орган"',
    ],
)
def test_a_list_that_cannot_be_is_refused_by_its_key(merzim: Merzim, tmp_path: Path, bodies: str) -> None:
    """One sentence that says what belongs there."""
    (tmp_path / "config.toml").write_text(f"[office]\nauthorised_body = {bodies}\n", encoding="utf-8")
    result = merzim("procedures", *NOW)

    assert result.code == 2
    assert "office.authorised_body" in result.err
    assert len(result.err.strip().splitlines()) == 1


DAY = ("--now", "2026-11-21")


def test_a_cancelled_case_is_no_hindrance(merzim: Merzim) -> None:
    """Opened by mistake and called off, it may be opened again; an ordinary procedure always may."""
    merzim("open", "concept-plan", *DAY)
    assert merzim("cancel", "2026-0001", "--ground", "by mistake", *DAY).code == 0

    assert merzim("open", "concept-plan", *DAY).code == 0
    assert [merzim("open", "internal-analysis", *DAY).code for _ in range(2)] == [0, 0]


def asked(merzim: Merzim, case: str) -> set[str]:
    """Which measures a case asks for."""
    obligations = merzim("case", case, "--json", *DAY).json["obligations"]
    return {obligation["id"] for obligation in obligations if obligation["state"] != "not_required"}


OFFICE = (
    "unit,kind,parent,name,e-mail,duties\n"
    "Қазақстан Республикасының Денсаулық сақтау министрлігі,central body,,Министр,m@org.kz,head\n"
    "Басқарма,,Қазақстан Республикасының Денсаулық сақтау министрлігі,Бастық,h@org.kz,head_of_unit\n"
    "Басқарма,,Қазақстан Республикасының Денсаулық сақтау министрлігі,Офицер,o@org.kz,officer\n"
    "Akimat,oblast akim office,,A. Akhmetov,a@org.kz,\n"
    "Court office,central body,,B. Bekova,b@org.kz,\n"
    "Fund,quasi-state entity,,V. Kim,v@org.kz,\n"
)
HEALTH = "Қазақстан Республикасының Денсаулық сақтау министрлігі"


def office(merzim: Merzim, folder: Path) -> None:
    """Write the units and people of several organisations."""
    (folder / "people.csv").write_text(OFFICE, encoding="utf-8")
    result = merzim("people", "people.csv")
    assert result.code == 0, result.err


def test_a_ministry_answers_for_its_own_measures_and_no_others(merzim: Merzim, tmp_path: Path) -> None:
    """The Ministry of Healthcare is known by its unit's name, the country's left out: the plan names it in row
    31, and central bodies in 13, 34 and 49(2). What "interested bodies" do is asked once it is planned."""
    office(merzim, tmp_path)
    assert merzim("open", "concept-plan", "--unit", HEALTH, *DAY).code == 0
    own_measures = {
        "measure_31",
        "measure_13",
        "measure_34",
        "measure_49_2",
        "concept_approved",
        "progress_reported",
    }

    assert merzim("case", "2026-0001", "--json", *DAY).json["object"] == "MOH"
    assert {name.partition(".")[0] for name in asked(merzim, "2026-0001")} == own_measures
    assert merzim("replan", "2026-0001", "measure_18", "--on", "2026-12-01", *DAY).code == 0
    assert {name.partition(".")[0] for name in asked(merzim, "2026-0001")} == own_measures | {"measure_18"}


def test_a_measure_taken_up_after_its_term_is_asked_of_by_its_plan_date(merzim: Merzim, tmp_path: Path) -> None:
    """Row 18, "interested bodies", ends on 31 March 2023. A ministry that plans it on 5 December 2025 for 20
    January 2026 is not 665 working days late: it is reminded on the 20th and asked on the 21st. One that had
    planned it on 1 March 2023 was late from 1 April 2023, planned day or not."""
    office(merzim, tmp_path)
    for case, planned in (("2025-0001", "2025-12-05"), ("2023-0001", "2023-03-01")):
        assert merzim("open", "concept-plan", "--unit", HEALTH, "--again", "--now", planned).code == 0
        assert merzim("replan", case, "measure_18", "--on", "2026-01-20", "--now", planned).code == 0

    def notices(day: str) -> list[str]:
        merzim("remind", "--now", day)
        rows = merzim("notices", "--case", "2025-0001", "--json", "--now", day).json["notices"]
        return [row["step"] for row in rows if row["obligation"] == "measure_18"]

    why = merzim("explain", "2025-0001", "measure_18", "--now", "2025-12-08").out
    late = merzim("overdue", "--json", "--now", "2025-12-08").json["obligations"]
    steps_by_day = [notices(day) for day in ("2025-12-08", "2026-01-20", "2026-01-21")]
    merzim("record", "2025-0001", "measure_18", "--on", "2026-01-21", "--now", "2026-01-22")
    case_view = merzim("case", "2025-0001", "--json", "--now", "2026-01-22").json

    assert "The act's term is 31 March 2023. The organisation took this up later, on 5 December 2025" in why
    assert [row["case"] for row in late if row["id"] == "measure_18"] == ["2023-0001"]
    assert [sorted(steps) for steps in steps_by_day] == [[], ["planned"], ["planned", "slipped+1"]]
    assert not [
        finding
        for finding in case_view["findings"]
        if finding["obligation"] == "measure_18" and finding["kind"] == "term"
    ]


NAMED_ON = ("--now", "2026-04-06", "--lang", "en")
WHO = "Омарова Гүлнар Асқарқызы"
GIFT = "2026-0001"


@pytest.fixture
def with_readers(merzim: Merzim) -> Merzim:
    """An office with the case of a gift, which is confidential."""
    assert merzim("people", str(PEOPLE), *NAMED_ON).code == 0
    opened = merzim("open", "enterprise-gift", "--person", "n.ibraev@example.kz", *NAMED_ON)
    assert opened.code == 0, opened.err
    return merzim


def test_a_reader_named_in_words_is_the_person_of_that_name(with_readers: Merzim) -> None:
    """So that the access given is hers, whose account has her key; said again, nothing changes. A name
    that is nobody's would be kept as text and give access to nobody."""
    added = with_readers("reader", "add", GIFT, WHO, "--json", *NAMED_ON).json
    again = with_readers("reader", "add", GIFT, "g.omarova@example.kz", "--json", *NAMED_ON).json

    assert (added["changed"], again["changed"]) == (True, False)
    assert added["events"][0]["name"] == "g.omarova@example.kz"
    result = with_readers("reader", "add", GIFT, "Nobody At All", *NAMED_ON)
    added = with_readers("reader", "add", GIFT, WHO, *NAMED_ON)

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "Nobody At All" in result.err
    assert "Nobody At All" not in added.out
