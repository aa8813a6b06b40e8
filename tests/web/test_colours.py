"""Colour contrast of the themes."""

from __future__ import annotations

import re

import pytest

from merzim.web.ui.assets import OWN

PAIRS = [
    ("ink", "page"),
    ("ink", "card"),
    ("muted", "page"),
    ("muted", "card"),
    ("link", "page"),
    ("link", "card"),
    ("link", "open-soft"),
    ("head-ink", "head"),
    ("head-soft", "head"),
    ("head", "head-ink"),
    ("late", "late-soft"),
    ("late", "card"),
    ("card", "late"),
    ("soon", "soon-soft"),
    ("soon", "card"),
    ("open", "open-soft"),
    ("open", "page"),
    ("done", "done-soft"),
    ("missed", "missed-soft"),
    ("missed", "card"),
    ("idle", "idle-soft"),
    ("told-ink", "told"),
    ("demo-ink", "demo"),
    ("ink", "heat-4"),
    ("ink", "holiday"),
    ("muted", "off"),
]


def tokens(theme: str) -> dict[str, str]:
    text = (OWN / "merzim.css").read_text(encoding="utf-8")
    match = re.search(rf'\[data-mode="{theme}"\] \{{(.*?)\}}', text, re.DOTALL)
    assert match is not None
    return dict(re.findall(r"--mz-([a-z0-9-]+): (#[0-9a-f]{6});", match[1]))


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_on_their_ground(theme: str) -> None:
    """Every pair of ink and ground keeps the contrast of 4.5 that small text needs."""
    colours, faint = tokens(theme), dict[tuple[str, str], float]()
    for ink, ground in PAIRS:
        high, low = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        if (ratio := (high + 0.05) / (low + 0.05)) < 4.5:
            faint[ink, ground] = ratio

    assert faint == {}


def test_both_themes_name_the_same_colours() -> None:
    """No colour is forgotten in the dark."""
    light, dark = tokens("light"), tokens("dark")

    assert light.keys() == dark.keys()


def test_every_section_of_the_stylesheet_stands_on_its_own() -> None:
    """A brace lost between two sections would hide all that follows on wide screens."""
    depth = 0
    for number, line in enumerate((OWN / "merzim.css").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("/*", "@media")):
            assert depth == 0, number
        depth += line.count("{") - line.count("}")

    assert depth == 0
