"""Common start of the page tests: the shipped law, and a ministry of three units."""

from __future__ import annotations

from workflow.org.office import Office, Person, Unit


def office() -> Office:
    """A ministry's three units with their people."""
    return Office(
        units={
            "head": Unit(id="head", name="Орталық аппарат"),
            "hr": Unit(id="hr", name="Персоналды басқару департаменті", parent="head"),
            "law": Unit(id="law", name="Заң департаменті", parent="head"),
        },
        people={
            "a@org.kz": Person(
                key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", duties=("authorised_person",), language="kk"
            ),
            "b@org.kz": Person(key="b@org.kz", name="Иванов Пётр", unit="hr", duties=("head",), language="ru"),
            "c@org.kz": Person(
                key="c@org.kz", name="Өтегенов Ерлан", unit="law", duties=("authorised_person",)
            ),
        },
    )
