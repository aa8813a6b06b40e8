"""Files of own rules that cannot be used: one clear sentence with the place and allowed values."""

from __future__ import annotations

import pytest

from i18n import say
from tests.law import library
from tests.workflow.rules import ACT, rules, term
from workflow.law.reader.overlay import read_overlay, unfitting
from workflow.law.reader.table import UnreadableRegulation

HEAD = 'procedure = "internal-analysis"\nin_force = 2026-01-01\n'
FIVE = term("plan_approved", '{ count = 5, in = "working days", from = "note_signed" }')


def refused(body: str, *, head: str = HEAD, name: str = "overlay.akimat.2026-01-01.toml") -> str:
    editions = [edition for edition in library().all() if edition.id == "internal-analysis"]
    with pytest.raises(UnreadableRegulation) as caught:
        unfitting(read_overlay(name, (head + ACT + body).encode()), editions)
    refusal = caught.value
    for language in ("kk", "ru"):
        assert say(refusal.code, refusal.arguments, language)
    return say(refusal.code, refusal.arguments, "en")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (term("plan_aproved", '{ by = "06-30", from = "note_signed" }'), "plan_approved"),
        (term("plan_approved", '{ count = 5, in = "working days", from = "note_sined" }'), "note_signed"),
        (term("plan_approved", '{ count = 5, in = "working day", from = "note_signed" }'), "working days"),
        (term("plan_approved", '{ day = 5, of = "month after the period" }'), "does not come back"),
        (term("plan_approved", '"none"'), "must give a date"),
        (term("plan_approved", '"standing"'), "must give a date"),
        (term("plan_approved", '{ count = 5, in = "working days", from = "plan_approved" }'), "plan_approved"),
        (term("note_signed", '{ count = 5, in = "working days", from = "published" }'), "published"),
        (term("plan_approved", '{ count = 5, in = "working days", from = "quarter_reported" }'), "term.from"),
        (term("plan_approved", '{ embargo = 1, in = "years", from = "note_signed" }'), "kind"),
        (FIVE + FIVE, "plan_approved"),
        ('[switches]\nrol = "none"\n', "roll"),
        ('[switches]\nroll = "never"\n', "none"),
        ("", "asks for nothing"),
        ('\n[[term]]\nobligation = "plan_approved"\nevery = "month"\n', "does not come back"),
        ('\n[[term]]\nobligation = "plan_approved"\nparagraph = "p. 1"\n', "term"),
        ("[[terms]]\n", "term"),
        ("[switches\n", "TOML"),
    ],
)
def test_what_cannot_stand_in_a_file_is_named(body: str, says: str) -> None:
    """One line; the nearest allowed word is among what it says."""
    message = refused(body)

    assert says in message
    assert "overlay.akimat.2026-01-01.toml" in message
    assert "\n" not in message


def test_a_file_is_called_by_its_day() -> None:
    """Otherwise two files could apply to one day."""
    assert "overlay.akimat.2026-01-01.toml" in refused(FIVE, name="overlay.akimat.2026-01-02.toml")
    assert "overlay.own-rules.2026-01-01.toml" in refused(FIVE, name="rules.toml")


def test_the_act_and_the_place_in_it_must_be_named() -> None:
    """A rule nobody can look up is none."""
    without_paragraph = FIVE.replace('paragraph = "p. 24"\n', "")

    assert "paragraph" in refused(without_paragraph)


def test_a_file_is_kept_as_it_was_given() -> None:
    """The text that is adopted is the text that was read."""
    overlay = rules(FIVE)

    assert overlay.file == "overlay.akimat.2026-01-01.toml"
    assert read_overlay(overlay.file, overlay.text.encode()) == overlay
