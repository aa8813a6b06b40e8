"""A refusal: what cannot be done, as a code with arguments; words/ makes the sentence of it."""

from __future__ import annotations


class Refusal(Exception):
    """The asked-for thing is not possible as asked; the sentence says what, where and what is allowed.

    Each station subclasses it beside what raises it. `code` is a key of the catalogues of words/.
    """

    def __init__(self, code: str, **arguments: object) -> None:
        super().__init__(code, arguments)
        self.code = code
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.code} {self.arguments}"
