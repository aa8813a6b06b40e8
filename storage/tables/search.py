"""The tables of the search: words of texts, and how each may be mistyped (`storage.board.word_index`)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from storage.tables.base import CLUSTERED, TableBase, table
from storage.types import Collated


class SearchWordRow(TableBase, table=True):
    """A word of a text: of a case, of the rows of its registers, of its files, of a row of a register.

    `kind` says which, `place` is the id of the case or of the register's row.
    """

    __tablename__ = "search_word"
    __table_args__ = (Index("ix_search_word_place", "place"), CLUSTERED)

    kind: str = Field(primary_key=True)
    word: str = Field(primary_key=True, sa_type=Collated)
    place: str = Field(primary_key=True)


class SearchTypoRow(TableBase, table=True):
    """A word of any text by the beginning it may be mistyped with (`workflow.search_words.typo_keys`)."""

    __tablename__ = "search_typo"
    __table_args__ = CLUSTERED

    beginning: str = Field(primary_key=True, sa_type=Collated)
    word: str = Field(primary_key=True, sa_type=Collated)


class UnsearchedRow(TableBase, table=True):
    """A text whose words are to be written anew. The database names it by triggers with whatever changes a
    text; who writes the words, in the same transaction or later, strikes it off.
    """

    __tablename__ = "unsearched"
    __table_args__ = CLUSTERED

    kind: str = Field(primary_key=True)
    place: str = Field(primary_key=True)


SEARCH_WORD = table("search_word")
SEARCH_TYPO = table("search_typo")
UNSEARCHED = table("unsearched")
