"""Building blocks of SVG drawings: accessible title and description; light, dark and print colours."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap

STYLE = """
  :root { --paper: #ffffff; --ink: #1f2933; --soft: #52606d; --line: #7b8794;
    --calm: #d9f2e3; --watch: #fff3c4; --high: #ffd9b8; --urgent: #ffc9c9; --dot: #ffffff; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #15191e; --ink: #f0f4f8; --soft: #bcccdc; --line: #829ab1;
      --calm: #1d4d35; --watch: #5c4a10; --high: #6b3d14; --urgent: #6e2020; --dot: #15191e; }
  }
  @media print {
    :root { --paper: #ffffff; --ink: #000000; --soft: #333333; --line: #555555;
      --calm: #eeeeee; --watch: #dddddd; --high: #c8c8c8; --urgent: #b0b0b0; --dot: #ffffff; }
  }
  .paper { fill: #ffffff; fill: var(--paper); }
  text { fill: #1f2933; fill: var(--ink); font-size: 15px;
    font-family: "Noto Sans", "DejaVu Sans", Arial, sans-serif; }
  .title { font-size: 22px; font-weight: 600; }
  .soft { fill: #52606d; fill: var(--soft); }
  .strong { font-weight: 600; }
  .edge { fill: none; stroke: #7b8794; stroke: var(--line); stroke-width: 1; }
  .calm { fill: #d9f2e3; fill: var(--calm); }
  .watch { fill: #fff3c4; fill: var(--watch); }
  .high { fill: #ffd9b8; fill: var(--high); }
  .urgent { fill: #ffc9c9; fill: var(--urgent); }
  .dot { fill: #ffffff; fill: var(--dot); stroke: #1f2933; stroke: var(--ink); stroke-width: 1.5; }
"""
"""CSS of the drawings. Each colour is given twice: programs without CSS variables use the first."""


def drawing(parts: Iterable[str], *, width: int, height: int, title: str, desc: str, language: str) -> str:
    """Return a whole SVG file. `width`, `height`: in drawing units; it scales to its page."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"'
            f' aria-labelledby="drawing-title drawing-desc" xml:lang="{language}">',
            f'<title id="drawing-title">{escape(title)}</title>',
            f'<desc id="drawing-desc">{escape(desc)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, text: str, *, kind: str = "", anchor: str = "start", turn: int = 0) -> str:
    """Return one line of text. `turn`: rotation in degrees around its start."""
    turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
    class_attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{class_attribute}{turned}>{escape(text)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, *, title: str = "") -> str:
    """Return a rectangle; `title` is its tooltip."""
    tooltip = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}">{tooltip}</rect>'


def lines(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most so many characters."""
    return wrap(text, columns, break_long_words=True) or [""]
