"""The authorised body as a setting with validity: issuer of the rules, current body, confirmation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from merzim.settings import AGENCY, AuthorisedBody, find_authority
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
