"""The shipped registers compared with the acts: every column of an annex has a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from i18n import paragraph
from merzim.documents.forms.definitions import form_named, form_names
from merzim.services.law.regulations import shared_law
from tests.law import ROOT, library
from workflow.registers.definition import Register
from workflow.registers.reading import read_register

FOLDER = Path(ROOT / "regulations" / "registers")

COLUMNS = (Path(__file__).parent / "annex_columns.txt").read_text(encoding="utf-8")
"""By place of an act the register that fills it; below, each column in the words of the act, and its fields."""


def read_annexes() -> Iterator[tuple[str, tuple[str, Mapping[str, Sequence[str]]]]]:
    place, register, columns = "", "", dict[str, Sequence[str]]()
    for line in COLUMNS.strip().splitlines():
        if line.startswith("    "):
            words, _, fields = line.strip().rpartition(": ")
            columns[words] = fields.split(", ")
        elif line[0] != "#":
            place, _, register = line.partition(" -> ")
            yield place, (register, columns := {})


ANNEXES = dict(read_annexes())
ASKED = {
    *(
        "conflicts",
        "gifts",
        "foreign-accounts",
        "declarations",
        "reporters",
        "offences",
        "internal-investigations",
    ),
    *("consents", "candidate-checks", "trainings", "training-attendees", "explanations", "exposed-talks"),
    *("procurement-analyses", "purchases", "third-parties", "organisation-documents", "organisations-below"),
    *("external-analyses", "appeals", "head-responsibility", "restriction-breaches", "social-orders"),
}
REPORTERS = {("offences", "reporter"), ("internal-investigations", "reporter"), ("reporters", "reporter")} | {
    ("conflicts", "notifier"),
    ("appeals", "author"),
}
"""Who reported or gave notice: nobody a row is about may read it."""


ALIKE = ("held_at", "register_number")
"""Texts of rows that are written alike in both languages."""


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Register]:
    """Return every shipped register by its id."""
    read = [read_register(path.name, path.read_bytes(), shared_law()) for path in sorted(FOLDER.glob("*.toml"))]
    return {register.id: register for register in read}


def test_every_list_the_acts_ask_for_is_shipped() -> None:
    """The lists of the Instruction, the Ministry's standard and the enterprise's policy, one register each."""
    assert set(shipped()) == ASKED


def test_every_column_of_an_annex_is_a_field() -> None:
    """What an annex has a column for is a field that names it, and no field names a column the annex lacks."""
    wrong = []
    for place, (register, columns) in ANNEXES.items():
        field_ids = {field.id for field in shipped()[register].fields.values() if _of(place, field.form_row)}
        column_names = {name for names in columns.values() for name in names}
        wrong += [(place, register, name) for name in sorted(field_ids ^ column_names)]
    referred = [
        (register.id, field.id)
        for register in shipped().values()
        for field in register.fields.values()
        if field.form_row and not any(_of(place, field.form_row) for place in (*ANNEXES, *OTHER_ROWS))
    ]

    assert wrong == []
    assert referred == []


OTHER_ROWS = ("P2.T2.S1", "P4.T3.S1", "P2.T5.S1, S3")
"""What the text of a subtask or the assessment asks for, where the annex has no column for it."""


def _of(place: str, form_row: str) -> bool:
    return any(place in part for part in form_row.replace("(P2.T5.S1, S3)", "(P2.T5.S1)").split(";"))


def test_the_rows_of_the_reports_come_from_registers() -> None:
    """Each group of annexes 2 to 6 says from which register; its fields, conditions and parts are there.

    A text that reaches a paper may be said in both its languages; hours and numbers are the same in both. The
    sums by supplier are counted from their source, and names of suppliers stand as registered."""
    sources = [
        (name, group, group.source)
        for name in form_names()
        for group in form_named(name).groups
        if group.source and name != "supplier_sums"
    ]
    wrong = []
    for name, group, source in sources:
        register = shipped()[source.register_id]
        part_ids = {part.id for part in group.parts.values() if not part.optional}
        source_fields = {field for fields in source.parts.values() for field in fields}
        translated = {*ALIKE, *(field.translation_of for field in register.fields.values())}
        texts = [
            field
            for field in source_fields & {*register.fields}
            if register.fields[field].kind in ("text", "long_text")
        ]
        wrong += [(name, group.id, f"{field} in one language") for field in texts if field not in translated]
        wrong += [(name, group.id, part) for part in sorted(part_ids - set(source.parts))]
        wrong += [(name, group.id, part) for part in source.parts if part not in group.parts]
        wrong += [
            (name, group.id, field)
            for field in {*source_fields, *source.where, *source.dates}
            if field not in register.fields
        ]
        for where, values in source.where.items():
            options = {option.id for option in register.fields[where].options} or {"yes", "no"}
            wrong += [(name, group.id, value) for value in values if value not in options]

    assert wrong == []
    assert {name: len([source for source in sources if source[0] == name]) for name, _, _ in sources} == {
        "legislation_report": 9,
        "reconciliation_act": 3,
        "social_order": 1,
        "ethics_report": 2,
        "propaganda_report": 1,
    }


def test_every_paragraph_is_said_in_words_of_the_language() -> None:
    """No word of a file's notation is left in what a page shows."""
    missing_texts = [
        (register.id, language, text)
        for register in shipped().values()
        for language in ("kk", "ru")
        if re.search("[A-Za-z]", text := paragraph(register.paragraph, language))
    ]

    assert missing_texts == []


def test_a_matter_of_a_confidential_case_is_a_confidential_register() -> None:
    """Registers that open confidential cases are confidential."""
    procedures_by_register = {
        register.id: register.opens.procedure for register in shipped().values() if register.opens
    }

    assert {
        register_id
        for register_id in procedures_by_register
        if library().latest(procedures_by_register[register_id]).confidential
    } == {
        *("conflicts", "gifts", "foreign-accounts", "reporters", "offences", "internal-investigations"),
        "head-responsibility",
    }
    differ = {
        register_id
        for register_id in procedures_by_register
        if library().latest(procedures_by_register[register_id]).confidential
        != shipped()[register_id].confidential
    }
    assert differ == {"candidate-checks"}, "what the special records say of a person is for those who check"
    assert shipped()["candidate-checks"].confidential


def test_nobody_a_row_is_about_reads_who_reported_it() -> None:
    """No access of a register names a confidential field, and who reported stands in a confidential one."""
    readable_fields = [
        (register.id, name)
        for register in shipped().values()
        for access in register.access
        if access.person
        for name in access.fields
        if register.fields[name].confidential
    ]

    assert readable_fields == []
    assert {
        (register_id, name)
        for register_id, name in REPORTERS
        if not shipped()[register_id].fields[name].confidential
    } == set()
    closed = [
        shipped()[register_id].access for register_id in ("offences", "internal-investigations", "reporters")
    ]
    assert not any(access.person for accesses in closed for access in accesses)
    by_reader = {
        (register.id, name)
        for register in shipped().values()
        for names in register.seen_by_reader.values()
        for name in names
    }
    assert by_reader & REPORTERS == {("conflicts", "notifier")}, "the written notice goes to the head: 14(1)"


def test_a_row_is_named_by_nothing_secret() -> None:
    """In a confidential register neither a person nor the substance stands in the heading of a row."""
    assert [
        (register.id, name)
        for register in shipped().values()
        if register.confidential
        for name in register.named_by
        if register.fields[name].kind not in ("date", "choice")
    ] == []


def test_whom_a_confidential_row_is_about_is_its_subject() -> None:
    """A person in a confidential register who is not its subject could be an officer reading of themselves."""
    assert [
        (register.id, field.id)
        for register in shipped().values()
        if register.confidential
        for field in register.fields.values()
        if field.kind == "person" and not field.subject
    ] == []


def test_an_indicator_of_the_assessment_is_fed_by_the_register_of_its_subtask() -> None:
    """Of the 39 indicators of the assessment: which register counts for which."""
    fed = {(count.indicator, register.id) for register in shipped().values() for count in register.counts}

    assert fed == {
        ("P2.T1.S1", "offences"),
        ("P2.T2.S1", "offences"),
        ("P2.T3.S1", "head-responsibility"),
        ("P2.T3.S2", "head-responsibility"),
        ("P2.T4.S1", "candidate-checks"),
        ("P2.T5.S1", "restriction-breaches"),
        ("P2.T5.S2", "conflicts"),
        ("P2.T5.S3", "restriction-breaches"),
        ("P2.T5.S4", "gifts"),
        ("P2.T5.S5", "foreign-accounts"),
        ("P3.T1.S1", "trainings"),
        *((f"P3.T2.S{number}", "organisation-documents") for number in range(1, 10)),
        ("P3.T3.S1", "organisation-documents"),
        ("P4.T1.S2", "social-orders"),
        ("P4.T2.S1", "training-attendees"),
        ("P4.T2.S2", "training-attendees"),
        ("P4.T2.S3", "trainings"),
        ("P4.T2.S4", "exposed-talks"),
        ("P4.T3.S1", "explanations"),
    }
