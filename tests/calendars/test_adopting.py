"""Adoption of calendar acts by an office: validation against the calendar in force before the act."""

from __future__ import annotations

from datetime import date

import pytest

import calendars
import i18n
from calendars.checks import (
    RecordsRefused,
    adopt_act,
    with_known_since,
)
from calendars.records import Records, parse, shipped_records

SOURCE = 'act = "X1"\naddress = "https://adilet.zan.kz/rus/docs/X1"\n'


def transfer(off: str, work: str) -> str:
    return f"[[transfer]]\noff = {off}\nwork = {work}\n{SOURCE}"


def act(text: str) -> Records:
    return parse(text, name="act.toml")


@pytest.mark.parametrize(
    ("text", "refusal", "code"),
    [
        ("", RecordsRefused, "calendar_act_empty"),
        (transfer("2026-05-09", "2026-05-16"), RecordsRefused, "transfer_off_mismatch"),
        (transfer("2026-05-08", "2026-05-15"), RecordsRefused, "transfer_work_mismatch"),
        (transfer("2029-01-03", "2028-12-30"), calendars.OutOfRange, "out_of_range"),
        (f"[[confirmed_year]]\nyear = 2029\n{SOURCE}", calendars.OutOfRange, "out_of_range"),
        (f"[[confirmed_year]]\nyear = 0\n{SOURCE}", calendars.OutOfRange, "out_of_range"),
        (transfer("2025-01-03", "2025-01-05"), RecordsRefused, "calendar_record_on_file"),
        (f"[[confirmed_year]]\nyear = 2026\n{SOURCE}", RecordsRefused, "calendar_record_on_file"),
        (transfer("2026-05-08", "2026-05-16") * 2, RecordsRefused, "calendar_record_on_file"),
        (
            transfer("2026-05-08", "2026-05-16") + transfer("2026-05-08", "2026-05-23"),
            RecordsRefused,
            "transfer_off_mismatch",
        ),
        (
            transfer("2026-05-08", "2026-05-16") + f"[[override]]\non = 2026-05-08\nworking = true\n{SOURCE}",
            RecordsRefused,
            "calendar_transfer_overruled",
        ),
        (
            f"[[override]]\non = 2026-05-08\nworking = false\n{SOURCE}",
            RecordsRefused,
            "balance_mismatch_year",
        ),
        (
            f'[[balance]]\nyear = 2026\nmonth = 5\ndays = 3\nstatus = "final"\n{SOURCE}',
            RecordsRefused,
            "balance_mismatch_month",
        ),
    ],
)
def test_an_act_that_does_not_fit_is_refused_with_a_sentence(
    text: str, refusal: type[ValueError], code: str
) -> None:
    """Each slip of the pen by its own name, in three languages."""
    with pytest.raises(refusal) as raised:
        adopt_act(shipped_records(), act(text))

    assert raised.value.code == code
    for language in i18n.LANGUAGES:
        assert i18n.say(code, raised.value.arguments, language)


def test_a_day_off_by_an_override_comes_with_its_balance() -> None:
    """An adopted act that moves a day brings the new balance of its year."""
    text = (
        f"[[override]]\non = 2026-05-08\nworking = false\n{SOURCE}"
        f'[[balance]]\nyear = 2026\ndays = 246\nstatus = "final"\n{SOURCE}'
    )

    assert not calendars.compile_calendar(adopt_act(shipped_records(), act(text))).is_working_day(
        date(2026, 5, 8)
    )


def test_known_since_fills_in_only_what_is_missing() -> None:
    """An act that says since when it is known is believed."""
    text = transfer("2026-05-08", "2026-05-16") + "known_at = 2026-03-02\n"
    silent = act(transfer("2026-05-08", "2026-05-16"))

    assert with_known_since(act(text), date(2026, 4, 1)).entries[0].known_at == date(2026, 3, 2)
    assert with_known_since(silent, date(2026, 4, 1)).entries[0].known_at == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[transfer]\n", "calendar_record_toml"),
        ("[[transfers]]\n", "calendar_record_kind"),
        ("[transfer]\n", "calendar_record_table"),
        ("transfer = [{ off = 2026-12-31 }, 1]", "calendar_record_table"),
        ("[[transfer]]\noff = 2026-05-08\n", "calendar_record_missing"),
        ('[[transfer]]\noff = "8.05"\n', "calendar_record_type"),
        ('[[religious_day]]\ncode = "x"\non = 2026-01-01\ncertainty = "maybe"\n', "calendar_record_choice"),
        (f"[[confirmed_year]]\nyear = 2027\nsince = 3\n{SOURCE}", "calendar_record_key"),
        (transfer("2026-05-08", "2026-05-08"), "calendar_record_same_day"),
        (
            f'[[balance]]\nyear = 2026\nmonth = 13\ndays = 3\nstatus = "final"\n{SOURCE}',
            "calendar_record_choice",
        ),
        (
            '[[holiday]]\ncode = "x"\nchange = "introduced"\nstanding = "state"\napplies_from = 2026-01-01\n'
            'days = ["02-29"]\n',
            "calendar_record_day_of_year",
        ),
        (
            '[[holiday]]\ncode = "x"\nchange = "introduced"\nstanding = "state"\napplies_from = 2026-01-01\n'
            "days = [321]\n",
            "calendar_record_day_of_year",
        ),
        ("[[transfer]]\noff = 2026-12-31\nwork = 2026-12-26T00:00:00\n", "calendar_record_type"),
    ],
)
def test_an_entry_that_cannot_be_read_has_its_sentence(text: str, code: str) -> None:
    """In three languages, with the place in the file."""
    with pytest.raises(ValueError, match=r"^act\.toml: ") as raised:
        act(text)

    assert raised.value.code == code
    for language in i18n.LANGUAGES:
        assert "act.toml" in i18n.say(code, raised.value.arguments, language)
