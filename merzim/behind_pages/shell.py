"""What the pages ask of the shell, answered over the house (`web.ports.shell.Shell`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from web.ports.shell import PackageFile, PlanTaken, RegisterStatus, Sheet

if TYPE_CHECKING:
    from notifications.notice import Notice
    from services.app import AppContext
    from services.year_scores import YearScores
    from services.yearly.clock import UnitTurn
    from services.yearly.consolidated import ConsolidatedReport, Ready
    from workflow.cases.commands.desk import View
    from workflow.cases.registers.risk_scale import RiskScale
    from workflow.org.access import Scope
    from workflow.scoring.scale import Readings, Scoring


log = logging.getLogger("merzim.house")


class Shell:
    """Papers, scales, points and proofs of one house."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def sheets(self, case: str, language: str, scope: Scope, *, today: date) -> Sequence[Sheet]:
        """The forms about a case, in the order of their names, each with what nobody has told yet."""
        from documents.forms import form, lacking, names
        from services.documents.filling import from_case

        view = self._view(case, scope, today)
        found = []
        for wanted in (form(name) for name in names()):
            if wanted.about == "case":
                known = from_case(self._app, wanted, view, language, today=today)
                missing = lacking(wanted, known.fields, language, rows=known.rows)
                told = tuple((one.field, one.row) for one in missing)
                found.append(Sheet(id=wanted.id, title=wanted.title, missing=told))
        return tuple(found)

    def form(self, case: str, form: str, language: str, scope: Scope, *, today: date) -> bytes:
        """The form filled with what the case says of it.

        Raises:
            UnknownForm: there is none of that name about cases.
        """
        from documents.forms import UnknownForm, fill, names
        from documents.forms import form as form_named
        from services.documents.filling import from_case

        wanted = form_named(form)
        if wanted.about != "case":
            raise UnknownForm("form_unknown", form=form, allowed=names())
        known = from_case(self._app, wanted, self._view(case, scope, today), language, today=today)
        return fill(wanted, known.fields, language, rows=known.rows).document

    def package(self, case: str, language: str, scope: Scope) -> PackageFile:
        """Return the export package of one case; the file is gone when it is closed."""
        from documents.package import write_package
        from services.documents.packing import documents

        with TemporaryDirectory(prefix="merzim") as folder:
            target = Path(folder) / "package.zip"
            found = documents(self._app, case=case, reads=self._app.reads.seen_by(scope))
            packed = write_package(target, found, self._app.evidence.open, language=language)
            for document in (*packed.lost, *packed.altered):
                log.error("left out of the package of %s: %s", case, document.reference)
            return PackageFile(content=target.open("rb"), whole=packed.whole)

    def register(self, notices: Sequence[Notice], ending: str, language: str, *, now: datetime) -> bytes:
        """These notices on paper, with what the chain says of them."""
        from services.documents.register import paper

        return paper(self._app, notices, ending, language, now=now)

    def standing(self) -> RegisterStatus:
        """The register against its chain, at this moment."""
        from storage.notices.register import standing

        found = standing(self._app.engine)
        return RegisterStatus(
            altered=tuple((code, str(told.get("key", ""))) for code, told in found.problems),
            batches=found.batches,
            end=found.end,
            seal=found.seal,
        )

    def take_plan(
        self, case: str, content: BinaryIO, name: str, *, year: int | None, by: str, now: datetime, today: date
    ) -> PlanTaken:
        """A plan of measures becomes risks and measures of a case."""
        from services.risks import import_plan

        taken = import_plan(self._app, case, content.read(), name=name, year=year, by=by, now=now, today=today)
        return PlanTaken(measures=taken.measures, entered=len(taken.change.events), unmatched=taken.unmatched)

    def responsible(self, text: str, *, by: str, now: datetime, today: date) -> None:
        """Keep whom the words of a plan mean, where it can be told."""
        from services.risks import keep_responsible

        keep_responsible(self._app, [text], by=by, now=now, today=today)

    def scale(self, on: date) -> RiskScale:
        """The scale in force on a day."""
        from services.risks import scale

        return scale(on)

    def scales(self) -> Mapping[str, RiskScale]:
        """All shipped scales."""
        from services.risks import scales

        return scales()

    def scoring(self) -> Scoring:
        """The latest shipped edition."""
        from services.scoring import scoring

        return scoring()

    def points(
        self, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool
    ) -> Sequence[YearScores]:
        """The points of a unit, then of its parts where asked."""
        from services.year_scores import year_scores

        return year_scores(self._app, unit, year, today=today, readings=readings, by_unit=by_unit)

    def consolidated(
        self, procedure: str, obligation: str, scope: Scope, *, unit: str, year: int, today: date
    ) -> ConsolidatedReport:
        """Who of many organisations did it in a year, and who has not reported."""
        from services.yearly.consolidated import consolidated

        reads = self._app.reads.seen_by(scope)
        return consolidated(self._app, procedure, obligation, unit=unit, year=year, today=today, reads=reads)

    def ready(self, scope: Scope, *, unit: str, today: date) -> Sequence[Ready]:
        """What is ready and has not been uploaded."""
        from services.yearly.consolidated import uploads

        return uploads(self._app, unit, today=today, reads=self._app.reads.seen_by(scope))

    def turns(self, scope: Scope, *, unit: str, today: date) -> Sequence[UnitTurn]:
        """Where every organisation stands with its analysis of the year."""
        from services.yearly.clock import turns

        return turns(self._app, unit, today=today, reads=self._app.reads.seen_by(scope))

    def _view(self, case: str, scope: Scope, today: date) -> View:
        """Return the case as the reader sees it: a form names no document they may not open."""
        from workflow.cases.registers.evidence_list import as_seen

        view = self._app.desk.view(case, today=today)
        return replace(view, case=as_seen(view.case, scope))
