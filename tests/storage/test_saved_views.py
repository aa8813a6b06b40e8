"""Storage of saved views on both databases."""

from __future__ import annotations

from sqlalchemy import Engine

from merzim.storage.accounts.saved_views import SqlSavedViews


def test_a_name_is_one_for_an_account_and_a_list(engine: Engine) -> None:
    """On both databases. Renaming onto another name of one's own leaves one of the two."""
    views = SqlSavedViews(engine)
    place = {"list": "cases", "shared": False, "unit": ""}
    first = views.save(login="a", name="x", query="late=1", **place)  # type: ignore[arg-type]
    second = views.save(login="a", name="y", query="late=2", **place)  # type: ignore[arg-type]
    views.save(login="b", name="x", query="late=3", **place)  # type: ignore[arg-type]
    assert views.save(login="a", name="x", query="late=4", **place) == first  # type: ignore[arg-type]
    views.change(second, name="x", query="late=2", shared=True, unit="")
    listed_views = [(view.number, view.name, view.query) for view in views.of("cases", "a", ())]
    assert listed_views == [(second, "x", "late=2")]
    assert [view.login for view in views.of("cases", "b", ("",))] == ["a", "b"]
    views.delete(second)
    assert views.view(second) is None
    assert [view.login for view in views.of("cases", "b", ("",))] == ["b"]
