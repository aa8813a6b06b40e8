"""Reading regulation files: every kind of term, and every mistake reported with its place."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, strategies as st

from calendars.terms import (
    After,
    AtOnce,
    Before,
    DayAfterPeriod,
    Duration,
    Embargo,
    InPeriod,
    OnDate,
    PerPeriod,
    Quota,
    Term,
    WithoutTerm,
    YearlyDate,
)
from docs.file_schemas import FILES
from i18n import LANGUAGES, refusal
from tests.law import ROOT
from workflow.law.files import UnreadableRegulation, json_schema
from workflow.law.library import read_edition
from workflow.law.procedure import Procedure, Recurrence, Text

NAME = "tea.2024-01-01.toml"
TEA = (Path(__file__).parent / "data" / NAME).read_text(encoding="utf-8")
BODY = '[[body]]\nid = "COOK"\ntitle = { en = "A" }\nshort = { en = "A" }\nsuccessors = ["CHEF"]\n\n'
OPTIONS = """\
[[obligation.option]]
id = "green"
fact = "green_chosen"
title = { kk = "А", ru = "А", en = "A" }
[[obligation.option]]
id = "black"
fact = "water_boiled"
title = { kk = "А", ru = "А", en = "A" }
"""
TERM = '{ count = 3, in = "working days", from = "water_boiled" }'
FIRST = 'obligation 1 "water_boiled"'
SECOND = 'obligation 2 "tea_poured"'


def changed(old: str, new: str) -> bytes:
    assert old in TEA
    return TEA.replace(old, new, 1).encode()


def refused(text: bytes, name: str = NAME) -> UnreadableRegulation:
    with pytest.raises(UnreadableRegulation) as caught:
        read_edition(name, text)
    return caught.value


def second(text: str, extra_text: str = "") -> Procedure:
    return read_edition(NAME, changed(TERM, text).replace(b"# more of the second", extra_text.encode()))


def test_a_file_becomes_a_procedure_with_everything_it_says() -> None:
    """The value has the content of the file; the digest is of its bytes: one changed byte, even in a
    remark, is another, which `verify` must see."""
    tea = read_edition(f"regulations/{NAME}", TEA.encode())

    assert (tea.edition, tea.in_force, tea.in_force_assumed) == ("tea.2024-01-01", date(2024, 1, 1), False)
    assert tea.title == Text(kk="Шай", ru="Чай", en="Tea")
    assert tea.by_id["tea_poured"].since == "water_boiled"
    assert tea.by_id["tea_poured"].force == "recommended"
    assert [step.id for step in tea.steps] == ["-1", "+1"]
    assert tea.examples[0].due == {"tea_poured": date(2024, 2, 6), "water_boiled": None}
    text = TEA.encode()
    assert read_edition(NAME, text).digest == sha256(text).hexdigest()
    assert read_edition(NAME, text + b"#").digest != read_edition(NAME, text).digest


def test_an_obligation_that_names_no_act_rests_on_that_of_the_file() -> None:
    """So does one without a force, which is obligatory; what is to be known about the act comes first."""
    note = '[[act.notes]]\nkk = "А"\nru = "А"\nen = "Of the act"\n'
    text = TEA.replace('act = "tea-act"\n', "").replace('force = "recommended"\n', "")
    text = text.replace("[[act]]", 'rests_on = "tea-act"\n[[notes]]\nen = "Of itself"\n\n[[act]]')
    tea = read_edition(NAME, text.replace("[[stage]]", note + "\n[[stage]]", 1).encode())

    assert {obligation.act for obligation in tea.obligations} == {"tea-act"}
    assert tea.by_id["tea_poured"].force == "obligatory"
    assert [said.en for said in tea.notes] == ["Of the act", "Of itself"]


@pytest.mark.parametrize(
    ("written", "term"),
    [
        (TERM, After(3)),
        ('{ count = -10, in = "working days", from = "water_boiled" }', After(-10)),
        ('{ count = 7, in = "calendar days", from = "water_boiled" }', After(7, "calendar days")),
        ('{ count = 10, in = "days", from = "water_boiled" }', After(10, "days")),
        ('{ count = 2, in = "weeks", from = "water_boiled" }', After(2, "weeks")),
        ('{ count = -1, in = "months", from = "water_boiled" }', After(-1, "months")),
        ('{ count = 1, in = "years", from = "water_boiled" }', After(1, "years")),
        ('{ at_most = 30, in = "working days", from = "water_boiled" }', Duration(30)),
        ('{ by = "06-30", from = "water_boiled" }', YearlyDate(month=6, day=30)),
        ('{ by = "12-31", from = "water_boiled", years = 1 }', YearlyDate(month=12, day=31, years=1)),
        (
            '{ by = "04-15", from = "water_boiled", safe_by = "the day before" }',
            YearlyDate(month=4, day=15, day_in_doubt=True),
        ),
        ('{ embargo = 1, in = "years", from = "water_boiled" }', Embargo(1)),
        ('{ before = "water_boiled" }', Before()),
        ('{ at_once_after = "water_boiled" }', AtOnce()),
        # Dates and shares the act itself names need no fact.
        ('"none"', WithoutTerm()),
        ('{ at_least = 2, per = "half-year" }', PerPeriod(2, "half-year")),
        (
            '{ at_least = "5 %", of = "civil servants", per = "year" }',
            Quota(Fraction(1, 20), "civil servants", "year"),
        ),
        ('{ at_least = "0.5%", of = "staff", per = "month" }', Quota(Fraction(1, 200), "staff", "month")),
        ('{ period = "2026-05" }', InPeriod("2026-05")),
        ('{ period = "2026Q3" }', InPeriod("2026Q3")),
        ('{ period = "2026" }', InPeriod("2026")),
        ('{ period = "2022-2026" }', InPeriod("2022-2026")),
        ("{ on = 2026-12-31 }", OnDate(date(2026, 12, 31))),
    ],
)
def test_a_term_that_counts_names_its_anchor(written: str, term: Term) -> None:
    """Each form of the format becomes its value, counted from the fact it names if it names one."""
    obligation = second(written).by_id["tea_poured"]

    assert obligation.term == term
    assert obligation.since == ("water_boiled" if "water_boiled" in written else None)


def test_a_recurring_obligation_is_due_by_a_day_after_its_period() -> None:
    """The period comes from `recurs`, the day from the term."""
    tea = second(
        '{ day = 5, of = "month after the period" }', 'recurs = { every = "quarter", since = "water_boiled" }'
    )

    assert tea.by_id["tea_poured"].term == DayAfterPeriod(5)
    assert tea.by_id["tea_poured"].recurs == Recurrence(every="quarter", since="water_boiled", years=1)


MISTAKES = [
    # the file as a whole
    ('id = "tea"\n', "", "missing_key", "id"),
    ('begins_with = "water_boiled"', 'begins_with = "tea"', "unknown_reference", "begins_with"),
    ('begins_with = "water_boiled"', 'begin_with = "water_boiled"', "unknown_key", "begin_with"),
    ("[[stage]]", "[[stages]]", "unknown_key", "stages"),
    ("in_force = 2024-01-01", 'in_force = "2024-01-01"', "wrong_type", "in_force"),
    ("in_force = 2024-01-01", "in_force = 2024-01-02", "file_name", "in_force"),
    ('id = "tea"', 'id = "Tea"', "not_a_name", "id"),
    ('title = { kk = "Шай", ru = "Чай", en = "Tea" }', "title = {}", "missing_language", "title"),
    ("[[act]]", 'adopted_act = "tee"\n\n[[act]]', "unknown_reference", "adopted_act"),
    ("[[act]]", 'see_also = ["tee"]\n\n[[act]]', "unknown_reference", "see_also"),
    ("[[stage]]", f"{BODY}[[stage]]", "unknown_reference", 'body 1 "COOK": successors'),
    # an obligation
    ('paragraph = "p. 2"\n', "", "missing_key", SECOND),
    ("[[act]]", 'rests_on = "tee"\n\n[[act]]', "unknown_reference", "rests_on"),
    ('act = "tea-act"\nparagraph = "p. 2"', 'paragraph = "p. 2"', "missing_key", SECOND),
    (f"term = {TERM}\n", "", "missing_key", SECOND),
    ("# more of the first", 'forse = "may"', "unknown_key", FIRST),
    ("# more of the first", 'blocking = "yes"', "wrong_type", f"{FIRST}: blocking"),
    ("# more of the first", 'evidence = ["site"]', "not_a_name", f"{FIRST}: evidence[1]"),
    ("# more of the first", 'after = ["tea_poured", 1]', "wrong_type", f"{FIRST}: after[2]"),
    ("# more of the first", 'after = ["tea_poured", "tea_poured"]', "duplicate", f"{FIRST}: after[2]"),
    ('duty = "officer"', 'duty = "oficer"', "not_allowed", f"{SECOND}: duty"),
    (
        'act = "tea-act"\nparagraph = "p. 2"',
        'act = "tee"\nparagraph = "p. 2"',
        "unknown_reference",
        f"{SECOND}: act",
    ),
    ("# more of the second", 'lapses_with = "tea_poured"', "itself", f"{SECOND}: lapses_with"),
    (
        "# more of the second",
        'after_by_practice = ["water"]',
        "unknown_reference",
        f"{SECOND}: after_by_practice",
    ),
    ("# more of the second", OPTIONS, "missing_key", SECOND),
    ('id = "tea_poured"', 'id = "water_boiled"', "duplicate", 'obligation 2 "water_boiled"'),
    ('id = "tea_poured"', 'id = "tea.poured"', "not_a_name", 'obligation 2 "tea.poured": id'),
    ("steps = { duty", "steps = { dutty", "unknown_key", "steps"),
    ("duty = [1, -1]", "duty = [1, 1]", "duplicate", "steps.duty[2]"),
    ("water_boiled = 2024-02-01", "water = 2024-02-01", "unknown_reference", 'example 1 "one cup": facts'),
    ("order:tea_poured", "order:tea", "unknown_reference", 'example 1 "one cup": findings'),
]


@pytest.mark.parametrize(("old", "new", "code", "place"), MISTAKES)
def test_a_mistake_is_named_with_its_place(old: str, new: str, code: str, place: str) -> None:
    """The author of the file learns what is wrong and at which key."""
    error = refused(changed(old, new))

    assert (error.code, error.arguments["place"]) == (f"regulation.{code}", place)
    assert error.arguments["file"] == NAME


TERM_MISTAKES = [
    ('{ count = 3, in = "working day", from = "water_boiled" }', "not_allowed", "term.in"),
    ('{ count = 3, in = "working days" }', "missing_key", "term"),
    ('{ count = 3, in = "working days", from = "watter" }', "unknown_reference", "term.from"),
    ('{ count = 3, in = "working days", from = "water_boiled", to = "next" }', "unknown_key", "term"),
    ('{ count = "3", in = "working days", from = "water_boiled" }', "wrong_type", "term.count"),
    ('{ count = true, in = "working days", from = "water_boiled" }', "wrong_type", "term.count"),
    ('{ count = 0, in = "working days", from = "water_boiled" }', "zero", "term.count"),
    ('{ count = -1, in = "years", from = "water_boiled" }', "too_small", "term.count"),
    ('{ count = 101, in = "years", from = "water_boiled" }', "too_large", "term.count"),
    ('{ at_least = 0, per = "year" }', "too_small", "term.at_least"),
    ('{ at_most = 30, in = "days", from = "water_boiled" }', "not_allowed", "term.in"),
    ('{ by = "02-29", from = "water_boiled" }', "not_written_so", "term.by"),
    ('{ at_least = 1, per = "week" }', "not_allowed", "term.per"),
    ('{ period = "2026-Q3" }', "not_written_so", "term.period"),
    ('{ at_least = "5", of = "staff", per = "year" }', "not_written_so", "term.at_least"),
    ('{ on = "2026-12-31" }', "wrong_type", "term.on"),
    ('{ before = "watter" }', "unknown_reference", "term.before"),
    ("{ soon = true }", "unknown_term", "term"),
]


@pytest.mark.parametrize(("written", "code", "key"), TERM_MISTAKES)
def test_a_mistaken_term_is_named_with_its_key(written: str, code: str, key: str) -> None:
    """A wrong term would be a wrong date: none is guessed."""
    error = refused(changed(TERM, written))

    assert (error.code, error.arguments["place"]) == (f"regulation.{code}", f"{SECOND}: {key}")


def test_what_is_allowed_is_named_the_nearest_first() -> None:
    """The first suggestion is the intended word."""
    unit = refused(changed('in = "working days"', 'in = "workin day"'))
    fact = refused(changed('from = "water_boiled"', 'from = "water_boild"'))

    assert unit.arguments["allowed"][0] == "working days"  # type: ignore[index]
    assert fact.arguments["allowed"] == ("water_boiled", "tea_poured")


def test_terms_that_wait_for_each_other_and_an_order_that_goes_round_are_refused() -> None:
    """A circle of anchors has no date; it is named from the first obligation round to it again. Neither of
    two facts can come after the other."""
    circle = TEA.replace('term = "none"', 'term = { count = 1, in = "weeks", from = "tea_poured" }')
    error = refused(circle.encode())

    assert error.code == "regulation.cycle"
    assert error.arguments["path"] == ("water_boiled", "tea_poured", "water_boiled")
    circle = TEA.replace("# more of the first", 'after = ["tea_poured"]')
    error = refused(circle.replace("# more of the second", 'after_by_practice = ["water_boiled"]').encode())

    assert (error.code, error.arguments["kind"]) == ("regulation.cycle", "after")


def test_an_anchor_that_recurs_asks_for_the_same_periods() -> None:
    """From which of its periods would one count?"""
    recurring = TEA.replace("# more of the first", 'recurs = { every = "quarter", since = "tea_made" }')
    once = recurring.replace("[[example]]", _obligation("tea_made") + "[[example]]")
    monthly = once.replace("# more of the second", 'recurs = { every = "month", since = "tea_made" }')

    assert refused(once.encode()).code == "regulation.recurring_anchor"
    assert refused(monthly.encode()).code == "regulation.other_period"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# more of the first", f"recurs = {{ every = 0x1{'0' * 4000}, since = 1 }}"),
        (TERM, f'{{ count = 0x1{"0" * 4000}, in = "weeks", from = "water_boiled" }}'),
        (TERM, '{ count = nan, in = "weeks", from = "water_boiled" }'),
        (TERM, '{ count = 1, in = ["weeks"], from = "water_boiled" }'),
        (TERM, "[" * 90 + "]" * 90),
        ("# more of the second", "signed_by = 5"),
        ("# more of the second", "see_also = 5"),
        ("# more of the second", "values = [" + ",".join(["1"] * 20_000) + "]"),
        ('title = { kk = "Құю", ru = "Налить", en = "Pouring" }', "title = [{}]"),
    ],
)
def test_a_value_nobody_meant_is_refused_in_a_sentence(old: str, new: str) -> None:
    """A number too long to be written in tens among them."""
    error = refused(changed(old, new))

    assert all(len(refusal(error, language)) < 1000 for language in LANGUAGES)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("id = \n", 1, 6), ('id = "tea"\nin_force = 2024-13-01', 2, 16), ('id = "tea"\nnotes = [', 2, 10)],
)
def test_what_is_no_toml_is_named_with_line_and_column(text: str, line: int, column: int) -> None:
    """The editor can jump to it."""
    error = refused(text.encode())

    assert error.code == "regulation.syntax"
    assert (error.arguments["line"], error.arguments["column"]) == (line, column)


@given(gone=st.lists(st.integers(0, len(TEA.splitlines()) - 1), min_size=1, max_size=4))
def test_a_file_with_lines_missing_is_read_or_refused(gone: list[int]) -> None:
    """Whatever somebody deletes by accident, nothing but a refusal with its place comes out."""
    remaining_lines = [line for number, line in enumerate(TEA.splitlines()) if number not in gone]
    try:
        result = read_edition(NAME, "\n".join(remaining_lines).encode()).edition
    except UnreadableRegulation as error:
        result = str(error.arguments["place"])

    assert result


@given(st.binary(max_size=200))
def test_no_bytes_whatever_are_more_than_refused(text: bytes) -> None:
    """A file that is none ends in a refusal, never in another error."""
    assert refused(text).code.startswith("regulation.")


def _obligation(name: str) -> str:
    first = TEA[TEA.index("[[obligation]]") : TEA.index("# more of the first")]
    return first.replace("water_boiled", name)


def valid(name: str, text: str) -> bool:
    """Whether an editor finds nothing wrong; it sees dates as texts."""
    return bool(editor(name).is_valid(as_json(tomllib.loads(text))))


@cache
def editor(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json_schema(name, FILES[name]), format_checker=jsonschema.FormatChecker())


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("name", FILES)
def test_the_schemas_in_the_documentation_are_those_of_the_readers(name: str) -> None:
    """`make schemas` writes them anew."""
    stored_schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))

    assert stored_schema == json_schema(name, FILES[name])
    jsonschema.Draft7Validator.check_schema(stored_schema)


@pytest.mark.parametrize(
    ("name", "files"), [("edition", "regulations/*.*.toml"), ("points", "regulations/scoring/*.toml")]
)
def test_every_shipped_file_is_as_its_schema_says(name: str, files: str) -> None:
    """An editor that marked the law itself would be switched off."""
    wrong = [file.name for file in ROOT.glob(files) if not valid(name, file.read_text(encoding="utf-8"))]

    assert not wrong
