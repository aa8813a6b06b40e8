"""Confidential cases: visible to those named or notified, to nobody else whatever their access."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, text

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.rebuild import rebuild
from merzim.storage.maintenance.verify import verify
from merzim.storage.queries import SqlReads
from tests.storage.sample_cases import case_commands, recompute
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.org.access import Access, Reader, scope
from workflow.org.audit import Stamp

NOW, TODAY = datetime(2026, 4, 6, 7, 0, tzinfo=UTC), date(2026, 4, 6)
SAID = Stamp(by="opener", now=NOW, today=TODAY)


@pytest.fixture
def core(engine: Engine) -> CaseCommands:
    return case_commands(engine)


@pytest.fixture
def secret(core: CaseCommands) -> Case:
    """A conflict of interest, opened by somebody, with one person named."""
    opening = Opening(
        procedure="conflict-of-interest",
        unit="hr",
        person="about@org.kz",
        readers=("named@org.kz",),
        facts={"conflict_known": TODAY},
    )
    return core.open(opening, at=SAID)


def sees(engine: Engine, person: str, *, access: Access = "officer") -> bool:
    """Whether somebody of that access finds the case in a list and by itself; both must agree."""
    reader = Reader(login=person.partition("@")[0], person=person, access=access)
    reads = SqlReads(engine).seen_by(scope(reader))
    case_ids = [case.id for case in reads.cases()]
    single = [name for name in SqlReads(engine).heads(SqlLedger(engine).ids()) if reads.case(name) is not None]
    assert sorted(case_ids) == sorted(single)
    assert bool(reads.rows_of(SqlLedger(engine).ids())) == bool(single)
    return bool(single)


def test_who_opened_it_and_who_was_named_see_it(engine: Engine, secret: Case) -> None:
    """The opener by their account, the named by their key."""
    assert (sees(engine, "opener@org.kz"), sees(engine, "named@org.kz")) == (True, True)


@pytest.mark.parametrize("access", ["officer", "auditor", "first_head", "head_of_unit", "administrator"])
def test_nobody_else_does_whatever_their_access(engine: Engine, secret: Case, access: Access) -> None:
    """Not the auditor, not the first head, not the person it is about."""
    assert not sees(engine, "somebody@org.kz", access=access)
    assert not sees(engine, "about@org.kz", access=access)


@pytest.mark.parametrize("state", ["sent", "queued", "withdrawn", "sending"])
def test_who_was_told_in_a_letter_sees_it_once_it_has_left(engine: Engine, secret: Case, state: str) -> None:
    """A letter without content leads behind the log-in: there the content must be. What only waits is not
    proved in the register: anybody could have put it there."""
    with engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO notice (key, "case", obligation, due, step, person, channel, address, language, '
                "state, attempts, queued_at, not_before, answer, text_hash, message_id, kind, bundle, carrier, "
                "about) VALUES "
                "('k', :case, 'o', '2026-04-09', '0', 'told@org.kz', 'email', 'a', 'kk', :state, 1, "
                "'2026-04-06 07:00:00', '2026-04-06 07:00:00', '', '', '', 'reminder', '', '', '{}')"
            ),
            {"case": secret.id, "state": state},
        )

    assert sees(engine, "told@org.kz") is (state == "sent")


def test_a_naming_can_be_taken_back_with_its_ground(engine: Engine, core: CaseCommands, secret: Case) -> None:
    """Both are events; the chain stays whole."""
    core.write(secret.id, SAID, recording.name_reader, "late@org.kz")
    before = sees(engine, "late@org.kz")
    core.write(secret.id, SAID, recording.remove_reader, "late@org.kz", ground="ауысты")

    assert (before, sees(engine, "late@org.kz")) == (True, False)
    kinds = [event.kind for event in SqlLedger(engine).events(secret.id)]
    assert kinds[-2:] == ["reader_named", "reader_removed"]
    assert [problem.code for problem in verify(engine)] == []


def test_a_rebuild_writes_who_may_know_anew(engine: Engine, secret: Case) -> None:
    """The list is computed from the events, so manual changes are corrected."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM reader"))
        connection.execute(
            text("INSERT INTO reader (\"case\", person) VALUES (:case, 'thief@org.kz')"), {"case": secret.id}
        )
    rebuild(engine, recompute(engine), now=NOW)

    assert (sees(engine, "named@org.kz"), sees(engine, "thief@org.kz")) == (True, False)


def test_an_ordinary_case_needs_no_naming(engine: Engine, core: CaseCommands) -> None:
    """Naming somebody to know of what everybody in reach sees changes nothing."""
    case = core.open(Opening(procedure="internal-analysis", unit="hr"), at=SAID)
    change = core.write(case.id, SAID, recording.name_reader, "late@org.kz")

    assert change.events == ()
    assert sees(engine, "anybody@org.kz")
    assert not replace(case).confidential
