"""What the pages ask of the shell, answered over the house (`web.ports.shell.Shell`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from web.ports.shell import PackageFile, PlanTaken, RegisterStanding, Sheet

if TYPE_CHECKING:
    from merzim.asking.scores import YearScores
    from merzim.wiring import House
    from merzim.yearly.clock import Clocked
    from merzim.yearly.gathering import Gathered, Ready
    from notifications.notice import Notice
    from workflow.access import Scope
    from workflow.desk.desk import View
    from workflow.points.scale import Readings, Scoring
    from workflow.registers.risk_scale import RiskScale


log = logging.getLogger("merzim.house")


class Shell:
    """Papers, scales, points and proofs of one house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def sheets(self, case: str, language: str, scope: Scope, *, today: date) -> Sequence[Sheet]:
        """The forms about a case, in the order of their names, each with what nobody has told yet."""
        from merzim.documents.filling import from_case
        from papers.forms import form, lacking, names

        view = self._view(case, scope, today)
        found = []
        for wanted in (form(name) for name in names()):
            if wanted.about == "case":
                known = from_case(self._house, wanted, view, language, today=today)
                missing = lacking(wanted, known.fields, language, rows=known.rows)
                told = tuple((one.field, one.row) for one in missing)
                found.append(Sheet(id=wanted.id, title=wanted.title, missing=told))
        return tuple(found)

    def form(self, case: str, form: str, language: str, scope: Scope, *, today: date) -> bytes:
        """The form filled with what the case says of it.

        Raises:
            UnknownForm: there is none of that name about cases.
        """
        from merzim.documents.filling import from_case
        from papers.forms import UnknownForm, fill, names
        from papers.forms import form as form_named

        wanted = form_named(form)
        if wanted.about != "case":
            raise UnknownForm("form_unknown", form=form, allowed=names())
        known = from_case(self._house, wanted, self._view(case, scope, today), language, today=today)
        return fill(wanted, known.fields, language, rows=known.rows).document

    def package(self, case: str, language: str, scope: Scope) -> PackageFile:
        """Return the export package of one case; the file is gone when it is closed."""
        from merzim.documents.packing import documents
        from papers.package import write_package

        with TemporaryDirectory(prefix="merzim") as folder:
            target = Path(folder) / "package.zip"
            found = documents(self._house, case=case, reads=self._house.reads.seen_by(scope))
            packed = write_package(target, found, self._house.evidence.open, language=language)
            for document in (*packed.lost, *packed.altered):
                log.error("left out of the package of %s: %s", case, document.reference)
            return PackageFile(content=target.open("rb"), whole=packed.whole)

    def register(self, notices: Sequence[Notice], ending: str, language: str, *, now: datetime) -> bytes:
        """These notices on paper, with what the chain says of them."""
        from merzim.documents.register import paper

        return paper(self._house, notices, ending, language, now=now)

    def standing(self) -> RegisterStanding:
        """The register against its chain, at this moment."""
        from storage.notices.register import standing

        found = standing(self._house.engine)
        return RegisterStanding(
            altered=tuple((code, str(told.get("key", ""))) for code, told in found.problems),
            batches=found.batches,
            end=found.end,
            seal=found.seal,
        )

    def take_plan(
        self, case: str, content: BinaryIO, name: str, *, year: int | None, by: str, now: datetime, today: date
    ) -> PlanTaken:
        """A plan of measures becomes risks and measures of a case."""
        from merzim.asking.risks import import_plan

        taken = import_plan(
            self._house, case, content.read(), name=name, year=year, by=by, now=now, today=today
        )
        return PlanTaken(measures=taken.measures, entered=len(taken.change.events), unmatched=taken.unmatched)

    def responsible(self, text: str, *, by: str, now: datetime, today: date) -> None:
        """Keep whom the words of a plan mean, where it can be told."""
        from merzim.asking.risks import keep_responsible

        keep_responsible(self._house, [text], by=by, now=now, today=today)

    def scale(self, on: date) -> RiskScale:
        """The scale in force on a day."""
        from merzim.asking.risks import scale

        return scale(on)

    def scales(self) -> Mapping[str, RiskScale]:
        """All shipped scales."""
        from merzim.asking.risks import scales

        return scales()

    def scoring(self) -> Scoring:
        """The latest shipped edition."""
        from merzim.asking.scoring import scoring

        return scoring()

    def points(
        self, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool
    ) -> Sequence[YearScores]:
        """The points of a unit, then of its parts where asked."""
        from merzim.asking.scores import year_scores

        return year_scores(self._house, unit, year, today=today, readings=readings, by_unit=by_unit)

    def consolidated(
        self, procedure: str, obligation: str, scope: Scope, *, unit: str, year: int, today: date
    ) -> Gathered:
        """Who of many organisations did it in a year, and who has not reported."""
        from merzim.yearly.gathering import consolidated

        reads = self._house.reads.seen_by(scope)
        return consolidated(self._house, procedure, obligation, unit=unit, year=year, today=today, reads=reads)

    def ready(self, scope: Scope, *, unit: str, today: date) -> Sequence[Ready]:
        """What is ready and has not been uploaded."""
        from merzim.yearly.gathering import uploads

        return uploads(self._house, unit, today=today, reads=self._house.reads.seen_by(scope))

    def turns(self, scope: Scope, *, unit: str, today: date) -> Sequence[Clocked]:
        """Where every organisation stands with its analysis of the year."""
        from merzim.yearly.clock import turns

        return turns(self._house, unit, today=today, reads=self._house.reads.seen_by(scope))

    def _view(self, case: str, scope: Scope, today: date) -> View:
        """Return the case as the reader sees it: a form names no document they may not open."""
        from workflow.registers.proving import as_seen

        view = self._house.desk.view(case, today=today)
        return replace(view, case=as_seen(view.case, scope))
