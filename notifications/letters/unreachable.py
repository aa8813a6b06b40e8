"""The officer's letter about a person a channel cannot reach any more."""

from __future__ import annotations

from i18n import say
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.notice import Letter


def lost_letter(*, officer: str, person: str, channel: str, key: str, language: str) -> Letter:
    """Return the letter: whom the channel has lost, that no reminder is lost, and how to restore it.

    Args:
        officer, person: their names.
        key: the person's key, as `merzim telegram link` takes it.
    """

    def line(code: str) -> str:
        return say(f"telegram.{code}", {"person": person, "channel": channel}, language)

    mend = Section(
        heading=say("letter.heading_do", {}, language),
        lines=(Line(text=line("lost_do")), Line(text=f"merzim telegram link {key}", command=True)),
    )
    page = Page(
        subject=line("lost_subject"),
        greeting=say("letter.greeting", {"name": officer}, language),
        lead=line("lost_lead"),
        table=(Line(label=line("lost_label"), text=person),),
        sections=(mend,),
        footer=say("letter.footer", {}, language),
    )
    return render_letter(page, language)
