"""Repository of saved views: filters of lists stored under a name, personal or shared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, and_, func, or_, select

from merzim.storage.database.engine import reading, writing
from merzim.storage.tables.accounts import SAVED_VIEW


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredView:
    """A saved view. `unit`: a shared view is for users of this unit and all below; "" for everybody."""

    number: int
    list: str
    login: str
    name: str
    query: str
    shared: bool
    unit: str


class SqlSavedViews:
    """The saved views in a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, list: str, login: str, units: Collection[str]) -> Sequence[StoredView]:
        """Return an account's saved views of a list, and those shared with one of these units, ordered by
        name.
        """
        view = SAVED_VIEW.c
        is_visible = or_(view.login == login, and_(view.shared, view.unit.in_(sorted(units))))
        query = SAVED_VIEW.select().where(view.list == list, is_visible).order_by(view.name, view.number)
        with reading(self._engine) as connection:
            return [StoredView(**record._mapping) for record in connection.execute(query)]

    def view(self, number: int) -> StoredView | None:
        """Return a view by its number; None where there is none."""
        with reading(self._engine) as connection:
            record = connection.execute(SAVED_VIEW.select().where(SAVED_VIEW.c.number == number)).first()
        return StoredView(**record._mapping) if record else None

    def count(self, login: str) -> int:
        """Return the number of views an account saved."""
        query = select(func.count()).select_from(SAVED_VIEW).where(SAVED_VIEW.c.login == login)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def save(self, *, list: str, login: str, name: str, query: str, shared: bool, unit: str) -> int:
        """Save a view, replacing one of the account with the same name; return its number."""
        place = {"list": list, "login": login, "name": name}
        content = {"query": query, "shared": shared, "unit": unit}
        same = and_(*(SAVED_VIEW.c[key] == value for key, value in place.items()))
        with writing(self._engine) as connection:
            number = connection.execute(select(SAVED_VIEW.c.number).where(same)).scalar()
            if number is not None:
                connection.execute(SAVED_VIEW.update().where(same).values(**content))
                return int(number)
            added = SAVED_VIEW.insert().values(**place, **content).returning(SAVED_VIEW.c.number)
            return int(connection.execute(added).scalar_one())

    def change(self, number: int, *, name: str, query: str, shared: bool, unit: str) -> None:
        """Overwrite a view; another view of the account and list with the same name is deleted."""
        view = SAVED_VIEW.c
        with writing(self._engine) as connection:
            stored_view = connection.execute(SAVED_VIEW.select().where(view.number == number)).one()
            same = (view.list == stored_view.list, view.login == stored_view.login, view.name == name)
            connection.execute(SAVED_VIEW.delete().where(*same, view.number != number))
            content = {"name": name, "query": query, "shared": shared, "unit": unit}
            connection.execute(SAVED_VIEW.update().where(view.number == number).values(**content))

    def delete(self, number: int) -> None:
        """Delete a view."""
        with writing(self._engine) as connection:
            connection.execute(SAVED_VIEW.delete().where(SAVED_VIEW.c.number == number))
