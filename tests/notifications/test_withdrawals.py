"""Letters after a withdrawal: unsent ones are dropped, notified people get a correction."""

from __future__ import annotations

from datetime import date
from functools import partial

from calendars.terms import OnDate
from notifications.moved_dates import people_to_tell
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, START, Shelf, Town, at_noon
from tests.notifications.test_moves import told
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.previews import preview
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.measure_term import MeasureTerm

WRONG_START = date(2026, 3, 18)
SOON_AFTER = date(2026, 3, 19)
GROUND = "басқа істің күні енгізілген"


def take_back(town: Town, case: Case, name: str, on: date) -> None:
    town.case_commands.write(case.id, at_noon(on), withdraw, name, ground=GROUND)


def test_a_withdrawal_is_told_to_those_who_were_told_of_what_followed(town: Town) -> None:
    """The plan was changed by mistake, and Aigul told: with the withdrawal she is told the old day, and why."""
    case = town.open()
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    town.case_commands.write(
        case.id, at_noon(SOON_AFTER), recording.replan, {"analysis_started": date(2026, 4, 27)}
    )
    told(town, shelf, SOON_AFTER)

    take_back(town, case, "plan.analysis_started", SOON_AFTER)
    subjects = told(town, shelf, date(2026, 3, 20))

    assert subjects == [
        "Мерзім өзгерді: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (бұрын 13 сәуір)"
    ]
    letter = shelf.kept[-1]
    assert letter.notice.person == AIGUL.key
    assert f"Жазбаның күші жойылды: Талдаудың басталуы (Айгүл). Негіздеме: {GROUND}." in letter.letter.text


def test_a_preview_counts_who_is_told_that_a_day_holds_no_longer(town: Town) -> None:
    """The start is withdrawn after its plan date: what counts from it has no day, and all are told so."""
    case = town.open()
    shelf = Shelf()
    near, later = date(2026, 5, 20), date(2026, 5, 21)
    town.case_commands.write(case.id, at_noon(near), recording.record, "analysis_started", on=START)
    told(town, shelf, near)

    withdrawal = partial(withdraw, name="analysis_started", ground=GROUND)
    foreseen = preview(town.case_commands, case.id, withdrawal, at=at_noon(later))
    foretold = people_to_tell(foreseen.deadlines, town.notices())
    town.case_commands.write(case.id, at_noon(later), withdrawal)
    told(town, shelf, later)

    once = {move.obligation: move.before for move in foreseen.moved if "." not in move.obligation}
    assert once == {
        "start_announced": date(2026, 3, 30),
        "order_signed": date(2026, 4, 6),
        "analysis_ended": date(2026, 5, 28),
        "discussion_announced": date(2026, 5, 12),
        "discussion_held": date(2026, 5, 19),
        "note_signed": date(2026, 6, 10),
        "plan_approved": date(2026, 6, 24),
        "published": date(2026, 6, 29),
        "monitoring_noted": date(2027, 6, 10),
    }
    assert {move.after for move in foreseen.moved} == {None}
    assert foretold == {notice.person for notice in town.notices() if notice.kind == "moved"}


def test_whoever_was_told_of_a_measure_is_told_that_it_was_withdrawn(town: Town) -> None:
    """Its row has left the case; the letter still says what it was."""
    case = town.open()
    shelf = Shelf()
    risks = RiskCommands(town.case_commands)
    stamp = at_noon(WRONG_START)
    risks.find(case.id, FoundRisk(description="Конкурссыз сатып алу"), on=WRONG_START, at=stamp)
    term = MeasureTerm(written="27.03.2026", term=OnDate(date(2026, 3, 27)), reading="date")
    measure = SetMeasure(risk=1, action="Сатып алу тәртібін бекіту", responsible=AIGUL.name, term=term)
    risks.set_measure(case.id, measure, at=stamp)
    told(town, shelf, SOON_AFTER)
    assert any(notice.obligation == "measure.1" for notice in town.notices())

    take_back(town, case, "measure.1", SOON_AFTER)
    before = len(shelf.kept)
    told(town, shelf, date(2026, 3, 20))
    said = [parcel.letter.subject + " ".join(parcel.letter.text.split()) for parcel in shelf.kept[before:]]

    assert any("Запись отозвана: мероприятие № 1 (Айгүл)" in text for text in said)


def test_whoever_was_told_of_a_date_hears_when_it_says_nothing_any_more(town: Town) -> None:
    """The note's ten days ran from an end recorded by mistake, after the last day the analysis could take: with
    the withdrawal they run from nothing. Recorded anew, the same day holds again."""
    case = town.open(planned={"analysis_started": START})
    shelf, end, told_on = Shelf(), date(2026, 5, 29), date(2026, 6, 5)
    for fact, on in (("analysis_started", START), ("analysis_ended", end)):
        town.case_commands.write(case.id, at_noon(end), recording.record, fact, on=on)
    told(town, shelf, told_on)

    take_back(town, case, "analysis_ended", told_on)
    before, monday, tuesday = len(shelf.kept), date(2026, 6, 8), date(2026, 6, 9)
    told(town, shelf, monday)
    withdrawn = " ".join(" ".join(parcel.letter.text for parcel in shelf.kept[before:]).split())
    town.case_commands.write(case.id, at_noon(monday), recording.record, "analysis_ended", on=end)

    told(town, shelf, tuesday)
    later_text = " ".join(" ".join(parcel.letter.text for parcel in shelf.kept[before:]).split())

    assert (
        "Signing of the analytic note (Құрылыс басқармасы): no date for now (counted from the day of “End of "
        "the analysis”, which is not recorded); you were told 12 June 2026" in withdrawn
    )
    assert "Signing of the analytic note (Құрылыс басқармасы): 12 June 2026, due again" in later_text
