"""Fuzzing of every file reader: the result is a value or one clear sentence, within a time limit.

Valid examples are mutated: characters swapped, deleted, doubled, words of one file put into another, numbers
made huge; in a workbook the parts inside it. No traceback, no unfilled placeholder, no hanging.

    python -m tests.crash.fuzzing MINUTES [SEED]
"""

from __future__ import annotations

import io
import random
import re
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from i18n import LANGUAGES, say
from tests.crash.readers import Reader, readers

PATIENCE = 10.0
"""Seconds of its own work a reader may take over one small file."""
WORDS = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "99999999999999999999",
        "1e308",
        "-0.0",
        "nan",
        "inf",
        "1_000",
        "0x10",
        "true",
        "null",
    ),
    *(
        "2026-04-13",
        "2029-01-01",
        "0001-01-01",
        "9999-12-31",
        "31.02.2026",
        "2026-02-30T25:61",
        "2026Q9",
        "1.1.1",
    ),
    *(
        '""',
        "''",
        "[]",
        "{}",
        "[[]]",
        "{ }",
        '"""',
        "\\u0000",
        "\\",
        "\n",
        "\r\n",
        "\t",
        ",",
        ";",
        "=",
        ".",
        "#",
    ),
    *(
        "=",
        "[x]",
        "[[x]]",
        "id",
        "term",
        "from",
        "in",
        "count",
        '"working days"',
        '"years"',
        '"month"',
        '"quarter"',
    ),
    *(
        "жұмыс күні",
        "ноябрь",
        "Ғ",
        "ı",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\ud7ff",
        "😀",
        "=HYPERLINK(1)",
        "#REF!",
        "&amp;",
    ),
    *(
        "<c/>",
        "<row/>",
        "<",
        "&#0;",
        "&lol;",
        't="s"',
        't="e"',
        't="d"',
        'r="XFD1048576"',
        'r="A0"',
        "46000.5",
        "-",
        "—",
    ),
)
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
_INSIDE = re.compile(r"<[\w.]+ object at 0x|\bTraceback\b")
LONG = 1_000
"""A piece of so many signs is not made hundreds of times as long: four times over it would fill the memory."""
LONGEST = 2000
"""Letters of a sentence a person will read; what is quoted from a file is cut short."""


class Bad(AssertionError):
    """A reader did what it may not do."""


class _Late(BaseException):
    """The time limit has passed; a reader must not catch this exception."""


def answer(reader: Reader, data: bytes, chance: random.Random) -> str:
    """Result of the reader: "read", or the code of the refusal.

    Raises:
        Bad: another exception, a sentence that cannot be said, or none in time.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _in_time(lambda: reader.take(data))
    except _Late:
        raise Bad(f"{reader.name}: no answer in {PATIENCE} s") from None
    except Exception as refusal:
        code, arguments = getattr(refusal, "code", None), getattr(refusal, "arguments", None)
        if not isinstance(code, str) or not isinstance(arguments, Mapping):
            raise Bad(f"{reader.name}: {type(refusal).__name__}: {refusal}") from refusal
        _said(reader, code, arguments, chance)
        for error in getattr(refusal, "errors", ()):
            _said(reader, error.code, error.arguments, chance)
        return code
    return "read"


def _said(reader: Reader, code: str, arguments: Mapping[str, object], chance: random.Random) -> None:
    language = chance.choice(LANGUAGES)
    try:
        sentence = say(code, arguments, language)
    except Exception as trouble:
        raise Bad(f"{reader.name}: {code} cannot be said in {language}: {trouble!r}") from trouble
    if not sentence.strip() or len(sentence) > LONGEST or _INSIDE.search(sentence):
        raise Bad(f"{reader.name}: {code} in {language} says {sentence[:200]!r} ({len(sentence)} letters)")


def _in_time(take) -> None:  # type: ignore[no-untyped-def]
    def over(signum: int, frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        take()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def spoiled(reader: Reader, seeds: list[bytes], chance: random.Random) -> bytes:
    """One example, spoiled in a few places."""
    data, other = chance.choice(seeds), chance.choice(seeds)
    if reader.shape == "bytes" or chance.random() < 0.15:
        return _bytes(data, other, chance)
    if data.startswith(b"PK"):
        return _workbook(data, chance)
    return _words(data, other, chance)


def _bytes(data: bytes, other: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(spoiled) + 1)
        match chance.randrange(5):
            case 0 if spoiled:
                spoiled[place % len(spoiled)] = chance.randrange(256)
            case 1:
                del spoiled[place : place + chance.choice((1, 2, 10, 1000))]
            case 2:
                spoiled[place:place] = chance.randbytes(chance.choice((1, 4, 20)))
            case 3:
                start = chance.randrange(len(other) + 1)
                spoiled[place:place] = other[start : start + chance.choice((10, 200))]
            case _:
                del spoiled[place:]
    return bytes(spoiled)


def _words(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Words, signs and blanks as pieces; lines now and then."""
    text, strange = data.decode("utf-8", "replace"), other.decode("utf-8", "replace")
    if chance.random() < 0.3:
        lines, other_lines = text.splitlines(keepends=True) or [""], strange.splitlines(keepends=True) or [""]
        place = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines.insert(place, chance.choice(other_lines))
            case 1:
                del lines[place]
            case 2:
                lines[place] = lines[place] * 2
            case _:
                lines[place : place + 5] = chance.sample(
                    lines[place : place + 5], len(lines[place : place + 5])
                )
        text = "".join(lines)
    pieces, other_lines = _PIECES.findall(text) or [""], _PIECES.findall(strange) or [""]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        place = chance.randrange(len(pieces))
        word = chance.choice((chance.choice(WORDS), chance.choice(other_lines), chance.choice(pieces)))
        match chance.randrange(4):
            case 0:
                pieces.insert(place, word)
            case 1:
                pieces[place] = ""
            case 2:
                pieces[place] *= chance.choice((2, 3, 400)) if len(pieces[place]) < LONG else 2
            case _:
                pieces[place] = word
    return "".join(pieces).encode("utf-8", "surrogatepass")


def _workbook(data: bytes, chance: random.Random) -> bytes:
    """The same workbook with one of its parts spoiled, gone, or there twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    likely = [name for name in parts if "sheet" in name or "Strings" in name]
    name = chance.choice(likely if chance.random() < 0.8 else [*parts])
    if chance.random() < 0.05:
        del parts[name]
    else:
        spoil = _bytes if chance.random() < 0.2 else _words
        parts[name] = spoil(parts[name], parts[chance.choice([*parts])], chance)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts.items():
            archive.writestr(member, content)
    return target.getvalue()


def fuzz(
    chosen: list[Reader], chance: random.Random, *, seconds: float = 0, runs_each: int = 0
) -> tuple[dict[str, Counter[str]], dict[str, tuple[str, bytes]]]:
    """So many spoiled files for each reader, or as many as there is time for; each reader gets the same time.

    Returns:
        What came of them by reader, and of each thing that may not be the first file that brought it out.
    """
    seeds = {reader.name: reader.seeds() for reader in chosen}
    outcomes: dict[str, Counter[str]] = {reader.name: Counter() for reader in chosen}
    bad: dict[str, tuple[str, bytes]] = {}
    until, spent = time.monotonic() + seconds, dict.fromkeys(outcomes, 0.0)
    while (runs_each and min(spent.values()) < runs_each) or (not runs_each and time.monotonic() < until):
        reader = min(chosen, key=lambda candidate: spent[candidate.name])
        started_at = time.monotonic()
        data = spoiled(reader, seeds[reader.name], chance)
        try:
            outcomes[reader.name][answer(reader, data, chance)] += 1
        except Bad as trouble:
            outcomes[reader.name]["BAD"] += 1
            bad.setdefault(re.sub(r"\d+|'[^']*'", "N", str(trouble))[:120], (str(trouble), data))
        spent[reader.name] += 1 if runs_each else time.monotonic() - started_at
    return outcomes, bad


def main() -> None:
    """Print the results; failing inputs are saved in a folder and named."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"  {minutes:g} minutes, seed {seed}", flush=True)
    outcomes, bad = fuzz(readers(), random.Random(seed), seconds=minutes * 60)
    for name, came in outcomes.items():
        codes = sum(1 for code in came if code not in ("read", "BAD"))
        of = f"{came.total():>8,} files, {came['read']:>7,} read"
        print(f"  {name:<14} {of}, {codes:>3} kinds of refusal, {came['BAD']} bad")
    if bad:
        folder = Path(tempfile.mkdtemp(prefix="merzim-fuzzing-"))
        for number, (trouble, data) in enumerate(bad.values(), 1):
            (folder / str(number)).write_bytes(data)
            print(f"  {folder / str(number)}: {trouble[:300]}")
        raise SystemExit(1)
    print("  every one was read or refused by a sentence")


if __name__ == "__main__":
    main()
