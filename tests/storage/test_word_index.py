"""The search index: results equal the texts, limited to what the reader may see."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from merzim.storage.board import word_index
from merzim.storage.cases import writing
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from merzim.storage.tables.cases import CASE, SEARCH_TYPO, SEARCH_WORD, UNSEARCHED
from tests.case_rows import FoundRisk, RiskCommands
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened, recompute
from tests.storage.test_passports import describe
from workflow.board.rows import CaseFilter
from workflow.cases.case import Evidence
from workflow.org.access import Scope
from workflow.org.office import Unit
from workflow.search_words import typed_words

WHO = {"by": "Айгүл", "now": NOW, "today": TODAY}
FILE, OTHER = "a" * 64, "b" * 64


def found(engine: Engine, text: str, scope: Scope | None = None) -> list[str]:
    """The cases a text finds."""
    return [case for case, _, _ in SqlReads(engine, scope=scope).found_cases(text).places]


def listed(engine: Engine, text: str, scope: Scope | None = None) -> list[str]:
    """The cases of a list narrowed by a text, and their number."""
    reads = SqlReads(engine, scope=scope)
    cases = [case.id for case in reads.page(CaseFilter(search=text), first=0, count=50)]
    assert reads.how_many(CaseFilter(search=text)) == len(cases)
    return cases


def words(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        assert connection.execute(select(UNSEARCHED)).first() is None
        typos = {*connection.execute(select(SEARCH_TYPO.c.word)).scalars()}
        stored_words = {*connection.execute(select(SEARCH_WORD.c.word)).scalars()}
        assert [*word_index.differences(connection)] == []
    return typos | stored_words


def test_a_case_is_found_by_forms_of_its_words_and_by_words_nearly_so(engine: Engine) -> None:
    """A beginning, an ending, a Russian letter; one letter left out, added, another, or in its
    neighbour's place; a part of a word; and of several words each must stand there.
    """
    case = opened(engine, object="Коррупциялық тәуекелдер: госзакупки (қоғамдағы) ЖШС-7/2").id
    opened(engine, object="Басқа нысан")
    whole_texts = (
        "коррупция",
        "коррупциялардың",
        "коғамда",
        "тәуекел госзакуп",
        "жшс-7",
        "7/2",
        case,
        case[5:],
    )
    mistyped = ("корупциялык", "корруппциялық", "каррупциялық", "окррупциялық", "тауекедлер")

    assert {text: found(engine, text) for text in whole_texts + mistyped} == {
        text: [case] for text in whole_texts + mistyped
    }
    assert found(engine, "закупки") == [case]
    assert [found(engine, text) for text in ("коррупция басқа", "каппуриялық", "")][:2] == [[], []]
    near = [SqlReads(engine).found_cases(text).near for text in ("коррупция", "закупки", "корупция")]
    assert near == [False, False, True]
    lists = ("коррупция", "закупки", case, case[-3:], "7/2", "корупция", "пароход")
    assert [listed(engine, text) for text in lists] == [[case]] * 5 + [[]] * 2


def test_a_case_is_found_by_the_name_of_its_unit(engine: Engine) -> None:
    units = [Unit(id="fin", name="Қаржы басқармасы"), Unit(id="law", name="Заң бөлімі")]
    office_store.save(engine, units=units)
    case, other = (opened(engine, unit=unit.id, object="Сатып алу").id for unit in units)

    assert (found(engine, "каржы"), found(engine, "сатып қаржы")) == ([case], [case])
    assert found(engine, "сатып") == [other, case]


def test_a_word_that_stands_everywhere_finds_the_newest_and_is_counted_as_far(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what is counted there are "more"; of two words the rarer decides, and both must stand there."""
    monkeypatch.setattr(word_index, "COUNTED", 3)
    cases = [opened(engine, object=f"Сатып алу {name}").id for name in ("бір", "екі", "үш", "төрт")]
    common = SqlReads(engine).found_cases("сатып")

    assert ([case for case, _, _ in common.places], common.more) == (cases[:0:-1], True)
    assert found(engine, "сатып екі") == listed(engine, "сатып екі") == [cases[1]]
    assert listed(engine, "сатып") == cases[::-1]
    assert (found(engine, "сатып пароход"), found(engine, "алу сатып пара")) == ([], [])


def test_what_a_reader_may_not_see_is_neither_found_nor_counted(engine: Engine) -> None:
    """A confidential case, and one of another unit; also by a word that is only much like its own."""
    office_store.save(engine, units=[Unit(id="hr", name="Кадр"), Unit(id="law", name="Заң")])
    own_case, other, secret = (
        opened(engine, unit=unit, object="Тосынсыйлар").id for unit in ("hr", "law", "hr")
    )
    with engine.begin() as connection:
        connection.execute(CASE.update().where(CASE.c.id == secret).values(confidential=True))
    whole_scope, part, nobody = (Scope(unit=unit, names=()) for unit in ("", "hr", None))

    for text in ("тосынсый", "тосынсйылар"):
        assert found(engine, text, whole_scope) == [other, own_case]
        assert found(engine, text, part) == [own_case]
        assert found(engine, text, nobody) == []


@pytest.mark.parametrize(
    ("typed", "seen", "in_lists"),
    [
        ("омарова", "Омаравалар", False),
        ("закуп", "Госзакупки", True),
        ("коррупцыоннай", "Коррупционный", False),
        ("17", "Жоба №217", True),
    ],
)
def test_a_text_that_is_not_seen_changes_nothing_in_what_is_found(
    typed: str, seen: str, in_lists: bool, engine: Engine
) -> None:
    """A word much like the typed one, or with it inside, is found whether or not a confidential case has the
    word itself: otherwise a user could open a case with a similar word and learn what others' cases contain.
    """
    own_case = opened(engine, object=seen).id
    reader = Scope(unit="", names=())
    before = found(engine, typed, reader), listed(engine, typed, reader)
    secret = opened(engine, object=typed).id
    with engine.begin() as connection:
        connection.execute(CASE.update().where(CASE.c.id == secret).values(confidential=True))

    assert before == ([] if typed == "17" else [own_case], [own_case] if in_lists else [])
    assert (found(engine, typed, reader), listed(engine, typed, reader)) == before


def test_words_of_an_object_go_with_it(engine: Engine) -> None:
    """A renamed case is found by its new words only, and unused words are removed."""
    case = opened(engine, object="Жарнама")
    for name in ("Реклама", "Баспасөз"):
        describe(engine, case, object_ru=name)

    assert (found(engine, "баспасөз"), found(engine, "реклама")) == ([case.id], [])
    assert {"жарнама", "реклама", "баспасоз"} & words(engine) == {"жарнама", "баспасоз"}


def test_files_are_found_by_name_until_they_are_withdrawn_or_restricted(engine: Engine) -> None:
    """A restricted one by nobody; the same file restricted in another place is restricted here."""
    case, core = opened(engine).id, case_commands(engine)
    order = Evidence(kind="document:order", reference=FILE, name="Бұйрық_2026.pdf")
    core.record(case, "order_signed", on=TODAY, evidence=[order], **WHO)
    closed = Evidence(kind="", reference=OTHER, name="Құпия.pdf", restricted="14-бап")
    RiskCommands(core).find(case, FoundRisk(description="Тәуекел"), on=TODAY, **WHO)
    core.record(case, "order_signed", on=TODAY, evidence=[closed], **WHO)

    def files(text: str, scope: Scope | None = None) -> list[tuple[str, str, str]]:
        query_words = typed_words(text)
        return [
            *SqlReads(engine, scope=scope)
            .found_rows([(word,) for word in query_words], query_words, files=True)
            .places
        ]

    assert files("буйрык 2026") == files("буйырк") == [(case, f"file.{FILE}", "Бұйрық_2026.pdf")]
    assert files("купия") == files("буйрык", Scope(unit=None, names=())) == []
    assert SqlReads(engine).found_rows([("буйрык",)], ["буйрык"]).places == []
    RiskCommands(core).remove(
        case,
        1,
        on=TODAY,
        completed=True,
        evidence=[Evidence(kind="", reference=FILE, restricted="14-бап")],
        **WHO,
    )
    assert files("буйрык") == []
    assert "буйрык" not in words(engine)


def test_what_an_older_version_wrote_is_found_at_once_and_indexed_by_the_next_round(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database names the text; until its words are written the texts themselves are read."""
    before = opened(engine, object="Жарнама").id
    with monkeypatch.context() as older:
        older.setattr(writing.word_index, "write", lambda connection, texts: None)
        case = opened(engine, object="Жарнама").id

    assert found(engine, "жарнама") == [case, before]
    assert word_index.waiting(engine) == 1
    assert verify(engine, recompute=recompute(engine)) == ()
    word_index.catch_up(engine)
    assert (word_index.waiting(engine), found(engine, "жарнамалар")) == (0, [case, before])


def test_an_index_changed_by_hand_is_named_and_mended(engine: Engine) -> None:
    """An extra word, a missing word, an unused word."""
    opened(engine, object="Жарнама")
    stored_words = words(engine)
    with engine.begin() as connection:
        connection.execute(SEARCH_WORD.delete().where(SEARCH_WORD.c.word == "жарнама"))
        connection.execute(SEARCH_WORD.insert(), {"kind": "case", "word": "артык", "place": "0000"})
        connection.execute(SEARCH_TYPO.insert(), {"beginning": "артык", "word": "артык"})

    problems = verify(engine, recompute=recompute(engine))
    assert [(problem.code, problem.arguments["count"]) for problem in problems] == [("search_differs", 3)]
    rebuild(engine, recompute(engine), now=NOW)
    assert words(engine) == stored_words
