"""The letter to a person about their own account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from i18n import say
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.notice import Letter
from notifications.rules import Rules, local_moment

_MOMENTS = ("at", "until")


def account_letter(about: Mapping[str, object], *, name: str, rules: Rules, language: str) -> Letter:
    """Return the letter about an account: what happened, when, by whom, and what to do.

    Args:
        about: `event`, `login`, `at`, and other arguments of the event's sentences.
        name: name of the account's holder.
    """
    moments = {key: _moment(about[key], rules) for key in _MOMENTS if key in about}
    said = {**about, **moments}

    def line(code: str) -> str:
        return say(f"account_letter.{about['event']}.{code}", said, language)

    def label(code: str, key: str) -> Line:
        return Line(label=say(f"account_letter.{code}", {}, language), text=str(said[key]))

    labels = (
        ("login", "login"),
        ("at", "at"),
        ("by", "by"),
        ("approved_by", "approved_by"),
        ("until", "until"),
    )
    table = tuple(label(code, key) for code, key in labels if key in said)
    page = Page(
        subject=line("subject"),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=line("lead"),
        table=table,
        sections=(
            Section(
                heading=say("account_letter.heading", {}, language),
                lines=(Line(text=line("do")), *_link(rules, language)),
            ),
        ),
        footer=say("account_letter.footer", {}, language),
    )
    return render_letter(page, language)


def _moment(value: object, rules: Rules) -> str:
    return f"{local_moment(datetime.fromisoformat(str(value)), rules):%d.%m.%Y, %H:%M}"


def _link(rules: Rules, language: str) -> tuple[Line, ...]:
    if not rules.public_address:
        return ()
    text = say("account_letter.link", {}, language)
    return (Line(text=text, link=f"{rules.public_address}/account"),)
