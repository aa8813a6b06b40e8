"""The full text of an act loaded by an office: splits a file into paragraphs and finds headings and cited
places.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from io import BytesIO
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

from merzim.documents.sheets.file_kind import extension
from merzim.documents.sheets.unreadable import UnreadablePaper

KINDS = ("docx", "pdf", "html", "htm", "txt")
MAX_ACT_BYTES = 20 * 2**20
HEADING = "# "
"""Prefix of heading lines in a stored text."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_KAZAKH = frozenset("әғқңөұүһі")
_PASSAGE_LIMIT = 80
"""Maximum number of paragraphs in a passage."""


@dataclass(frozen=True, slots=True)
class ActParagraph:
    """A paragraph of an act.

    Attributes:
        place: how regulations cite it ("P1.T1.S3", "p. 16(5)"); "" for one that continues the one before.
        numbered: whether it has a number, even one that cannot be cited; a passage ends at such a paragraph.
    """

    text: str
    heading: bool = False
    place: str = ""
    numbered: bool = False

    @property
    def anchor(self) -> str:
        """Return the place as the id of an element."""
        return anchor_of(self.place)


def anchor_of(place: str) -> str:
    """Return a place as the id of an element of a page."""
    return "at-" + re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-") if place else ""


def read_act(data: bytes, name: str) -> str:
    """Return the text of an act's file: one paragraph a line, headings begun with "# ".

    Raises:
        UnreadablePaper: an unsupported kind of file, a damaged one, or one without text.
    """
    kind = extension(name)
    if kind not in KINDS:
        raise UnreadablePaper("act_text_kind", name=name)
    try:
        lines = list({"docx": _docx, "pdf": _pdf, "txt": _txt}.get(kind, _html)(data))
    except UnreadablePaper:
        raise
    except Exception as trouble:  # whatever a library raises for a damaged file
        raise UnreadablePaper("act_text_damaged", name=name) from trouble
    text = "\n".join(line for line in lines if line.removeprefix(HEADING).strip())
    if not any(character.isalpha() for character in text):
        raise UnreadablePaper("act_text_empty", name=name)
    return text + "\n"


def language_of(text: str) -> str:
    """Return "kk" for a text with letters that only Kazakh has, "ru" for others."""
    letters = Counter(text.lower())
    return "kk" if sum(letters[letter] for letter in _KAZAKH) * 100 > sum(letters.values()) else "ru"


def paragraphs(text: str) -> tuple[ActParagraph, ...]:
    """Return the paragraphs of a stored text, each with the place it is cited by."""
    places = _Places()
    return _cleared([places.read(line) for line in text.splitlines()])


def find_place(act: Sequence[ActParagraph], cited: str) -> int | None:
    """Return the index of the paragraph that a citation means; of the nearest one above if it has none of its
    own.
    """
    places = {
        paragraph.place: number for number, paragraph in reversed(list(enumerate(act))) if paragraph.place
    }
    for candidate in _candidates(cited):
        if candidate == "intro":
            return 0 if act else None
        if candidate in places:
            return places[candidate]
    return None


def passage(act: Sequence[ActParagraph], start: int) -> tuple[ActParagraph, ...]:
    """Return the paragraphs from a place to the next one outside it."""
    place, paragraphs = act[start].place, [act[start]]
    for paragraph in act[start + 1 :]:
        inside = place and paragraph.place.startswith((f"{place}.", f"{place}(", f"{place}, "))
        if ((paragraph.numbered or paragraph.heading) and not inside) or len(paragraphs) == _PASSAGE_LIMIT:
            break
        paragraphs.append(paragraph)
    return tuple(paragraphs)


def _candidates(cited: str) -> Iterator[str]:
    """Yield the places where a citation may be found, the most exact first: "p. 16(5)", "p. 16"."""
    full_citation = cited.strip()
    parts = [part.strip() for part in full_citation.split(",")]
    for part in dict.fromkeys((full_citation, *parts)):
        candidate = part.removesuffix(" intro")
        while candidate:
            yield candidate
            shorter = re.sub(r"(\(\w+\)|\.[TS]?\d+)$", "", candidate)
            if shorter == candidate or shorter in ("p", "art"):
                break
            candidate = shorter


_PROJECT = re.compile(r"(?:№\s?(\d+)\s?жоба|(\d+)-жоба|Проект\s*№?\s?(\d+))(?=[\s.:«]|$)", re.IGNORECASE)
_TASK = re.compile(r"(?:(\d+)-тапсырма|Задача\s*№?\s?(\d+))(?=[\s.:]|$)", re.IGNORECASE)
_SUBTASK = re.compile(r"(?:(\d+)-қосалқы\s+тап?сырма|Подзадача\s*№?\s?(\d+))(?=[\s.:]|$)", re.IGNORECASE)
_ANNEX = re.compile(r"(?:(\d+)-қосымша|Приложение\s*№?\s?(\d+))(?=[\s.:]|$)", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:(\d+(?:-\d+)?)-бап|Статья\s+(\d+(?:-\d+)?))(?=[\s.]|$)", re.IGNORECASE)
_CHAPTER = re.compile(r"(?:\d+-(?:тарау|бөлім|параграф)|(?:Глава|Раздел|Параграф)\s+\d+)\b", re.IGNORECASE)
_ROW = re.compile(r"(\d{1,3})\.?\t")
_POINT = re.compile(r"(\d{1,3})\.\s|(\d{1,3}(?:\.\d{1,3})+)\.?\s")
_INSIDE = re.compile(r"(\d{1,3})\)\s")
_LONGEST_HEADING = 200


class _Places:
    """Tracks the numbering of a text line by line, and gives the place each paragraph is cited by."""

    def __init__(self) -> None:
        self._project = self._task = self._subtask = 0
        self._above = ""
        self._point = ""
        self._part = 0
        self._last = 0

    def read(self, line: str) -> ActParagraph:
        text = line.removeprefix(HEADING).strip(" ")
        heading = line.startswith(HEADING) or _looks_like_heading(text)
        place = self._place(text)
        shown_text = " · ".join(cell.strip() for cell in text.split("\t") if cell.strip())
        short = (
            place.startswith(("P", "annex", "art.")) and "p. " not in place and len(text) <= _LONGEST_HEADING
        )
        return ActParagraph(shown_text, heading or (short and "(" not in place), place, bool(place))

    def _place(self, text: str) -> str:
        if number := _number(_PROJECT, text):
            self._project, self._task = number, 0
            return f"P{number}"
        if number := _number(_TASK, text):
            # Where projects bear no heading, tasks that begin anew begin the next.
            if number == 1 and (self._task or not self._project):
                self._project += 1
            self._task, self._subtask = number, 0
            return f"P{self._project}.T{number}"
        if self._project and (number := _number(_SUBTASK, text)):
            # One printed under the number of the one before is the next.
            self._subtask = max(number, self._subtask + 1)
            return f"P{self._project}.T{self._task}.S{self._subtask}"
        if len(text) <= _LONGEST_HEADING and (number := _number(_ANNEX, text)):
            self._above, self._point, self._project = f"annex {number}", "", 0
            return self._above
        if article := _ARTICLE.match(text):
            self._above = f"art. {article[1] or article[2]}"
            self._point = ""
            return self._above
        return "" if self._project else self._numbered(text)

    def _numbered(self, text: str) -> str:
        """Return the place of a table row, of a numbered point, or of text inside one."""
        if match := _ROW.match(text):
            return f"row {match[1]}"
        if match := _POINT.match(text):
            return self._at_point(match[1] or match[2])
        if (match := _INSIDE.match(text)) and self._point:
            return f"{self._point}({match[1]})"
        return ""

    def _at_point(self, number: str) -> str:
        first = int(number.split(".")[0])
        if self._above.startswith("art."):
            return f"{self._above}({number})"
        if first < self._last or (first == self._last and "." not in number):
            self._part += 1  # the points of an order, then those of what it approves
        self._last = first
        before = f"{self._above}, " if self._above else ""
        self._point = f"{before}p. {number}" + (f"/{self._part}" if self._part else "")
        return self._point


def _cleared(paragraphs: list[ActParagraph]) -> tuple[ActParagraph, ...]:
    """Return the paragraphs with unique places: where numbering repeats, the numbering with the most points is
    kept.
    """
    sizes = Counter(
        _part(paragraph.place) for paragraph in paragraphs if " " in paragraph.place or not paragraph.place
    )
    sizes.pop("", None)
    main = max(sizes, key=lambda part: (sizes[part], part), default="0")
    chosen: dict[str, int] = {}
    for number, paragraph in enumerate(paragraphs):
        place = re.sub(r"/\d+", "", paragraph.place)
        if not place:
            continue
        if place not in chosen or (
            _part(paragraph.place) == main and _part(paragraphs[chosen[place]].place) != main
        ):
            chosen[place] = number
    keep = {number: place for place, number in chosen.items()}
    return tuple(replace(paragraph, place=keep.get(number, "")) for number, paragraph in enumerate(paragraphs))


def _part(place: str) -> str:
    """Return which numbering of the text a place belongs to."""
    if not place.startswith("p. "):
        return ""
    match = re.search(r"/(\d+)", place)
    return match[1] if match else "0"


def _number(pattern: re.Pattern[str], text: str) -> int:
    """Return the number at the beginning of a line, by a pattern for several languages; 0 if there is none."""
    match = pattern.match(text)
    return int(next(group for group in match.groups() if group)) if match else 0


def _looks_like_heading(text: str) -> bool:
    """Return whether a line looks like a heading: names a chapter, is a short point without a full stop, or is
    short and in capitals.
    """
    if len(text) > _LONGEST_HEADING:
        return False
    heading_match = _CHAPTER.match(text) or (_POINT.match(text) and len(text) <= 100 and text[-1] not in ".;:,")
    return bool(heading_match) or (text.isupper() and sum(map(str.isalpha, text)) > 4)


def _docx(data: bytes) -> Iterator[str]:
    """Yield the paragraphs of a DOCX file in order; a table row is one paragraph, its cells separated by tabs.

    Automatic numbering is not part of the text and is not read.
    """
    with ZipFile(BytesIO(data)) as packed:
        body = fromstring(packed.read("word/document.xml")).find(f"{_WORD}body")
        styles_xml = packed.read("word/styles.xml") if "word/styles.xml" in packed.namelist() else b"<none/>"
    styles = {
        style.get(f"{_WORD}styleId"): (named_by.get(f"{_WORD}val") or "").lower()
        for style in fromstring(styles_xml).iter(f"{_WORD}style")
        if (named_by := style.find(f"{_WORD}name")) is not None
    }
    for block in [] if body is None else body:
        if block.tag == f"{_WORD}tbl":
            for row in block.iter(f"{_WORD}tr"):
                yield "\t".join(_words(cell) for cell in row.findall(f"{_WORD}tc"))
        else:
            style = block.find(f"{_WORD}pPr/{_WORD}pStyle")
            name = styles.get(style.get(f"{_WORD}val"), "") if style is not None else ""
            text = _words(block)
            yield HEADING + text if text and name.startswith(("heading", "title")) else text


def _words(element: Element) -> str:
    """Return the text of an element of a DOCX file."""
    breaks = {f"{_WORD}tab": " ", f"{_WORD}br": " ", f"{_WORD}p": " "}
    return _plain(
        "".join(
            (node.text or "") if node.tag == f"{_WORD}t" else breaks.get(node.tag, "")
            for node in element.iter()
        )
    )


def _pdf(data: bytes) -> Iterator[str]:
    """Yield the paragraphs of a PDF file with a text layer."""
    from pypdfium2 import PdfDocument

    document = PdfDocument(data)  # type: ignore[no-untyped-call]
    lines = [line for page in document for line in page.get_textpage().get_text_bounded().splitlines()]
    yield from _unwrapped(lines)


def _txt(data: bytes) -> Iterator[str]:
    """Yield the paragraphs of a plain text, with lines that were broken to fit a page joined."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251")
    lines = [line for line in text.replace("\f", "\n").splitlines() if line.strip()]
    long = sum(1 for line in lines if len(line) > 120)
    yield from _unwrapped(lines) if long * 10 < len(lines) else map(_plain, lines)


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """Yield paragraphs made by joining lines that were broken to fit a page."""
    clean = [text for line in lines if (text := _plain(line)) and not text.isdigit()]
    width = max(sorted(map(len, clean))[int(len(clean) * 0.75) :], default=0)
    paragraph, last = "", ""
    for text in clean:
        if paragraph and not _begins(text) and not _ends(last, width):
            paragraph += text if paragraph.endswith("-") else f" {text}"
        else:
            if paragraph:
                yield paragraph
            paragraph = text
        last = text
    if paragraph:
        yield paragraph


def _begins(text: str) -> bool:
    """Return whether a line begins a paragraph, by its number or dash."""
    marks = (_PROJECT, _TASK, _SUBTASK, _ANNEX, _ARTICLE, _CHAPTER, _POINT, _INSIDE)
    return text[0] in "-–—•*" or any(mark.match(text) for mark in marks)


def _ends(text: str, width: int) -> bool:
    """Return whether a paragraph ends with a line: by its last character, or because the next word would have
    fitted.
    """
    return text.endswith((".", ";", ":", "!", "?")) or len(text) < width * 0.5


class _Html(HTMLParser):
    """Collects the paragraphs of an HTML page, without scripts, styles and menus."""

    _BLOCKS = frozenset(
        ("p", "div", "li", "tr", "br", "section", "article", "table", "blockquote", "pre", "dd")
    )
    _SILENT = frozenset(("script", "style", "head", "nav", "header", "footer", "template", "noscript"))
    _HEADINGS = frozenset(f"h{level}" for level in range(1, 7))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._text = ""
        self._silent = 0
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        elif tag in self._BLOCKS | self._HEADINGS:
            self.flush()
            self._heading = tag in self._HEADINGS
        elif tag in ("td", "th") and self._text.strip():
            self._text += "\t"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in self._BLOCKS | self._HEADINGS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text += re.sub(r"\s+", " ", data)

    def flush(self) -> None:
        """End the current paragraph."""
        text = "\t".join(_plain(cell) for cell in self._text.split("\t")).strip()
        if text:
            self.lines.append(HEADING + text if self._heading else text)
        self._text, self._heading = "", False


def _html(data: bytes) -> Iterator[str]:
    """Yield the paragraphs of an HTML page."""
    declared = re.search(rb"charset=[\"']?([\w-]+)", data[:2048])
    page = _Html()
    try:
        page.feed(data.decode(declared[1].decode("ascii") if declared else "utf-8-sig"))
    except LookupError:
        page.feed(data.decode("utf-8-sig"))
    page.close()
    page.flush()
    yield from page.lines


def _plain(text: str) -> str:
    """Return a text as one line, without repeated spaces and soft hyphens."""
    return " ".join(text.replace("\u00ad", "").replace("\ufffe", "").split())
