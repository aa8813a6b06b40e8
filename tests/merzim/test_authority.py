"""The authorised body as a setting with validity: issuer of the rules, current body, confirmation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from merzim.settings import (
    AGENCY,
    CIVIL_SERVICE,
    SECURITY_COMMITTEE,
    AuthorisedBody,
    Function,
    OfficeSettings,
    find_authority,
)
from tests.law import library
from tests.merzim.conftest import Merzim

NOW = ("--now", "2026-11-21")
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
    authority = find_authority((AGENCY, NEXT), on=on)

    assert (authority.now, authority.before) == (now, before)


def test_two_bodies_divide_what_one_did_until_the_decree() -> None:
    """Decree No. 944 of 14 July 2025: prevention to one, detection to another; the Agency did both."""
    bodies = OfficeSettings().authorised_body

    def named(on: date) -> list[AuthorisedBody | None]:
        functions: tuple[Function, ...] = ("prevention", "detection")
        return [find_authority(bodies, on=on, function=function).now for function in functions]

    assert named(date(2025, 6, 30)) == [AGENCY, AGENCY]
    assert named(date(2025, 7, 13)) == [None, None]
    assert named(date(2025, 7, 14)) == [CIVIL_SERVICE, SECURITY_COMMITTEE]
    assert find_authority(bodies, on=date(2026, 11, 21)).before == AGENCY


@pytest.mark.parametrize(
    ("language", "prevention", "detection"),
    [
        ("kk", "Мемлекеттік қызмет істері агенттігі", "Ұлттық қауіпсіздік комитетінің"),
        ("ru", "Агентство по делам государственной службы", "Комитета национальной безопасности"),
    ],
)
def test_who_issued_the_rules_and_the_two_bodies_of_today_are_named(
    merzim: Merzim, language: str, prevention: str, detection: str
) -> None:
    """The rules in force are still the former Agency's."""
    said = " ".join(merzim("procedures", "--lang", language, *NOW).out.split())

    assert {
        "kk": "Сыбайлас жемқорлыққа қарсы іс-қимыл агенттігі",
        "ru": "Агентство по противодействию коррупции",
    }[language] in said
    assert prevention in said
    assert detection in said


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
    authority = find_authority((AGENCY,), on=date(2025, 7, 1))

    assert (authority.now, authority.before, authority.confirmed_on) == (None, AGENCY, None)


def test_a_confirmation_counts_from_its_own_day() -> None:
    """Not the day before."""
    assert find_authority((AGENCY, NEXT), on=date(2026, 11, 30)).confirmed_on is None
    assert find_authority((AGENCY, NEXT), on=date(2026, 12, 1)).confirmed_on == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("kk", "2026 жылғы күші ресми расталмаған"),
        ("ru", "в 2026 году официально не подтверждено"),
        ("en", "in 2026 is not officially confirmed"),
    ],
)
def test_procedures_say_that_the_rules_are_not_confirmed(merzim: Merzim, language: str, says: str) -> None:
    """With the list, and with a procedure that rests on them; not with one that does not."""

    def said(*arguments: str) -> str:
        return " ".join(merzim("procedures", *arguments, "--lang", language, *NOW).out.split())

    assert says in said()
    assert says in said("internal-analysis.2024-01-01")
    assert says not in said("conflict-of-interest")


def test_the_office_names_who_is_authorised_now(merzim: Merzim, tmp_path: Path) -> None:
    """Its own list takes the place of the shipped one."""
    text = f"[office]\nauthorised_body = [{{ {NAME}, from = 2025-07-01, confirmed_on = 2026-11-01 }}]\n"
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    output = merzim("procedures", *NOW).out
    authority = merzim("procedures", "--json", *NOW).json["authorised_body"]

    assert "New body" in output
    assert "officially confirmed on 1 November 2026" in " ".join(output.split())
    assert authority["now"] == {"name": "New body", "from": "2025-07-01", "until": None}
    assert authority["confirmed_on"] == "2026-11-01"


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
