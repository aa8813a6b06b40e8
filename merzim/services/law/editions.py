"""Checks an organisation's own procedures and registers, and adopts own and changed editions in its chain."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from i18n import available_language
from merzim.services.app import AppContext
from merzim.services.law.calendar_acts import rewrite_rows
from merzim.services.law.regulations import (
    REGISTERS,
    LeftOutFile,
    own_files,
    read_each,
    read_own,
    read_own_register,
    scoring,
    unknown_words,
)
from merzim.storage.cases.ledger import CHUNK
from merzim.storage.database import chunks
from merzim.storage.settings import (
    AdoptedEdition,
    accepted_digests,
    adopted_editions,
    digests_of_cases,
    record_editions,
)
from workflow.cases.commands.planning import mismatches
from workflow.law.files import UnreadableRegulation, in_file, unknown
from workflow.law.library import unfinished
from workflow.law.procedure import Procedure
from workflow.moments import Moment
from workflow.refusal import Refusal
from workflow.registers.definition import Registers
from workflow.registers.reading import cross_problems


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedFile:
    """The result of checking one own file of an edition of a procedure or a register; neither if unreadable.

    `problems`: its mistakes, and examples that differ; `warnings`: what it lacks and can be used without.
    """

    file: str
    edition: str | None = None
    register: str | None = None
    problems: tuple[Refusal, ...] = ()
    warnings: tuple[Refusal, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the file was read and has no mistakes."""
        return not self.problems


def check(app: AppContext, folder: Path | None = None) -> tuple[CheckedFile, ...]:
    """Check every own procedure and register in a folder (by default that in config.toml); nothing is written.

    Raises BadSetting: there is no such folder.
    """
    editions, unread = read_each(own_files(app.settings, folder), read_own)
    of_registers = own_files(app.settings, folder, within=REGISTERS)
    registers, unread_registers = read_each(of_registers, read_own_register)
    every_register = Registers([*app.registers.all(), *(register for _, register in registers)])
    checked = [
        [*map(_unreadable, unread), *(_checked(app, *read) for read in editions)],
        [*map(_unreadable, unread_registers)],
    ]
    for path, register in registers:
        wrong = in_file(path.name, cross_problems(register, every_register, app.library, scoring().indicators))
        checked[1].append(CheckedFile(file=path.name, register=register.edition, problems=wrong))
    return tuple(file for files in checked for file in sorted(files, key=lambda file: file.file))


def adoptable(app: AppContext, *, today: date) -> tuple[AdoptedEdition, ...]:
    """Return the editions the office has not adopted yet: own ones, and those whose text differs from that of
    any case, open or not, with the due dates they move. Raises Refusal: the examples of an own edition fail.
    """
    adopted = adopted_editions(app.engine)
    present = {edition.edition: edition.digest for edition in app.library.all()}
    accepted = accepted_digests(adopted, present)
    last = {adoption.edition: adoption.digest for adoption in adopted}
    cases, adoptions = digests_of_cases(app.engine), list[AdoptedEdition]()
    for edition in app.library.all():
        name, text = edition.edition, app.read_editions.own.get(edition.edition, "")
        digests = cases.get(name, {})
        before = tuple(digest for digest in digests if digest and digest not in accepted[name])
        if not before and (not text or last.get(name) == edition.digest):
            continue
        if text and (wrong := next(mismatches(edition, app.calendar), None)) is not None:
            raise wrong
        touched = [case for digest in before for case in digests[digest]]
        moves = tuple(_moved(app, touched, today))
        adoptions.append(
            AdoptedEdition(edition=name, digest=edition.digest, before=before, text=text, moved=moves)
        )
    return tuple(adoptions)


def adopt(app: AppContext, *, at: Moment) -> tuple[AdoptedEdition, ...]:
    """Record the editions the office has not adopted (`adoptable`) in its stream, then rewrite the rows of
    cases under those whose text changed.

    Safe to repeat: what is adopted already is not adopted again.
    """
    adoptions = adoptable(app, today=at.today)
    if adoptions:
        record_editions(app.engine, adoptions, at=at)
    cases = digests_of_cases(app.engine)
    for edition in {adoption.edition for adoption in adoptions if adoption.before}:
        names = [case for of in cases.get(edition, {}).values() for case in of]
        rewrite_rows(app, names, cause={}, at=at)
    return adoptions


def _moved(app: AppContext, cases: list[str], today: date) -> Iterator[dict[str, str | None]]:
    """Yield the due dates on the board that the present text of the law changes, in these cases (ids)."""
    for names in chunks(cases, CHUNK):
        for case in app.ledger.cases(names).values():
            rows = app.ledger.rows(case.id)
            new = {row.obligation: row.due for row in app.case_commands.recomputed(case, today=today).rows}
            for obligation in dict.fromkeys((*rows, *new)):
                old = rows[obligation].due if obligation in rows else None
                if old != new.get(obligation):
                    due = new.get(obligation)
                    yield {
                        "case": case.id,
                        "obligation": obligation,
                        "from": old.isoformat() if old else None,
                        "to": due.isoformat() if due else None,
                    }


def _checked(app: AppContext, path: Path, edition: Procedure) -> CheckedFile:
    """Return an own edition file as checked: mistakes, failing examples, and languages its texts lack."""
    lacking = () if edition.examples else (Refusal("law.no_example"),)
    known = scoring().indicators
    wrong = (
        unknown(f'obligation "{obligation.id}": indicator', obligation.indicator, known)
        for obligation in edition.obligations
        if obligation.indicator is not None and obligation.indicator not in known
    )
    return CheckedFile(
        file=path.name,
        edition=edition.edition,
        problems=(
            *in_file(path.name, (*unfinished(edition), *lacking, *wrong)),
            *unknown_words(edition, path.name),
            *_failing(edition, app),
        ),
        warnings=_warnings(app, path),
    )


def _failing(edition: Procedure, app: AppContext) -> Iterator[Refusal]:
    """Yield where examples of an own edition differ from what is computed; one that cannot be is the last."""
    try:
        yield from mismatches(edition, app.calendar)
    except Refusal as impossible:
        yield impossible


def _unreadable(file: LeftOutFile) -> CheckedFile:
    """Return a file that cannot be read as checked: with all its mistakes."""
    refusal = file.refusal
    problems = refusal.problems if isinstance(refusal, UnreadableRegulation) else (refusal,)
    return CheckedFile(file=file.file, problems=problems)


def _warnings(app: AppContext, path: Path) -> tuple[Refusal, ...]:
    """Return a warning for each language of the office or its people in which texts of a file are missing."""
    people = app.reads.office().people.values() if app.has_database else ()
    spoken_languages = {app.settings.office.language, *(person.language for person in people)}
    used_languages = {available_language(language) for language in spoken_languages}
    texts = list(_texts(tomllib.loads(path.read_text(encoding="utf-8-sig"))))
    lacking = {language: sum(language not in text for text in texts) for language in sorted(used_languages)}
    return tuple(
        Refusal("law.lacks_language", file=path.name, language=language, count=count, of=len(texts))
        for language, count in lacking.items()
        if count
    )


def _texts(value: object) -> Iterator[Mapping[str, object]]:
    """Yield the texts of a file: tables whose keys are languages."""
    if isinstance(value, Mapping):
        if value and set(value) <= {"kk", "ru", "en"}:
            yield value
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
