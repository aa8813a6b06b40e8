"""Verification of evidence: a missing or altered file is named with every case that uses it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine

import i18n
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.maintenance.verify import verify
from tests.case_rows import FoundRisk, RiskCommands
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.org.audit import Stamp

AT = Stamp(by="А", now=NOW, today=TODAY)

ORDER, NOTE, LINK = b"%PDF-1.7 order", b"%PDF-1.7 note", "https://org.kz/1"


@pytest.fixture
def store(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(tmp_path / "evidence")


@pytest.fixture
def proved(engine: Engine, store: EvidenceFolder) -> str:
    """A case with a file that proves a fact, a link, and another file that proves a line of a register."""
    case = opened(engine)
    order = Evidence(kind="", reference=store.keep(BytesIO(ORDER), "a.pdf").reference, name="бұйрық.pdf")
    note = Evidence(kind="", reference=store.keep(BytesIO(NOTE), "b.pdf").reference, name="акт.pdf")
    link = Evidence(kind="", reference=LINK)
    case_commands(engine).write(
        case.id, AT, recording.record, "schedule_approved", on=TODAY, evidence=[order, link]
    )
    risks = RiskCommands(case_commands(engine))
    risks.find(case.id, FoundRisk(description="Тәуекел"), on=TODAY, at=AT)
    risks.remove(case.id, 1, on=TODAY, completed=True, evidence=[note], at=AT)
    return case.id


def place(store: EvidenceFolder, tmp_path: Path, content: bytes) -> Path:
    """Where the folder keeps these bytes."""
    reference = store.keep(BytesIO(content), "x.pdf").reference
    return tmp_path / "evidence" / reference[:2] / reference


def test_a_flipped_byte_is_named_with_case_file_and_hash(
    engine: Engine, store: EvidenceFolder, proved: str, tmp_path: Path
) -> None:
    """One byte of the order, its length as before. Links are no files, and nobody looks for them."""
    assert verify(engine, evidence=store) == ()
    file = place(store, tmp_path, ORDER)
    file.chmod(0o600)
    file.write_bytes(ORDER[:-1] + b"R")

    (problem,) = verify(engine, evidence=store)

    assert problem.code == "evidence_altered"
    assert problem.arguments["case"] == proved
    for language in i18n.LANGUAGES:
        sentence = i18n.say(problem.code, problem.arguments, language)
        assert all(part in sentence for part in (proved, "бұйрық.pdf", file.name)), sentence


def test_a_file_that_proves_a_line_of_a_register_is_missed_too(
    engine: Engine, store: EvidenceFolder, proved: str, tmp_path: Path
) -> None:
    """Evidence is in other events, too, not only in facts."""
    place(store, tmp_path, NOTE).unlink()

    problems = verify(engine, evidence=store)

    assert [(problem.code, problem.arguments["name"]) for problem in problems] == [
        ("evidence_missing", "акт.pdf")
    ]
