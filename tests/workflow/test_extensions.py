"""Extensions and pauses: acts that move a deadline, with ground and decision, where the law allows.

The days are counted by hand. 1 September 2026 is a Tuesday, and September has no holidays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from i18n import LANGUAGES, explanation, refusal, say
from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR
from tests.permits import PERMIT, library, obligation, permit, texts
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Change, GroundMissing
from workflow.cases.commands.extensions import CannotExtend, CannotPause, extend, pause, resume
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import CannotWithdraw, WithdrawnAlready, withdraw
from workflow.deadlines.adjustments import can_pause, decision_elements
from workflow.deadlines.deadline import Deadline
from workflow.findings.findings import findings
from workflow.law.reader import UnreadableRegulation
from workflow.machine import NotOpen, diagram, open_commands
from workflow.refusal import Refusal

NOW, TODAY = datetime(2026, 12, 1, 7, 0, tzinfo=UTC), date(2026, 12, 1)
STAMP = {"by": "officer", "now": NOW, "today": TODAY}


@pytest.fixture
def case_commands(ledger: SqlLedger) -> CaseCommands:
    return CaseCommands(ledger, library(), CALENDAR)


def opened(case_commands: CaseCommands, procedure: str, **facts: date) -> Case:
    return case_commands.open(Opening(procedure=procedure, facts=facts), **STAMP)


@pytest.fixture
def appeal(case_commands: CaseCommands) -> Case:
    """An appeal of 1 September, to be answered by 22 September."""
    return opened(case_commands, "citizen-appeal", appeal_received=date(2026, 9, 1))


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    """An application of 1 September, to be decided by 15 September and reported on by 1 October."""
    return opened(case_commands, "permit", received=date(2026, 9, 1))


def extended(
    case_commands: CaseCommands,
    case: Case,
    *,
    by: int | None = None,
    to: date | None = None,
    on: date = date(2026, 9, 18),
    duty: str = "head",
    ground: str = "Нужно запросить архив",
    name: str = "appeal_answered",
) -> Change:
    return extend(
        case_commands, case.id, name, by_count=by, to=to, ground=ground, decided_by=duty, on=on, **STAMP
    )


def stopped(case_commands: CaseCommands, case: Case, first: date, until: date | None = None) -> None:
    pause(case_commands, case.id, ground="Запрошены документы", on=first, **STAMP)
    if until is not None:
        resume(case_commands, case.id, ground="Документы поступили", on=until, **STAMP)


def deadline(case_commands: CaseCommands, case: Case, name: str) -> Deadline:
    return next(
        deadline for deadline in case_commands.view(case.id, today=TODAY).deadlines if deadline.id == name
    )


def due(case_commands: CaseCommands, case: Case, *names: str) -> tuple[date | None, ...]:
    return tuple(deadline(case_commands, case, name).due for name in names)


def test_an_extension_is_added_to_the_last_day(case_commands: CaseCommands, appeal: Case) -> None:
    """A month after 22 September is 22 October; the applicant is told within three working days."""
    assert due(case_commands, appeal, "appeal_answered", "applicant_told") == (date(2026, 9, 22), None)

    change = extended(case_commands, appeal, by=1)

    assert due(case_commands, appeal, "appeal_answered", "applicant_told") == (
        date(2026, 10, 22),
        date(2026, 9, 23),
    )
    assert change.moved == (
        ("appeal_answered", date(2026, 9, 22), date(2026, 10, 22)),
        ("applicant_told", None, date(2026, 9, 23)),
    )
    answered = deadline(case_commands, appeal, "appeal_answered")
    assert answered.safe_by == date(2026, 10, 22)
    # A change of any day from the first one counted on would move it.
    assert (answered.span_first, answered.span_last) == (date(2026, 9, 2), date(2026, 10, 22))


def test_the_explanation_shows_both_dates_and_why(case_commands: CaseCommands, appeal: Case) -> None:
    """Who decided, on which day, on what ground, how long it was and how long it is, in every language."""
    extended(case_commands, appeal, by=2)

    text = explanation(deadline(case_commands, appeal, "appeal_answered").explanation, "ru")

    assert text.startswith("Ответ заявителю – не позднее 23 ноября 2026 года.")
    assert (
        "Срок продлён на 2 месяца: прежний последний день – 22 сентября 2026 года, новый – 23 ноября 2026 "
        "года. Решение принял первый руководитель, 18 сентября 2026 года. Основание: Нужно запросить архив."
        in text
    )
    assert "22 ноября 2026 года – нерабочий день" in text
    kazakh = explanation(deadline(case_commands, appeal, "appeal_answered").explanation, "kk")
    assert "Мерзім 2 айға ұзартылды: бұрынғы соңғы күні – 2026 жылғы 22 қыркүйек" in kazakh


def test_what_the_act_does_not_allow_is_refused_in_one_sentence(
    case_commands: CaseCommands, appeal: Case
) -> None:
    """Too much, by who may not, to a day beyond, without a ground, decided tomorrow, of another term."""
    before = case_commands.events(appeal.id)
    refusals: dict[str, Refusal] = {}
    for name, arguments in {
        "too much": {"by": 3},
        "by who may not": {"by": 1, "duty": "officer"},
        "a day beyond": {"to": date(2026, 11, 24)},
        "a day before": {"to": date(2026, 9, 22)},
        "tomorrow": {"by": 1, "on": date(2026, 12, 2)},
        "another term": {"by": 1, "name": "applicant_told"},
        "no ground": {"by": 1, "ground": "  "},
    }.items():
        with pytest.raises((CannotExtend, GroundMissing)) as caught:
            extended(case_commands, appeal, **arguments)  # type: ignore[arg-type]
        refusals[name] = caught.value

    texts = {name: refusal(error, "ru") for name, error in refusals.items()}

    assert "не более чем на 2 мес." in texts["too much"]
    assert "первый руководитель" in texts["by who may not"]
    assert "после 22 сентября 2026 года и не далее 23 ноября 2026 года" in texts["a day beyond"]
    assert texts["a day before"] == texts["a day beyond"]
    assert "Административный процедурно-процессуальный кодекс" in texts["another term"]
    assert all(refusal(error, language).strip() for error in refusals.values() for language in LANGUAGES)
    assert case_commands.events(appeal.id) == before


def test_the_last_day_allowed_is_allowed_and_no_second_time(case_commands: CaseCommands, appeal: Case) -> None:
    """23 November is the last day of two months; the act allows one; the same one again is done already."""
    extended(case_commands, appeal, to=date(2026, 11, 23))

    assert due(case_commands, appeal, "appeal_answered") == (date(2026, 11, 23),)
    assert extended(case_commands, appeal, to=date(2026, 11, 23)).events == ()
    with pytest.raises(CannotExtend, match=r"extend\.times"):
        extended(case_commands, appeal, by=1)


@pytest.mark.parametrize(("decided", "late"), [(21, None), (22, None), (23, 1)])
def test_an_extension_decided_after_the_term_is_a_finding(
    case_commands: CaseCommands, appeal: Case, decided: int, late: int | None
) -> None:
    """It is judged by the day of the decision: on 22 September it was still in time."""
    extended(case_commands, appeal, by=1, on=date(2026, 9, decided))

    view = case_commands.view(appeal.id, today=TODAY)
    term_findings = [
        finding
        for finding in findings(view.case, view.procedure, view.deadlines, CALENDAR)
        if finding.kind == "term"
    ]

    assert [(finding.code, finding.late_by) for finding in term_findings] == (
        [("extended_late", late)] if late else []
    )
    assert all(
        say(finding.code, finding.arguments, language) for finding in term_findings for language in LANGUAGES
    )


def test_a_corrected_anchor_moves_the_extended_day_too(case_commands: CaseCommands, appeal: Case) -> None:
    """The day is derived, never overwritten: received on 2 September, it is 23 September and a month."""
    extended(case_commands, appeal, by=1)

    case_commands.correct(appeal.id, "appeal_received", on=date(2026, 9, 2), ground="опечатка", **STAMP)

    assert due(case_commands, appeal, "appeal_answered") == (date(2026, 10, 23),)


def test_a_withdrawn_extension_never_was(case_commands: CaseCommands, appeal: Case, ledger: SqlLedger) -> None:
    """The day is the old one; the fact of telling rests on nothing; a second time is refused."""
    before = ledger.rows(appeal.id)
    extended(case_commands, appeal, by=1)
    case_commands.record(appeal.id, "applicant_told", on=date(2026, 9, 21), **STAMP)

    change = withdraw(case_commands, appeal.id, "extended.appeal_answered", ground="другое дело", **STAMP)

    assert due(case_commands, appeal, "appeal_answered") == (date(2026, 9, 22),)
    view = case_commands.view(appeal.id, today=TODAY)
    codes = {finding.code for finding in findings(view.case, view.procedure, view.deadlines, CALENDAR)}
    assert "rests_on_withdrawn" in codes
    assert change.events[0].payload["record"] == "extended.appeal_answered"
    with pytest.raises(WithdrawnAlready):
        withdraw(case_commands, appeal.id, "extended.appeal_answered", ground="ещё раз", **STAMP)
    withdraw(case_commands, appeal.id, "applicant_told", ground="тоже", **STAMP)
    assert ledger.rows(appeal.id) == before
    assert extended(case_commands, appeal, by=2).events != ()


@pytest.mark.parametrize(
    ("first", "until", "expected"),
    [
        (date(2026, 9, 9), date(2026, 9, 21), date(2026, 9, 25)),  # 2-4, 7-8; 21-25 September
        (date(2026, 9, 9), date(2026, 9, 9), date(2026, 9, 15)),  # the clock never stood
        (date(2026, 9, 12), date(2026, 9, 14), date(2026, 9, 15)),  # a Saturday and a Sunday
        (date(2026, 9, 1), date(2026, 9, 3), date(2026, 9, 16)),  # the day it counts from is not counted anyway
        (date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 22)),  # the day before: two days are left
        (date(2026, 9, 15), date(2026, 9, 21), date(2026, 9, 21)),  # its last day is left
        (date(2026, 9, 16), date(2026, 9, 21), date(2026, 9, 15)),  # overdue: it does not pause
    ],
)
def test_working_days_on_which_the_clock_stood_are_not_counted(
    case_commands: CaseCommands, case: Case, first: date, until: date, expected: date
) -> None:
    """From the day it stops to the day before it runs again; 15 September without a pause."""
    stopped(case_commands, case, first, until)

    decided = deadline(case_commands, case, "decided")
    assert (decided.due, decided.span_first) == (expected, date(2026, 9, 2))


@pytest.mark.parametrize("first", [2, 3])
def test_a_calendar_day_on_which_the_clock_stood_is_not_the_last_one(
    case_commands: CaseCommands, first: int
) -> None:
    """The 30th day from 3 September is Saturday 3 October; stopped on the day before it or on the day itself
    for two days, the 30th day is Monday the 5th."""
    case = opened(case_commands, "permit", received=date(2026, 9, 3))
    stopped(case_commands, case, date(2026, 10, first), date(2026, 10, first + 2))

    assert due(case_commands, case, "reported") == (date(2026, 10, 5),)


def test_calendar_days_are_added_once_and_roll_once(case_commands: CaseCommands) -> None:
    """30 days from 3 September end on Saturday 3 October, so on the 5th; twelve days later is the 15th.

    Two weeks later is a Saturday again, so the 19th; under the strict reading the report is due on Friday the
    16th.
    """
    case, other = (opened(case_commands, "permit", received=date(2026, 9, 3)) for _ in range(2))
    assert due(case_commands, case, "reported") == (date(2026, 10, 5),)

    stopped(case_commands, case, date(2026, 9, 9), date(2026, 9, 21))
    stopped(case_commands, other, date(2026, 9, 9), date(2026, 9, 23))

    assert due(case_commands, case, "reported") == (date(2026, 10, 15),)
    assert due(case_commands, other, "reported") == (date(2026, 10, 19),)
    assert deadline(case_commands, other, "reported").safe_by == date(2026, 10, 16)


def test_a_decision_names_who_made_it_and_its_paper_where_they_are_known() -> None:
    """Neither is a sentence by itself."""
    element_lists = [
        [
            (element.code, *element.arguments.values())
            for element in decision_elements("paused", decided_by=by, document=paper)
        ]
        for by, paper in (("", ""), ("head", ""), ("", "№ 5."))
    ]

    assert element_lists == [[], [("decision.paused_by", "head")], [("decision.paused_document", "№ 5")]]


@pytest.mark.parametrize("act", [CaseCommands.replan, CaseCommands.record])
def test_fixed_days_and_terms_counted_back_do_not_pause(
    case_commands: CaseCommands, case: Case, act: Callable[..., Change]
) -> None:
    """15 December, three working days before the hearing, planned or held, and what was due before the pause
    stay."""
    act(case_commands, case.id, "heard", on=date(2026, 9, 30), **STAMP)
    before = due(case_commands, case, "archived", "invited", "visited")
    assert before == (date(2026, 12, 15), date(2026, 9, 25), date(2026, 9, 3))

    stopped(case_commands, case, date(2026, 9, 9))

    assert due(case_commands, case, "archived", "invited", "visited") == before


def test_an_act_may_name_the_terms_that_stop() -> None:
    """Where it names one, all others run on; where it names none, all that are counted forward stop."""
    law = permit()
    assert law.pause is not None
    for named_obligations, stop in (((), [True, True]), (("decided",), [True, False])):
        own_law = replace(law, pause=replace(law.pause, obligations=named_obligations))
        assert [can_pause(law.by_id[name], own_law) for name in ("decided", "reported")] == stop


def test_while_the_clock_stands_no_day_is_due(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Five working days are left; the case stands at `paused`, and is not paused again."""
    stopped(case_commands, case, date(2026, 9, 9))

    view = case_commands.view(case.id, today=TODAY)
    text = explanation(deadline(case_commands, case, "decided").explanation, "ru")

    assert (view.stage, open_commands(view.procedure, view.stage)) == ("paused", ("cancel", "exempt", "resume"))
    assert due(case_commands, case, "decided", "reported") == (None, None)
    assert "Со дня возобновления пойдёт остаток – 5 рабочих дней. Основание: Запрошены документы." in text
    assert ledger.rows(case.id)["decided"].next_rung_on is None
    with pytest.raises(NotOpen, match="cannot_pause"):
        stopped(case_commands, case, date(2026, 9, 10))
    assert "paused" in diagram(view.procedure)


def test_a_pause_is_refused_where_it_has_no_place(
    case_commands: CaseCommands, case: Case, appeal: Case
) -> None:
    """No act allows it, no ground, a day ahead, before the last one ended; resumed where it was not paused."""
    with pytest.raises(CannotPause, match=r"pause\.not_allowed") as caught:
        stopped(case_commands, appeal, date(2026, 9, 9))
    assert "Административный процедурно-процессуальный кодекс" in refusal(caught.value, "ru")
    with pytest.raises(GroundMissing):
        pause(case_commands, case.id, ground=" ", on=date(2026, 9, 9), **STAMP)
    with pytest.raises(CannotPause, match=r"pause\.in_future"):
        stopped(case_commands, case, date(2026, 12, 2))
    with pytest.raises(NotOpen, match="cannot_resume"):
        resume(case_commands, case.id, ground="поступили", on=date(2026, 9, 9), **STAMP)
    stopped(case_commands, case, date(2026, 9, 9))
    with pytest.raises(CannotPause, match=r"resume\.too_early"):
        resume(case_commands, case.id, ground="поступили", on=date(2026, 9, 8), **STAMP)
    resume(case_commands, case.id, ground="поступили", on=date(2026, 9, 21), **STAMP)
    with pytest.raises(CannotPause, match=r"pause\.too_early"):
        stopped(case_commands, case, date(2026, 9, 20))


def test_a_withdrawn_pause_never_was_and_a_withdrawn_end_goes_on(
    case_commands: CaseCommands, case: Case
) -> None:
    """Its end alone by its line: the clock stands again. The pause takes its end along."""
    stopped(case_commands, case, date(2026, 9, 9), date(2026, 9, 21))

    withdraw(case_commands, case.id, "#4", ground="ещё не поступили", **STAMP)
    assert due(case_commands, case, "decided") == (None,)
    resume(case_commands, case.id, ground="поступили", on=date(2026, 9, 22), **STAMP)
    assert due(case_commands, case, "decided") == (date(2026, 9, 28),)
    withdraw(case_commands, case.id, "pause", ground="по другому делу", **STAMP)

    assert due(case_commands, case, "decided") == (date(2026, 9, 15),)
    with pytest.raises((CannotWithdraw, WithdrawnAlready)):
        withdraw(case_commands, case.id, "pause", ground="ещё раз", **STAMP)


def test_a_file_that_allows_what_cannot_be_is_refused(tmp_path: Path) -> None:
    """An extension of a term without a day, by nobody, of an unknown unit; a pause by an act nobody named."""
    extension_text = f'title = {texts("Longer")}, by = {{ count = 1, in = "months" }}, decided_by'
    for text, code in (
        (
            PERMIT + obligation("told", '"none"', f'extension = {{ {extension_text} = ["head"] }}'),
            "cannot_extend",
        ),
        (
            PERMIT + obligation("told", "{ on = 2026-09-09 }", f"extension = {{ {extension_text} = [] }}"),
            "empty",
        ),
        (
            PERMIT
            + obligation(
                "told", "{ on = 2026-09-09 }", f'extension = {{ {extension_text} = ["head"] }}'
            ).replace("months", "moons"),
            "not_allowed",
        ),
        (PERMIT.replace('pause = { act = "permits"', 'pause = { act = "rules"'), "unknown_reference"),
        (
            PERMIT + obligation("told", '{ count = 1, in = "months", from = "extended.decided" }'),
            "unknown_reference",
        ),
    ):
        with pytest.raises(UnreadableRegulation) as caught:
            permit(text)
        assert caught.value.code == f"regulation.{code}"
        assert all(
            refusal(caught.value, language).startswith("permit.2026-01-01.toml") for language in LANGUAGES
        )
