"""Kazakhstan record files and the acts an office adopts: parsing, rejected input, checks."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

import calendars
import i18n
from calendars.checks import RecordsRefused, check, check_act_fits, with_known_since
from calendars.kazakhstan import KINDS, Kazakhstan, compiled
from calendars.records import (
    ConfirmedYear,
    HolidayRule,
    Records,
    ReligiousDay,
    Transfer,
    shipped_records,
    with_records,
)
from workflow.law.files import UnreadableRegulation, read_act

SOURCE = 'act = "X1"\naddress = "https://adilet.zan.kz/rus/docs/X1"\n'


def parse(text: str) -> Records:
    return read_act("act.toml", text.encode())


CATALOGUE = Path(__file__).parents[2] / "i18n" / "catalogue" / "calendar.toml"


def test_every_year_has_its_religious_day_calculated() -> None:
    """Whatever was announced when, each year has at least the calculation to go by."""
    years = [day.on.year for day in shipped_records().of(ReligiousDay) if day.certainty == "calculated"]

    assert years == list(range(2010, 2039))


def test_holidays_and_kinds_of_day_have_words_in_three_languages() -> None:
    """Each code that a day may carry can be said."""
    words = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    names = {rule.code for rule in shipped_records().of(HolidayRule)} | {
        day.code for day in shipped_records().of(ReligiousDay)
    }

    assert set(words["holiday"]) == names
    assert set(words["day"]) == set(KINDS)
    assert all(
        set(texts) == {"kk", "ru", "en"} for texts in [*words["holiday"].values(), *words["day"].values()]
    )


def test_a_transfer_that_an_office_adopts_makes_its_calendar() -> None:
    """Shipped records and one more pair: another version, the same number of days, known from its day on."""
    text = f"[[transfer]]\noff = 2026-12-31\nwork = 2026-12-26\nknown_at = 2026-12-21\n{SOURCE}"
    records = with_records(shipped_records(), parse(text))
    after = check(compiled(records))
    before = compiled(records).as_known(date(2026, 12, 20))

    assert not after.is_working_day(date(2026, 12, 31))
    assert after.is_working_day(date(2026, 12, 26))
    assert after.count_working_days(date(2026, 1, 1), date(2026, 12, 31)) == 247
    assert before.is_working_day(date(2026, 12, 31))
    assert calendars.is_working_day(date(2026, 12, 31))
    assert after.version != calendars.calendar().version == before.version
    assert compiled(shipped_records()) == calendars.calendar()


def test_a_religious_day_announced_by_hand_is_certain() -> None:
    """The announcement for 2027 replaces the calculation."""
    text = f'[[religious_day]]\ncode = "kurban_ait"\non = 2027-05-17\ncertainty = "announced_final"\n{SOURCE}'
    calendar = compiled(with_records(shipped_records(), parse(text)))

    assert not calendar.is_working_day(date(2027, 5, 17))
    assert calendar.religious_windows(date(2027, 1, 1), date(2027, 12, 31)) == ()


def test_a_year_confirmed_at_no_known_day_was_confirmed_when_it_began() -> None:
    """As far as the records know: by the last day of the year before."""
    entry = ConfirmedYear(year=2027, act="X1", address="https://adilet.zan.kz/rus/docs/X1")

    assert entry.known_from == date(2026, 12, 31)


def test_a_religious_day_sends_a_substitute_one_further() -> None:
    """Were Kurban Ait 2027 on Monday 10 May, the day off for Sunday the 9th would be Tuesday."""
    text = f'[[religious_day]]\ncode = "kurban_ait"\non = 2027-05-10\ncertainty = "listed"\n{SOURCE}'
    calendar = compiled(with_records(shipped_records(), parse(text)))
    (uncertain,) = calendar.religious_windows(date(2027, 5, 1), date(2027, 5, 31))

    assert [calendar.day(date(2027, 5, day)).kind for day in (9, 10, 11)] == [
        "holiday",
        "religious",
        "substitute",
    ]
    assert (uncertain.earliest, uncertain.latest) == (date(2027, 5, 9), date(2027, 5, 11))


def test_a_religious_day_at_a_new_year_sends_substitutes_further_in_the_new_one() -> None:
    """1 and 2 January 2028 are a Saturday and a Sunday: off are Monday and Tuesday; were Kurban Ait on the
    Monday, it would be Tuesday and Wednesday."""
    text = f'[[religious_day]]\ncode = "kurban_ait"\non = 2028-01-02\ncertainty = "calculated"\n{SOURCE}'
    calendar = compiled(with_records(shipped_records(), parse(text)))
    (uncertain,) = calendar.religious_windows(date(2027, 12, 20), date(2028, 1, 10))

    assert [calendar.is_working_day(date(2028, 1, day)) for day in (3, 4, 5)] == [False, False, True]
    assert (uncertain.earliest, uncertain.latest) == (date(2028, 1, 1), date(2028, 1, 5))


def test_an_override_stands_above_the_rules() -> None:
    """A single day made off, or worked, by an act."""
    text = (
        f"[[override]]\non = 2026-04-13\nworking = false\n{SOURCE}"
        f"[[override]]\non = 2026-05-11\nworking = true\n{SOURCE}"
    )
    calendar = compiled(with_records(shipped_records(), parse(text)))

    assert not calendar.is_working_day(date(2026, 4, 13))
    assert calendar.is_working_day(date(2026, 5, 11))


@pytest.mark.parametrize(
    ("month", "code", "named"),
    [("", "balance_mismatch_year", None), ("month = 5\n", "balance_mismatch_month", 5)],
)
def test_a_confirmed_year_that_misses_its_balance_is_refused(month: str, code: str, named: int | None) -> None:
    """The refusal names year and month, what is computed and what is official."""
    text = f'[[balance]]\nyear = 2026\n{month}days = 7\nstatus = "final"\n{SOURCE}'
    with pytest.raises(RecordsRefused) as raised:
        check(Kazakhstan(records=with_records(shipped_records(), parse(text))))

    assert raised.value.code == code
    arguments = raised.value.arguments
    assert (arguments["year"], arguments["month"], arguments["official"]) == (2026, named, 7)


@pytest.mark.parametrize(
    ("off", "work", "code", "day"),
    [
        ("2026-12-27", "2026-12-26", "transfer_off_mismatch", date(2026, 12, 27)),
        ("2026-12-31", "2026-12-30", "transfer_work_mismatch", date(2026, 12, 30)),
    ],
)
def test_a_transfer_must_change_both_its_days(off: str, work: str, code: str, day: date) -> None:
    """A pair of which one end is already as ordered is a slip of the pen."""
    records = with_records(shipped_records(), parse(f"[[transfer]]\noff = {off}\nwork = {work}\n{SOURCE}"))
    with pytest.raises(RecordsRefused) as raised:
        check(Kazakhstan(records=records))

    assert (raised.value.code, raised.value.arguments["on"]) == (code, day)


@pytest.mark.parametrize("pair", shipped_records().of(Transfer), ids=lambda pair: str(pair.off))
def test_a_transfer_is_neutral_for_the_days_of_both_years(pair: Transfer) -> None:
    """One day off, one day worked: the sum over both years stays."""
    other_entries = tuple(entry for entry in shipped_records().entries if entry is not pair)
    without = Kazakhstan(records=type(shipped_records())(entries=other_entries))
    first, last = date(min(pair.off, pair.work).year, 1, 1), date(max(pair.off, pair.work).year, 12, 31)

    assert without.count_working_days(first, last) == calendars.count_working_days(first, last)


def test_the_title_of_an_act_stands_in_the_languages_it_is_known_in() -> None:
    """Another language is refused by its name."""
    entry = "[[transfer]]\noff = 2026-12-31\nwork = 2026-12-26\n" + SOURCE
    (transfer,) = parse(entry + 'title = { kk = "Бұйрық", ru = "Приказ" }\n').of(Transfer)

    assert [transfer.title[language] for language in ("kk", "ru", "en")] == ["Бұйрық", "Приказ", "Приказ"]
    with pytest.raises(UnreadableRegulation, match="fr"):
        parse(entry + 'title = { fr = "Arrêté" }\n')


def transfer(off: str, work: str) -> str:
    return f"[[transfer]]\noff = {off}\nwork = {work}\n{SOURCE}"


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
        (f"[[override]]\non = 2026-05-08\nworking = false\n{SOURCE}", RecordsRefused, "balance_mismatch_year"),
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
        check_act_fits(shipped_records(), parse(text))

    assert raised.value.code == code
    for language in i18n.LANGUAGES:
        assert i18n.say(code, raised.value.arguments, language)


def test_a_day_off_by_an_override_comes_with_its_balance() -> None:
    """An adopted act that moves a day brings the new balance of its year."""
    text = (
        f"[[override]]\non = 2026-05-08\nworking = false\n{SOURCE}"
        f'[[balance]]\nyear = 2026\ndays = 246\nstatus = "final"\n{SOURCE}'
    )

    assert not compiled(check_act_fits(shipped_records(), parse(text))).is_working_day(date(2026, 5, 8))


def test_known_since_fills_in_only_what_is_missing() -> None:
    """An act that says since when it is known is believed."""
    text = transfer("2026-05-08", "2026-05-16") + "known_at = 2026-03-02\n"
    silent = parse(transfer("2026-05-08", "2026-05-16"))

    assert with_known_since(parse(text), date(2026, 4, 1)).entries[0].known_at == date(2026, 3, 2)
    assert with_known_since(silent, date(2026, 4, 1)).entries[0].known_at == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[transfer]\n", "regulation.syntax"),
        ("[[transfers]]\n", "regulation.unknown_key"),
        ("[transfer]\n", "regulation.wrong_type"),
        ("transfer = [{ off = 2026-12-31 }, 1]", "regulation.wrong_type"),
        ("[[transfer]]\noff = 2026-05-08\n", "regulation.missing_key"),
        ('[[transfer]]\noff = "8.05"\n', "regulation.wrong_type"),
        ('[[religious_day]]\ncode = "x"\non = 2026-01-01\ncertainty = "maybe"\n', "regulation.not_allowed"),
        (f"[[confirmed_year]]\nyear = 2027\nsince = 3\n{SOURCE}", "regulation.unknown_key"),
        (transfer("2026-05-08", "2026-05-08"), "regulation.same_day"),
        (f'[[balance]]\nyear = 2026\nmonth = 13\ndays = 3\nstatus = "final"\n{SOURCE}', "regulation.too_large"),
        (
            '[[holiday]]\ncode = "x"\nchange = "introduced"\nstanding = "state"\napplies_from = 2026-01-01\n'
            'days = ["02-29"]\n',
            "regulation.not_written_so",
        ),
        (
            '[[holiday]]\ncode = "x"\nchange = "introduced"\nstanding = "state"\napplies_from = 2026-01-01\n'
            "days = [321]\n",
            "regulation.not_written_so",
        ),
        ("[[transfer]]\noff = 2026-12-31\nwork = 2026-12-26T00:00:00\n", "regulation.wrong_type"),
    ],
)
def test_an_entry_that_cannot_be_read_has_its_sentence(text: str, code: str) -> None:
    """In three languages, with the place in the file."""
    with pytest.raises(UnreadableRegulation) as raised:
        parse(text)

    assert raised.value.code == code
    for language in i18n.LANGUAGES:
        assert "act.toml" in i18n.say(code, raised.value.arguments, language)
