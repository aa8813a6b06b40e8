"""Building blocks of SVG drawings: accessible title and description; light, dark and print colours."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap

STYLE = """
  :root { --paper: #ffffff; --ink: #1f2933; --soft: #52606d; --bar: #ffd9b8; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #15191e; --ink: #f0f4f8; --soft: #bcccdc; --bar: #6b3d14; }
  }
  @media print { :root { --paper: #ffffff; --ink: #000000; --soft: #333333; --bar: #c8c8c8; } }
  .paper { fill: #ffffff; fill: var(--paper); }
  text { fill: #1f2933; fill: var(--ink); font-size: 15px;
    font-family: "Noto Sans", "DejaVu Sans", Arial, sans-serif; }
  .title { font-size: 22px; font-weight: 600; }
  .soft { fill: #52606d; fill: var(--soft); }
  .strong { font-weight: 600; }
  .bar { fill: #ffd9b8; fill: var(--bar); }
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


def text(x: float, y: float, text: str, *, kind: str = "") -> str:
    """Return one line of text."""
    class_attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{class_attribute}>{escape(text)}</text>'


def bar(x: float, y: float, width: float, height: float, *, title: str) -> str:
    """Return a rectangle; `title` is its tooltip."""
    tooltip = f"<title>{escape(title)}</title>"
    return f'<rect class="bar" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}">{tooltip}</rect>'


def lines(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most so many characters."""
    return wrap(text, columns, break_long_words=True) or [""]
