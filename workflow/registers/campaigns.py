"""The people a campaign asks (many confirm or fill in one thing by a day), and their status in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from workflow.org.office import Office, Person
from workflow.search_words import normalise, search_words

AnswerState = Literal["awaited", "answered", "left"]
"""Status of a person in a campaign: answer awaited, given, or no longer required because they left."""


def state_of(answer: object, left: object) -> AnswerState:
    """Return the status of who gave an answer, or left, or neither; an answer counts of who left, too."""
    return "answered" if answer else "left" if left else "awaited"


def word_of_state(state: str, *, is_open: bool) -> str:
    """Return the code of the word for a state: in a campaign that has ended nobody is awaited any more."""
    return "unanswered" if state == "awaited" and not is_open else state


def asked_by(office: Office, units: Sequence[str], among: Mapping[str, Any]) -> Callable[[Person], bool]:
    """Return the function that says whether a campaign asks a person of the office.

    Args:
        units: units whose people are asked, with all units below; () is the whole office.
        among: of these only those who hold one of the "duties", or whose post has all words of one of the
            "posts"; everybody without both.
    """
    duties, posts = {*among.get("duties", ())}, [*map(search_words, among.get("posts", ()))]
    inside = {unit for root in units for unit in office.whose_cases(root)} if units else office.units

    def is_asked(person: Person) -> bool:
        if person.unit not in inside:
            return False
        if not (duties or posts) or not duties.isdisjoint(person.duties):
            return True
        post = normalise(" ".join((person.post, person.post_kk, person.post_ru))) if posts else ""
        return any(all(word in post for word in words) for words in posts)

    return is_asked
