"""The program itself: command line, clock, settings, composition root, services that run all the time."""

from __future__ import annotations

__version__: str


def __getattr__(name: str) -> str:
    """Return `__version__`: the version of the installed package, defined in pyproject.toml alone."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("merzim")
