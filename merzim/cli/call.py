"""The context of one command run: language, time, settings, application, and output."""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from getpass import getuser
from pathlib import Path

import i18n
from merzim.app import build_app
from merzim.cli import rendering
from merzim.clock import clock
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, operator_context
from merzim.services.inputs import OpenFile
from merzim.settings import Settings
from merzim.settings_file import read
from workflow.cases.commands.case_commands import View
from workflow.languages import LANGUAGES
from workflow.moments import Clock, Moment
from workflow.refusal import Refusal
from workflow.registers.rows import name_in

DONE, NOT_SO, BAD_INPUT = 0, 1, 2
MINUS = "\N{MINUS SIGN}"
DEFAULT_LANGUAGE = "kk"
_COMMON = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
_COMMON.add_argument("--config")
_COMMON.add_argument("--lang", dest="language")
_COMMON.add_argument("--json", action="store_true")
_COMMON.add_argument("--now")
_COMMON.add_argument("--version", action="store_true")
_NEGATIVE = re.compile(r"-\d+$")


def split_common_options(arguments: Sequence[str]) -> tuple[Namespace, list[str]]:
    """Split a command line into the values of its common options (config, language, json, now, version), None
    for those not given, and the rest; what follows `--` is left unchanged. A negative number gets a Unicode
    minus sign, so that the parser does not take it for an option. Raises Refusal: no value, or --json with one.
    """
    end = [*arguments, "--"].index("--")
    try:
        common, others = _COMMON.parse_known_args(arguments[:end])
    except ArgumentError as error:
        code = "cli.missing_value" if "expected" in error.message else "cli.takes_no_value"
        raise Refusal(code, option=error.argument_name) from None
    others = [MINUS + each[1:] if _NEGATIVE.match(each) else each for each in others]
    return common, [*others, *arguments[end:]]


class CommandContext:
    """The context of one command line; everything is loaded on first use. A command has one answer: `give`
    prints it, as JSON or as text. Where the text says more, `print` and `show` print that, silent with --json,
    and `answer` the answer. `now`: --now, else MERZIM_NOW, replaces the clock; None or empty for the real one.
    `creates_database`: whether the command may create one; to be set before `app`.
    """

    def __init__(self, common: Namespace) -> None:
        self.common, self.json = common, common.json
        self.now = common.now or os.environ.get("MERZIM_NOW")
        self._language = common.language or os.environ.get("MERZIM_LANG")
        file = common.config or os.environ.get("MERZIM_CONFIG")
        self.settings_file = Path(file) if file else None
        self.creates_database = False
        self._opened = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """The settings of --config, MERZIM_CONFIG or this folder's config.toml, else the built-in ones;
        variables MERZIM__SECTION__KEY override single keys.
        """
        return read(self.settings_file, at=Path.cwd())

    @cached_property
    def language(self) -> str:
        """--lang, else MERZIM_LANG, else the office's own language. Raises Refusal for an unknown one."""
        if self._language and self._language not in LANGUAGES:
            raise Refusal("cli.unknown_language", language=self._language, allowed=LANGUAGES)
        return self._language or self.settings.office.language

    @property
    def language_or_default(self) -> str:
        """The language for help and errors, even where --lang is unknown or the settings are invalid."""
        try:
            return self.language
        except Refusal:
            return DEFAULT_LANGUAGE

    @cached_property
    def clock(self) -> Clock:
        """The clock of this command; --now, else MERZIM_NOW, replaces it."""
        return clock(self.now)

    @cached_property
    def moment(self) -> Moment:
        """The current moment: the clock, read once, or the value of --now; who runs the command acts."""
        return replace(self.clock(), by=_author())

    @cached_property
    def app(self) -> AppContext:
        """The application context; nothing is opened until used."""

        def note(code: str, **arguments: object) -> None:
            self.note(self.say(code, **arguments))

        creates = self.creates_database
        return self.opened(
            build_app(self.settings, clock=lambda: self.moment, note=note, creates_database=creates)
        )

    @cached_property
    def ctx(self) -> RequestContext:
        """The request context of the operator who runs the command."""
        return operator_context(self.app, at=self.moment, language=self.language)

    def check(self) -> None:
        """Refuse an invalid language or moment, even when the command would not use it."""
        if self._language:
            _ = self.language
        if self.now:
            _ = self.clock

    def open_file(self, file: str) -> OpenFile:
        """Return a file sent with the command, open until it ends."""
        path = Path(file)
        return OpenFile(path.name, self._opened.enter_context(path.open("rb")))

    def opened(self, app: AppContext) -> AppContext:
        """Return an application, which is closed with the command."""
        self._opened.callback(app.close)
        return app

    def close(self) -> None:
        self._opened.close()

    def say(self, code: str, **arguments: object) -> str:
        """Return a sentence of the catalogues in the command's language."""
        return i18n.say(code, arguments, self.language_or_default)

    def say_in_each(self, code: str, **arguments: object) -> str:
        """Return a sentence in the language asked for, else in Kazakh, Russian and English, a line each."""
        languages = (self.language_or_default,) if self._language else LANGUAGES
        return "\n".join(i18n.say(code, arguments, language) for language in languages)

    def name(self, key: str) -> str:
        """Return the name of a unit or person in the command's language; an unknown key unchanged."""
        return name_in(self.app.reads.office(), key, self.language)

    def refusal(self, trouble: Refusal) -> str:
        """Return the sentence of a refusal in the command's language."""
        return i18n.refusal(trouble, self.language_or_default)

    def write(self, text: str) -> None:
        """Print output, for people and programs alike."""
        sys.stdout.write(text + "\n")

    def print(self, text: str = "") -> None:
        """Print output for a person; with --json nothing."""
        if not self.json:
            self.write(text)

    def note(self, text: str) -> None:
        """Print a remark on stderr, keeping stdout clean."""
        sys.stderr.write(text + "\n")

    def remark(self, text: str) -> None:
        """Print on stderr what belongs to the text for people; with --json nothing."""
        if not self.json:
            self.note(text)

    def answer(self, value: object) -> None:
        """Print a value as JSON, as the whole output of the command; without --json nothing."""
        if self.json:
            self.write(rendering.as_json(value, self.language_or_default))

    def give(self, answer: object, *shows: str, titles: Mapping[str, str] | None = None, **words: str) -> None:
        """Print an answer as JSON where --json asks for it, else as text: the fields `shows`, or all that have
        a title. `titles`: of fields that are the law's, over those of the catalogue; `words`: prefixes of the
        catalogue by which values of a field are said.
        """
        self.answer(answer)
        self.show(answer, *shows, titles=titles, **words)

    def show(self, answer: object, *shows: str, titles: Mapping[str, str] | None = None, **words: str) -> None:
        """Print an answer as text; with --json nothing."""
        if not self.json:
            self.write(rendering.Renderer(self.language, self.name, shows, words, titles or {}).text(answer))

    def cell(self, value: object) -> str:
        """Return a value as text in one line."""
        said = rendering.spoken(value, self.language)
        return rendering.Renderer(self.language, self.name, (), {}, {}).cell("", said)

    def tell(self, answer: object, code: str, /, **arguments: object) -> None:
        """Print an answer as JSON where --json asks for it, else a sentence."""
        self.answer(answer)
        self.print(self.say(code, **arguments))

    def view(self, case: str) -> View:
        """Return a case with its deadlines as of today. Raises UnknownCase."""
        return self.app.case_commands.view(case, today=self.moment.today)


def _author() -> str:
    """Return the name recorded as the author: MERZIM_BY, else the system account."""
    try:
        return os.environ.get("MERZIM_BY") or getuser()
    except (KeyError, OSError):
        return "merzim"
