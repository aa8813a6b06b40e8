"""Suggested name of the object from a title: genitive to nominative, for people to confirm."""

from __future__ import annotations

from merzim.documents.schedules.object_names import language_of, object_names

RUSSIAN = {
    "Акционерного общества и его дочерних и зависимых организаций": (
        "Акционерное общество и его дочерние и зависимые организации"
    ),
    "Министерства финансов Республики Казахстан": "Министерство финансов Республики Казахстан",
    "Комитета государственных доходов и Департамента юстиции": (
        "Комитет государственных доходов и Департамент юстиции"
    ),
    "областного управления образования": "областное управление образования",
    "Городского отдела занятости": "Городской отдел занятости",
    "коммунального государственного предприятия": "коммунальное государственное предприятие",
    "районной больницы": "районная больница",
    "Алматинской городской прокуратуры": "Алматинская городская прокуратура",
    # What is no genitive we know, and what is nominative already, stays.
    "АО «Қазпошта»": "АО «Қазпошта»",
    "Управление образования": "Управление образования",
    "Товарищества с ограниченной ответственностью": "Товарищество с ограниченной ответственностью",
}
KAZAKH = {
    "Қоғамның": "Қоғам",
    "Қоғамның және оның еншілес ұйымдарының": "Қоғам және оның еншілес ұйымдары",
    "Білім басқармасының": "Білім басқармасы",
    "Қаржы министрлігінің": "Қаржы министрлігі",
    "«Қазпошта» АҚ-ның": "«Қазпошта» АҚ",
    "Білім басқармасында сыбайлас жемқорлық тәуекелдеріне ішкі талдау жүргізу кестесі": "Білім басқармасы",
    "Ішкі істер департаментінің 2026 жылға арналған ішкі талдау жүргізу кестесі": "Ішкі істер департаменті",
}


def test_an_object_of_a_title_is_brought_to_the_nominative() -> None:
    """Adjectives with their noun, what belongs to it, and nothing after it."""
    for words, name in RUSSIAN.items():
        language = "kk" if "Қ" in words else "ru"
        assert object_names(words, declined=True) == {language: name}
    for words, name in KAZAKH.items():
        assert object_names(words, declined=True) == {"kk": name}


def test_a_title_that_does_not_say_whose_activity_gives_no_name() -> None:
    """Better asked for than a whole title in an order."""
    for title in ("Сыбайлас жемқорлық тәуекелдеріне ішкі талдау кестесі", "План-график работ", "Жұмыс кестесі"):
        assert object_names(title, declined=True) == {}


def test_a_column_of_objects_is_taken_as_it_stands() -> None:
    """Its cells are names; one without a letter of either language is a name in both."""
    assert object_names("Отдела кадров", declined=False) == {"ru": "Отдела кадров"}
    assert object_names("KEGOC", declined=False) == {"kk": "KEGOC", "ru": "KEGOC"}
    assert [language_of(text) for text in ("Білім", "Школа", "KEGOC")] == ["kk", "ru", ""]
