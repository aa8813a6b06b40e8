"""Reading register files: values, and every mistake reported with its place."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest

from i18n import LANGUAGES, refusal, say
from merzim.services.law.regulations import shared_law
from tests.law import ROOT, library
from tests.workflow.test_edition_reading import as_json
from workflow.law.files import UnreadableRegulation, json_schema
from workflow.registers.definition import Register, Registers
from workflow.registers.reading import cross_problems, read_register
from workflow.registers.values import NO_NAMES, parse_values, problem_arguments

NAME = "visits.2026-01-01.toml"
TEXT = 'title = { kk = "Ж", ru = "Ж", en = "V" }'
VISITS = (Path(__file__).parent / "data" / NAME).read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in VISITS
    return VISITS.replace(old, new, 1)


def test_a_file_becomes_a_register_with_everything_it_says() -> None:
    """Fields, rules, access, counts."""
    visits = read_register(NAME, VISITS.encode())

    assert (visits.edition, visits.in_force) == ("visits.2026-01-01", date(2026, 1, 1))
    assert list(visits.fields) == [
        *("place", "guest", "purpose", "came_on", "reported_on", "secret", "paper", "seen")
    ]
    assert visits.seen_by_person == {"guest": {"place", "came_on"}}
    assert [visits.outside_events(name) for name in ("place", "guest", "secret")] == [False, True, True]
    assert [visits.fields[name].indexed for name in ("place", "secret")] == [True, False]


GIFT = '[opens]\nprocedure = "gift-handover"\n[[opens.fact]]\n'
GROUP = '[[group]]\ntitle = { kk = "А", ru = "Б", en = "C" }\nfields = '
CAMPAIGN = f"""\
[[campaign]]
id = "ask"
{TEXT}
{TEXT.replace("title", "invitation")}
{TEXT.replace("title", "declares")}
person = "guest"
"""
MISTAKES = [
    ("[[access]]", GROUP + '["plase"]\n\n[[access]]', "unknown_reference", "group 1"),
    ("[[access]]", GROUP + '["secret"]\n' + GROUP + '["secret"]\n\n[[access]]', "duplicate", "group 2"),
    ('id = "visits"', 'id = "risks"', "reserved", "id"),
    ('rests_on = "rules"', 'rests_on = "rule"', "unknown_reference", "rests_on"),
    ('named_by = ["place"]', "named_by = []", "empty", "named_by"),
    ('named_by = ["place"]', 'named_by = ["secret"]', "confidential_shown", "named_by"),
    ('named_by = ["place"]', 'named_by = ["place"]\nlist = ["guest", "plase"]', "unknown_reference", "list"),
    ('id = "guest"', 'id = "place"', "duplicate", 'field 2 "place"'),
    ('kind = "text"', 'kind = "string"', "not_allowed", 'field 1 "place": kind'),
    ("# more of place", 'post_of = "purpose"', "field_kind", 'field 1 "place": post_of'),
    ("# more of place", "total = true", "field_kind", 'field 1 "place": total'),
    ("# more of place", 'options = [{ id = "a", title = { en = "A" } }]', "field_kind", "options"),
    ("options = [", "choices = [", "unknown_key", 'field 3 "purpose"'),
    (
        "confidential = true",
        "confidential = true\ntotal = true",
        "confidential_shown",
        'field 6 "secret": total',
    ),
    ('not_before = "came_on"', 'not_before = "place"', "field_kind", 'field 5 "reported_on": not_before'),
    ("# more of place", 'not_before = "came_on"', "field_kind", 'field 1 "place": not_before'),
    ("# more of place", "at_least = 0", "field_kind", 'field 1 "place": at_least'),
    ("# more of place", "at_most = 0", "field_kind", 'field 1 "place": at_most'),
    ("# more of place", "years_ahead = 1", "field_kind", 'field 1 "place": years_ahead'),
    ("# more of place", 'required_when = ["purpose=tea"]', "not_allowed", 'field 1 "place": required_when'),
    ('named_by = ["place"]', 'named_by = ["place"]\nany_of = [["plase"]]', "unknown_reference", "any_of 1"),
    ('person = "guest"\nfields', 'person = "place"\nfields', "field_kind", "access 1: person"),
    ('where = ["purpose=talk"]', 'where = ["purpose=tea"]', "not_allowed", "count 1: where"),
    ('distinct = "guest"', 'all_of = ["talk"]', "missing_key", "count 1"),
    ('distinct = "guest"', 'values = { views = "place" }', "field_kind", "count 1: values"),
    ('distinct = "guest"', 'values = { views = "secret" }', "confidential_shown", "count 1"),
    ('indicator = "P3.T2.S1"', 'indicator = "P3"', "not_written_so", "count 1"),
    (
        "[[access]]",
        GIFT + 'field = "place"\nfact = "gift_received"\nwhen = "purpose=talk"\n\n[[access]]',
        "field_kind",
        "opens.fact 1: field",
    ),
    (
        "[[access]]",
        GIFT + 'field = "came_on"\nfact = "gift_received"\nwhen = "purpose=tea"\n\n[[access]]',
        "not_allowed",
        "opens.fact 1: when",
    ),
    (
        "[[access]]",
        '[opens]\nprocedure = "gift-handover"\nresponsible = { x = "place" }\n\n[[access]]',
        "field_kind",
        "opens.responsible",
    ),
    ("# more", "personal = true\n# more", "fulfils_personal", "fulfils 1"),
    ('named_by = ["place"]', 'named_by = ["place"]\nconfidential = true', "fulfils_closed", "fulfils 1"),
    ('period = "came_on"', 'period = "place"', "field_kind", "fulfils 1: period"),
    ('distinct = "place"', 'distinct = "secret"', "confidential_shown", "fulfils 1"),
    ('"document:report" = "paper"', '"document:report" = "place"', "field_kind", "fulfils 1: evidence"),
    (
        "[[access]]",
        '[opens]\nprocedure = "gift-handover"\nevidence = { gift_received = "secret" }\n\n[[access]]',
        "confidential_shown",
        "opens.evidence",
    ),
    ('kind = "file"', 'kind = "file"\ntranslated = true', "field_kind", 'field 7 "paper": translated'),
    ('options = [{ id = "talk"', '# [{ id = "talk"', "missing_key", 'field 3 "purpose"'),
    ('{ id = "check"', '{ id = "talk"', "duplicate", 'field 3 "purpose": options[2]'),
    ('kind = "file"', 'kind = "row"', "missing_key", 'field 7 "paper"'),
    ('kind = "choice"', 'kind = "choice"\npreset = "tea"', "not_allowed", 'field 3 "purpose": preset'),
    ('kind = "date"', 'kind = "date"\npost_of = "guest"', "field_kind", 'field 4 "came_on": post_of'),
    ('kind = "date"', 'kind = "term"', "not_allowed", 'field 4 "came_on": kind'),
    ('id = "seen"', 'id = "ground"', "reserved", 'field 8 "ground": id'),
    ('named_by = ["place"]', 'named_by = ["place"]\nunique = [["paper"]]', "not_allowed", "unique"),
    ("[[access]]", GROUP + '["place"]\n\n[[access]]', "not_allowed", "group 1"),
    ('person = "guest"\n', 'person = "guest"\nreader = "auditor"\n', "unknown_key", "access 1"),
    ('person = "guest"\n', "", "missing_key", "access 1"),
    ('where = ["purpose=talk"]', 'where = ["place=x"]', "not_allowed", "count 1: where"),
    ("[[access]]", CAMPAIGN + 'act = "law"\n\n[[access]]', "unknown_reference", 'campaign 1 "ask": act'),
    ("[[access]]", CAMPAIGN + 'act = "rules"\n\n[[access]]', "missing_key", 'campaign 1 "ask"'),
    ("[[access]]", CAMPAIGN + "\n[[access]]", "campaign_lacks", 'campaign 1 "ask"'),
    ("[[access]]", CAMPAIGN + 'given = ["place", "place"]\n\n[[access]]', "duplicate", 'campaign 1 "ask"'),
    (
        "[[access]]",
        CAMPAIGN + 'values = { purpose = "tea" }\n\n[[access]]',
        "campaign_value",
        'campaign 1 "ask"',
    ),
    ('distinct = "guest"', 'distinct = "purpose"\nall_of = ["tea"]', "not_allowed", "count 1: all_of"),
]


def test_every_mistake_is_named_with_its_place_in_three_languages() -> None:
    """A walk over all of them: the code, the place, and a sentence that names the file."""
    wrong = []
    for old, new, code, place in MISTAKES:
        with pytest.raises(UnreadableRegulation) as caught:
            read_register(
                f"{'risks' if 'risks' in new else 'visits'}.2026-01-01.toml", changed(old, new).encode()
            )
        problems = [(problem.code, str(problem.arguments["place"])) for problem in caught.value.problems]
        if not any(named_code == f"regulation.{code}" and place in where for named_code, where in problems):
            wrong.append((new, problems))
        for problem in caught.value.problems:
            assert all(".2026-01-01.toml" in refusal(problem, language) for language in LANGUAGES)

    assert not wrong


def test_names_of_other_files_are_checked_against_them() -> None:
    """A procedure, its facts, an indicator, a register that are not there; which fact of several is counted."""
    from merzim.services.law.regulations import scoring

    text = VISITS.partition("[[count]]")[0] + (
        '[opens]\nprocedure = "gift-handover"\nfacts = { came_on = "gift_receved" }\n'
        '[[opens.fact]]\nfield = "came_on"\nfact = "gift_lost"\nwhen = "purpose=talk"\n'
        '[[field]]\nid = "training"\n' + TEXT + '\nkind = "row"\nregister = "training"\n'
        '[[field]]\nid = "paid"\n' + TEXT + '\nkind = "money"\n'
        '[[count]]\nindicator = "P9.T9.S9"\ndate = "came_on"\n'
        '[[count]]\nindicator = "P2.T1.S1"\ndate = "came_on"\n'
        '[[count]]\nindicator = "P2.T2.S1"\ndate = "came_on"\nfact = "tbn4-project-2:gift_found"\n'
        '[[fulfils]]\nfact = "tbn4-project-9:event_held"\ndate = "came_on"\n'
        '[[fulfils]]\nfact = "tbn4-project-4:year_begun"\ndate = "came_on"\n'
        '[[fulfils]]\nfact = "gift-handover:gift_received"\ndate = "came_on"\n'
        '[[fulfils]]\nfact = "tbn4-project-4:event_held"\ndate = "came_on"\nvalues = { seen = "paid" }\n'
    )
    visits = read_register(NAME, text.encode())

    problems = list(cross_problems(visits, Registers([visits]), library(), scoring().indicators))

    assert [(problem.arguments["place"], problem.arguments["value"]) for problem in problems] == [
        ('field 7 "training": register', "training"),
        ("opens.facts", "gift_receved"),
        ("opens.facts", "gift_lost"),
        ("count 1: indicator", "P9.T9.S9"),
        ("count 2", "fact"),
        ("count 3: fact", "tbn4-project-2:gift_found"),
        ("fulfils 1: fact", "tbn4-project-9"),
        ("fulfils 2: fact", "year_begun"),
        ("fulfils 3: fact", "gift-handover"),
        ("fulfils 4: values", "seen"),
        ("fulfils 4: fact", "tbn4-project-4:event_held"),
    ]
    assert (problems[8].code, problems[10].code) == (
        "regulation.fulfils_not_yearly",
        "regulation.fulfils_uncounted",
    )


def test_a_day_takes_the_version_in_force_and_a_row_keeps_its_own() -> None:
    """Before the first version the first; a version whose file is gone is read by the last."""
    old = read_register(NAME, VISITS.encode())
    new = read_register("visits.2026-07-01.toml", VISITS.replace("2026-01-01", "2026-07-01").encode())
    both_registers = Registers([new, old])

    assert [both_registers.on("visits", date(2026, *day)) for day in ((6, 30), (7, 1))] == [old, new]
    assert both_registers.on("visits", date(2020, 1, 1)) == old
    assert both_registers.version("visits", "visits.2026-01-01") == old
    assert both_registers.version("visits", "visits.2019-01-01") == new


def test_every_shipped_register_is_read_and_is_as_its_schema_says() -> None:
    """Each names procedures, facts, indicators and registers there are; an editor marks nothing in it."""
    from merzim.services.law.regulations import scoring

    files = sorted((ROOT / "regulations" / "registers").glob("*.toml"))
    shipped = [read_register(file.name, file.read_bytes(), shared_law()) for file in files]
    checker = jsonschema.Draft7Validator(json_schema("register", Register))

    assert shipped
    for register in shipped:
        assert not list(cross_problems(register, Registers(shipped), library(), scoring().indicators)), (
            register.id
        )
    for file in files:
        assert checker.is_valid(as_json(tomllib.loads(file.read_text(encoding="utf-8")))), file.name


KINDS = "".join(
    f'[[field]]\nid = "a_{kind}"\n{TEXT}\nkind = "{kind}"\n'
    for kind in ("link", "long_text", "yes_no", "unit", "row")
).replace('kind = "row"', 'kind = "row"\nregister = "visits"')


@pytest.mark.parametrize(
    ("field", "raw", "code"),
    [
        ("a_link", "ftp://example.kz", "not_a_link"),
        ("place", True, "not_a_text"),
        ("place", "a\x07b", "control_sign"),
        ("place", "a" * 10_000, "too_long"),
        ("came_on", "31.02.2026", "impossible_date"),
        ("came_on", "2026-13-01", "impossible_date"),
        ("came_on", "01.01.0900", "impossible_date"),
        ("came_on", "кейін", "not_a_date"),
        ("came_on", 5, "not_a_date"),
        ("seen", True, "not_a_number"),
        ("seen", "көп", "not_a_number"),
        ("seen", "0,1234567", "number_too_long"),
        ("a_yes_no", "perhaps", "not_yes_no"),
        ("purpose", ["talk", "check"], "one_option"),
        ("purpose", "tea", "not_an_option"),
        ("paper", "a.pdf", "not_a_file"),
        ("guest", "nobody", "unknown_person"),
        ("a_unit", ["a"], "unknown_unit"),
        ("a_row", "1", "several_rows"),
    ],
)
def test_a_value_its_field_cannot_have_is_refused_by_a_code_of_its_own(
    field: str, raw: object, code: str
) -> None:
    """And said in three languages; nothing of it is kept."""
    visits = read_register(NAME, (VISITS + KINDS).encode())
    lookup = replace(NO_NAMES, row=lambda _register, _text: ("1", "2"))
    values, problems = parse_values(visits.fields, {field: raw}, lookup)

    assert (values, [problem.code for problem in problems]) == ({}, [code])
    arguments = problem_arguments(visits.fields, problems[0])
    assert all(say(f"register.value.{code}", arguments, language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("field", "raw", "kept"),
    [
        ("a_link", "https://example.kz/a", "https://example.kz/a"),
        ("a_long_text", "a\r\nb", "a\nb"),
        ("place", "  a \n b ", "a b"),
        ("came_on", "06.04.2026", "2026-04-06"),
        ("came_on", datetime(2026, 4, 6, 12, tzinfo=UTC), "2026-04-06"),
        ("seen", "1 250,50", "1250.5"),
        ("seen", "−3", "-3"),
        ("a_yes_no", True, True),
        ("purpose", "V", "talk"),
    ],
)
def test_a_value_is_kept_as_every_face_writes_it(field: str, raw: object, kept: object) -> None:
    """Dates and numbers as people write them, an option by its title."""
    visits = read_register(NAME, (VISITS + KINDS).encode())

    values, problems = parse_values(visits.fields, {field: raw}, NO_NAMES)

    assert (values, problems) == ({field: kept}, [])
