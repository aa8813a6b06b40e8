"""Parses evidence arguments: `[KIND=]FILE|URL[@DATE]`. Files are stored by content, links as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from merzim.cli.parsing import STDIN, BadArgument, day
from merzim.documents.sheets.texts import is_web_address
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.inputs import EvidenceInput
    from workflow.law.procedure import Procedure

_KIND = re.compile(r"((?:link|document):[a-z_-]+)=(.+)", re.DOTALL)
_DATED = re.compile(r"(.+)@(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{2,4})", re.DOTALL)
_LINK = re.compile(r"https?:", re.IGNORECASE)


class UnknownEvidence(Refusal, ValueError):
    """The obligation has no evidence of that kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """A document or link from the command line, not stored yet."""

    kind: str
    link: str = ""
    file: Path | None = None
    published_on: date | None = None


def given(text: str, procedure: Procedure, fact: str) -> Proof:
    """Parse an --evidence argument.

    Without a kind, the obligation's only kind of that sort is used, if there is just one.

    Raises:
        UnknownEvidence: a kind the obligation does not have.
        BadArgument: neither a link nor an existing file.
    """
    from workflow.law.names import known_fact

    allowed = known_fact(procedure, fact).evidence
    proof = given_freely(text)
    if proof.kind and proof.kind not in allowed:
        raise UnknownEvidence("cli.unknown_evidence", kind=proof.kind, fact=fact, allowed=allowed)
    sort = [kind for kind in allowed if kind.startswith("link:" if proof.link else "document:")]
    return replace(proof, kind=proof.kind or (sort[0] if len(sort) == 1 else ""))


def given_freely(text: str) -> Proof:
    """Parse an --evidence argument where no kind is required (a measure, a removed risk).

    Raises:
        BadArgument: neither a link nor an existing file.
    """
    kind, place = "", text
    if match := _KIND.fullmatch(place):
        kind, place = match.groups()
    published = None
    if match := _DATED.fullmatch(place):
        place, published = match[1], day(match[2], where="--evidence")
    if place == STDIN:
        raise BadArgument("cli.stdin_no_name")
    link = bool(_LINK.match(place))
    if link and not is_web_address(place):
        raise BadArgument("cli.bad_link", text=place[:100])
    if not link and not _is_file(place):
        raise BadArgument("cli.no_such_file", file=place)
    return Proof(
        kind=kind,
        link=place if link else "",
        file=None if link else Path(place),
        published_on=published,
    )


@contextmanager
def evidence_inputs(texts: Iterable[str], procedure: Procedure, fact: str) -> Iterator[list[EvidenceInput]]:
    """Yield several --evidence arguments as fields of a command, with their files open.

    Raises:
        UnknownEvidence, BadArgument: as `given`.
    """
    with _inputs([given(text, procedure, fact) for text in texts]) as items:
        yield items


@contextmanager
def free_evidence_inputs(texts: Iterable[str]) -> Iterator[list[EvidenceInput]]:
    """Yield --evidence arguments that need no kind as fields of a command, with their files open."""
    with _inputs([given_freely(text) for text in texts]) as items:
        yield items


@contextmanager
def _inputs(proofs: Iterable[Proof]) -> Iterator[list[EvidenceInput]]:
    from merzim.services.inputs import EvidenceInput, OpenFile

    with ExitStack() as files:
        items = []
        for proof in proofs:
            content = proof.file and OpenFile(proof.file.name, files.enter_context(proof.file.open("rb")))
            items.append(
                EvidenceInput(
                    kind=proof.kind,
                    address=proof.link or None,
                    content=content,
                    published_on=proof.published_on,
                )
            )
        yield items


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long to be a name, say
        return False
